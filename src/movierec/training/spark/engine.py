"""The steps of a fit on a cluster.

Only what is as long as the list of items reaches the driver, and a sample of fixed size: sums over
ratings, from which it makes the vectors, and the finished table. The ratings stay on the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import Progress, pluralize
from movierec.algorithms.base import Algorithm, HasNeighbors, NeedsSupport
from movierec.data.dataset import Dataset
from movierec.data.encode import make_catalog, nothing_left
from movierec.data.summary import summarize
from movierec.errors import DataError, UsageError
from movierec.model.card import CardFacts, make_card
from movierec.model.histories import Histories
from movierec.model.model import COSINE, Model, restored
from movierec.model.ratings import ItemRatings
from movierec.model.vectors import ItemVectors
from movierec.neighbors.corrected import combined_vectors
from movierec.neighbors.factors import (
    N_FACTORS,
    completed_factors,
    coordinates,
    sampled_directions,
    sampling_step,
    weigh,
)
from movierec.neighbors.sums import DirectionSums, ItemSums, MatrixCounts, PairCounts
from movierec.neighbors.vectors import item_vectors, norms_of, scaled_content
from movierec.neighbors.weighting import CORRECTED
from movierec.training.choice import algorithm_of, completed, content_of
from movierec.training.spark.chunks import Chunks
from movierec.training.spark.session import opened_session
from movierec.training.spark.sources import read_sources
from movierec.training.spark.statistics import counts_of_chunks, stars_of_chunks
from movierec.training.spark.tables import (
    Comparison,
    scale_of,
    table_of_ratings,
    table_of_vectors,
)
from movierec.training.summary import counts_of
from movierec.vocabulary import Vocabulary, as_ids

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
        algorithm = task.algorithm or algorithm_of(task.parameters)
        spec = algorithm.neighbor_spec() if isinstance(algorithm, HasNeighbors) else None
        if spec is None:
            raise UsageError(
                f"the engine spark cannot fit {task.parameters.algorithm}",
                "choose the algorithm default or item_knn, or the engine local",
            )
        with opened_session(self._master) as session:
            return _fit(session, task, algorithm, spec)


def _fit(session: Any, task: Task, algorithm: Algorithm, spec: NeighborSpec) -> Model:
    dataset, rows = read_sources(session, task)
    parameters = completed(task.parameters.with_columns(dataset.features), algorithm)
    items = Vocabulary(np.sort(as_ids([movie.movie_id for movie in dataset.movies])))
    task.progress("bringing the ratings of each user together", 0.0)
    n_parts = max(session.sparkContext.defaultParallelism, rows.frame.rdd.getNumPartitions())
    chunks = Chunks.of(rows, items, n_parts)
    try:
        _report(chunks, dataset, rows.table.name, task.on_error)
        ratings = Ratings.of(chunks, parameters.min_ratings)
        _check(ratings, dataset)
        chunks = ratings.chunks
        return _model(ratings, dataset, parameters, algorithm, spec, task)
    finally:
        chunks.close()


@dataclass(frozen=True)
class Ratings:
    """The ratings on the cluster, and what is known of each item."""

    chunks: Chunks
    n_ratings: npt.NDArray[np.int64]
    sums: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]
    users_with: npt.NDArray[np.int64]
    dropped: dict[str, int]

    @classmethod
    def of(cls, chunks: Chunks, min_ratings: int) -> Ratings:
        """Count ratings, and leave out those of items that have too few."""
        found = chunks.add_up(ItemSums(chunks.n_items))
        left_out = chunks.left_out
        dropped = {
            "of movies that are not in the movies file": left_out["unknown"],
            "repeated (the last by time was kept)": left_out["repeated"],
        }
        is_rare = (found["n_ratings"] < min_ratings) & (found["n_ratings"] > 0)
        if is_rare.any():
            dropped[f"of movies with fewer than {min_ratings} ratings"] = int(
                found["n_ratings"][is_rare].sum()
            )
            chunks = chunks.of_items(~is_rare)
            found = chunks.add_up(ItemSums(chunks.n_items))
        return cls(chunks, **found, dropped={why: n for why, n in dropped.items() if n})

    @property
    def half_scale(self) -> float:
        """Half of the difference between the highest and the lowest rating."""
        lowest, highest = np.array(self.chunks.scale, dtype=np.float32)
        return float(np.float32((highest - lowest) / 2))

    def leading_factors(self) -> npt.NDArray[np.float32]:
        """Find directions from a sample of users, and take a last step with all ratings."""
        step = sampling_step(self.chunks.n_ratings)
        sample = self.chunks.of_users(np.arange(0, self.chunks.n_users, step))
        weights = weigh(sample.user_items(self.chunks.n_items).T.tocsr(), self.half_scale)
        directions = sampled_directions(weights, N_FACTORS)
        sums = self.chunks.add_up(DirectionSums(directions, self.half_scale))
        return coordinates(sums["squares"], sums["products"], N_FACTORS)

    def count_shared(self, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Any:
        """Return how many users rated both items of each pair."""
        if not len(first):
            return np.zeros(0, np.int32)
        return self.chunks.add_up(PairCounts(first, second))["shared"]


def _report(chunks: Chunks, dataset: Dataset, name: str, on_error: str) -> None:
    """Count rows, and say what was wrong with some of them.

    Raises
    ------
    DataError
        If there are bad rows, and they are not to be skipped.
    """
    n_bad, left_out = chunks.left_out["bad"], chunks.left_out
    if n_bad and on_error == "fail":
        raise DataError(
            f"{name}: {chunks.first_bad} ({pluralize(n_bad, 'bad row')} in all)",
            "fix the rows, or leave such rows out with --on-error skip",
        )
    if n_bad:
        skipped = pluralize(n_bad, "bad row")
        dataset.notes.append(f"{name}: skipped {skipped} (the first: {chunks.first_bad})")
    dataset.n_rating_rows = chunks.n_ratings + left_out["repeated"] + left_out["unknown"]


def _check(ratings: Ratings, dataset: Dataset) -> None:
    if not ratings.n_ratings.sum():
        name, n_rows = dataset.files["ratings"], dataset.n_rating_rows
        raise DataError(*nothing_left(name, n_rows, ratings.dropped))


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
        "files": dataset.files,
        "notes": dataset.notes,
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
    return _with_ratings(model, ratings, content) if task.with_ratings else model


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


def _with_ratings(model: Model, ratings: Ratings, content: Content | None) -> Model:
    """Collect the ratings, which must fit in the memory of the driver."""
    from dataclasses import replace

    chunk = ratings.chunks.of_users(np.arange(ratings.chunks.n_users))
    item_users = chunk.user_items(ratings.chunks.n_items).T.tocsr()
    histories = Histories.by_index(Vocabulary(chunk.users), item_users)
    parameters = model.parameters
    if parameters.weighting == CORRECTED:
        return replace(model, ratings=ItemRatings.build(item_users), histories=histories)
    part = None if content is None else content.matrix
    matrix = item_vectors(item_users, part, parameters.content_weight, parameters.prior)
    vectors = ItemVectors.build(matrix, item_users.shape[1])
    return replace(model, vectors=vectors, ratings=ItemRatings.within(vectors), histories=histories)
