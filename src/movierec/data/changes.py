"""What changes in a data set: new, changed and withdrawn ratings, and new movies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt

from movierec._checks import one_of
from movierec._util import Progress, no_progress
from movierec.data.dataset import OnError, Tables, check_columns
from movierec.data.discover import check_named, find_table
from movierec.data.interactions import I64, RatingRows, Timestamps
from movierec.data.items import MovieRow, read_movies
from movierec.data.left_out import joined_ids
from movierec.data.ratings import read_ratings
from movierec.data.times import as_seconds, is_known
from movierec.errors import UsageError
from movierec.vocabulary import IdArray, Vocabulary, as_ids, decode_id

if TYPE_CHECKING:
    from movierec.data.sources.base import Place


@dataclass
class Changes:
    """What changes in a data set.

    Attributes
    ----------
    ratings : RatingRows
        In the order of the file; a NaN withdraws what a user gave a movie in earlier rows.
    movies : list of MovieRow
        New ones, and those whose title or genres are others.
    n_movie_rows : int
        With repetitions.
    notes : list of str
        What a user should know of the tables.
    """

    ratings: RatingRows
    movies: list[MovieRow]
    n_movie_rows: int
    notes: list[str]


def read_changes(
    ratings: Place | None,
    movies: Place | None,
    *,
    columns: Mapping[str, str] | None = None,
    on_error: OnError = "fail",
    progress: Progress = no_progress,
) -> Changes:
    """Read new, changed and withdrawn ratings, and new movies.

    Parameters
    ----------
    ratings, movies : path-like or table, optional
    columns, on_error, progress
        As in :func:`movierec.data.dataset.read_dataset`.

    Raises
    ------
    DataError
        If a file is missing, broken, not what it should be, or has a row that cannot be used.
    UsageError
        If both are missing, or an argument is neither a path nor a table.
    """
    one_of("on_error", on_error, get_args(OnError))
    check_columns({} if columns is None else columns)
    if ratings is None and movies is None:
        raise UsageError("nothing is new", "name a file of ratings, or one of movies by --movies")
    places = {"ratings": ratings, "movies": movies}
    found = {
        kind: find_table(place, kind, columns)
        for kind, place in places.items()
        if place is not None
    }
    check_named(found, columns or {})
    tables = Tables(found, on_error == "skip")
    read_rows = partial(
        read_ratings,
        progress=lambda done: progress("reading the ratings", done),
        may_withdraw=True,
    )
    listed, n_repeated = tables.read("movies", read_movies) if "movies" in found else ([], 0)
    rows = tables.read("ratings", read_rows) if "ratings" in found else RatingRows.empty()
    return Changes(rows, listed, len(listed) + n_repeated, tables.notes)


@dataclass
class ChangedRows:
    """All ratings after a change.

    Attributes
    ----------
    rows : RatingRows
        The old ones that were not withdrawn, then the new ones.
    counts : dict of str to int
        How many ratings were "added", "changed", "withdrawn" and "unknown", which were withdrawn
        but had not been given, each pair of a user and a movie once; and "new users".
    """

    rows: RatingRows
    counts: dict[str, int]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.rows)


def changed_rows(old: RatingRows, new: RatingRows, known: IdArray | None = None) -> ChangedRows:
    """Add new ratings to old ones, and remove those that are withdrawn.

    Parameters
    ----------
    old, new : RatingRows
        Either both have times, or neither. A NaN in the values of `new` withdraws what the user
        gave the movie in the old rows, and in the new ones before that row.
    known : ndarray of shape (n,), optional
        More users who are not new.
    """
    users, items = (
        joined_ids([getattr(old, name), getattr(new, name)]) for name in ("users", "items")
    )
    values = np.concatenate([old.values, new.values])
    pairs = _pairs(users, items, len(old))
    kept, counts = _kept(pairs, values, len(old))
    known = np.unique(users[: len(old)] if known is None else np.append(users[: len(old)], known))
    present = np.unique(users[len(old) :][kept[len(old) :]])
    counts["new users"] = int((~np.isin(present, known)).sum())
    read = None if old.read_timestamps is None else lambda: _times(old, new)
    return ChangedRows(_canonical(RatingRows(users, items, values, read).select(kept)), counts)


def without_users(rows: RatingRows, users: IdArray) -> RatingRows:
    """Return the rows of other users.

    Parameters
    ----------
    rows : RatingRows
    users : ndarray of shape (n,)
        Of the type of the ids in the rows.
    """
    return _canonical(rows.select(~np.isin(rows.users, users)))


def in_order_of_time(rows: RatingRows) -> RatingRows:
    """Return rows without their times, in the order of these.

    Parameters
    ----------
    rows : RatingRows
    """
    if rows.read_timestamps is None:
        return rows
    order = np.argsort(rows.read_timestamps(), kind="stable")
    return RatingRows(rows.users[order], rows.items[order], rows.values[order])


def _canonical(rows: RatingRows) -> RatingRows:
    """Return rows with the types that a file with only these rows would give them."""
    read = rows.read_timestamps
    return RatingRows(
        _plain_ids(rows.users),
        _plain_ids(rows.items),
        rows.values,
        None if read is None else lambda: as_seconds(read()),
    )


def _plain_ids(ids: IdArray) -> IdArray:
    """Return ids as numbers if all are plain numbers, else as text that is as wide as needed."""
    if ids.dtype.kind != "S":
        return ids
    unique, positions = np.unique(ids, return_inverse=True)
    return as_ids([str(decode_id(value)) for value in unique])[positions]


def _pairs(users: IdArray, items: IdArray, n_old: int) -> I64:
    """Return a number for each pair of a user and a movie that both have new rows, else -1."""
    numbers = np.zeros(len(users), np.int64)
    is_touched = np.ones(len(users), dtype=bool)
    for ids in (users, items):
        new = Vocabulary.encode(ids[n_old:])[0]
        found = new.indices_of(ids).astype(np.int64)
        is_touched &= found >= 0
        numbers = numbers * max(len(new), 1) + found
    return np.where(is_touched, numbers, -1)


def _kept(
    pairs: I64, values: npt.NDArray[np.float32], n_old: int
) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
    """Return which rows are kept, and how many pairs are added, changed and withdrawn."""
    rows = np.flatnonzero(pairs >= 0)
    touched, numbers = np.unique(pairs[rows], return_inverse=True)
    withdraws = np.isnan(values[rows])
    last = np.full(len(touched), -1)  # the row that withdraws a pair, if any does
    np.maximum.at(last, numbers[withdraws], rows[withdraws])
    kept = np.ones(len(pairs), dtype=bool)
    kept[rows] = (rows > last[numbers]) & ~withdraws
    was, stays, is_given, is_gone = (np.zeros(len(touched), dtype=bool) for _ in range(4))
    was[numbers[rows < n_old]] = True
    stays[numbers[kept[rows]]] = True
    is_given[numbers[kept[rows] & (rows >= n_old)]] = True
    is_gone[numbers[withdraws]] = True
    return kept, {
        "added": int((stays & ~was).sum()),
        "changed": int((is_given & was).sum()),
        "withdrawn": int((was & ~stays).sum()),
        "unknown": int((is_gone & ~was & ~stays).sum()),
    }


def _times(old: RatingRows, new: RatingRows) -> Timestamps:
    """Return the times of all rows, which are missing where the new rows have none."""
    assert old.read_timestamps is not None
    before = old.read_timestamps()
    if new.read_timestamps is None:
        missing = np.iinfo(np.int64).min if before.dtype.kind == "i" else -np.inf
        return np.concatenate([before, np.full(len(new), missing, before.dtype)])
    times: list[npt.NDArray[Any]] = [before, new.read_timestamps()]
    if len({part.dtype.kind for part in times}) > 1:  # as numbers with fractions are read
        times = [np.where(is_known(part), part, -np.inf) for part in times]
    return np.concatenate(times)
