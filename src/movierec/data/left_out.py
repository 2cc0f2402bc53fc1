"""The rows of ratings that a fit leaves out: needed again when a model is updated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from movierec.data.interactions import (
    I64,
    Interactions,
    RatingRows,
    Timestamps,
    last_of_each,
)
from movierec.vocabulary import IdArray, Vocabulary


class Sieve:
    """Follows which rows of ratings stay in use while they are encoded, and keeps the others."""

    def __init__(self) -> None:
        self._positions: I64 | None = None  # of the rows in use; None: all
        self._left: list[tuple[I64, RatingRows, bool]] = []

    def keep(
        self,
        kept: I64,
        n_rows: int,
        rows_at: Callable[[I64], RatingRows],
        *,
        are_older: bool = False,
    ) -> None:
        """Note that only some of the rows stay in use.

        Parameters
        ----------
        kept : ndarray of shape (n_kept,), int64
            Their numbers among the rows that were in use.
        n_rows : int
            How many these were.
        rows_at : callable
            Returns some of these rows.
        are_older : bool
            Whether a later row of the same pair stays, of each row that does not.
        """
        if len(kept) == n_rows:
            return
        is_left = np.ones(n_rows, dtype=bool)
        is_left[kept] = False
        positions = np.arange(n_rows) if self._positions is None else self._positions
        left = np.flatnonzero(is_left)
        self._left.append((positions[left], rows_at(left), are_older))
        self._positions = positions[kept]

    def left_out(self, used: Interactions, users: Vocabulary, *, by_time: bool) -> LeftOut:
        """Return the rows that were left out.

        Parameters
        ----------
        used : Interactions
            The rows in use, in the order in which they were kept.
        users : Vocabulary
        by_time : bool
            Whether the model keeps times.
        """
        if not self._left:
            return LeftOut.none()
        positions = np.concatenate([found for found, _, _ in self._left])
        rows = joined([rows for _, rows, _ in self._left], with_times=used.has_timestamps)
        if not by_time:
            is_older = np.concatenate([np.full(len(found), old) for found, _, old in self._left])
            return _latest_last(rows, positions, is_older)
        in_use = np.arange(len(used)) if self._positions is None else self._positions
        places = _places(rows, positions, used, in_use, users)
        order = np.lexsort((places, Vocabulary.encode(rows.users)[1]))
        return LeftOut.of(rows, order, rows.read_timestamps, places[order])


@dataclass(frozen=True)
class LeftOut:
    """Rows of ratings that a fit left out, in an order that does not depend on that of the file.

    Attributes
    ----------
    users, items : ndarray of shape (n,), int64 or UTF-8 bytes
    values : ndarray of shape (n,), float32
    timestamps : ndarray of shape (n,), optional
        Seconds since 1970, if the model keeps times.
    places : ndarray of shape (n,), int64, optional
        The number of the row among all rows of its user, by time, if the model keeps times.
        Without times, of several rows of a pair that is not in use, the last is the latest.
    """

    users: IdArray
    items: IdArray
    values: npt.NDArray[np.float32]
    timestamps: Timestamps | None = None
    places: I64 | None = None

    @classmethod
    def none(cls) -> LeftOut:
        """Return an instance without rows."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))

    @classmethod
    def of(
        cls,
        rows: RatingRows,
        order: I64,
        read_timestamps: Callable[[], Timestamps] | None = None,
        places: I64 | None = None,
    ) -> LeftOut:
        """Return rows in an order.

        Parameters
        ----------
        rows : RatingRows
        order : ndarray of shape (n,), int64
        read_timestamps : callable, optional
            Of the rows, if their times are kept.
        places : ndarray of shape (n,), int64, optional
            In that order.
        """
        times = None if read_timestamps is None else read_timestamps()[order]
        users, items = (_wide(each)[order] for each in (rows.users, rows.items))
        return cls(users, items, rows.values[order], times, places)

    def __len__(self) -> int:
        return len(self.values)


def joined(parts: list[RatingRows], *, with_times: bool) -> RatingRows:
    """Return several sets of rows as one, whose ids have one type.

    Parameters
    ----------
    parts : list of RatingRows
    with_times : bool
        Whether to join the times, which all sets have then.
    """
    readers = [part.read_timestamps for part in parts]

    def read() -> Timestamps:
        return np.concatenate([reader() for reader in readers if reader is not None])

    return RatingRows(
        joined_ids([part.users for part in parts]),
        joined_ids([part.items for part in parts]),
        np.concatenate([part.values for part in parts]),
        read if with_times else None,
    )


def joined_ids(parts: list[IdArray]) -> IdArray:
    """Join ids; numbers become text if others are text.

    Parameters
    ----------
    parts : list of ndarray, integers or UTF-8 bytes
    """
    parts = [part for part in parts if len(part)] or parts[:1]
    if len({part.dtype.kind for part in parts}) > 1:
        parts = [part if part.dtype.kind == "S" else part.astype(np.bytes_) for part in parts]
    return np.concatenate(parts)


def _wide(ids: IdArray) -> IdArray:
    return ids if ids.dtype.kind == "S" else ids.astype(np.int64, copy=False)


def _latest_last(rows: RatingRows, positions: I64, is_older: npt.NDArray[np.bool_]) -> LeftOut:
    """Order rows by user and item; of each pair, the latest comes after all others.

    Of older rows, the latest is elsewhere. Their own order is not kept, so it must not matter.
    """
    is_last = ~is_older
    others = np.flatnonzero(is_last)
    found = _encoded(rows.select(others))
    if found.item_users.nnz < len(others):  # reading times takes another pass over the file
        order = np.argsort(positions[others])
        is_last[:] = False
        is_last[others[order[last_of_each(found.select(order))]]] = True
    of_all = _encoded(rows)
    return LeftOut.of(rows, np.lexsort((rows.values, of_all.items, of_all.users, is_last)))


def _encoded(rows: RatingRows) -> Interactions:
    (users, by_user), (items, by_item) = map(Vocabulary.encode, (rows.users, rows.items))
    return Interactions(by_user, by_item, rows.values, len(users), len(items), rows.read_timestamps)


def _places(
    rows: RatingRows, positions: I64, used: Interactions, in_use: I64, users: Vocabulary
) -> I64:
    """Return the number of each left row among all rows of its user, by time, then position."""
    known, by_user = Vocabulary.encode(rows.users)
    number = known.indices_of(np.asarray(users.ids))[used.users]  # -1 of users without such rows
    others = np.flatnonzero(number >= 0)
    assert rows.read_timestamps is not None
    all_users = np.concatenate([by_user, number[others]])
    times = np.concatenate([rows.read_timestamps(), used.timestamps[others]])
    order = np.lexsort((np.concatenate([positions, in_use[others]]), times, all_users))
    starts = np.searchsorted(all_users[order], np.arange(len(known)))
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order)) - starts[all_users[order]]
    return places[: len(rows)]
