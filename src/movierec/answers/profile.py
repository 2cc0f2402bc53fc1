"""What one person rated, watched and wants to watch, as the model knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from movierec.data.interactions import Interactions


@dataclass
class UserProfile:
    """What one person rated, watched and wants to watch, by ``item_index``.

    Attributes
    ----------
    name : str
        The name of the person's file; blank for movies that were named directly.
    ratings : dict of int to float
        On the scale of the model; ratings with equal timestamps are in the order in which they were
        given.
    timestamps : dict of int to float
        Seconds since 1970. A rating without one is as recent as the latest.
    seen : set of int
        Movies that the person watched and did not rate. They are not recommended, and make no
        difference otherwise.
    watchlist : set of int
    """

    name: str = ""
    ratings: dict[int, float] = field(default_factory=dict)
    timestamps: dict[int, float] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    watchlist: set[int] = field(default_factory=set)

    def with_opinions(self, opinions: Mapping[int, float]) -> UserProfile:
        """Return a profile with additional ratings, which count as the most recent.

        Parameters
        ----------
        opinions : mapping of int to float
            They replace existing ratings of the same movies.
        """
        before = {item: rating for item, rating in self.ratings.items() if item not in opinions}
        times = {item: time for item, time in self.timestamps.items() if item in before}
        return replace(self, ratings={**before, **opinions}, timestamps=times)


def as_interactions(people: Sequence[UserProfile], n_items: int) -> Interactions:
    """Convert the ratings of some people to interactions, with one user for each person.

    Parameters
    ----------
    people : sequence of UserProfile
    n_items : int
    """
    import numpy as np

    items = [item for person in people for item in person.ratings]
    values = [value for person in people for value in person.ratings.values()]
    times: list[float] = []
    for person in people:
        latest = max(person.timestamps.values(), default=0.0)
        times += [person.timestamps.get(item, latest) for item in person.ratings]
    return Interactions(
        np.repeat(
            np.arange(len(people), dtype=np.int32), [len(person.ratings) for person in people]
        ),
        np.array(items, dtype=np.int32),
        np.array(values, dtype=np.float32),
        len(people),
        n_items,
        lambda: np.array(times, dtype=np.float64),
    )
