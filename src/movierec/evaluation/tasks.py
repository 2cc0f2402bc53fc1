"""Make evaluation tasks from ratings: training rows, test rows, and the items to rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.data import splitting
from movierec.data.dataset import read_rating_rows
from movierec.data.encode import encode_ratings
from movierec.data.interactions import Interactions, RatingRows
from movierec.data.sources.files import only_file
from movierec.errors import DataError
from movierec.evaluation.content import content_of
from movierec.vocabulary import IdArray, Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.items import MovieRow
    from movierec.data.sources.base import PathLike, Place
    from movierec.neighbors.content import Content

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # user ids and item ids


@dataclass(frozen=True)
class EvaluationProtocol:
    """How ratings are split, and how the lists are evaluated.

    Attributes
    ----------
    split : {"leave-one-out", "random", "temporal"}
        What is held out: the latest rating of each user, or a random one if times order the
        ratings of nobody; a random share of each user's ratings; the latest share of all.
    test_share : float
        Share of the ratings to hold out; not used by "leave-one-out".
    threshold : float, optional
        Test rows with a lower rating are dropped. Default: all rows are kept.
    k : int
        Length of the lists.
    seed : int
        Random seed; it also chooses among ratings of a user at the same time.
    recency : float
        The age, in ratings, at which a rating counts half when people are scored; 0: age does not
        matter. An algorithm that needs timestamps weighs age itself.
    """

    split: splitting.Split = "leave-one-out"
    test_share: float = 0.2
    threshold: float | None = None
    k: int = 10
    seed: int = 0
    recency: float = 0.0


class Ties(NamedTuple):
    """How much has no order because a user rated several items at the same time.

    Attributes
    ----------
    ratings : float
        Share of the ratings.
    held_out : float
        Share of the held-out ratings, which are the latest; each was drawn by the seed.
    """

    ratings: float
    held_out: float


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
        As in :class:`EvaluationProtocol`.
    ties : Ties, optional
        Of a task that holds out the latest rating of each user.
    is_drawn : bool
        Whether another seed makes another task.
    """

    train: Interactions
    test: Interactions
    candidates: csr_matrix | None = None
    content: Content | None = None
    recency: float = 0.0
    ties: Ties | None = None
    is_drawn: bool = False

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


class _Encoded(NamedTuple):
    """Interactions with the ids of their users and items."""

    interactions: Interactions
    users: Vocabulary
    items: Vocabulary

    def select(self, rows: npt.NDArray[Any]) -> _Encoded:
        return self._replace(interactions=self.interactions.select(rows))

    @property
    def user_ids(self) -> IdArray:
        """The ids of the users with ratings."""
        return np.asarray(self.users.ids)[np.unique(self.interactions.users)]

    @property
    def item_ids(self) -> IdArray:
        """The ids of the items with ratings."""
        return np.asarray(self.items.ids)[np.unique(self.interactions.items)]

    def over(self, users: Vocabulary, items: Vocabulary) -> Interactions:
        """Return the interactions with the indices of larger vocabularies.

        Parameters
        ----------
        users, items : Vocabulary
            They have all ids of these interactions.
        """
        new_users = users.indices_of(np.asarray(self.users.ids))
        new_items = items.indices_of(np.asarray(self.items.ids))
        return replace(
            self.interactions,
            users=new_users[self.interactions.users],
            items=new_items[self.interactions.items],
            n_users=len(users),
            n_items=len(items),
        )


def split_task(
    rows: RatingRows, protocol: EvaluationProtocol, movies: Sequence[MovieRow] | None = None
) -> Task:
    """Split ratings into a task.

    Parameters
    ----------
    rows : RatingRows
    protocol : EvaluationProtocol
    movies : sequence of MovieRow, optional
        The source of the content of the task.

    Raises
    ------
    DataError
        If the split needs timestamps and there are none, or if no training or test rows are left.
    """
    encoded = _encode(rows)
    held, ties = _held_back(encoded.interactions, protocol)
    parts = encoded.select(~held), encoded.select(held)
    is_drawn = protocol.split != "temporal" and (ties is None or ties.held_out > 0)
    task = _task(*parts, protocol.threshold, movies=movies)
    return replace(task, ties=ties, is_drawn=is_drawn)


def whole_task(rows: RatingRows, movies: Sequence[MovieRow] | None = None) -> Task:
    """Return a task without test rows, to be split by :func:`movierec.evaluation.ratings.folds`.

    Parameters
    ----------
    rows : RatingRows
    movies : sequence of MovieRow, optional
        The source of the content of the task.
    """
    encoded = _encode(rows)
    nothing = encoded.interactions.select(np.empty(0, dtype=np.int64))
    content = None if movies is None else content_of(movies, np.asarray(encoded.items.ids))
    return Task(encoded.interactions, nothing, content=content)


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
    train_rows, test_rows = (_encode(read_rating_rows(place)) for place in (train, test))
    if train_rows.user_ids.dtype.kind != test_rows.user_ids.dtype.kind or (
        train_rows.item_ids.dtype.kind != test_rows.item_ids.dtype.kind
    ):
        raise DataError(
            "the training rows and the test rows have different types of ids",
            "write the ids as numbers in both files, or as text in both",
        )
    ranked = None if negatives is None else _read_negatives(negatives)
    return _task(train_rows, test_rows, threshold, ranked, movies)


def _encode(rows: RatingRows) -> _Encoded:
    items = Vocabulary.encode(rows.items)[0]
    interactions, users, _ = encode_ratings(rows, items)
    return _Encoded(interactions, users, items)


def _held_back(
    ratings: Interactions, protocol: EvaluationProtocol
) -> tuple[splitting.Mask, Ties | None]:
    """Return which rows are held out, and how much is tied if time chose them."""
    if protocol.split == "temporal":
        if not ratings.has_timestamps:
            raise DataError("the ratings have no timestamps", "choose another --split")
        return splitting.temporal(ratings.timestamps, protocol.test_share), None
    if protocol.split == "random":
        return splitting.random(ratings.users, protocol.test_share, protocol.seed), None
    by_time = splitting.is_ordered(ratings)
    held = splitting.leave_one_out(ratings, protocol.seed, by_time=by_time)
    return held, _ties(ratings, held) if by_time else None


def _ties(ratings: Interactions, held: splitting.Mask) -> Ties:
    tied = splitting.is_tied(ratings)
    return Ties(float(tied.mean()), float(tied[held].mean()))


def _task(
    train: _Encoded,
    test: _Encoded,
    threshold: float | None,
    negatives: Pairs | None = None,
    movies: Sequence[MovieRow] | None = None,
) -> Task:
    """Build a task over the users and items of all rows."""
    if threshold is not None:
        test = test.select(test.interactions.ratings >= threshold)
    if not len(train.interactions) or not len(test.interactions):
        raise DataError("no training or test rows are left", "choose another split or threshold")
    more_users, more_items = negatives or (train.user_ids[:0], train.item_ids[:0])
    users, _ = Vocabulary.encode(np.concatenate([train.user_ids, test.user_ids, more_users]))
    items, _ = Vocabulary.encode(np.concatenate([train.item_ids, test.item_ids, more_items]))
    return Task(
        train=train.over(users, items),
        test=test.over(users, items),
        candidates=None if negatives is None else _matrix(negatives, users, items),
        content=None if movies is None else content_of(movies, np.asarray(items.ids)),
    )


def _matrix(pairs: Pairs, users: Vocabulary, items: Vocabulary) -> csr_matrix:
    from scipy.sparse import csr_matrix

    cells = (users.indices_of(pairs[0]), items.indices_of(pairs[1]))
    ones = np.ones(len(pairs[0]), np.float32)
    return csr_matrix((ones, cells), shape=(len(users), len(items)), dtype=np.float32)


def _read_negatives(path: PathLike) -> Pairs:
    """Return the distinct pairs of a user and an item to rank."""
    import pandas as pd

    try:
        with only_file(path).open() as content:
            frame = pd.read_csv(content, dtype=np.int64)
    except ValueError as error:
        raise DataError(
            f"{path}: {error}", "it needs the columns userId,movieId,neg1..negN, all of numbers"
        ) from error
    users = np.repeat(frame.iloc[:, 0].to_numpy(), frame.shape[1] - 1)
    items = frame.iloc[:, 1:].to_numpy().ravel()
    pairs = np.unique(np.column_stack([users, items]), axis=0)
    return pairs[:, 0], pairs[:, 1]
