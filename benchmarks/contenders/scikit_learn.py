"""scikit-learn with a pickled estimator: each query multiplies the whole matrix."""

from __future__ import annotations

import pickle
from pathlib import Path

from _common import Answer, main, read_matrix, sampled, write_sample
from sklearn.neighbors import NearestNeighbors


def fit(data: Path, out: Path) -> None:
    matrix, ids = read_matrix(data)
    search = NearestNeighbors(n_neighbors=11, algorithm="brute", metric="cosine").fit(matrix)
    with (out / "model").open("wb") as file:
        pickle.dump((search, ids), file)
    rows = sampled(ids)[:10]
    distances, found = search.kneighbors(matrix[rows])
    answers = {}
    for row, far, near in zip(rows, distances, found, strict=True):
        pairs = [(ids[other], 1 - d) for d, other in zip(far, near, strict=True) if other != row]
        answers[int(ids[row])] = pairs[:10]
    write_sample(out, answers)


def query(data: Path, out: Path, movie_id: int) -> Answer:
    with (out / "model").open("rb") as file:
        search, ids = pickle.load(file)
    row = int(ids.searchsorted(movie_id))
    distances, found = search.kneighbors(search._fit_X[row])
    return [(ids[other], 1 - far) for far, other in zip(distances[0], found[0], strict=True)]


main(fit, query)
