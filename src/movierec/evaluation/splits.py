"""Split interactions into training rows, test rows, and rows that are known only when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.data import splitting
from movierec.errors import DataError

if TYPE_CHECKING:
    from movierec.data.interactions import Interactions
    from movierec.evaluation.protocol import EvaluationProtocol

_FOLD_IN_TEST = 0.2  # share of the ratings of a held-out user that is to be found


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


class Parts(NamedTuple):
    """Which rows are for what; rows in none of them are dropped.

    Attributes
    ----------
    train, test : ndarray of shape (n_rows,), bool
    known : ndarray of shape (n_rows,), bool, optional
        The rows by which users are scored, if not the training rows.
    ties : Ties, optional
        If the latest rating of each user is held out.
    candidates : ndarray of shape (n_items,), bool, optional
        The items that are ranked.
    queries : ndarray of shape (n_rows,), bool, optional
        The rows of the items whose similar items are ranked.
    """

    train: splitting.Mask
    test: splitting.Mask
    known: splitting.Mask | None = None
    ties: Ties | None = None
    candidates: npt.NDArray[np.bool_] | None = None
    queries: splitting.Mask | None = None


def kept_rows(ratings: Interactions, protocol: EvaluationProtocol) -> splitting.Mask:
    """Return which rows a protocol keeps: by rating, by user, then the core.

    Parameters
    ----------
    ratings : Interactions
    protocol : EvaluationProtocol
        Its `min_rating`, `min_user_ratings` and `core`.
    """
    kept = np.ones(len(ratings), dtype=bool)
    if protocol.min_rating is not None:
        kept &= ratings.ratings >= protocol.min_rating
    kept &= _at_least(ratings.users, kept, protocol.min_user_ratings)
    n_before = -1
    while protocol.core and kept.sum() != n_before:
        n_before = kept.sum()
        kept &= _at_least(ratings.users, kept, protocol.core)
        kept &= _at_least(ratings.items, kept, protocol.core)
    return kept


def _at_least(indices: npt.NDArray[Any], kept: splitting.Mask, least: int) -> splitting.Mask:
    """Return the rows whose user or item has at least so many rows that are kept."""
    counts = np.bincount(indices[kept], minlength=int(indices.max(initial=-1)) + 1)
    return np.asarray(counts[indices] >= least)


def split_rows(ratings: Interactions, protocol: EvaluationProtocol, fold: int = 0) -> Parts:
    """Split rows as a protocol says.

    Parameters
    ----------
    ratings : Interactions
    protocol : EvaluationProtocol
    fold : int
        Which part "folds" holds out, from 0.

    Raises
    ------
    DataError
        If the split needs timestamps and there are none.
    """
    if protocol.split == "leave-one-out":
        return _leave_one_out(ratings, protocol.seed)
    if protocol.split == "similar":
        return _similar(ratings, protocol)
    if protocol.split == "users":
        return _users(ratings, protocol)
    if protocol.split == "movies":
        return _movies(ratings, protocol)
    if protocol.split == "temporal":
        held = _temporal(ratings, protocol)
    elif protocol.split == "folds":
        held = splitting.folds(len(ratings), protocol.folds, protocol.seed) == fold
    elif protocol.split == "msr":
        held = splitting.by_item(ratings.items, protocol.test_share, protocol.seed)
    else:
        held = splitting.random(ratings.users, protocol.test_share, protocol.seed)
    return Parts(~held, held)


def _leave_one_out(ratings: Interactions, seed: int) -> Parts:
    by_time = splitting.is_ordered(ratings)
    held = splitting.leave_one_out(ratings, seed, by_time=by_time)
    return Parts(~held, held, ties=_ties(ratings, held) if by_time else None)


def _similar(ratings: Interactions, protocol: EvaluationProtocol) -> Parts:
    """Hold out the last liked rating of each user; the query is the liked one before it."""
    if not splitting.is_ordered(ratings):
        raise DataError(
            "pairs of movies that were rated after each other need the time of each rating, but "
            "the ratings have no timestamps, or equal ones",
            "add a timestamp column, or choose another --split",
        )
    least = -np.inf if protocol.threshold is None else protocol.threshold
    liked = np.flatnonzero(ratings.ratings >= least)
    last = liked[splitting.leave_one_out(ratings.select(liked), protocol.seed, by_time=True)]
    held = _mask(ratings, last)
    rest = np.flatnonzero((ratings.ratings >= least) & ~held)
    before = splitting.latest(ratings.select(rest), protocol.seed)
    return Parts(~held, held, ties=_ties(ratings, held), queries=_mask(ratings, rest[before]))


def _ties(ratings: Interactions, held: splitting.Mask) -> Ties:
    tied = splitting.is_tied(ratings)
    return Ties(float(tied.mean()), float(tied[held].mean()))


def _temporal(ratings: Interactions, protocol: EvaluationProtocol) -> splitting.Mask:
    if not ratings.has_timestamps:
        raise DataError("the ratings have no timestamps", "choose another --split")
    if protocol.moment is not None:
        return np.asarray(ratings.timestamps >= protocol.moment)
    return splitting.temporal(ratings.timestamps, protocol.test_share)


def _users(ratings: Interactions, protocol: EvaluationProtocol) -> Parts:
    """Hold out users; a fifth of their ratings is to be found, by the others.

    As Liang et al., "Variational autoencoders for collaborative filtering" (WWW 2018), do it, of
    their ratings only those of movies with training rows count.
    """
    draw = np.random.default_rng(protocol.seed)
    chosen = _drawn(draw, ratings.n_users, protocol.test_share)[ratings.users]
    trained = np.bincount(ratings.items[~chosen], minlength=ratings.n_items) > 0
    rows = np.flatnonzero(chosen & trained[ratings.items])
    found = splitting.random(ratings.users[rows], _FOLD_IN_TEST, protocol.seed)
    return Parts(~chosen, _mask(ratings, rows[found]), _mask(ratings, rows[~found]))


def _movies(ratings: Interactions, protocol: EvaluationProtocol) -> Parts:
    """Hold out movies, which only their content describes."""
    draw = np.random.default_rng(protocol.seed)
    chosen = _drawn(draw, ratings.n_items, protocol.test_share)
    held = chosen[ratings.items]
    return Parts(~held, held, candidates=chosen)


def _drawn(draw: np.random.Generator, n: int, share: float) -> npt.NDArray[np.bool_]:
    """Draw a share of n things, at least one."""
    chosen = np.zeros(n, dtype=bool)
    chosen[draw.permutation(n)[: max(round(n * share), 1)]] = True
    return chosen


def _mask(ratings: Interactions, rows: npt.NDArray[np.int64]) -> splitting.Mask:
    mask = np.zeros(len(ratings), dtype=bool)
    mask[rows] = True
    return mask
