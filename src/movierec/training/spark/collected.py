"""The ratings, collected from the cluster, for a model that holds them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from movierec.data.interactions import Interactions
from movierec.data.times import as_seconds
from movierec.model.histories import Histories
from movierec.model.model import Model
from movierec.model.ratings import ItemRatings
from movierec.model.vectors import ItemVectors
from movierec.neighbors.vectors import item_vectors
from movierec.neighbors.weighting import CORRECTED
from movierec.training.spark.packing import Chunk
from movierec.training.spark.ratings import Ratings
from movierec.training.summary import MOST_TIMES
from movierec.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.neighbors.content import Content


def with_ratings(model: Model, ratings: Ratings, content: Content | None) -> Model:
    """Return a model with its ratings, which must fit in the memory of the driver.

    Parameters
    ----------
    model : Model
    ratings : Ratings
    content : Content, optional
        By which items are compared, too.
    """
    chunk = ratings.chunks.of_users(np.arange(ratings.chunks.n_users))
    item_users = chunk.user_items(ratings.chunks.n_items).T.tocsr()
    histories = _histories(chunk, item_users)
    summary = model.load_summary() | histories.facts_of_times()
    model = replace(model, histories=histories, load_summary=lambda: summary)
    parameters = model.parameters
    if parameters.weighting == CORRECTED:
        return replace(model, ratings=ItemRatings.build(item_users))
    part = None if content is None else content.matrix
    matrix = item_vectors(item_users, part, parameters.content_weight, parameters.prior)
    vectors = ItemVectors.build(matrix, item_users.shape[1])
    return replace(model, vectors=vectors, ratings=ItemRatings.within(vectors))


def _histories(chunk: Chunk, item_users: csr_matrix) -> Histories:
    """Return what each user rated: in order, where there are times and few ratings, as locally."""
    users = Vocabulary(chunk.users)
    if not 0 < len(chunk.times) <= MOST_TIMES:
        return Histories.by_index(users, Interactions.from_item_users(item_users))
    as_read = np.argsort(chunk.times["place"])
    numbers = np.repeat(np.arange(len(users), dtype=np.int32), np.diff(chunk.starts))
    times = as_seconds(chunk.times["time"][as_read])
    interactions = Interactions(
        numbers[as_read],
        chunk.items[as_read],
        chunk.values[as_read],
        len(users),
        item_users.shape[0],
        lambda: times,
    )
    return Histories.by_time(users, interactions)
