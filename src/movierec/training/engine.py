"""The contract of engines, which do the heavy work of a fit.

An engine works in this process or on a cluster. Every engine computes the same table. Algorithms do
not depend on engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from movierec._util import Progress, no_progress

if TYPE_CHECKING:
    from pathlib import Path

    from movierec.algorithms.base import Algorithm
    from movierec.data.dataset import OnError
    from movierec.model.model import Model
    from movierec.model.parameters import Parameters
    from movierec.privacy.terms import Terms


@dataclass(frozen=True)
class Task:
    """What an engine is to fit.

    Attributes
    ----------
    sources : mapping of str to path-like or data frame
        Keyed by the arguments of :func:`movierec.data.dataset.read_dataset`.
    parameters : Parameters
    algorithm : Algorithm, optional
        Default: the one that `parameters` names.
    with_ratings : bool, optional
        Whether the model holds what people rated. Default: what suits the engine.
    on_error : {"fail", "skip"}
        Whether an unusable row raises an error or is skipped.
    progress : callable
        Called with the name of a stage and the fraction done, from 0 to 1.
    checkpoint : pathlib.Path, optional
        As in :class:`movierec.algorithms.base.Run`.
    privacy : Terms, optional
        What the model is to guarantee to each person. Default: nothing.
    """

    sources: Mapping[str, Any]
    parameters: Parameters
    algorithm: Algorithm | None = None
    with_ratings: bool | None = None
    on_error: OnError = "fail"
    progress: Progress = no_progress
    checkpoint: Path | None = None
    privacy: Terms | None = None


class Engine(Protocol):
    """Reads a data set and fits a model."""

    def fit(self, task: Task) -> Model:
        """Fit a model.

        Parameters
        ----------
        task : Task

        Raises
        ------
        DataError
            If the data cannot be used.
        UsageError
            If a parameter cannot be used, also because the engine does not know it.
        """
