"""Fit a model none of whose figures rests on fewer than some number of people (`min_raters`)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import Progress
from movierec.algorithms._ridge import default_l2
from movierec.algorithms._stars import DAMPING, Baseline, ErrorLevels
from movierec.algorithms.base import Algorithm
from movierec.algorithms.default import Default
from movierec.data.encode import EncodedData, encode
from movierec.data.summary import MOST_VALUES, RatingCounts, summarize
from movierec.errors import DataError, UsageError
from movierec.model.card import CardFacts, make_card
from movierec.model.model import COSINE, Model, restored
from movierec.model.origin import origin
from movierec.model.stars import Stars
from movierec.model.vectors import ItemVectors
from movierec.neighbors import blockwise
from movierec.neighbors.corrected import combined_vectors
from movierec.neighbors.factors import N_FACTORS, completed_factors, weigh
from movierec.neighbors.groups import GroupSums, limited_rows
from movierec.neighbors.sparse import inverse_norms
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.weighting import CORRECTED
from movierec.training.choice import algorithm_of, completed, content_of
from movierec.training.summary import counts_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.data.dataset import Dataset
    from movierec.model.parameters import Parameters
    from movierec.neighbors.content import Content

_SMALL = 100  # movies, of which all eigenvalues are found at once
_TAGS = "tags are left out, because single people gave them"


def fit_limited(
    dataset: Dataset, parameters: Parameters, algorithm: Algorithm | None, progress: Progress
) -> Model:
    """Fit a model of sums over at least ``parameters.min_raters`` people each.

    These are the number and the sum of the ratings of a movie, and :class:`GroupSums` of pairs of
    movies. Ratings of movies with fewer people are left out first, and so are tags. Everything else
    follows from these sums and from what the movies are.

    Parameters
    ----------
    dataset : Dataset
        Its ratings and tags are removed from it.
    parameters : Parameters
    algorithm : Algorithm, optional
        Default: the one that `parameters` names.
    progress : callable

    Raises
    ------
    DataError
        If so many people rated no movie, or gave no rating.
    UsageError
        If the algorithm or the weighting needs more than these sums.
    """
    algorithm = algorithm or algorithm_of(parameters)
    parameters = completed(parameters.with_columns(dataset.features), algorithm)
    default, least = _limitable(algorithm, parameters), parameters.min_raters or 1
    if dataset.tags:
        dataset.tags = {}
        dataset.notes.append(_TAGS)
    progress("encoding the ratings", 0.0)
    encoded = encode(dataset, max(parameters.min_ratings, least))
    item_users = encoded.interactions.item_users
    n_ratings = np.diff(item_users.indptr)
    histogram = _histogram(item_users, least)
    content = content_of(encoded.catalog, dataset, parameters)
    progress("counting who rated both", 0.0)
    half_scale = (max(histogram) - min(histogram)) / 2
    sums = GroupSums.of(weigh(item_users, half_scale), least)
    vectors, n_factors = _vectors(sums, n_ratings, content, parameters)
    table = NeighborTable.empty(len(n_ratings), parameters.n_neighbors)
    rows = limited_rows(vectors, n_factors, sums.shared, parameters.min_support)
    blockwise.fill_table(table, rows, lambda done: progress("comparing the movies", done))
    progress("fitting default", 0.0)
    default.set_neighbors(table, n_ratings)
    _learn(default, sums, item_users.shape[1], has_content=content is not None)
    kept = ItemVectors.of_content(vectors[:, n_factors:], inverse_norms(vectors))
    return _model(dataset, encoded, histogram, parameters, content, default, kept)


def _limitable(algorithm: Algorithm, parameters: Parameters) -> Default:
    """Return the algorithm if it learns from sums of pairs alone.

    Raises
    ------
    UsageError
        If it does not.
    """
    if type(algorithm) is not Default:
        raise UsageError(
            f"{parameters.algorithm} cannot be fitted with min_raters: only the algorithm default "
            "learns from nothing but sums over those who rated both of two movies",
            "leave out --algorithm, or --min-raters",
        )
    if parameters.weighting != CORRECTED:
        raise UsageError(
            "min_raters needs the weighting corrected: the ratings as they are would be compared "
            "one by one",
            "leave out --weighting, or --min-raters",
        )
    return algorithm


def _histogram(item_users: csr_matrix, least: int) -> dict[float, int]:
    """Return how many ratings there are of each value that enough people gave.

    Raises
    ------
    DataError
        If there are too many different values, or enough people gave none of them.
    """
    from scipy.sparse import csr_matrix

    values, places = np.unique(item_users.data, return_inverse=True)
    if len(values) > MOST_VALUES:
        raise DataError(
            f"there are {len(values):,} different ratings, of which each would be of few people",
            f"round them to a scale of at most {MOST_VALUES}, or leave out --min-raters",
        )
    ones = np.ones(len(places), np.int64)
    shape = (len(values), item_users.shape[1])
    of_people = csr_matrix((ones, (places.ravel(), item_users.indices)), shape)
    of_people.sum_duplicates()
    is_enough = np.diff(of_people.indptr) >= least
    if not is_enough.any():
        raise DataError(f"no rating was given by {least:,} people", "lower --min-raters")
    counts = np.bincount(places.ravel(), minlength=len(values))
    return dict(zip(values[is_enough].tolist(), counts[is_enough].tolist(), strict=True))


def _vectors(
    sums: GroupSums, n_ratings: npt.NDArray[Any], content: Content | None, parameters: Parameters
) -> tuple[csr_matrix, int]:
    """Return vectors as :func:`movierec.neighbors.corrected.corrected_vectors` does."""
    if parameters.content_weight == 0:
        content = None
    leading = sums.factors(N_FACTORS)
    factors = completed_factors(leading, n_ratings, content, parameters.prior)
    vectors = combined_vectors(factors, content, parameters.content_weight, sums.raters_of_both)
    return vectors, factors.combined.shape[1]


def _learn(algorithm: Default, sums: GroupSums, n_users: int, *, has_content: bool) -> None:
    """Fit the linear model to the counts.

    Those that were left out can make the matrix of counts indefinite; then its diagonal is raised.
    """
    support = algorithm.empty_support(sums.shared.diagonal(), n_users)
    if len(support.items):
        counts = sums.shared[support.items][:, support.items].toarray().astype(np.float64)
        l2 = default_l2(n_users) if algorithm.l2 is None else algorithm.l2
        if not _is_definite(counts + l2 * np.eye(len(counts))):
            np.fill_diagonal(counts, counts.diagonal() - _lowest_eigenvalue(counts))
        support.counts[:] = counts
    algorithm.set_support(support, has_content=has_content)


def _is_definite(matrix: npt.NDArray[np.float64]) -> bool:
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True


def _lowest_eigenvalue(matrix: npt.NDArray[np.float64]) -> float:
    """Return it to a thousandth, since all of a large matrix would take most of the fit."""
    from scipy.sparse.linalg import eigsh

    if len(matrix) <= _SMALL:
        return float(np.linalg.eigvalsh(matrix)[0])
    start = np.ones(len(matrix))  # else random
    found = eigsh(matrix, 1, which="SA", tol=1e-3, v0=start, return_eigenvectors=False)
    return float(found[0])


def _model(
    dataset: Dataset,
    encoded: EncodedData,
    histogram: dict[float, int],
    parameters: Parameters,
    content: Content | None,
    algorithm: Default,
    vectors: ItemVectors,
) -> Model:
    """Put the parts together."""
    n_ratings, table = np.asarray(encoded.catalog.n_ratings), algorithm.get_neighbors()
    catalog = encoded.catalog.with_hidden(n_ratings == 0)
    baseline = _baseline(n_ratings, np.asarray(encoded.catalog.mean_ratings))
    summary = _summary(dataset, encoded, histogram, baseline.mean)
    facts = CardFacts.of(encoded)._replace(
        lowest_rating=min(histogram), highest_rating=max(histogram)
    )
    card = make_card(facts, parameters) | {
        **origin(dataset.files, dataset.notes),
        "content_parts": {} if content is None else content.ends,
        "similarity": COSINE,
    }
    state, settings = algorithm.state(), algorithm.parameters()
    model = Model(
        card,
        parameters,
        catalog,
        encoded.titles,
        table,
        vectors,
        None,
        None,
        Stars.build(baseline, _errors(histogram)) if len(histogram) > 1 else None,
        load_algorithm=cache(lambda: restored(Default, settings, state, table, catalog)),
        load_summary=lambda: summary,
    )
    return model.without_ratings()


def _summary(
    dataset: Dataset, encoded: EncodedData, histogram: dict[float, int], mean: float
) -> dict[str, Any]:
    """Summarize, but for the numbers of ratings of single people."""
    n_ratings, n_users = np.asarray(encoded.catalog.n_ratings), encoded.interactions.n_users
    counts = counts_of(dataset) | {"rating_rows": int(n_ratings.sum())}
    found = RatingCounts(n_ratings, np.array([0, n_users]), mean, histogram)
    summary = summarize(encoded.catalog, found, counts)
    return summary | {"ratings_per_user": None}


def _baseline(n_ratings: npt.NDArray[Any], means: npt.NDArray[np.float32]) -> Baseline:
    """Return what is usual, without what is usual for each person."""
    sums = n_ratings * means.astype(np.float64)
    mean = float(sums.sum() / n_ratings.sum())
    return Baseline(mean, ((sums - n_ratings * mean) / (n_ratings + DAMPING)).astype(np.float32))


def _errors(histogram: dict[float, int]) -> ErrorLevels:
    """Return one level, that of the mean: others would be learned from single people."""
    values = np.repeat([*histogram], [*histogram.values()])
    return ErrorLevels(np.zeros(0, np.float32), np.array([values.std()], np.float32))
