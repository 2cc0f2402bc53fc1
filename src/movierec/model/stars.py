"""What a model needs to predict ratings, besides the table of neighbors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from movierec._schema import Column, Schema
from movierec.neighbors.table import NeighborTable
from movierec.store.columns import Array

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from movierec.algorithms._preferences import RatingScale
    from movierec.algorithms._stars import Baseline, ErrorLevels

_NAMES = ("mean", "deviations", "borders", "levels")


class PredictedStars(NamedTuple):
    """Predicted ratings of some items by one person.

    Attributes
    ----------
    stars : ndarray of shape (n,), float32
        On the scale of the ratings.
    plus_minus : ndarray of shape (n,), float32
        About two thirds of such predictions are no further off.
    n_near : ndarray of shape (n,), int64
        How many near items the person rated.
    """

    stars: npt.NDArray[np.float32]
    plus_minus: npt.NDArray[np.float32]
    n_near: npt.NDArray[np.int64]


class Stars:
    """Predicts ratings; see :mod:`movierec.algorithms._stars`.

    Parameters
    ----------
    arrays : mapping of str to array
        ``mean`` of shape (1,) and ``deviations`` of shape (n_items,), the baseline; ``borders``
        and ``levels``, how far predictions are off.
    """

    NAME: ClassVar = "stars"
    OF_PEOPLE: ClassVar = False
    SCHEMA: ClassVar[Schema] = {
        "mean": Column("f4", (1,)),
        "deviations": Column("f4", ("items",)),
        "borders": Column("f4", ("borders",)),
        "levels": Column("f4", ("borders+1",)),
    }

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    @classmethod
    def build(cls, baseline: Baseline, errors: ErrorLevels) -> Self:
        """Build from what was learned.

        Parameters
        ----------
        baseline : Baseline
        errors : ErrorLevels
        """
        import numpy as np

        return cls(
            {
                "mean": np.array([baseline.mean], dtype=np.float32),
                "deviations": baseline.items,
                "borders": errors.borders,
                "levels": errors.deviations,
            }
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Build from the arrays that :meth:`to_arrays` returned."""
        return cls({name: arrays[name] for name in _NAMES})

    def to_arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return dict(self._arrays)

    def predict(
        self,
        table: NeighborTable,
        items: npt.NDArray[np.int64],
        ratings: Mapping[int, float],
        scale: RatingScale,
    ) -> PredictedStars:
        """Predict the ratings of one person.

        Parameters
        ----------
        table : NeighborTable
            Of the model.
        items : ndarray of shape (n,), int64
        ratings : mapping of int to float
            What the person rated, by ``item_index``.
        scale : RatingScale
            Predictions are clipped to it.
        """
        import numpy as np

        from movierec.algorithms._stars import Baseline, ErrorLevels, predict

        mean, deviations, borders, levels = (np.asarray(self._arrays[name]) for name in _NAMES)
        found = predict(
            Baseline(float(mean[0]), deviations),
            table,
            items,
            np.array(list(ratings), dtype=np.int64),
            np.array(list(ratings.values()), dtype=np.float32),
        )
        stars = np.clip(found.stars, *scale)
        return PredictedStars(stars, ErrorLevels(borders, levels).of(found.weights), found.n_near)
