"""Answers of networks: probabilities, and how good they are on ratings that were held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from movierec.algorithms._neural.layers import softmax
from movierec.algorithms.base import Algorithm, Indices, Scores
from movierec.data.interactions import Interactions
from movierec.data.splitting import leave_one_out

_MOST_VALIDATED = 1000  # people
_LIST = 10  # length of the lists that validation measures


def probabilities(
    logits: Scores, users: Interactions, similarities: Callable[[Indices], Scores]
) -> Scores:
    """Return the probability of each item, less for items like those that somebody dislikes.

    A preference of p below 0 for an item reduces the probability of an item of similarity s by the
    share ``-p s``, to 0 at the least; preferences above 0 do not matter, so that a lower one never
    raises a score.

    Parameters
    ----------
    logits : ndarray of shape (n_users, n_items), float32
    users : Interactions
        Their preferences.
    similarities : callable
        As :meth:`movierec.algorithms.base.Algorithm.similarities`.
    """
    scores = softmax(np, logits)
    disliked = users.ratings < 0
    for user in np.unique(users.users[disliked]):
        rows = disliked & (users.users == user)
        near = np.maximum(similarities(users.items[rows].astype(np.int64)), 0)
        scores[user] *= np.maximum(1 + users.ratings[rows] @ near, 0)
    return np.asarray(scores, dtype=np.float32)


@dataclass(frozen=True)
class Validation:
    """Ratings to learn from, and one item of each of some users, held out.

    Attributes
    ----------
    train : Interactions
    users, targets : ndarray of shape (n,), integer
        Whose item was held out, and which.
    """

    train: Interactions
    users: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]

    @classmethod
    def of(cls, interactions: Interactions, seed: int, *, by_time: bool) -> Validation:
        """Hold out the latest item, or a random one, of at most a thousand users.

        Parameters
        ----------
        interactions : Interactions
        seed : int
            Random seed.
        by_time : bool
            Whether it is the latest.
        """
        held = leave_one_out(interactions, seed, by_time=by_time, n_users=_MOST_VALIDATED)
        train, rows = interactions.select(~held), np.flatnonzero(held)
        rows = rows[np.argsort(interactions.users[rows])]
        users = interactions.users[rows].astype(np.int64)
        return cls(train, users, interactions.items[rows])

    def ndcg(self, scores: Scores) -> float:
        """Return the mean nDCG of lists of ten that are to contain the held-out item.

        Parameters
        ----------
        scores : ndarray of shape (n, n_items), float32
            Of all items for each of `users`; those in `train` are not listed. An item with the
            score of the held-out one, or one that is no number, counts as listed before it.
        """
        wanted = scores[np.arange(len(self.users)), self.targets]
        known = self.train.for_users(self.users)
        is_before = ~(scores < wanted[:, None])
        n_known = np.bincount(known.users, is_before[known.users, known.items], len(self.users))
        n_before = is_before.sum(axis=1) - 1 - n_known  # without the held-out item itself
        return float(np.where(n_before < _LIST, 1 / np.log2(n_before + 2), 0).mean())


def fingerprint_of(algorithm: Algorithm, split: Validation) -> str:
    """Return what tells one training from others: of the data and the parameters."""
    from hashlib import sha256

    train = split.train
    digest = sha256(repr((type(algorithm).__name__, algorithm.parameters())).encode())
    order = np.lexsort((train.items, train.users))
    digest.update(train.users[order].tobytes() + train.items[order].tobytes())
    if train.has_timestamps:
        digest.update(train.timestamps[order].tobytes())
    digest.update(split.users.tobytes() + split.targets.tobytes())
    return digest.hexdigest()


def check_shapes(algorithm: Algorithm, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check the weights of a network that were read from a file.

    Parameters
    ----------
    algorithm : Algorithm
        Its weights are attributes; their names end in ``_``.
    shapes : mapping of str to tuple of int
        By name, without the ``_``.

    Raises
    ------
    ValueError
        If weights are missing, or have another shape.
    """
    for name, shape in shapes.items():
        found = getattr(algorithm, f"{name}_", np.empty(0)).shape
        if found != shape:
            raise ValueError(f"algorithm/{name}_ has the shape {found}, not {shape}")
