"""The items that are ranked for each user, where these are not all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec.data.sources.files import only_file
from movierec.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.sources.base import PathLike
    from movierec.evaluation.protocol import EvaluationProtocol
    from movierec.evaluation.tasks import Task
    from movierec.vocabulary import IdArray, Vocabulary

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # user ids and item ids


def only(ids: IdArray, task: Task) -> csr_matrix:
    """Return the matrix in which some items are the candidates of all users."""
    from scipy.sparse import csr_matrix

    items = np.flatnonzero(np.isin(np.asarray(task.item_ids), ids))
    shape = (task.train.n_users, task.train.n_items)
    indptr = np.arange(shape[0] + 1) * len(items)
    cells = np.tile(items, shape[0])
    return csr_matrix((np.ones(len(cells), np.float32), cells, indptr), shape=shape)


def drawn_candidates(task: Task, protocol: EvaluationProtocol) -> csr_matrix:
    """Return the test items of each user, with others that the user has not rated.

    Parameters
    ----------
    task : Task
    protocol : EvaluationProtocol
        Its `n_negatives` and `seed`.
    """
    from scipy.sparse import csr_matrix

    assert protocol.n_negatives is not None
    draw = np.random.default_rng(protocol.seed)
    known, wanted = task.known.user_items, task.test.user_items
    items = []
    for user in range(task.train.n_users):
        held = wanted[user].indices
        unknown = np.ones(task.train.n_items, dtype=bool)
        unknown[known[user].indices] = unknown[held] = False
        others = np.flatnonzero(unknown)
        n_others = min(protocol.n_negatives, len(others)) if len(held) else 0
        items.append(np.append(held, draw.choice(others, n_others, replace=False)))
    indptr = np.cumsum([0, *map(len, items)])
    cells = np.concatenate(items).astype(np.int64)
    return csr_matrix((np.ones(len(cells), np.float32), cells, indptr), shape=known.shape)


def matrix_of(pairs: Pairs, users: Vocabulary, items: Vocabulary) -> csr_matrix:
    """Return the matrix of pairs of a user and an item."""
    from scipy.sparse import csr_matrix

    cells = (users.indices_of(pairs[0]), items.indices_of(pairs[1]))
    ones = np.ones(len(pairs[0]), np.float32)
    return csr_matrix((ones, cells), shape=(len(users), len(items)), dtype=np.float32)


def read_negatives(path: PathLike) -> Pairs:
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
