"""Code that the contenders share, so that each script only holds what its library needs.

Every contender is a script with two commands, each of which runs in its own process:

    python contender.py fit DATA OUT          read the ratings, compute all neighbors, save them
    python contender.py query DATA OUT ID     load them, and print ten neighbors of a movie

``fit`` also writes ``sample.json``, ten neighbors of some movies, to check whether they are
correct.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

N_STORED = 100
N_SAMPLED = 50

Ids = npt.NDArray[Any]
Answer = list[tuple[int, float]]  # ids of movies, with their similarity


def read_ratings(data: Path) -> pd.DataFrame:
    """Read the columns ``userId``, ``movieId`` and ``rating``."""
    columns = {"userId": np.int32, "movieId": np.int32, "rating": np.float32}
    return pd.read_csv(data / "ratings.csv", usecols=list(columns), dtype=columns)


def read_matrix(data: Path) -> tuple[csr_matrix, Ids]:
    """Read the ratings as a matrix of shape (n_movies, n_users), and the sorted movie ids."""
    ratings = read_ratings(data)
    users, user_index = np.unique(ratings["userId"], return_inverse=True)
    movies, movie_index = np.unique(ratings["movieId"], return_inverse=True)
    shape = (len(movies), len(users))
    values = ratings["rating"].to_numpy()
    return csr_matrix((values, (movie_index, user_index)), shape=shape), movies


def sampled(ids: Ids) -> list[int]:
    """Return the rows of the movies whose neighbors are checked."""
    step = max(1, len(ids) // N_SAMPLED)
    return list(range(0, len(ids), step))[:N_SAMPLED]


def write_sample(out: Path, answers: dict[int, Answer]) -> None:
    """Write ``sample.json``.

    Parameters
    ----------
    out : Path
    answers : dict of int to Answer
        The neighbors by movie id.
    """
    plain = {str(movie): [[int(i), float(s)] for i, s in found] for movie, found in answers.items()}
    (out / "sample.json").write_text(json.dumps(plain), encoding="utf-8")


def main(fit: Callable[[Path, Path], None], query: Callable[[Path, Path, int], Answer]) -> None:
    """Run the command of a contender."""
    command, data, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if command == "fit":
        fit(data, out)
    else:
        print(query(data, out, int(sys.argv[4])))
