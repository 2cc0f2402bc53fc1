"""The parameters of a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from movierec._checks import number, one_of, whole_number
from movierec.errors import UsageError
from movierec.films.content import COLUMN_WEIGHT, CONTENT_PARTS
from movierec.neighbors.weighting import CORRECTED, Weighting

_PARTS_HINT = f"the parts are {', '.join(CONTENT_PARTS)}"
_HINT = "see movierec fit --help"
_HEAVIEST = 1e6


@dataclass(frozen=True)
class Parameters:
    """The parameters of a fit; all of them are stored in the model file.

    docs/similarity.md describes how the defaults for content were chosen.

    Attributes
    ----------
    n_neighbors : int
        Number of neighbors stored for each item.
    min_support : int
        Minimum number of users who rated both items of a pair; other pairs are left out.
    min_ratings : int
        Minimum number of ratings of an item; the ratings of other items are dropped.
    content_weight : float
        Weight of content next to very many ratings, from 0 to 1.
    prior : float
        Number of ratings at which they have half of the weight of very many.
    weighting : {"corrected", "none"}
        Whether items are compared by factors that are corrected for fame and era, or by their
        ratings as they are.
    content_parts : mapping of str to float
        Relative weights of the parts of the content.
    algorithm : str
        Name of the algorithm, or its address as ``package.module:Class``.
    settings : mapping of str to object
        Parameters of the algorithm.
    min_raters : int, optional
        Minimum number of people on whom each figure rests; others are left out, as are ratings.
    """

    n_neighbors: int = 100
    min_support: int = 0
    min_ratings: int = 1
    content_weight: float = 0.5
    prior: float = 15.0
    weighting: Weighting = CORRECTED
    content_parts: Mapping[str, float] = field(default_factory=lambda: dict(CONTENT_PARTS))
    algorithm: str = "default"
    settings: Mapping[str, Any] = field(default_factory=dict)
    min_raters: int | None = None

    def with_columns(self, columns: Iterable[str]) -> Parameters:
        """Return parameters in which columns of other content have a weight.

        Parameters
        ----------
        columns : iterable of str

        Raises
        ------
        UsageError
            If a part of the content is called as neither a column nor a built-in part.
        """
        names = [*CONTENT_PARTS, *columns]
        for name in self.content_parts:
            if name not in names:
                hint = f"the parts are {', '.join(names)}"
                raise UsageError(f'no part of the content is called "{name}"', hint)
        if self.content_parts != CONTENT_PARTS:
            return self
        weights = dict.fromkeys(names, COLUMN_WEIGHT) | CONTENT_PARTS
        return replace(self, content_parts=weights)

    def check(self, *, has_columns: bool = False) -> None:
        """Check the range of every parameter.

        Parameters
        ----------
        has_columns : bool
            Whether parts of the content may be called as columns that are read later.

        Raises
        ------
        UsageError
            If a parameter is out of range.
        """
        for name, least in (("n_neighbors", 1), ("min_support", 0), ("min_ratings", 1)):
            whole_number(name, getattr(self, name), least, _HINT)
        if self.min_raters is not None:
            whole_number("min_raters", self.min_raters, 2, "a figure of one person is theirs")
        number("content_weight", self.content_weight, 0, 1, _HINT)
        number("prior", self.prior, 0, hint=_HINT)
        one_of("weighting", self.weighting, get_args(Weighting))
        if not has_columns:
            self.with_columns(())
        self._check_parts()

    def _check_parts(self) -> None:
        for name, weight in self.content_parts.items():
            number(f"the weight of {name}", weight, 0, _HEAVIEST, _PARTS_HINT)
