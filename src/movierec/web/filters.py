"""The filters of a list: read from the address, and offered as chips that change it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import request

from movierec.answers.filters import parse_years
from movierec.answers.records import Neighbor
from movierec.web import parameters

_MOST_CHIPS = 7  # of genres
_MORE = 0.5  # obscurity and diversity of a list, if they are on

Values = dict[str, str | None]


class Chip(NamedTuple):
    """A filter that may be on.

    Attributes
    ----------
    label : str
    values : dict of str to str or None
        The filters in the address that turn it on, or off.
    is_on : bool
    """

    label: str
    values: Values
    is_on: bool


class ListFilter(NamedTuple):
    """What a list is limited to.

    Attributes
    ----------
    genre : str or None
    decade : int or None
        Its first year.
    obscurity, diversity : float
    """

    genre: str | None
    decade: int | None
    obscurity: float
    diversity: float

    @classmethod
    def read(cls) -> ListFilter:
        """Return the filter in the address of the request.

        Raises
        ------
        UsageError
            If a value is not valid.
        """
        decade = parameters.optional_count("decade", highest=9990)
        obscurity, diversity = (parameters.share(name) for name in ("obscurity", "diversity"))
        return cls(parameters.text("genre"), decade, obscurity, diversity)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `Recommender.similar`."""
        years = None if self.decade is None else (self.decade, self.decade + 9)
        return {
            "genres": self.genre or (),
            "years": years,
            "obscurity": self.obscurity,
            "diversity": self.diversity,
        }

    def values(self) -> Values:
        """Return the filter as it stands in the address; None is left out."""
        return {
            "genre": self.genre,
            "decade": None if self.decade is None else str(self.decade),
            "obscurity": f"{self.obscurity:g}" if self.obscurity else None,
            "diversity": f"{self.diversity:g}" if self.diversity else None,
        }

    def chips(self, unfiltered: Sequence[Neighbor]) -> list[Chip]:
        """Return the chips for a list.

        Parameters
        ----------
        unfiltered : sequence of Neighbor
            Has the genres and the decades to offer.
        """
        genres = Counter(genre for movie in unfiltered for genre in movie.genres)
        offered = dict.fromkeys(
            [*filter(None, [self.genre]), *dict(genres.most_common(_MOST_CHIPS))]
        )
        decades = {movie.year // 10 * 10 for movie in unfiltered if movie.year}
        decades |= set() if self.decade is None else {self.decade}
        return [
            *(self._chip(genre, "genre", genre) for genre in offered),
            *(self._chip(f"{decade}s", "decade", str(decade)) for decade in sorted(decades)),
            self._chip("Less known", "obscurity", f"{self.obscurity or _MORE:g}"),
            self._chip("More varied", "diversity", f"{self.diversity or _MORE:g}"),
        ]

    def _chip(self, label: str, name: str, value: str) -> Chip:
        values = self.values()
        is_on = values[name] == value
        return Chip(label, values | {name: None if is_on else value}, is_on)


def list_options() -> dict[str, Any]:
    """Return the query parameters of a list as arguments of `Recommender.similar`.

    They are the options of the command line: ``genre`` and ``not_genre``, which may be repeated,
    ``years``, ``min_support``, ``diversity`` and ``obscurity``. Those not given are left out.

    Raises
    ------
    UsageError
        If a value is not valid.
    """
    readers: dict[str, Callable[[str], Any]] = {
        "genre": parameters.texts,
        "not_genre": parameters.texts,
        "years": lambda name: parse_years(parameters.text(name)),
        "min_support": _whole,
        "diversity": parameters.share,
        "obscurity": parameters.share,
        "year": _whole,
    }
    arguments = {"genre": "genres", "not_genre": "not_genres"}
    return {
        arguments.get(name, name): read(name)
        for name, read in readers.items()
        if name in request.args
    }


def _whole(name: str) -> int | str | None:
    """Return a query parameter as a number; of another text, the library says what is wrong."""
    given = parameters.text(name)
    return int(given) if given and re.fullmatch(r"-?[0-9]{1,9}", given) else given
