"""What films are, besides how they were rated: one sparse vector each.

Every part (genres, title, ...) is a vector of its own, shortened to length 1 where it is longer,
times the square root of the part's weight. The cosine of two contents is then the weighted mean of
what their parts have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from movierec.neighbors.blockwise import inverse_norms
from movierec.series import series_keys

_YEARS_TOGETHER = 5
_FEWEST, _MOST = 2, 30  # films that share a key of a series

Features = Sequence[Mapping[str, float]]  # of each film, the weight of each feature


def features_of(
    titles: Sequence[str],
    genres: Iterable[Sequence[str]],
    years: Iterable[int],
    tags: Iterable[Sequence[str]] = (),
    genome: Iterable[Mapping[str, float]] = (),
) -> dict[str, Features]:
    """Return the features of each part, for each film; a part that no film has is left out.

    Parameters
    ----------
    titles : sequence of str
        With their years, from which the keys of series are made.
    genres, tags : iterable of sequence of str
    years : iterable of int
        0 where it is not known.
    genome : iterable of mapping of str to float
        The relevance of each tag.
    """
    parts: dict[str, Features] = {
        "genres": [dict.fromkeys(names, 1.0) for names in genres],
        "title": _shared_by_few(series_keys(titles)),
        "year": [{str(year // _YEARS_TOGETHER): 1.0} if year else {} for year in years],
        "tags": [dict.fromkeys(names, 1.0) for names in tags],
        "genome": list(genome),
    }
    return {name: features for name, features in parts.items() if any(features)}


def _shared_by_few(keys: Features) -> Features:
    counts = Counter(key for own in keys for key in own)
    return [
        {key: weight for key, weight in own.items() if _FEWEST <= counts[key] <= _MOST}
        for own in keys
    ]


def content_matrix(
    parts: Mapping[str, Features], weights: Mapping[str, float]
) -> tuple[Any, dict[str, int]]:
    """Join the parts to one vector of length 1 for each film.

    What is not known of a film, such as its year, leaves its weight to a feature that no other
    film has: so the cosine of two films is the sum of the products of their parts times the
    weights, whatever is missing.

    Parameters
    ----------
    parts : mapping of str to Features
    weights : mapping of str to float
        Only their ratios count, among the parts that there are.

    Returns
    -------
    matrix : scipy.sparse.csr_matrix of shape (n_items, n_features + n_items), float32, or None
        None where no part counts.
    ends : dict of str to int
        The column after the last of each part, in their order.
    """
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
    own = diags(np.sqrt(np.where(unknown > 1e-9, unknown, 0)), format="csr")
    own.eliminate_zeros()
    matrix = csr_matrix(hstack([known, own], format="csr"), dtype=np.float32)
    return matrix, dict(zip(used, ends, strict=True))


def _rows(features: Features) -> Any:
    """Return a matrix of the features, each row of at most length 1."""
    from scipy.sparse import csr_matrix, diags

    names = sorted({name for own in features for name in own})
    column_of = {name: column for column, name in enumerate(names)}
    columns = [column_of[name] for own in features for name in own]
    values = [value for own in features for value in own.values()]
    indptr = np.cumsum([0, *map(len, features)])
    matrix = csr_matrix((values, columns, indptr), shape=(len(features), len(names)))
    matrix = diags(np.minimum(inverse_norms(matrix), 1.0), format="csr") @ matrix
    matrix.sort_indices()
    return matrix
