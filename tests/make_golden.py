"""Write the golden model of the current format, once, when a format is released.

    python tests/make_golden.py

It must not be run again for a format that has been released: that its file goes on loading is
what the test proves.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from movierec import Recommender
from movierec.artifact.layout import FORMAT

QUERY = "Matrix, The (1999)"
MOVIES = [
    (1, "Toy Story (1995)", "Animation|Children"),
    (2, "Matrix, The (1999)", "Action|Sci-Fi"),
    (3, "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)", "Comedy|Romance"),
    (4, "Heat (1995)", "Action|Crime"),
    (5, "Alien (1979)", "Horror|Sci-Fi"),
]


def main() -> None:
    rows = [
        (user, movie, (user * movie) % 9 / 2 + 0.5)
        for user in range(1, 9)
        for movie, *_ in MOVIES
        if (user + movie) % 3
    ]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId", "rating"])
    movies = pd.DataFrame(MOVIES, columns=["movieId", "title", "genres"])
    recommender = Recommender.fit(ratings, movies, n_neighbors=5)
    path = Path(__file__).parent / "golden" / f"format-{FORMAT}.model"
    recommender.save(path)
    found = recommender.similar(QUERY, k=5)
    answer = {
        "query": QUERY,
        "neighbors": [[film.movie_id, film.similarity, film.support] for film in found],
        "ratings": recommender.stats()["ratings"],
    }
    path.with_suffix(".json").write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
