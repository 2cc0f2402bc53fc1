"""Content features of movies: a sparse matrix for each part, such as genres."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.films.catalog import Catalog
    from movierec.neighbors.content import Content

# Weights of the parts; docs/similarity.md explains how they were chosen.
CONTENT_PARTS = {"genres": 0.16, "title": 0.8, "year": 0.03, "tags": 0.1, "genome": 0.1}

COLUMN_WEIGHT = 0.15  # of each column of other content

_STEP, _REACH = 5, 10  # years between the features of years, and how far each reaches
_FEWEST, _MOST = 2, 30  # number of movies that may share a series key

Features = Sequence[Mapping[str, float]]  # for each movie, the weight of each feature


def catalog_features(
    catalog: Catalog,
    tags: Mapping[str, Sequence[str]],
    genome: Mapping[str, Mapping[str, float]],
    features: Mapping[str, Mapping[str, str]],
    weights: Mapping[str, float],
) -> Content | None:
    """Return the content of the movies in a catalog; see :func:`features_of`.

    Parameters
    ----------
    catalog : Catalog
    tags, genome : mapping of str to sequence, or to mapping of str to float
        Keyed by movie id, as text.
    features : mapping of str to mapping of str to str
        For each column of other content, the text of each movie.
    weights : mapping of str to float
    """
    ids = [str(catalog.movie_id(index)) for index in range(len(catalog))]
    return features_of(
        catalog.titles.tolist(),
        genres=map(catalog.genres, range(len(ids))),
        years=catalog.years[:].tolist(),
        tags=(tags.get(movie_id, ()) for movie_id in ids),
        genome=(genome.get(movie_id, {}) for movie_id in ids),
        more={name: [texts.get(movie, "") for movie in ids] for name, texts in features.items()},
        weights=weights,
    )


def features_of(
    titles: Sequence[str],
    genres: Iterable[Sequence[str]],
    years: Iterable[int],
    tags: Iterable[Sequence[str]] = (),
    genome: Iterable[Mapping[str, float]] = (),
    *,
    more: Mapping[str, Sequence[str]] = MappingProxyType({}),
    weights: Mapping[str, float],
) -> Content | None:
    """Return the content of movies, without parts that no movie has, or None if nothing is left.

    Parameters
    ----------
    titles : sequence of str
        Including the years. Series keys are derived from the titles.
    genres, tags : iterable of sequence of str
    years : iterable of int
        0 if the year is unknown.
    genome : iterable of mapping of str to float
        Relevance of each tag.
    more : mapping of str to sequence of str
        Other columns; see :func:`movierec.films.features.features_of_column`.
    weights : mapping of str to float
        Weights of the parts; those not named, or with a weight of 0, are left out.
    """
    import numpy as np

    from movierec.films.features import features_of_column
    from movierec.films.series import series_keys
    from movierec.neighbors.content import Content

    years = list(years)
    parts: dict[str, Features] = {
        "genres": [dict.fromkeys(names, 1.0) for names in genres],
        "title": _shared_by_few(series_keys(titles)),
        "year": [_near_years(year) for year in years],
        "tags": [dict.fromkeys(names, 1.0) for names in tags],
        "genome": list(genome),
        **{name: features_of_column(texts) for name, texts in more.items() if weights.get(name)},
    }
    used = {name: weights[name] for name in parts if weights.get(name) and any(parts[name])}
    if not used:
        return None
    years_known = np.array([year or np.nan for year in years], dtype=np.float64)
    return Content({name: _rows(parts[name]) for name in used}, used, years_known)


@cache
def _near_years(year: int) -> dict[str, float]:
    """Return how near a year is to each fifth year, so that near years are alike."""
    if not year:
        return {}
    first = year - year % _STEP - _REACH
    near = {
        center: 1 - abs(year - center) / _REACH for center in range(first, year + _REACH, _STEP)
    }
    return {str(center): share for center, share in near.items() if share > 0}


def _shared_by_few(keys: Features) -> Features:
    counts = Counter(key for of_movie in keys for key in of_movie)
    return [
        {key: weight for key, weight in of_movie.items() if _FEWEST <= counts[key] <= _MOST}
        for of_movie in keys
    ]


def _rows(features: Features) -> csr_matrix:
    import numpy as np
    from scipy.sparse import csr_matrix

    names = sorted({name for of_movie in features for name in of_movie})
    column_of = {name: column for column, name in enumerate(names)}
    columns = [column_of[name] for of_movie in features for name in of_movie]
    values = [value for of_movie in features for value in of_movie.values()]
    indptr = np.cumsum([0, *map(len, features)])
    matrix = csr_matrix((values, columns, indptr), shape=(len(features), len(names)))
    matrix.sort_indices()
    return matrix
