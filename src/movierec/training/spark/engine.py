"""The steps of a fit on a cluster.

Only what is as long as the list of items reaches the driver, and a sample of fixed size: sums over
ratings, from which it makes the vectors, and the finished table. The ratings stay on the cluster.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec._util import Progress
from movierec.algorithms.base import Algorithm, HasNeighbors, NeedsSupport
from movierec.data.dataset import Dataset
from movierec.data.encode import make_catalog
from movierec.data.summary import summarize
from movierec.errors import UsageError
from movierec.model.card import CardFacts, make_card
from movierec.model.model import COSINE, Model, restored
from movierec.model.origin import origin
from movierec.model.vectors import ItemVectors
from movierec.neighbors.corrected import combined_vectors
from movierec.neighbors.factors import completed_factors
from movierec.neighbors.sums import MatrixCounts
from movierec.neighbors.vectors import norms_of, scaled_content
from movierec.neighbors.weighting import CORRECTED
from movierec.training.choice import algorithm_of, completed, content_of
from movierec.training.spark.chunks import Chunks
from movierec.training.spark.collected import with_ratings
from movierec.training.spark.ratings import Ratings, report_rows
from movierec.training.spark.reading import ROWS, Rows
from movierec.training.spark.session import opened_session, reporting, shared
from movierec.training.spark.sources import read_sources, rows_of
from movierec.training.spark.statistics import counts_of_chunks, stars_of_chunks
from movierec.training.spark.tables import (
    Comparison,
    scale_of,
    table_of_ratings,
    table_of_vectors,
)
from movierec.training.summary import counts_of
from movierec.vocabulary import as_ids

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.model.parameters import Parameters
    from movierec.neighbors.content import Content
    from movierec.neighbors.table import NeighborTable
    from movierec.neighbors.top_k import NeighborSpec
    from movierec.training.engine import Task


class SparkEngine:
    """Works on a cluster by Spark; see :class:`movierec.training.engine.Engine`.

    Parameters
    ----------
    master : str, optional
        Of a new session; an active session is used as it is.
    """

    def __init__(self, master: str | None = None) -> None:
        self._master = master

    def fit(self, task: Task) -> Model:
        """Fit a model, without ratings unless they are asked for.

        Parameters
        ----------
        task : Task
        """
        if task.privacy is not None:
            raise UsageError(
                "the engine spark cannot fit with differential privacy",
                "choose the engine local, or leave out --epsilon",
            )
        algorithm = task.algorithm or algorithm_of(task.parameters)
        spec = algorithm.neighbor_spec() if isinstance(algorithm, HasNeighbors) else None
        if spec is None:
            raise UsageError(
                f"the engine spark cannot fit {task.parameters.algorithm}",
                "choose the algorithm default or item_knn, or the engine local",
            )
        dataset, table, frame = read_sources(task)  # before Java starts, since it can fail
        with opened_session(self._master) as session:
            with reporting(ROWS, session):
                rows = rows_of(session, table, frame)
            return _fit(session, dataset, rows, task, algorithm, spec)


def _fit(
    session: Any,
    dataset: Dataset,
    rows: Rows,
    task: Task,
    algorithm: Algorithm,
    spec: NeighborSpec,
) -> Model:
    parameters = completed(task.parameters.with_columns(dataset.features), algorithm)
    items = np.sort(as_ids([movie.movie_id for movie in dataset.movies]))
    task.progress("bringing the ratings of each user together", 0.0)
    with_times = bool(task.with_ratings) and "timestamp" in rows.table.columns
    with shared(session, items) as ids:
        with reporting(ROWS, session):
            n_parts = max(session.sparkContext.defaultParallelism, rows.n_parts)
            encoded = rows.encoded(ids)
        chunks = Chunks.of(encoded, len(items), n_parts, with_times=with_times)
        try:
            report_rows(chunks, dataset, task.on_error)
            ratings = Ratings.of(chunks, parameters.min_ratings)
            ratings.check(dataset)
            chunks = ratings.chunks
            return _model(ratings, dataset, parameters, algorithm, spec, task)
        finally:
            chunks.close()


def _model(
    ratings: Ratings,
    dataset: Dataset,
    parameters: Parameters,
    algorithm: Algorithm,
    spec: NeighborSpec,
    task: Task,
) -> Model:
    chunks, tell = ratings.chunks, task.progress
    catalog, titles = make_catalog(dataset, ratings.n_ratings, ratings.sums)
    tell("counting the ratings", 0.0)
    summary = summarize(
        catalog, counts_of_chunks(chunks, ratings.n_ratings, ratings.users_with, ratings.sums),
        counts_of(dataset),
    )  # fmt: skip
    stars = stars_of_chunks(chunks, ratings.n_ratings, ratings.sums)
    content = content_of(catalog, dataset, parameters)
    facts = CardFacts(
        chunks.digest,
        ratings.dropped,
        chunks.n_items,
        chunks.n_users,
        chunks.n_ratings,
        *chunks.scale,
    )
    card = make_card(facts, parameters) | {
        **origin(dataset.files, dataset.notes),
        "content_parts": {} if content is None else content.ends,
        "similarity": COSINE,
    }
    vectors, table = _compared(ratings, content, parameters, spec, tell)
    _learn(algorithm, ratings, table, has_content=content is not None, tell=tell)
    state, settings = algorithm.state(), algorithm.parameters()
    model = Model(
        card,
        parameters,
        catalog,
        titles,
        table,
        vectors,
        None,
        None,
        None if stars is None else stars.fit(table),
        load_algorithm=cache(lambda: restored(type(algorithm), settings, state, table, catalog)),
        load_summary=lambda: summary,
    )
    if task.with_ratings:
        return with_ratings(model, ratings, content)
    return model.without_ratings()


def _compared(
    ratings: Ratings,
    content: Content | None,
    parameters: Parameters,
    spec: NeighborSpec,
    tell: Progress,
) -> tuple[ItemVectors, NeighborTable]:
    """Return the vectors of the items, without ratings, and the table of neighbors."""
    chunks, n_ratings = ratings.chunks, ratings.n_ratings
    tell("finding what is usual", 0.0)
    if parameters.weighting != CORRECTED:
        part = _content_part(ratings, content, parameters)
        scale = scale_of(part, ratings.squares)
        tell("comparing the movies", 0.0)
        comparison = Comparison(spec, chunks.n_items, part, scale)
        table = table_of_ratings(chunks, comparison, n_ratings)
        return ItemVectors.of_content(part, scale), table
    leading = ratings.leading_factors()
    if parameters.content_weight == 0:
        content = None
    factors = completed_factors(leading, n_ratings, content, parameters.prior)
    matrix = combined_vectors(factors, content, parameters.content_weight, ratings.count_shared)
    tell("comparing the movies", 0.0)
    if spec.min_support:
        scale = np.zeros(chunks.n_items)
        comparison = Comparison(spec, chunks.n_items, None, scale, matrix)
        table = table_of_ratings(chunks, comparison, n_ratings)
    else:
        table = table_of_vectors(chunks, matrix, n_ratings, spec.n_neighbors)
    return ItemVectors.build(matrix, factors.combined.shape[1]), table


def _content_part(
    ratings: Ratings, content: Content | None, parameters: Parameters
) -> csr_matrix | None:
    """Return what follows the ratings in the vectors."""
    if content is None or parameters.content_weight == 0:
        return None
    norms = norms_of(scale_of(None, ratings.squares))
    weights = (parameters.content_weight, parameters.prior)
    return scaled_content(content.matrix, ratings.n_ratings, norms, *weights)


def _learn(
    algorithm: Algorithm,
    ratings: Ratings,
    table: NeighborTable,
    *,
    has_content: bool,
    tell: Progress,
) -> None:
    """Let the algorithm learn from the table, and from counts if it needs them."""
    assert isinstance(algorithm, HasNeighbors)
    algorithm.set_neighbors(table, ratings.n_ratings)
    if isinstance(algorithm, NeedsSupport):
        tell(f"fitting {type(algorithm).__name__.lower()}", 0.0)
        support = algorithm.empty_support(ratings.n_ratings, ratings.chunks.n_users)
        if len(support.items):
            support.counts[:] = ratings.chunks.add_up(MatrixCounts(support.items))["counts"]
            support.complete()
        algorithm.set_support(support, has_content=has_content)
