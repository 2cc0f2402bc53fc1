"""Pickles that hold no array and run no code.

Arrays are pickled by name (a *persistent id*) and kept beside the pickle, where they can be
mapped. Loading looks up the few classes that a fitted estimator needs, and refuses all others
before anything is called: see "Restricting Globals" in the documentation of ``pickle``.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

# None of these runs anything that it is handed.
_ALLOWED = {
    ("sklearn.neighbors._unsupervised", "NearestNeighbors"),
    ("scipy.sparse._csr", "csr_matrix"),
}


class UnsafePickleError(Exception):
    """The pickle names something that no model needs."""


def dumps(content: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Pickle `content`, replacing each of `arrays` in it (the same objects) by its name."""
    names = {id(array): name for name, array in arrays.items()}
    buffer = io.BytesIO()

    class ByName(pickle.Pickler):
        def persistent_id(self, thing: Any) -> str | None:
            if not isinstance(thing, np.ndarray):
                return None
            if id(thing) not in names:
                raise pickle.PicklingError(f"an array of shape {thing.shape} has no name")
            return names[id(thing)]

    ByName(buffer, protocol=5).dump(content)
    return buffer.getvalue()


def loads(content: bytes, array: Callable[[str], npt.NDArray[Any]]) -> Any:
    """Load what :func:`dumps` wrote, asking `array` for each array by its name.

    Raises
    ------
    UnsafePickleError
        Before anything of a class that is not expected is looked up.
    """

    class Restricted(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if (module, name) not in _ALLOWED:
                raise UnsafePickleError(f"its pickle asks for {module}.{name}")
            return super().find_class(module, name)

        def persistent_load(self, name: str) -> npt.NDArray[Any]:
            return array(name)

    return Restricted(io.BytesIO(content)).load()
