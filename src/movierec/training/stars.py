"""Learn to predict ratings: before the table of neighbors is computed, and after."""

from __future__ import annotations

from dataclasses import dataclass

from movierec.algorithms._preferences import RatingScale
from movierec.algorithms._stars import Baseline, ErrorLevels, sample_of_users
from movierec.data.interactions import Interactions
from movierec.model.stars import Stars
from movierec.neighbors.table import NeighborTable


@dataclass(frozen=True)
class StarsFitter:
    """What is learned of ratings before there is a table.

    Attributes
    ----------
    baseline : Baseline
    sample : Interactions
        The ratings of some users, which are predicted to learn how far predictions are off.
    """

    baseline: Baseline
    sample: Interactions

    @classmethod
    def of(cls, interactions: Interactions) -> StarsFitter | None:
        """Learn from ratings; None if all of them are equal."""
        scale = RatingScale.of(interactions)
        if scale.lowest == scale.highest:
            return None
        return cls(Baseline.fit(interactions), sample_of_users(interactions))

    def fit(self, table: NeighborTable) -> Stars:
        """Learn how far predictions are off.

        Parameters
        ----------
        table : NeighborTable
        """
        return Stars.build(self.baseline, ErrorLevels.fit(self.baseline, table, self.sample))
