"""Content features of movies: one sparse vector for each movie.

Each part (genres, title, ...) contributes a vector, scaled down to length 1 if it is longer, and
multiplied by the square root of the part's weight. The cosine of two content vectors is then the
weighted mean of the scalar products of their parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.films.catalog import Catalog

# Relative weights of the parts; docs/similarity.md explains how they were chosen.
CONTENT_PARTS = {"genres": 0.3, "title": 0.65, "year": 0.05, "tags": 0.15, "genome": 0.15}

_YEARS_TOGETHER = 5  # years that share one feature
_FEWEST, _MOST = 2, 30  # number of movies that may share a series key

Features = Sequence[Mapping[str, float]]  # for each movie, the weight of each feature


def catalog_features(
    catalog: Catalog,
    tags: Mapping[str, Sequence[str]],
    genome: Mapping[str, Mapping[str, float]],
) -> dict[str, Features]:
    """Return the features of each part for every movie in a catalog; see :func:`features_of`.

    Parameters
    ----------
    catalog : Catalog
    tags, genome : mapping of str to sequence, or to mapping of str to float
        Keyed by movie id, as text.
    """
    ids = [str(catalog.movie_id(index)) for index in range(len(catalog))]
    return features_of(
        catalog.titles.tolist(),
        genres=map(catalog.genres, range(len(ids))),
        years=catalog.years[:].tolist(),
        tags=(tags.get(movie_id, ()) for movie_id in ids),
        genome=(genome.get(movie_id, {}) for movie_id in ids),
    )


def features_of(
    titles: Sequence[str],
    genres: Iterable[Sequence[str]],
    years: Iterable[int],
    tags: Iterable[Sequence[str]] = (),
    genome: Iterable[Mapping[str, float]] = (),
) -> dict[str, Features]:
    """Return the features of each part for every movie, without parts that no movie has.

    Parameters
    ----------
    titles : sequence of str
        Including the years. Series keys are derived from the titles.
    genres, tags : iterable of sequence of str
    years : iterable of int
        0 if the year is unknown.
    genome : iterable of mapping of str to float
        Relevance of each tag.
    """
    from movierec.films.series import series_keys

    parts: dict[str, Features] = {
        "genres": [dict.fromkeys(names, 1.0) for names in genres],
        "title": _shared_by_few(series_keys(titles)),
        "year": [{str(year // _YEARS_TOGETHER): 1.0} if year else {} for year in years],
        "tags": [dict.fromkeys(names, 1.0) for names in tags],
        "genome": list(genome),
    }
    return {name: features for name, features in parts.items() if any(features)}


def _shared_by_few(keys: Features) -> Features:
    counts = Counter(key for of_movie in keys for key in of_movie)
    return [
        {key: weight for key, weight in of_movie.items() if _FEWEST <= counts[key] <= _MOST}
        for of_movie in keys
    ]


def content_matrix(
    parts: Mapping[str, Features], weights: Mapping[str, float]
) -> tuple[csr_matrix | None, dict[str, int]]:
    """Combine the parts into one unit vector for each movie.

    If a part of a movie is unknown, such as its year, the weight of the part goes to a feature
    that no other movie has. The cosine of two movies is therefore always the weighted sum of the
    scalar products of their parts, even if some parts are missing.

    Parameters
    ----------
    parts : mapping of str to Features
    weights : mapping of str to float
        Only the ratios between the weights of the given `parts` matter.

    Returns
    -------
    matrix : scipy.sparse.csr_matrix of shape (n_items, n_features + n_items), float32, or None
        None if no part has a weight.
    ends : dict of str to int
        The end column of each part (excluded), in the order of the columns.
    """
    import numpy as np
    from scipy.sparse import csr_matrix, diags, hstack

    used = {name: weights[name] for name in parts if weights.get(name)}
    if not used:
        return None, {}
    blocks = [
        _rows(parts[name]) * np.sqrt(weight / sum(used.values())) for name, weight in used.items()
    ]
    ends = np.cumsum([block.shape[1] for block in blocks]).tolist()
    known = csr_matrix(hstack(blocks))
    unknown = 1 - np.asarray(known.multiply(known).sum(axis=1)).ravel()
    alone = diags(np.sqrt(np.where(unknown > 1e-9, unknown, 0)), format="csr")
    alone.eliminate_zeros()
    matrix = csr_matrix(hstack([known, alone], format="csr"), dtype=np.float32)
    return matrix, dict(zip(used, ends, strict=True))


def _rows(features: Features) -> csr_matrix:
    """Return the features as a matrix, with rows scaled down to length 1 if they are longer."""
    import numpy as np
    from scipy.sparse import csr_matrix, diags

    from movierec.neighbors.sparse import inverse_norms

    names = sorted({name for of_movie in features for name in of_movie})
    column_of = {name: column for column, name in enumerate(names)}
    columns = [column_of[name] for of_movie in features for name in of_movie]
    values = [value for of_movie in features for value in of_movie.values()]
    indptr = np.cumsum([0, *map(len, features)])
    matrix = csr_matrix((values, columns, indptr), shape=(len(features), len(names)))
    shortened = csr_matrix(diags(np.minimum(inverse_norms(matrix), 1.0), format="csr") @ matrix)
    shortened.sort_indices()
    return shortened
