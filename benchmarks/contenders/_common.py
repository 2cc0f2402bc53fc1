"""What the scripts of other libraries share, so that each shows only what is its own.

Every contender is a script with two commands, each a process of its own:

    python contender.py fit DATA OUT          read, arrange, find all neighbours, save
    python contender.py query DATA OUT ID     load, and print ten neighbours of a film

``fit`` also writes ``sample.json``: ten neighbours of some films, for comparing answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

N_STORED = 100
N_SAMPLED = 50

Answer = list[tuple[int, float]]


def read_matrix(data: Path) -> tuple[csr_matrix, np.ndarray[Any, Any]]:
    """Read the ratings as a matrix of films x users, and the ids of the films, sorted."""
    columns = {"userId": np.int32, "movieId": np.int32, "rating": np.float32}
    ratings = pd.read_csv(data / "ratings.csv", usecols=list(columns), dtype=columns)
    users, user_index = np.unique(ratings["userId"], return_inverse=True)
    movies, movie_index = np.unique(ratings["movieId"], return_inverse=True)
    shape = (len(movies), len(users))
    return csr_matrix(
        (ratings["rating"].to_numpy(), (movie_index, user_index)), shape=shape
    ), movies


def sampled(ids: np.ndarray[Any, Any]) -> list[int]:
    """Return the places of the films whose neighbours are compared."""
    step = max(1, len(ids) // N_SAMPLED)
    return list(range(0, len(ids), step))[:N_SAMPLED]


def write_sample(out: Path, answers: dict[int, Answer]) -> None:
    plain = {str(movie): [[int(i), float(s)] for i, s in films] for movie, films in answers.items()}
    (out / "sample.json").write_text(json.dumps(plain), encoding="utf-8")


def main(fit: Callable[[Path, Path], None], query: Callable[[Path, Path, int], Answer]) -> None:
    command, data, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if command == "fit":
        fit(data, out)
    else:
        print(query(data, out, int(sys.argv[4])))
