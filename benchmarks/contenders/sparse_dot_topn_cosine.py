"""sparse_dot_topn: the product of normalized rows, with the best entries of each row."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from _common import N_STORED, Answer, Ids, main, read_matrix, sampled, write_sample
from scipy.sparse import csr_matrix, load_npz, save_npz
from sklearn.preprocessing import normalize
from sparse_dot_topn import sp_matmul_topn


def fit(data: Path, out: Path) -> None:
    matrix, ids = read_matrix(data)
    rows = normalize(matrix)
    best = sp_matmul_topn(
        rows, rows.T.tocsr(), top_n=N_STORED + 1, sort=True, n_threads=os.cpu_count()
    )
    save_npz(out / "model.npz", best, compressed=False)
    np.save(out / "ids.npy", ids)
    write_sample(out, {int(ids[row]): _neighbors(best, ids, row) for row in sampled(ids)})


def query(data: Path, out: Path, movie_id: int) -> Answer:
    ids = np.load(out / "ids.npy")
    best = csr_matrix(load_npz(out / "model.npz"))
    return _neighbors(best, ids, int(ids.searchsorted(movie_id)))


def _neighbors(best: csr_matrix, ids: Ids, row: int) -> Answer:
    part = slice(best.indptr[row], best.indptr[row + 1])
    pairs = zip(best.indices[part], best.data[part], strict=True)
    return [(ids[other], score) for other, score in pairs if other != row][:10]


main(fit, query)
