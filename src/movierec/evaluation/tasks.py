"""Make evaluation tasks from ratings: training rows, test rows, and the items to rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.data import splitting
from movierec.data.dataset import read_rating_rows
from movierec.data.interactions import Interactions, RatingRows
from movierec.errors import DataError
from movierec.evaluation.candidates import (
    Pairs,
    drawn_candidates,
    matrix_of,
    only,
    read_negatives,
)
from movierec.evaluation.content import content_of, genres_of
from movierec.evaluation.encoded import Encoded, encode
from movierec.evaluation.protocol import EvaluationProtocol
from movierec.evaluation.splits import Parts, Ties, kept_rows, split_rows
from movierec.vocabulary import IdArray, Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.items import MovieRow
    from movierec.data.sources.base import PathLike, Place
    from movierec.neighbors.content import Content


@dataclass(frozen=True)
class Task:
    """Training rows, test rows, and the items to rank.

    Attributes
    ----------
    train, test : Interactions
        Both have the same users and items. Users without test rows are not evaluated, and users
        without training rows apart from the others.
    candidates : scipy.sparse.csr_matrix of shape (n_users, n_items), optional
        The items to rank for each user. Default: all items that the user has not rated in `train`.
    content : Content, optional
    recency : float
        As in :class:`movierec.evaluation.protocol.EvaluationProtocol`.
    ties : Ties, optional
        Of a task that holds out the latest rating of each user.
    is_drawn : bool
        Whether another seed makes another task.
    history : Interactions, optional
        The ratings by which users are scored. Default: the training rows.
    genres : scipy.sparse.csr_matrix of shape (n_items, n_genres), optional
        1 for each genre of an item.
    queries : ndarray of shape (n_users,), int64, optional
        For each user, the item whose similar items are ranked, or -1. Default: users are scored.
    user_ids, item_ids : ndarray, optional
        The ids in the files. Default: the indices.
    """

    train: Interactions
    test: Interactions
    candidates: csr_matrix | None = None
    content: Content | None = None
    recency: float = 0.0
    ties: Ties | None = None
    is_drawn: bool = False
    history: Interactions | None = None
    genres: csr_matrix | None = None
    queries: npt.NDArray[np.int64] | None = None
    user_ids: IdArray | None = None
    item_ids: IdArray | None = None

    @property
    def known(self) -> Interactions:
        """The ratings by which users are scored, which are never recommended."""
        return self.train if self.history is None else self.history

    @property
    def holds_out_latest(self) -> bool:
        """Whether times order the training rows, and no test row is known to be older."""
        if not splitting.is_ordered(self.train):
            return False
        if not self.test.has_timestamps:
            return True
        latest = np.full(self.train.n_users, -np.inf)
        np.maximum.at(latest, self.train.users, self.train.timestamps)
        return bool((self.test.timestamps >= latest[self.test.users]).all())


def split_task(
    rows: RatingRows,
    protocol: EvaluationProtocol,
    movies: Sequence[MovieRow] | None = None,
    fold: int = 0,
) -> Task:
    """Split ratings into a task.

    Parameters
    ----------
    rows : RatingRows
    protocol : EvaluationProtocol
    movies : sequence of MovieRow, optional
        The source of the content of the task.
    fold : int
        Which part the split "folds" holds out, from 0.

    Raises
    ------
    DataError
        If the split needs timestamps and there are none, or if no training or test rows are left.
    """
    encoded = encode(rows)
    encoded = encoded.only(kept_rows(encoded.interactions, protocol))
    if protocol.ignore_ratings:
        encoded = encoded.with_ones()
    parts = split_rows(encoded.interactions, protocol, fold)
    task = _task(
        encoded.select(parts.train),
        encoded.select(parts.test),
        protocol.threshold,
        history=None if parts.known is None else encoded.select(parts.known),
        movies=movies,
    )
    is_drawn = protocol.split != "temporal" and (parts.ties is None or parts.ties.held_out > 0)
    task = replace(task, ties=parts.ties, is_drawn=is_drawn or protocol.n_negatives is not None)
    return _with_queries(_with_candidates(task, encoded, parts, protocol), encoded, parts)


def _with_candidates(
    task: Task, encoded: Encoded, parts: Parts, protocol: EvaluationProtocol
) -> Task:
    if parts.candidates is not None:
        ids = np.asarray(encoded.items.ids)[parts.candidates]
        return replace(task, candidates=only(ids, task))
    if protocol.n_negatives is not None:
        return replace(task, candidates=drawn_candidates(task, protocol))
    return task


def _with_queries(task: Task, encoded: Encoded, parts: Parts) -> Task:
    if parts.queries is None:
        return task
    rows = encoded.interactions.select(parts.queries)
    assert task.user_ids is not None
    assert task.item_ids is not None
    users = np.searchsorted(task.user_ids, np.asarray(encoded.users.ids)[rows.users])
    items = np.searchsorted(task.item_ids, np.asarray(encoded.items.ids)[rows.items])
    queries = np.full(task.train.n_users, -1, dtype=np.int64)
    queries[users] = items
    return replace(task, queries=queries)


def whole_task(rows: RatingRows, movies: Sequence[MovieRow] | None = None) -> Task:
    """Return a task without test rows; :func:`movierec.evaluation.rating_runs.folds` splits it.

    Parameters
    ----------
    rows : RatingRows
    movies : sequence of MovieRow, optional
        The source of the content of the task.
    """
    encoded = encode(rows)
    nothing = encoded.interactions.select(np.empty(0, dtype=np.int64))
    user_ids, item_ids = np.asarray(encoded.users.ids), np.asarray(encoded.items.ids)
    content = None if movies is None else content_of(movies, item_ids)
    return Task(
        encoded.interactions, nothing, content=content, user_ids=user_ids, item_ids=item_ids
    )


def published_task(
    train: Place,
    test: Place,
    negatives: PathLike | None,
    threshold: float | None,
    movies: Sequence[MovieRow] | None = None,
) -> Task:
    """Read a published split into a task.

    Parameters
    ----------
    train, test : path-like or table
        Users and items, optionally with ratings.
    negatives : path-like, optional
        Columns ``userId,movieId,neg1..negN``: the test item, and the items to rank it with.
    threshold : float, optional
        As in :class:`EvaluationProtocol`.
    movies : sequence of MovieRow, optional
        The source of the content of the task.

    Raises
    ------
    DataError
        If a file cannot be used, or if no training or test rows are left.
    """
    train_rows, test_rows = (encode(read_rating_rows(place)) for place in (train, test))
    if train_rows.user_ids.dtype.kind != test_rows.user_ids.dtype.kind or (
        train_rows.item_ids.dtype.kind != test_rows.item_ids.dtype.kind
    ):
        raise DataError(
            "the training rows and the test rows have different types of ids",
            "write the ids as numbers in both files, or as text in both",
        )
    ranked = None if negatives is None else read_negatives(negatives)
    return _task(train_rows, test_rows, threshold, ranked, movies)


def _task(
    train: Encoded,
    test: Encoded,
    threshold: float | None,
    negatives: Pairs | None = None,
    movies: Sequence[MovieRow] | None = None,
    history: Encoded | None = None,
) -> Task:
    """Build a task over the users and items of all rows."""
    if threshold is not None:
        test = test.select(test.interactions.ratings >= threshold)
    if not len(train.interactions) or not len(test.interactions):
        raise DataError("no training or test rows are left", "choose another split or threshold")
    more_users, more_items = negatives or (train.user_ids[:0], train.item_ids[:0])
    # Of the users whose history is apart, some may have no test rows.
    parts = [train, test, *([] if history is None else [history])]
    users, _ = Vocabulary.encode(np.concatenate([*(one.user_ids for one in parts), more_users]))
    items, _ = Vocabulary.encode(np.concatenate([*(one.item_ids for one in parts), more_items]))
    item_ids = np.asarray(items.ids)
    return Task(
        train=train.over(users, items),
        test=test.over(users, items),
        candidates=None if negatives is None else matrix_of(negatives, users, items),
        content=None if movies is None else content_of(movies, item_ids),
        history=None if history is None else history.over(users, items),
        genres=None if movies is None else genres_of(movies, item_ids),
        user_ids=np.asarray(users.ids),
        item_ids=item_ids,
    )
