"""The script of many tutorials: every query reads both files and starts from nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from _common import Answer, main
from scipy.sparse import csr_matrix
from sklearn.neighbors import NearestNeighbors


def fit(data: Path, out: Path) -> None:
    """Nothing is kept between queries."""


def query(data: Path, out: Path, movie_id: int) -> Answer:
    ratings = pd.read_csv(data / "ratings.csv")
    titles = dict(pd.read_csv(data / "movies.csv")[["movieId", "title"]].to_numpy())
    users, movies = np.unique(ratings["userId"]), np.unique(ratings["movieId"])
    row_of = {movie: row for row, movie in enumerate(movies)}
    column_of = {user: column for column, user in enumerate(users)}
    rows = [row_of[movie] for movie in ratings["movieId"]]
    columns = [column_of[user] for user in ratings["userId"]]
    matrix = csr_matrix((ratings["rating"], (rows, columns)), shape=(len(movies), len(users)))
    search = NearestNeighbors(n_neighbors=11, algorithm="brute", metric="cosine").fit(matrix)
    distances, found = search.kneighbors(matrix[row_of[movie_id]])
    print([titles[movies[row]] for row in found[0]])
    return [(movies[row], 1 - far) for far, row in zip(distances[0], found[0], strict=True)]


main(fit, query)
