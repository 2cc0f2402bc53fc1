"""Regions of the map and their names: the hills of its density, and what is telling of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.films.catalog import Record
from movierec.films.names import drop_article, fold, main_title
from movierec.films.series import series_keys
from movierec.maps.layout import HIGHEST

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.films.catalog import Catalog
    from movierec.maps.layout import Places

_GRID = 256  # cells a side
# How far the density of each level is smoothed, in cells; how many regions it has at most; and
# how many movies each has at least.
_LEVELS = ((11.0, 14, 40), (4.5, 60, 20), (2.0, 220, 8))
_SMALL = 2_000  # movies, below which a region may be smaller in proportion


class Kind(NamedTuple):
    """What a term must be to be in a name: of how much of a region, and how much more often."""

    share: float
    lift: float


_KINDS = {
    "genre": Kind(0.3, 1.3),
    "tag": Kind(0.1, 4.0),
    "decade": Kind(0.5, 1.5),
    "series": Kind(0.25, 20.0),
}
_N_TRIED = 200  # terms of a region
_FEWEST = 3  # movies of a region that have a term
_SECOND = 0.4  # a second genre is told if it is this telling, next to the first


@dataclass(frozen=True)
class Region(Record):
    """A region of the map.

    Attributes
    ----------
    name : str
        What is telling of its movies, such as "1980s Horror".
    x, y : int
        Its densest point.
    level : int
        0 for the largest regions, then 1 and 2 for those within.
    n_movies : int
    """

    name: str
    x: int
    y: int
    level: int
    n_movies: int


def find_regions(catalog: Catalog, places: Places) -> list[Region]:
    """Return the named regions of a map, the large ones first.

    Parameters
    ----------
    catalog : Catalog
    places : ndarray of shape (n_items, 2), uint16
    """
    if not len(places):
        return []
    terms = _Terms(catalog)
    cells = (places.astype(np.int64) * _GRID) // (HIGHEST + 1)
    found: list[Region] = []
    for level, (blur, most, least) in enumerate(_LEVELS):
        needed = max(3, round(least * min(1, len(places) / _SMALL)))
        regions = _named(terms, _hills(cells, blur), places, level, needed)
        found += [region for region in islice(regions, most) if not _repeats(region, found)]
    return found


def _repeats(region: Region, larger: list[Region]) -> bool:
    """Tell whether the nearest region of the level above has the same name."""
    above = [other for other in larger if other.level == region.level - 1]
    nearest = min(
        above,
        key=lambda other: (other.x - region.x) ** 2 + (other.y - region.y) ** 2,
        default=None,
    )
    return nearest is not None and nearest.name == region.name


def _hills(cells: npt.NDArray[np.int64], blur: float) -> npt.NDArray[np.int64]:
    """Return the hill that each movie is on, as the number of the cell of its top.

    A movie is on the hill that it gets to by going up as steeply as it can.
    """
    from scipy.ndimage import gaussian_filter

    density = np.zeros((_GRID, _GRID))
    np.add.at(density, (cells[:, 1], cells[:, 0]), 1.0)
    density = gaussian_filter(density, blur, mode="constant")
    padded = np.pad(density, 1, constant_values=-1.0)
    moves = [(row, column) for row in range(3) for column in range(3)]
    around = np.stack([padded[row : row + _GRID, column : column + _GRID] for row, column in moves])
    best = np.argmax(around, axis=0)
    offsets = np.array([(row - 1) * _GRID + column - 1 for row, column in moves])
    here = np.arange(_GRID * _GRID).reshape(_GRID, _GRID)
    # On a plain, of which no cell is higher, stay.
    up = np.where(around.max(axis=0) > density, here + offsets[best], here).ravel()
    for _ in range(2 * _GRID.bit_length()):
        up = up[up]  # each step doubles the way, so all arrive at tops
    tops: npt.NDArray[np.int64] = up[cells[:, 1] * _GRID + cells[:, 0]]
    return tops


def _named(
    terms: _Terms,
    hills: npt.NDArray[np.int64],
    places: Places,
    level: int,
    least: int,
) -> Iterator[Region]:
    """Yield the regions of a level that have names of their own, those with most movies first."""
    taken: set[str] = set()
    tops, sizes = np.unique(hills, return_counts=True)
    for number in np.argsort(-sizes, kind="stable").tolist():
        if sizes[number] < least:
            break
        members = np.flatnonzero(hills == tops[number])
        x, y = np.median(places[members], axis=0)
        names = terms.names_of(members, series=level > 0)
        if name := next((name for name in names if name not in taken), ""):
            taken.add(name)
            yield Region(name, int(x), int(y), level, int(sizes[number]))


class _Terms:
    """What may be telling: genres, tags, decades and series of the movies."""

    def __init__(self, catalog: Catalog) -> None:
        titles = catalog.titles.tolist()
        # A name should be of movies that people know, so these count more.
        self._weights = np.log2(2 + np.asarray(catalog.n_ratings[:], dtype=np.float64))
        self._titles = titles
        self._kinds: list[str] = []
        self._names: list[str] = []
        members: list[list[int]] = []
        for (kind, name), items in _movies_by_term(catalog, titles).items():
            if len(items) >= _FEWEST:
                self._kinds.append(kind)
                self._names.append(name)
                members.append(items)
        self._matrix = self._as_matrix(members, len(titles))
        self._overall = self._shares(np.arange(len(titles)))

    @staticmethod
    def _as_matrix(members: list[list[int]], n_items: int) -> csr_matrix:
        from scipy.sparse import csr_matrix

        ends = np.cumsum([0, *map(len, members)])
        columns = np.concatenate([*map(np.array, members), np.empty(0)]).astype(np.int32)
        ones = np.ones(len(columns))
        return csr_matrix((ones, columns, ends), shape=(len(members), n_items)).T.tocsr()

    def _shares(self, items: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        weights = self._weights[items]
        shares: npt.NDArray[np.float64] = (self._matrix[items].T @ weights) / weights.sum()
        return shares

    def names_of(self, items: npt.NDArray[np.int64], *, series: bool) -> list[str]:
        """Return names for some movies, best first; none if nothing is telling of them."""
        shares = self._shares(items)
        counts = np.asarray(self._matrix[items].sum(axis=0)).ravel()
        scores = shares * np.log(np.maximum(shares, 1e-12) / np.maximum(self._overall, 1e-12))
        best: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for term in np.argsort(-scores, kind="stable")[:_N_TRIED].tolist():
            kind = self._kinds[term]
            needed = _KINDS[kind]
            is_telling = (
                counts[term] >= _FEWEST
                and shares[term] >= needed.share
                and shares[term] >= needed.lift * self._overall[term]
            )
            if is_telling and (series or kind != "series"):
                best[kind].append((float(scores[term]), term))
        if best["series"]:
            return [self._series_name(best["series"][0][1], items)]
        return self._joined(best)

    def _joined(self, best: dict[str, list[tuple[float, int]]]) -> list[str]:
        """Return a name of the most telling genres and decade, and one that tells a tag, too."""
        genres = [
            self._names[term]
            for score, term in best["genre"][:2]
            if score >= _SECOND * best["genre"][0][0]
        ]
        known = {genre.casefold() for genre in genres}
        tags = [self._names[term] for _, term in best["tag"]]
        tags = [tag for tag in tags if tag.casefold() not in known][:1]
        decade = "".join(f"{self._names[term]} " for _, term in best["decade"][:1])
        words = [genres, [*tags, *genres[:1]]] if genres else [tags]
        return [decade + " · ".join(each) for each in words if each]

    def _series_name(self, term: int, items: npt.NDArray[np.int64]) -> str:
        """Return what the movies of a series have in common, of the title that most people know."""
        of_series = items[np.asarray(self._matrix[items][:, [term]].toarray()).ravel() > 0]
        title = main_title(self._titles[int(of_series[np.argmax(self._weights[of_series])])])
        words = drop_article(title).split()[: len(self._names[term].split())]
        is_start = fold(" ".join(words)).startswith(self._names[term])
        return " ".join(words) if is_start else title


def _movies_by_term(catalog: Catalog, titles: list[str]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    years = np.asarray(catalog.years[:]).tolist()
    genres = catalog.genre_texts()
    for item, (year, keys) in enumerate(zip(years, series_keys(titles), strict=True)):
        for genre in filter(None, genres[item].split("|")):
            found["genre", genre].append(item)
        for tag in dict.fromkeys(catalog.tags(item)):
            found["tag", tag].append(item)
        for key, weight in keys.items():
            if weight == 1:
                found["series", key].append(item)
        if year:
            found["decade", f"{year // 10 * 10}s"].append(item)
    return found
