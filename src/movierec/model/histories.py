"""The ids of the users, and the items that each user rated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from movierec._schema import Column, Schema
from movierec.store.columns import Array, RaggedArray
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from movierec.data.interactions import Interactions


class Histories:
    """The users, and the items that each user rated.

    The columns are in memory or mapped from a file.

    Parameters
    ----------
    arrays : mapping of str to array
        ``user_ids``, sorted; ``offsets`` of shape (n_users + 1,); ``items`` of shape (n_ratings,),
        the items of each user, sorted by time if there are ``timestamps``, else by index;
        ``timestamps`` of shape (n_ratings,), seconds since 1970, only if the algorithm needs them.
    """

    NAME: ClassVar = "histories"
    OF_PEOPLE: ClassVar = True
    SCHEMA: ClassVar[Schema] = {
        "user_ids": Column("i8 S", ("users",)),
        "items": Column("u1 u2 u4", ("rated items",), below="items"),
        "offsets": Column("i8", ("users+1",), up_to="rated items", ascends=True),
        "timestamps": Column("i8 f8", ("rated items",), is_optional=True),
    }

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays
        self.users = Vocabulary(arrays["user_ids"])
        self._items = RaggedArray(arrays["offsets"], arrays["items"])

    @classmethod
    def by_index(cls, users: Vocabulary, interactions: Interactions) -> Self:
        """Build histories without timestamps, sorted by item index.

        Parameters
        ----------
        users : Vocabulary
        interactions : Interactions
            By user, and those of a user by item.
        """
        return cls._of(users, interactions.offsets, interactions.items, interactions.n_items)

    @classmethod
    def by_time(cls, users: Vocabulary, interactions: Interactions) -> Self:
        """Build histories with timestamps, oldest ratings first.

        Parameters
        ----------
        users : Vocabulary
        interactions : Interactions
            Must have timestamps.
        """
        offsets, rows = interactions.rows_by_time
        histories = cls._of(users, offsets, interactions.items[rows], interactions.n_items)
        return cls(histories.to_arrays() | {"timestamps": interactions.timestamps[rows]})

    @classmethod
    def _of(
        cls,
        users: Vocabulary,
        offsets: npt.NDArray[np.int64],
        items: npt.NDArray[np.int32],
        n_items: int,
    ) -> Self:
        import numpy as np

        narrow = np.min_scalar_type(max(n_items - 1, 0))  # half the size for all MovieLens data
        return cls({"user_ids": users.ids, "offsets": offsets, "items": items.astype(narrow)})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Build histories from the arrays that :meth:`to_arrays` returned."""
        return cls(arrays)

    def to_arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return dict(self._arrays)

    @property
    def has_timestamps(self) -> bool:
        """Whether the times of the ratings were stored."""
        return "timestamps" in self._arrays

    @property
    def n_tied(self) -> int | None:
        """How many ratings have the same time as another of that user; None without times.

        Missing times count as equal.
        """
        if not self.has_timestamps:
            return None
        import numpy as np

        times, offsets = np.asarray(self._arrays["timestamps"]), np.asarray(self._items.offsets)
        as_before = np.zeros(len(times) + 1, dtype=bool)
        as_before[1:-1] = times[1:] == times[:-1]
        as_before[offsets] = False  # another user begins
        return int((as_before[1:] | as_before[:-1]).sum())

    def facts_of_times(self) -> dict[str, Any]:
        """Return what a summary says of the times: ``tied_ratings`` and ``activity``.

        Both are None without times; see :func:`movierec.data.over_time.activity`.
        """
        if not self.has_timestamps:
            return {"tied_ratings": None, "activity": None}
        import numpy as np

        from movierec.data.over_time import activity

        times = np.asarray(self._arrays["timestamps"])
        return {"tied_ratings": self.n_tied, "activity": activity(times)}

    def items(self, user: int) -> Sequence[int]:
        """Return the items that a user rated, sorted by time or by index."""
        found: Sequence[int] = self._items.row(user).tolist()
        return found

    def timestamps(self, user: int) -> Sequence[float] | None:
        """Return the timestamps of the user's ratings, or None if they were not stored."""
        if not self.has_timestamps:
            return None
        found: Sequence[float] = (
            RaggedArray(self._items.offsets, self._arrays["timestamps"]).row(user).tolist()
        )
        return found
