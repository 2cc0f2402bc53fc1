"""What every algorithm that scores films for people can do, and finding one by its name.

An algorithm is a file in this folder. Its name is the file's; the file holds one subclass of
:class:`Scorer`. Nothing else has to know of it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

from movierec.errors import DataError, UsageError

Feedback = Literal["presence", "value"]
Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

_MATRIX_PARTS = ("data", "indices", "indptr", "shape")
_MOST = 1e9
_MOST_FACTORS = 1e4  # a matrix of factors by factors takes memory
_LEAST_L2 = 1e-6  # without any, a matrix may have no inverse
_LARGEST_DENSE = 4 << 30  # bytes that one dense matrix may take


class Scorer(ABC):
    """Scores films for people, also for those it was not fitted on, and compares films.

    As in scikit-learn, parameters are keywords and kept as given, and what is learned ends in
    ``_``.

    Attributes
    ----------
    SIMILARITY : str
        What its similarity of two films is, in words.
    GRID : mapping of str to sequence
        The values of its parameters among which the best are looked for.
    """

    SIMILARITY: ClassVar[str]
    GRID: ClassVar[Mapping[str, Sequence[Any]]] = {}

    @abstractmethod
    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Learn from ratings.

        Parameters
        ----------
        user_items : scipy.sparse matrix of shape (n_users, n_items), float32
            In any format: what is a view of the ratings by film need not be copied.
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

    @abstractmethod
    def similarities(self, items: Indices) -> Scores:
        """Compare some films with all: 1 for equal ones, below or at 0 for those unlike.

        Parameters
        ----------
        items : ndarray of shape (n,), int64

        Returns
        -------
        ndarray of shape (n, n_items), float32
        """

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Tell how much having rated some films speaks for some others.

        Returns
        -------
        ndarray of shape (len(items), len(rated)), float32
        """
        return self.similarities(items)[:, rated]

    def parameters(self) -> dict[str, Any]:
        """Return the parameters by their names."""
        return {name: getattr(self, name) for name in parameters_of(type(self))}

    def learned(self) -> dict[str, npt.NDArray[Any]]:
        """Return what was learned as arrays by name, sparse matrices by their parts."""
        arrays = {}
        for name, value in vars(self).items():
            if name.endswith("_"):
                parts = {"": value} if isinstance(value, np.ndarray) else _parts_of(value)
                arrays.update({name + part: np.asarray(array) for part, array in parts.items()})
        return arrays

    def restore(self, arrays: Mapping[str, Any]) -> Self:
        """Take back what :meth:`learned` returned.

        Raises
        ------
        ValueError
            If it is damaged.
        """
        grouped: dict[str, dict[str, Any]] = defaultdict(dict)
        for key, array in arrays.items():
            name, _, part = key.partition(".")
            grouped[name][part] = array
        for name, parts in grouped.items():
            setattr(self, name, parts[""] if "" in parts else _matrix_of(parts))
        return self


def _parts_of(matrix: Any) -> dict[str, Any]:
    return {f".{part}": getattr(matrix, part) for part in _MATRIX_PARTS}


def _matrix_of(parts: Mapping[str, Any]) -> Any:
    from scipy.sparse import csr_matrix

    data, indices, indptr, shape = (parts[part] for part in _MATRIX_PARTS)
    matrix = csr_matrix((data, indices, indptr), shape=tuple(shape))
    matrix.check_format(full_check=True)  # an index out of range would be read out of range
    return matrix


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


def make(name: str, given: Mapping[str, Any]) -> Scorer:
    """Return an algorithm with some parameters, as numbers or as typed.

    Raises
    ------
    UsageError
        If there is no such algorithm or parameter, or a value makes no sense.
    """
    scorer = load(name)
    defaults, hints = parameters_of(scorer), get_type_hints(scorer.__init__)
    for parameter in given:
        if parameter not in defaults:
            hint = f"it has {', '.join(defaults)}" if defaults else "it has none"
            raise UsageError(f'{name} has no parameter "{parameter}"', hint)
    return scorer(
        **{parameter: _checked(parameter, value, hints) for parameter, value in given.items()}
    )


def _checked(parameter: str, value: Any, hints: Mapping[str, Any]) -> Any:
    """Return a value as its parameter's type."""
    choices, kind = get_args(hints[parameter]), hints[parameter]
    if choices:
        if value not in choices:
            raise UsageError(f"{parameter} is {value}; it must be one of {', '.join(choices)}")
        return value
    try:
        number = kind(value)
        if isinstance(value, float) and number != value:
            raise ValueError("an integer is needed")
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f'{parameter} is "{value}"; it must be a number') from None
    least, most = _range_of(parameter)
    if not least <= number <= most:
        raise UsageError(f"{parameter} is {value}; it must be from {least:g} to {most:g}")
    return number


def _range_of(parameter: str) -> tuple[float, float]:
    if parameter in {"alpha", "content_weight"}:
        return 0.0, 1.0
    if parameter == "n_factors":
        return 1, _MOST_FACTORS
    if parameter.startswith("n_"):
        return 1, _MOST
    return (_LEAST_L2 if parameter == "l2" else 0.0), _MOST


def as_feedback(user_items: Any, feedback: Feedback) -> Any:
    """Return ratings as they are, or a 1 for each."""
    if feedback == "value":
        return user_items
    present = user_items.copy()
    present.data = np.ones_like(present.data)
    return present


def cosines(rows: Any, items: Indices) -> Scores:
    """Return the cosines of some rows of a dense matrix with all."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return np.asarray(unit[items] @ unit.T)


def refuse_too_many(n_items: int, n_matrices: int, what: str) -> None:
    """Raise an error if some dense matrices of films by films would take too much memory."""
    size = 8 * n_items**2 * n_matrices
    if size > _LARGEST_DENSE:
        raise DataError(
            f"{what} needs {size / 1e9:,.0f} GB for its dense matrices of {n_items:,} films",
            "take another algorithm, or leave out films with few ratings: --min-ratings",
        )
