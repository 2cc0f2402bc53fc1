"""LensKit's ItemKNNScorer. It centers the ratings of each movie, so its neighbors differ."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from _common import N_STORED, Answer, main, read_ratings
from lenskit.data import from_interactions_df
from lenskit.knn import ItemKNNScorer


def fit(data: Path, out: Path) -> None:
    names = {"userId": "user_id", "movieId": "item_id"}
    ratings = read_ratings(data).rename(columns=names)
    model = ItemKNNScorer(max_nbrs=N_STORED, save_nbrs=N_STORED)
    model.train(from_interactions_df(ratings))
    with (out / "model").open("wb") as file:
        pickle.dump(model, file)


def query(data: Path, out: Path, movie_id: int) -> Answer:
    with (out / "model").open("rb") as file:
        model = pickle.load(file)
    row = model.sim_matrix.to_scipy()[[model.items.number(movie_id)]]
    best = np.argsort(-row.data)[:10]
    ids = model.items.ids()
    return [(ids[row.indices[place]], row.data[place]) for place in best]


main(fit, query)
