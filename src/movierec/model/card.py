"""The model card: metadata about a model and its origin."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.model.parameters import Parameters

if TYPE_CHECKING:
    from movierec.data.encode import EncodedData


def make_card(encoded: EncodedData, parameters: Parameters) -> dict[str, Any]:
    """Return the entries of a model card that follow from the ratings and parameters.

    Parameters
    ----------
    encoded : EncodedData
    parameters : Parameters
    """
    item_users = encoded.interactions.item_users
    return {
        "algorithm": parameters.algorithm,
        "parameters": asdict(parameters),
        "versions": _versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "fingerprint": _fingerprint(encoded),
        "dropped": encoded.dropped,
        "n_items": item_users.shape[0],
        "n_users": item_users.shape[1],
        "n_ratings": int(item_users.nnz),
        "lowest_rating": float(item_users.data.min()),
        "highest_rating": float(item_users.data.max()),
    }


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("movierec", "scikit-learn", "scipy", "numpy")}


def _fingerprint(encoded: EncodedData) -> str:
    """Return a SHA-256 that is equal for models that were fitted on the same ratings."""
    matrix = encoded.interactions.item_users
    digest = hashlib.sha256()
    ids = (encoded.catalog.item_ids, encoded.users.ids)
    for array in (matrix.indptr, matrix.indices, matrix.data, *ids):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
