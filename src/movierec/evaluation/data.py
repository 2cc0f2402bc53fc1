"""From files to a task: what is learned from, what should be found, what is ranked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.errors import DataError
from movierec.evaluation import splitting
from movierec.evaluation.films import content_of
from movierec.evaluation.runs import Task
from movierec.ratings import RatingRows, last_of_each
from movierec.readers.interactions import only_source, read_interactions
from movierec.readers.movies import MovieRow

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Protocol:
    """How ratings are held back, and what counts.

    Attributes
    ----------
    split : {"leave-one-out", "random", "temporal"}
    test_share : float
        Of the ratings, where the split takes a share.
    threshold : float, optional
        The least rating of a test row that counts as liked; without it, all do.
    k : int
        How long the lists are.
    seed : int
    """

    split: splitting.Split = "leave-one-out"
    test_share: float = 0.2
    threshold: float | None = None
    k: int = 10
    seed: int = 0


def split_task(
    rows: RatingRows, protocol: Protocol, films: Sequence[MovieRow] | None = None
) -> Task:
    """Hold back a part of some ratings; with `films`, the task has their content."""
    rows, times = _without_repeats(rows)
    users = np.unique(rows.users, return_inverse=True)[1]
    if protocol.split == "temporal":
        if times is None:
            raise DataError("the ratings have no times", "take another --split")
        held = splitting.temporal(times, protocol.test_share)
    elif protocol.split == "random":
        held = splitting.random(users, protocol.test_share, protocol.seed)
    else:
        held = splitting.leave_one_out(users, times, protocol.seed)
    return _task(_part(rows, ~held), _part(rows, held), protocol.threshold, films=films)


def published_task(
    train: PathLike,
    test: PathLike,
    negatives: PathLike | None,
    threshold: float | None,
    films: Sequence[MovieRow] | None = None,
) -> Task:
    """Read a split that was published.

    Parameters
    ----------
    train, test : path-like
        Files of users and films, perhaps with ratings.
    negatives : path-like, optional
        ``userId,movieId,neg1..negN``: the film to find, and the films to rank it among.
    threshold : float, optional
        As in :class:`Protocol`.
    films : sequence of MovieRow, optional
        What is known of the films.
    """
    known, held = (_without_repeats(read_interactions(path))[0] for path in (train, test))
    ranked = None if negatives is None else _read_negatives(negatives)
    return _task(known, held, threshold, ranked, films)


def _without_repeats(rows: RatingRows) -> tuple[RatingRows, npt.NDArray[Any] | None]:
    """Return the last rating of each user and film, and their times."""
    times = rows.timestamps()
    users, items = (
        np.unique(ids, return_inverse=True)[1].astype(np.int32) for ids in (rows.users, rows.items)
    )
    kept = np.sort(last_of_each(items, users, times))
    return _part(rows, kept), None if times is None else times[kept]


def _part(rows: RatingRows, chosen: npt.NDArray[Any]) -> RatingRows:
    return RatingRows(rows.users[chosen], rows.items[chosen], rows.values[chosen])


def _task(
    train: RatingRows,
    test: RatingRows,
    threshold: float | None,
    negatives: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None = None,
    films: Sequence[MovieRow] | None = None,
) -> Task:
    """Arrange rows as matrices of the same users and films."""
    if threshold is not None:
        test = _part(test, test.values >= threshold)
    if not len(train) or not len(test):
        raise DataError("nothing is left to learn from, or to find", "take another split")
    more_users, more_items = negatives or (train.users[:0], train.items[:0])
    users = np.unique(np.concatenate([train.users, test.users, more_users]))
    items = np.unique(np.concatenate([train.items, test.items, more_items]))

    def matrix(own: Any, films: Any, values: Any) -> Any:
        from scipy.sparse import csr_matrix

        places = (users.searchsorted(own), items.searchsorted(films))
        shape = (len(users), len(items))
        return csr_matrix((values, places), shape=shape, dtype=np.float32)

    ones = np.ones(len(more_users), np.float32)
    return Task(
        train=matrix(train.users, train.items, train.values),
        test=matrix(test.users, test.items, test.values),
        candidates=None if negatives is None else matrix(more_users, more_items, ones),
        content=None if films is None else content_of(films, items),
    )


def _read_negatives(path: PathLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return users and the films to rank for each, once each."""
    import pandas as pd

    try:
        with only_source(path).open() as content:
            frame = pd.read_csv(content, dtype=np.int64)
    except ValueError as error:
        raise DataError(
            f"{path}: {error}", "it should hold userId,movieId,neg1..negN, all numbers"
        ) from error
    users = np.repeat(frame.iloc[:, 0].to_numpy(), frame.shape[1] - 1)
    films = frame.iloc[:, 1:].to_numpy().ravel()
    pairs = np.unique(np.column_stack([users, films]), axis=0)
    return pairs[:, 0], pairs[:, 1]
