"""The contract of algorithms: their input, the methods they must have, and optional methods.

An algorithm is a subclass of :class:`Algorithm`. A built-in algorithm has the name of its file in
this folder. Installed packages add algorithms through the entry-point group
``movierec.algorithms``. :mod:`movierec.testing` has the tests that every algorithm must pass.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from movierec._schema import Schema
from movierec._util import Progress, no_progress
from movierec.algorithms._state import from_arrays, to_arrays
from movierec.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from scipy.sparse import csr_matrix

    from movierec.data.interactions import Interactions
    from movierec.neighbors.content import Content
    from movierec.neighbors.support import SupportMatrix
    from movierec.neighbors.table import NeighborTable
    from movierec.neighbors.top_k import NeighborSpec
    from movierec.store.columns import Array

Feedback = Literal["presence", "value"]
Need = Literal["timestamps", "content"]
Scores = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
ParameterValue = bool | int | float | str | None
State = Mapping[str, "Array"]  # by name
CURVE = "curve_"  # the learned array of algorithms that are trained in epochs, and in their SCHEMA


@dataclass(frozen=True)
class Range:
    """The range of a numeric parameter, written in its annotation.

    ``l2: Annotated[float, Range(1e-6)] = 300.0`` rejects values below 1e-6.

    Attributes
    ----------
    low, high : float
        The lowest and the highest allowed value.
    """

    low: float
    high: float = 1e9


@dataclass(frozen=True)
class TrainingData:
    """The data that an algorithm may learn from.

    Attributes
    ----------
    interactions : Interactions
    content : scipy.sparse.csr_matrix of shape (n_items, n_features), float32, optional
        Features of the items, each row of length at most 1.
    parts : Content, optional
        The parts from which `content` is combined.
    """

    interactions: Interactions
    content: csr_matrix | None = None
    parts: Content | None = None

    @property
    def parts_of_content(self) -> Content | None:
        """The parts of the content; a single one if they are not known."""
        if self.parts is not None or self.content is None:
            return self.parts
        from movierec.neighbors.content import Content

        return Content.of(self.content)

    @classmethod
    def of(cls, interactions: Interactions, parts: Content | None) -> TrainingData:
        """Return training data with the parts of the content, if there are any.

        Parameters
        ----------
        interactions : Interactions
        parts : Content, optional
        """
        return cls(interactions, None if parts is None else parts.matrix, parts)


@dataclass(frozen=True)
class Run:
    """Options of a fit, which must not change the result.

    Attributes
    ----------
    progress : callable
        Called with the name of a stage and the fraction done, from 0 to 1.
    n_threads : int, optional
        Default: all processors.
    checkpoint : pathlib.Path, optional
        A file in which a long fit keeps what it has learned so far, and from which it continues if
        it was stopped. Algorithms that fit in seconds ignore it. On the command line, only
        algorithms whose `SCHEMA` has ``curve_`` get one.
    """

    progress: Progress = no_progress
    n_threads: int | None = None
    checkpoint: Path | None = None


class Algorithm(ABC):
    """Scores items for users, including users it was not fitted on, and compares items.

    As in scikit-learn, parameters are keyword arguments that are stored unchanged, and the names of
    learned attributes end in ``_``. These are NumPy arrays and sparse matrices; :meth:`state` finds
    them by name. The annotation of a numeric parameter may hold its :class:`Range`.
    ``sklearn.base.clone`` copies an algorithm without what it learned.

    Attributes
    ----------
    SIMILARITY : str
        What :meth:`similarities` measures, in words.
    NEEDS : frozenset of {"timestamps", "content"}
        What the data must have.
    EXTRA : str, optional
        The extra of the package that the algorithm needs, such as "neural".
    GRID : mapping of str to sequence
        The values to try for each parameter that can be tuned. A search by Optuna draws numbers
        between the lowest and the highest of them, on a logarithmic scale if all are above 0, and
        whole ones if all are whole; of other values, one.
    SCHEMA : mapping of str to Column
        What the arrays of :meth:`state` must be in a model file, as far as the algorithm says so.
    HOLDS_RATINGS : bool
        Whether these arrays hold what single people rated, so that no model can be without.
    """

    SIMILARITY: ClassVar[str]
    NEEDS: ClassVar[frozenset[Need]] = frozenset()
    EXTRA: ClassVar[str | None] = None
    GRID: ClassVar[Mapping[str, Sequence[ParameterValue]]] = {}
    SCHEMA: ClassVar[Schema] = {}
    HOLDS_RATINGS: ClassVar[bool] = False

    @abstractmethod
    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        """Learn from ratings.

        Parameters
        ----------
        data : TrainingData
        run : Run

        Raises
        ------
        DataError
            If the algorithm cannot be fitted on these data.
        """

    @abstractmethod
    def score(self, users: Interactions) -> Scores:
        """Score all items for some users, based on their preferences; higher is better.

        Parameters
        ----------
        users : Interactions
            The preferences of ``users.n_users`` users, who may differ from the users of the fit.
            ``users.ratings`` are not the ratings of the data, but what they say: 1 for the
            highest rating, below 0 where a rating speaks against items like the rated one. See
            :func:`movierec.algorithms._preferences.preferences`.

        Returns
        -------
        ndarray of shape (users.n_users, n_items), float32
            Finite. Items with a score of 0 or less are not recommended. A lower preference for
            an item must not raise the score of the item most similar to it.
        """

    @abstractmethod
    def similarities(self, items: Indices) -> Scores:
        """Compare some items with all items: 1 for equal items, at most 0 for unlike ones.

        Parameters
        ----------
        items : ndarray of shape (n,), int64

        Returns
        -------
        ndarray of shape (n, n_items), float32
            A row does not depend on the other requested rows.
        """

    def parameters(self) -> dict[str, ParameterValue]:
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in parameters_of(type(self))}

    def get_params(self, deep: bool = True) -> dict[str, ParameterValue]:
        """Return the parameters by name, as ``sklearn.base.clone`` asks for them.

        Parameters
        ----------
        deep : bool
            Makes no difference: no parameter has parameters of its own.
        """
        return self.parameters()

    def set_params(self, **parameters: ParameterValue) -> Self:
        """Change parameters; what was learned before stays until the next fit.

        Values are checked where the algorithm is used, as those of the constructor are.

        Parameters
        ----------
        **parameters
            By name.

        Raises
        ------
        UsageError
            If one is unknown; none is changed then.
        """
        known = parameters_of(type(self))
        for name in parameters:
            if name not in known:
                hint = f"it has {', '.join(known) or 'none'}"
                raise UsageError(f'{type(self).__name__} has no parameter "{name}"', hint)
        vars(self).update(parameters)
        return self

    def __repr__(self) -> str:
        defaults = parameters_of(type(self))
        changed = (
            f"{name}={value!r}"
            for name, value in self.parameters().items()
            if value != defaults[name]
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the learned arrays by name, in C order, for a model file.

        Raises
        ------
        UsageError
            If something learned is not made of numbers.
        """
        learned = {name: value for name, value in vars(self).items() if name.endswith("_")}
        return to_arrays(learned)

    @classmethod
    def from_state(cls, state: State, parameters: Mapping[str, ParameterValue]) -> Self:
        """Restore a fitted algorithm.

        Parameters
        ----------
        state : mapping of str to array
            The result of :meth:`state`. Arrays may be mapped from a file; ``numpy.asarray`` reads
            all of one.
        parameters : mapping of str to object
            The result of :meth:`parameters`.

        Raises
        ------
        ValueError
            If the state is damaged.
        """
        algorithm = cls(**parameters)
        arrays = {name: np.asarray(array) for name, array in state.items()}
        for name, value in from_arrays(arrays).items():
            setattr(algorithm, name, value)
        return algorithm


def parameters_of(algorithm: type[Algorithm]) -> dict[str, ParameterValue]:
    """Return the defaults of an algorithm's parameters, by name."""
    given = inspect.signature(algorithm).parameters.values()
    return {parameter.name: parameter.default for parameter in given}


@runtime_checkable
class PredictsRatings(Protocol):
    """An algorithm that predicts ratings on the scale of the data, from such ratings."""

    def predict(self, users: Interactions, items: Indices) -> Scores:
        """Return predicted ratings, shape (users.n_users, n), float32.

        Parameters
        ----------
        users : Interactions
        items : ndarray of shape (n,), int64
        """


@runtime_checkable
class Updatable(Protocol):
    """An algorithm that can compare items by their own ratings and nothing else.

    When ratings change, only pairs with an item that they are of are then compared anew.
    """

    def is_updatable(self) -> bool:
        """Tell whether it does, with its parameters: by the cosine of ratings, unweighted."""


@runtime_checkable
class Explains(Protocol):
    """An algorithm that can tell how much each rated item adds to a score."""

    def contributions(self, items: Indices, rated: Indices) -> Scores:
        """Return how much the ratings of some items add to the scores of others.

        Parameters
        ----------
        items : ndarray of shape (n,), int64
            The items that are scored.
        rated : ndarray of shape (m,), int64

        Returns
        -------
        ndarray of shape (n, m), float32
            The values for a preference of 1.
        """


@runtime_checkable
class WeighsAge(Protocol):
    """An algorithm whose scores are sums of contributions times a weight by age."""

    def age_weights(self, users: Interactions) -> Scores:
        """Return how much each rating counts by its age, from 0 to 1; shape (len(users),), float32.

        Parameters
        ----------
        users : Interactions
        """


@runtime_checkable
class CountsTransitions(Protocol):
    """An algorithm that counted people who rated an item after another."""

    def count_transitions(self, sources: Indices, destinations: Indices) -> Indices:
        """Return how many people went from an item to another.

        Parameters
        ----------
        sources, destinations : ndarray of shape (n,), int64

        Returns
        -------
        ndarray of shape (n,), int64
            0 also for pairs whose counts were not kept.
        """


@runtime_checkable
class HasNeighbors(Protocol):
    """An algorithm that compares items by a table of their nearest neighbors.

    If :meth:`neighbor_spec` returns a spec, the engine of the training computes the table and
    passes it to :meth:`set_neighbors` instead of calling ``fit``.
    """

    def neighbor_spec(self) -> NeighborSpec | None:
        """Return the spec of the table, or None if only ``fit`` can compute the table."""

    def set_neighbors(self, table: NeighborTable, n_ratings: npt.NDArray[np.integer]) -> None:
        """Use a table instead of fitting.

        Parameters
        ----------
        table : NeighborTable
        n_ratings : ndarray of shape (n_items,), int32
        """

    def get_neighbors(self) -> NeighborTable:
        """Return the table."""


@runtime_checkable
class NeedsSupport(Protocol):
    """An algorithm that learns from the support of every pair of some items.

    When an engine compares items, it counts these pairs on the way.
    """

    def empty_support(self, n_ratings: npt.NDArray[np.integer], n_users: int) -> SupportMatrix:
        """Return the matrix that is to be filled.

        Parameters
        ----------
        n_ratings : ndarray of shape (n_items,), integer
        n_users : int
        """

    def set_support(self, support: SupportMatrix, *, has_content: bool) -> None:
        """Learn from the filled matrix, after ``set_neighbors``. It may be overwritten.

        Parameters
        ----------
        support : SupportMatrix
        has_content : bool
            Whether the neighbors are near by content, too.
        """


def contributions_of(algorithm: Algorithm, items: Indices, rated: Indices) -> Scores:
    """Return how much rated items add to scores, by similarity if the algorithm cannot tell.

    Parameters
    ----------
    algorithm : Algorithm
    items, rated
        As in :meth:`Explains.contributions`.
    """
    if isinstance(algorithm, Explains):
        return algorithm.contributions(items, rated)
    return algorithm.similarities(items)[:, rated]
