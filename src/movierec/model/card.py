"""The model card: metadata about a model and its origin."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from movierec.model.parameters import Parameters

if TYPE_CHECKING:
    from movierec.data.encode import EncodedData
    from movierec.films.catalog import Catalog
    from movierec.neighbors.table import NeighborTable
    from movierec.store.columns import Array


class CardFacts(NamedTuple):
    """What a model card says of the ratings.

    Attributes
    ----------
    fingerprint : str
        Equal for models that were fitted on the same ratings.
    dropped : dict of str to int
        Number of dropped rating rows, by reason.
    n_items, n_users, n_ratings : int
    lowest_rating, highest_rating : float
    """

    fingerprint: str
    dropped: dict[str, int]
    n_items: int
    n_users: int
    n_ratings: int
    lowest_rating: float
    highest_rating: float

    @classmethod
    def of(cls, encoded: EncodedData) -> CardFacts:
        """Return those of ratings in memory."""
        item_users = encoded.interactions.item_users
        return cls(
            _fingerprint(encoded),
            encoded.dropped,
            *item_users.shape,
            int(item_users.nnz),
            float(item_users.data.min()),
            float(item_users.data.max()),
        )


def make_card(facts: CardFacts, parameters: Parameters) -> dict[str, Any]:
    """Return the entries of a model card that follow from the ratings and parameters.

    Parameters
    ----------
    facts : CardFacts
    parameters : Parameters
    """
    return {
        "algorithm": parameters.algorithm,
        "parameters": asdict(parameters),
        "versions": _versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts._asdict(),
    }


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("movierec", "scikit-learn", "scipy", "numpy")}


def _fingerprint(encoded: EncodedData) -> str:
    """Return a SHA-256 that is equal for models that were fitted on the same ratings."""
    matrix = encoded.interactions.item_users
    ids = (encoded.catalog.item_ids, encoded.users.ids)
    return _digest(matrix.indptr, matrix.indices, matrix.data, *ids)


def fingerprint_without_ratings(catalog: Catalog, table: NeighborTable) -> str:
    """Return a SHA-256 of what a model without ratings says of its movies.

    One of the ratings would let somebody who guesses them check the guess.

    Parameters
    ----------
    catalog : Catalog
    table : NeighborTable
    """
    columns = (catalog.item_ids, catalog.n_ratings, catalog.mean_ratings)
    return _digest(*columns, *table.to_arrays().values())


def _digest(*arrays: Array) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
