"""Pickles that hold no arrays and cannot run code.

Arrays are pickled by name (a *persistent id*) and stored next to the pickle, where they can be
mapped. Loading first reads the pickle as data: only the few operations that a fitted estimator
needs may occur, and not many. It allows the few classes of an estimator, and rejects all others
before anything is called; see "Restricting Globals" in the documentation of ``pickle``.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec._schema import check_csr

# None of these classes calls an object that is passed to it.
_ALLOWED = {
    ("sklearn.neighbors._unsupervised", "NearestNeighbors"),
    ("scipy.sparse._csr", "csr_matrix"),
}


_OPERATIONS = frozenset(
    (
        *("PROTO", "FRAME", "MEMOIZE", "BINGET", "MARK", "STOP", "NONE", "NEWTRUE", "NEWFALSE"),
        *("BININT", "BININT1", "BININT2", "BINFLOAT", "SHORT_BINUNICODE", "BINPERSID"),
        *("EMPTY_DICT", "SETITEM", "SETITEMS", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"),
        *("STACK_GLOBAL", "NEWOBJ", "BUILD"),
    )
)
_MOST_OPERATIONS = 1000  # an estimator takes 122; what is nested as deep as this needs little stack
_LARGEST = 1 << 16  # bytes


class UnsafePickleError(Exception):
    """The pickle does what no model needs: it refers to other classes, or is large or deep."""


def dumps(content: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Pickle an object, with arrays replaced by their names.

    Parameters
    ----------
    content : object
    arrays : mapping of str to ndarray
        Includes every array in `content`, as the same object.

    Raises
    ------
    pickle.PicklingError
        If an array in `content` has no name.
    """
    names = {id(array): name for name, array in arrays.items()}
    buffer = io.BytesIO()

    class ByName(pickle.Pickler):
        def persistent_id(self, value: Any) -> str | None:
            if not isinstance(value, np.ndarray):
                return None
            if id(value) not in names:
                raise pickle.PicklingError(f"an array of shape {value.shape} has no name")
            return names[id(value)]

    ByName(buffer, protocol=5).dump(content)
    return buffer.getvalue()


def loads(content: bytes, array: Callable[[str], npt.NDArray[Any]]) -> Any:
    """Load an object that :func:`dumps` pickled.

    Parameters
    ----------
    content : bytes
    array : callable
        Returns an array by its name.

    Raises
    ------
    UnsafePickleError
        If the pickle refers to a class that is not allowed, or does other things that no model
        needs; nothing of it has been called then.
    ValueError
        If the matrix of the estimator is damaged.
    """
    _check_operations(content)

    class Restricted(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in _ALLOWED:
                raise UnsafePickleError(f"its pickle refers to {module}.{name}")
            return super().find_class(module, name)

        def persistent_load(self, name: str) -> npt.NDArray[Any]:
            return array(name)

    found = Restricted(io.BytesIO(content)).load()
    if isinstance(found, dict) and hasattr(found.get("estimator"), "_fit_X"):
        vectors = found["estimator"]._fit_X
        check_csr(vectors.data, vectors.indices, vectors.indptr, vectors.shape[1])
    return found


def _check_operations(content: bytes) -> None:
    """Read a pickle without running it."""
    if len(content) > _LARGEST:
        raise UnsafePickleError(f"its pickle has {len(content):,} bytes")
    for number, (operation, _, position) in enumerate(pickletools.genops(content)):
        if operation.name not in _OPERATIONS or number >= _MOST_OPERATIONS:
            raise UnsafePickleError(f"its pickle has {operation.name} at byte {position}")
