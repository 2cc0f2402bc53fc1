"""Finding the store for an address."""

from __future__ import annotations

from movierec.errors import UsageError
from movierec.store.base import Store
from movierec.store.local import LocalStore


def store_for(address: str) -> Store:
    """Return the store for an address, such as a path.

    Raises
    ------
    UsageError
        If no store supports its scheme.
    """
    scheme, separator, _ = address.partition("://")
    stores: list[Store] = [LocalStore()]
    for store in stores:
        if (scheme if separator else "") in store.SCHEMES:
            return store
    raise UsageError(f"{address}: models cannot be stored at {scheme}://", "name a file")
