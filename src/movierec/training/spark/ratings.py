"""The ratings on the cluster, and what is known of each item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import pluralize
from movierec.data.encode import nothing_left
from movierec.errors import DataError
from movierec.neighbors.factors import (
    N_FACTORS,
    coordinates,
    sampled_directions,
    sampling_step,
    weigh,
)
from movierec.neighbors.sums import DirectionSums, ItemSums, PairCounts
from movierec.training.spark.chunks import Chunks

if TYPE_CHECKING:
    from movierec.data.dataset import Dataset, OnError


@dataclass(frozen=True)
class Ratings:
    """The ratings on the cluster, and what is known of each item."""

    chunks: Chunks
    n_ratings: npt.NDArray[np.int64]
    sums: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]
    users_with: npt.NDArray[np.int64]
    dropped: dict[str, int]

    @classmethod
    def of(cls, chunks: Chunks, min_ratings: int) -> Ratings:
        """Count ratings, and leave out those of items that have too few."""
        found = chunks.add_up(ItemSums(chunks.n_items))
        left_out = chunks.left_out
        dropped = {
            "of movies that are not in the movies file": left_out["unknown"],
            "repeated (the last by time was kept)": left_out["repeated"],
        }
        is_rare = (found["n_ratings"] < min_ratings) & (found["n_ratings"] > 0)
        if is_rare.any():
            dropped[f"of movies with fewer than {min_ratings} ratings"] = int(
                found["n_ratings"][is_rare].sum()
            )
            chunks = chunks.of_items(~is_rare)
            found = chunks.add_up(ItemSums(chunks.n_items))
        return cls(chunks, **found, dropped={why: n for why, n in dropped.items() if n})

    @property
    def half_scale(self) -> float:
        """Half of the difference between the highest and the lowest rating."""
        lowest, highest = np.array(self.chunks.scale, dtype=np.float32)
        return float(np.float32((highest - lowest) / 2))

    def leading_factors(self) -> npt.NDArray[np.float32]:
        """Find directions from a sample of users, and take a last step with all ratings."""
        step = sampling_step(self.chunks.n_ratings)
        sample = self.chunks.of_users(np.arange(0, self.chunks.n_users, step))
        weights = weigh(sample.user_items(self.chunks.n_items).T.tocsr(), self.half_scale)
        directions = sampled_directions(weights, N_FACTORS)
        sums = self.chunks.add_up(DirectionSums(directions, self.half_scale))
        return coordinates(sums["squares"], sums["products"], N_FACTORS)

    def count_shared(self, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Any:
        """Return how many users rated both items of each pair."""
        if not len(first):
            return np.zeros(0, np.int32)
        return self.chunks.add_up(PairCounts(first, second))["shared"]

    def check(self, dataset: Dataset) -> None:
        """Raise an error if no rating is left."""
        if not self.n_ratings.sum():
            name, n_rows = dataset.files["ratings"], dataset.n_rating_rows
            raise DataError(*nothing_left(name, n_rows, self.dropped))


def report_rows(chunks: Chunks, dataset: Dataset, on_error: OnError) -> None:
    """Count rows, and say what was wrong with some of them.

    Parameters
    ----------
    chunks : Chunks
    dataset : Dataset
        Which gets the notes and the number of rows.
    on_error : {"fail", "skip"}

    Raises
    ------
    DataError
        If there are bad rows, and they are not to be skipped.
    """
    name, left_out = dataset.files["ratings"], chunks.left_out
    n_bad = left_out["bad"]
    if n_bad and on_error == "fail":
        raise DataError(
            f"{name}: {chunks.first_bad} ({pluralize(n_bad, 'bad row')} in all)",
            "fix the rows, or leave such rows out with --on-error skip",
        )
    if left_out["latin-1"]:
        dataset.notes.append(f"{name} is not UTF-8: read as latin-1")
    if n_bad:
        skipped = pluralize(n_bad, "bad row")
        dataset.notes.append(f"{name}: skipped {skipped} (the first: {chunks.first_bad})")
    dataset.n_rating_rows = chunks.n_ratings + left_out["repeated"] + left_out["unknown"]
