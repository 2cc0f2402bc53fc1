"""The records of what one person exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Role = Literal["rated", "seen", "watchlist"]


class Entry(NamedTuple):
    """A movie in an export: its ids and title, its rating, and when it was rated.

    Attributes
    ----------
    movie_id, imdb, title : str
        Blank where the export does not have it.
    year : int, optional
    rating : float, optional
        On the scale of the export.
    timestamp : float, optional
        Seconds since 1970; None where there is no date, or one that cannot be read.
    """

    movie_id: str = ""
    imdb: str = ""
    title: str = ""
    year: int | None = None
    rating: float | None = None
    timestamp: float | None = None

    def __str__(self) -> str:
        name = self.title or self.imdb or self.movie_id
        return f"{name} ({self.year})" if self.year and f"({self.year})" not in name else name


@dataclass
class Export:
    """All that one person exported.

    Attributes
    ----------
    source : str
        What it is an export of, for messages: "Letterboxd", "IMDb", "Trakt", "MovieLens" or "list".
    highest : float or None
        The highest rating of its scale; None for a list, which has the scale of the model.
    rated, seen, watchlist : list of Entry
        Of ratings of the same movie, the last counts. A movie may have been seen without a rating.
    n_unreadable_dates : int
    """

    source: str = "list"
    highest: float | None = None
    rated: list[Entry] = field(default_factory=list)
    seen: list[Entry] = field(default_factory=list)
    watchlist: list[Entry] = field(default_factory=list)
    n_unreadable_dates: int = 0

    def add(self, role: Role, entries: Sequence[Entry]) -> None:
        """Add entries; those without a rating are seen, unless they are on the watchlist.

        Parameters
        ----------
        role : {"rated", "seen", "watchlist"}
        entries : sequence of Entry
        """
        if role == "watchlist":
            self.watchlist += entries
        else:
            self.seen += [entry for entry in entries if entry.rating is None]
        self.rated += [entry for entry in entries if entry.rating is not None]
