"""Write the golden models of the current format that are missing.

    python -m tests.make_golden

Those that are there stay as they are: that the files of a released format go on loading is what the
tests prove. A new algorithm gets its file when it is released.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from movierec import Recommender
from movierec.algorithms import registry
from movierec.store.layout import FORMAT
from tests.networks import small

FOLDER = Path(__file__).parent / "golden"
QUERY = "Matrix, The (1999)"
LIKES = {"Heat (1995)": 4, "Alien (1979)": 3.0}
MOVIES = [
    (1, "Toy Story (1995)", "Animation|Children"),
    (2, "Matrix, The (1999)", "Action|Sci-Fi"),
    (3, "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)", "Comedy|Romance"),
    (4, "Heat (1995)", "Action|Crime"),
    (5, "Alien (1979)", "Horror|Sci-Fi"),
]


def fit(algorithm: str) -> Recommender:
    """Fit an algorithm on a few made-up ratings."""
    rows = [
        (user, movie, (user * movie) % 9 / 2 + 0.5, 1_000_000 + 37 * user + movie)
        for user in range(1, 9)
        for movie, *_ in MOVIES
        if (user + movie) % 3
    ]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    movies = pd.DataFrame(MOVIES, columns=["movieId", "title", "genres"])
    # Validation on so few ratings would choose no blend, and the file would have no ridge.
    with patch("movierec.algorithms.sasrec._BLENDS", (0.3,)):
        return Recommender.fit(
            ratings, movies, n_neighbors=4, algorithm=algorithm, settings=small(algorithm)
        )


def answers(recommender: Recommender) -> dict[str, Any]:
    """Return what a model must go on answering."""
    similar = recommender.similar(QUERY, k=4)
    recommended = recommender.recommend(3, likes=LIKES)
    return {
        "similar": [[movie.movie_id, movie.similarity, movie.support] for movie in similar],
        "recommended": [[movie.movie_id, movie.score] for movie in recommended],
        "ratings": recommender.stats()["ratings"],
    }


def main() -> None:
    """Write a model and its answers for each algorithm that has none."""
    FOLDER.mkdir(exist_ok=True)
    for name in registry.names():
        path = FOLDER / f"format-{FORMAT}-{name}.model"
        if path.exists():
            continue
        recommender = fit(name)
        recommender.save(path)
        document = json.dumps(answers(recommender), indent=1)
        path.with_suffix(".json").write_text(document + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
