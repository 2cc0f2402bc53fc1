"""What every algorithm that scores films for people can do, and finding one by its name.

An algorithm is a file in this folder. Its name is the file's; the file holds one subclass of
:class:`Scorer`. Nothing else has to know of it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from movierec.errors import DataError, UsageError

Feedback = Literal["presence", "value"]
Scores = npt.NDArray[np.float32]

_LARGEST_DENSE = 4 << 30  # bytes that one dense matrix may take


class Scorer(ABC):
    """Scores films for people, also for those it was not fitted on.

    As in scikit-learn, parameters are keywords and kept as given, and what is learned ends in
    ``_``.

    Attributes
    ----------
    GRID : mapping of str to sequence
        The values of its parameters among which the best are looked for.
    """

    GRID: ClassVar[Mapping[str, Sequence[Any]]] = {}

    @abstractmethod
    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Learn from ratings.

        Parameters
        ----------
        user_items : scipy.sparse.csr_matrix of shape (n_users, n_items), float32
        content : scipy.sparse.csr_matrix of shape (n_items, n_features), float32, optional
            What the films are, a row of length 1 each.

        Raises
        ------
        DataError
            If the algorithm cannot take so many films, or needs a content that there is not.
        """

    @abstractmethod
    def score(self, user_items: Any) -> Scores:
        """Score all films for some people by what they rated; a higher score is a better film.

        Parameters
        ----------
        user_items : scipy.sparse.csr_matrix of shape (n, n_items), float32
            Their ratings. They need not have been there when the algorithm was fitted.

        Returns
        -------
        ndarray of shape (n, n_items), float32
        """

    def parameters(self) -> dict[str, Any]:
        """Return the parameters by their names."""
        return {name: getattr(self, name) for name in parameters_of(type(self))}


def parameters_of(scorer: type[Scorer]) -> dict[str, Any]:
    """Return the names of an algorithm's parameters with their defaults."""
    given = inspect.signature(scorer).parameters.values()
    return {parameter.name: parameter.default for parameter in given}


def names() -> list[str]:
    """Return the names of all algorithms."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(file.stem for file in files)


def load(name: str) -> type[Scorer]:
    """Return an algorithm by its name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in names():
        raise UsageError(f'no algorithm is called "{name}"', f"there are {', '.join(names())}")
    module = import_module(f"movierec.algorithms.{name}")
    return next(
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Scorer) and member.__module__ == module.__name__
    )


def as_feedback(user_items: Any, feedback: Feedback) -> Any:
    """Return ratings as they are, or a 1 for each."""
    if feedback == "value":
        return user_items
    present = user_items.copy()
    present.data = np.ones_like(present.data)
    return present


def refuse_too_many(n_items: int, n_matrices: int, what: str) -> None:
    """Raise an error if some dense matrices of films by films would take too much memory."""
    size = 8 * n_items**2 * n_matrices
    if size > _LARGEST_DENSE:
        raise DataError(
            f"{what} needs {size / 1e9:,.0f} GB for its dense matrices of {n_items:,} films",
            "take another algorithm, or leave out films with few ratings: --min-ratings",
        )
