"""Fit a model on a data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from movierec._util import Progress, no_progress, pluralize
from movierec.algorithms._calls import check_needs, checked_scores, fit_algorithm
from movierec.algorithms._linear import FactorAlgorithm
from movierec.algorithms.base import (
    Algorithm,
    HasNeighbors,
    NeedsSupport,
    Run,
    Scores,
    TrainingData,
)
from movierec.data.encode import EncodedData, encode
from movierec.data.summary import RatingCounts, summarize
from movierec.errors import DataError
from movierec.model.card import CardFacts, make_card
from movierec.model.histories import Histories
from movierec.model.model import COSINE, Model, restored
from movierec.model.origin import origin
from movierec.model.parameters import Parameters
from movierec.model.ratings import ItemRatings
from movierec.model.remainder import Remainder
from movierec.model.vectors import ItemVectors
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import NeighborSpec
from movierec.neighbors.vectors import compared_vectors
from movierec.neighbors.weighting import CORRECTED
from movierec.training.choice import (
    algorithm_of,
    check_can_be_without_ratings,
    completed,
    content_of,
)
from movierec.training.stars import StarsFitter
from movierec.training.summary import MOST_TIMES, counts_of

if TYPE_CHECKING:
    from pathlib import Path

    from scipy.sparse import csr_matrix

    from movierec.data.dataset import Dataset
    from movierec.data.interactions import Interactions
    from movierec.neighbors.content import Content
    from movierec.training.local import LocalEngine


def fit_model(
    dataset: Dataset,
    parameters: Parameters,
    engine: LocalEngine,
    *,
    algorithm: Algorithm | None = None,
    with_ratings: bool = True,
    had_times: bool = False,
    progress: Progress = no_progress,
    checkpoint: Path | None = None,
    encoded: EncodedData | None = None,
) -> Model:
    """Fit a model on a data set. The order of its rows matters only for ratings of equal times.

    Parameters
    ----------
    dataset : Dataset
        Its ratings are removed from it, so that they can be freed.
    parameters : Parameters
    engine : LocalEngine
    algorithm : Algorithm, optional
        Default: the one that `parameters` names.
    with_ratings : bool
        Whether the model holds what people rated.
    had_times : bool
        Whether the ratings once had times, which were not kept because there are many.
    progress : callable
    checkpoint : pathlib.Path, optional
        As in :class:`movierec.algorithms.base.Run`.
    encoded : EncodedData, optional
        The data set with indices, if it is known; the data set then needs no ratings.

    Raises
    ------
    DataError
        If no rating is left, or the data lack what the algorithm needs.
    UsageError
        If the algorithm is unknown, one of its parameters is invalid, or it cannot be without
        ratings.
    """
    algorithm = algorithm or algorithm_of(parameters)
    if not with_ratings:
        check_can_be_without_ratings(algorithm)
    parameters = completed(parameters.with_columns(dataset.features), algorithm)
    progress("encoding the ratings", 0.0)
    encoded = encoded or encode(dataset, parameters.min_ratings)
    engine.number(encoded.catalog.items, encoded.users)
    summary = summarize(
        encoded.catalog, RatingCounts.of(encoded.interactions.item_users), counts_of(dataset)
    )
    keeps_times = _keeps_times(encoded.interactions, algorithm)
    if had_times and not keeps_times and len(encoded.interactions) <= MOST_TIMES:
        raise DataError(
            f"{pluralize(len(encoded.interactions), 'rating')} are left, so that the model should "
            "keep their times, which were left out when there were more",
            "fit a model on all ratings: movierec fit ratings.csv movies.csv",
        )
    remainder = Remainder.build(
        encoded.sieve.left_out(encoded.interactions, encoded.users, by_time=keeps_times),
        dataset,
        has_times=had_times or encoded.interactions.has_timestamps,
    )
    encoded.interactions = encoded.interactions.ordered(by_time=keeps_times)
    stars = StarsFitter.of(encoded.interactions)
    content = content_of(encoded.catalog, dataset, parameters)
    card = make_card(CardFacts.of(encoded), parameters) | {
        **origin(dataset.files, dataset.notes),
        "content_parts": {} if content is None else content.ends,
    }
    catalog, titles = encoded.catalog, encoded.titles
    run = Run(progress, checkpoint=checkpoint)
    fitted = _fit(encoded, content, algorithm, parameters, engine, run, keeps_times=keeps_times)
    summary |= fitted.histories.facts_of_times()
    state, settings = fitted.algorithm.state(), fitted.algorithm.parameters()
    model = Model(
        card | {"similarity": fitted.similarity},
        parameters,
        catalog,
        titles,
        fitted.table,
        fitted.vectors,
        fitted.ratings,
        fitted.histories,
        None if stars is None else stars.fit(fitted.table),
        # Restored as from a file, so that the fitted and the loaded model give the same answers.
        load_algorithm=cache(
            lambda: restored(type(algorithm), settings, state, fitted.table, catalog)
        ),
        load_summary=lambda: summary,
        remainder=remainder,
    )
    return model if with_ratings else model.without_ratings()


def _keeps_times(interactions: Interactions, algorithm: Algorithm) -> bool:
    """Tell whether a model keeps when people rated."""
    is_small = len(interactions) <= MOST_TIMES
    return interactions.has_timestamps and (is_small or "timestamps" in algorithm.NEEDS)


def _fit(
    encoded: EncodedData,
    content: Content | None,
    algorithm: Algorithm,
    parameters: Parameters,
    engine: LocalEngine,
    run: Run,
    *,
    keeps_times: bool,
) -> _Fitted:
    """Fit the algorithm and compute the table; each step frees its input."""
    progress = run.progress
    data = TrainingData.of(encoded.take_interactions(), content)
    spec = _spec(algorithm)
    if spec is None:
        progress(f"fitting {parameters.algorithm}", 0.0)
        fit_algorithm(algorithm, data, run)
        algorithm.state()  # what cannot be saved is an error before the table is computed
    else:
        check_needs(algorithm, data)
    users = encoded.users
    history = Histories.by_time if keeps_times else Histories.by_index
    histories = history(users, data.interactions)
    progress("finding what is usual", 0.0)
    item_users = data.interactions.item_users
    del data
    vectors, ratings = _vectors(item_users, content, parameters)
    table = _table(
        algorithm, vectors, item_users, content is not None, parameters, engine, progress
    )
    return _Fitted(
        algorithm,
        table,
        vectors,
        ratings,
        histories,
        algorithm.SIMILARITY if spec is None else COSINE,
    )


@dataclass(frozen=True)
class _Fitted:
    """The result of a fit."""

    algorithm: Algorithm
    table: NeighborTable
    vectors: ItemVectors
    ratings: ItemRatings
    histories: Histories
    similarity: str


def _vectors(
    item_users: csr_matrix, content: Content | None, parameters: Parameters
) -> tuple[ItemVectors, ItemRatings]:
    """Return the vectors of the items, and the ratings: those with which the vectors may begin."""
    weighting = parameters.weighting
    matrix, n_leading = compared_vectors(
        item_users, content, parameters.content_weight, parameters.prior, weighting
    )
    vectors = ItemVectors.build(matrix, n_leading)
    is_within = weighting != CORRECTED
    return vectors, ItemRatings.within(vectors) if is_within else ItemRatings.build(item_users)


def _spec(algorithm: Algorithm) -> NeighborSpec | None:
    """Return the spec of an algorithm's table, or None if an engine cannot compute the table."""
    return algorithm.neighbor_spec() if isinstance(algorithm, HasNeighbors) else None


def _table(
    algorithm: Algorithm,
    vectors: ItemVectors,
    item_users: csr_matrix,
    has_content: bool,
    parameters: Parameters,
    engine: LocalEngine,
    progress: Progress,
) -> NeighborTable:
    """Compute the table that `movierec similar` shows."""
    spec, n_ratings = _spec(algorithm), np.diff(item_users.indptr)
    if isinstance(algorithm, HasNeighbors):
        if spec is not None:
            support = None
            if isinstance(algorithm, NeedsSupport):
                support = algorithm.empty_support(n_ratings, item_users.shape[1])
            ratings = item_users if parameters.weighting == CORRECTED else None
            table = engine.neighbors(vectors, ratings, spec, support, progress)
            algorithm.set_neighbors(table, n_ratings)
            if isinstance(algorithm, NeedsSupport) and support is not None:
                progress(f"fitting {parameters.algorithm}", 0.0)
                algorithm.set_support(support, has_content=has_content)
        return algorithm.get_neighbors()
    table_spec = NeighborSpec(parameters.n_neighbors, parameters.min_support)

    def compare(start: int, stop: int) -> Scores:
        found = algorithm.similarities(np.arange(start, stop))
        return checked_scores(algorithm, found, (stop - start, len(vectors)), "similarities")

    unit = algorithm.unit_factors if isinstance(algorithm, FactorAlgorithm) else None
    return engine.neighbors_by(compare, unit, item_users, table_spec, progress)
