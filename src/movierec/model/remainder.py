"""What a fit read and no other part of a model holds, for a fit without the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from movierec._schema import Column, Schema, check_form

if TYPE_CHECKING:
    from movierec.data.dataset import Dataset
    from movierec.data.left_out import LeftOut
    from movierec.store.columns import Array

_KINDS = ("links", "tags", "genome", "features")
_FORM = {
    "links": {"*": str},
    "tags": {"*": [str]},
    "genome": {"*": {"*": float}},
    "features": {"*": {"*": str}},
}
_N_ROWS = "ratings left out"


class Remainder:
    """The ratings that were left out, and what is known of movies, as it was read.

    Parameters
    ----------
    arrays : mapping of str to array
        The rows of :class:`movierec.data.left_out.LeftOut`, as ``user_ids``, ``item_ids``,
        ``ratings`` and, if the model keeps times, ``timestamps`` and ``places``; ``has_times`` of
        shape (1,), 1 if the ratings came with times, whether or not the model keeps them; and
        ``known``, the bytes of a JSON document: links, tags, genome and features.
    """

    NAME: ClassVar = "remainder"
    OF_PEOPLE: ClassVar = True
    SCHEMA: ClassVar[Schema] = {
        "user_ids": Column("i8 S", (_N_ROWS,)),
        "item_ids": Column("i8 S", (_N_ROWS,)),
        "ratings": Column("f4", (_N_ROWS,)),
        "timestamps": Column("i8 f8", (_N_ROWS,), is_optional=True),
        "places": Column("i8", (_N_ROWS,), least=0, is_optional=True),
        "has_times": Column("u1", (1,), up_to=1),
        "known": Column("u1", ("bytes of what is known",)),
    }

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = arrays

    @classmethod
    def build(cls, left_out: LeftOut, dataset: Dataset, *, has_times: bool) -> Self:
        """Take what a fit has read.

        Parameters
        ----------
        left_out : LeftOut
        dataset : Dataset
        has_times : bool
            Whether the ratings came with times.
        """
        import numpy as np

        known = {kind: getattr(dataset, kind) for kind in _KINDS}
        arrays: dict[str, Any] = {
            "user_ids": left_out.users,
            "item_ids": left_out.items,
            "ratings": left_out.values,
            "has_times": np.array([has_times], np.uint8),
            "known": np.frombuffer(json.dumps(known).encode(), np.uint8),
        }
        if left_out.timestamps is not None:
            arrays |= {"timestamps": left_out.timestamps, "places": left_out.places}
        return cls(arrays)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Build from the arrays that :meth:`to_arrays` returned."""
        return cls(arrays)

    def to_arrays(self) -> Mapping[str, Array]:
        """Return the arrays by name."""
        return self.arrays

    @property
    def has_times(self) -> bool:
        """Whether the ratings came with times."""
        return bool(self.arrays["has_times"][0])

    def left_out(self) -> LeftOut:
        """Return the rows that were left out."""
        import numpy as np

        from movierec.data.left_out import LeftOut

        names = ("user_ids", "item_ids", "ratings", "timestamps", "places")
        return LeftOut(
            *(np.asarray(self.arrays[name]) if name in self.arrays else None for name in names)  # type: ignore[arg-type]
        )

    def known(self) -> dict[str, Any]:
        """Return links, tags, genome and features, as :class:`movierec.data.dataset.Dataset`.

        Raises
        ------
        ValueError
            If they are damaged.
        """
        import numpy as np

        found = json.loads(np.asarray(self.arrays["known"]).tobytes())
        check_form(found, _FORM, "what is known of the movies")
        return {kind: found[kind] for kind in _KINDS}
