"""implicit's CosineRecommender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _common import N_STORED, Answer, Ids, main, read_matrix, sampled, write_sample
from implicit.nearest_neighbours import CosineRecommender


def fit(data: Path, out: Path) -> None:
    matrix, ids = read_matrix(data)
    model = CosineRecommender(K=N_STORED + 1)  # each movie is its own first neighbor
    model.fit(matrix.T.tocsr(), show_progress=False)
    model.save(str(out / "model.npz"))
    np.save(out / "ids.npy", ids)
    write_sample(out, {int(ids[row]): _neighbors(model, ids, row) for row in sampled(ids)})


def query(data: Path, out: Path, movie_id: int) -> Answer:
    ids = np.load(out / "ids.npy")
    model = CosineRecommender.load(str(out / "model.npz"))
    return _neighbors(model, ids, int(ids.searchsorted(movie_id)))


def _neighbors(model: CosineRecommender, ids: Ids, row: int) -> Answer:
    found, scores = model.similar_items(row, N=11)
    pairs = [(ids[i], s) for i, s in zip(found, scores, strict=True) if i != row]
    return pairs[:10]


main(fit, query)
