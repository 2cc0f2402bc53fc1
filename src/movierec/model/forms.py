"""The forms of the JSON documents in a model file; see :func:`movierec._schema.check_form`."""

from __future__ import annotations

_MOVIES = [{"movie_id": (int, str), "title": str, "n_ratings": int, "mean_rating": (float, None)}]
_SPREAD = {
    **dict.fromkeys(
        ("min", "lower_quartile", "median", "upper_quartile", "max", "mean"), (float, None)
    ),
    "bars": [{"from": int, "to": int, "count": int}],
}
_COUNTS = ("ratings", "films_listed", "films_rated", "users", "rating_rows", "movie_rows")

CARD = {
    **dict.fromkeys(("algorithm", "similarity", "created", "fingerprint"), str),
    **dict.fromkeys(("n_items", "n_users", "n_ratings"), int),
    **dict.fromkeys(("lowest_rating", "highest_rating"), float),
    "parameters": {"content_parts": {"*": float}, "algorithm": str, "settings": {"*": object}},
    "versions": {"*": str},
    "dropped": {"*": int},
    "files": {"*": str},
    "notes": [str],
    "content_parts": {"*": int},
}
"""What ``meta.json`` holds; see :mod:`movierec.model.card`."""

SUMMARY = {
    **dict.fromkeys(_COUNTS, int),
    **dict.fromkeys(("density", "mean_rating"), float),
    "tied_ratings": (int, None),
    "activity": [{"year": int, "month": (int, None), "ratings": int}],
    "rating_histogram": [{"rating": float, "count": int}],
    "ratings_per_user": _SPREAD,
    "ratings_per_film": _SPREAD,
    "years": {
        "first": (int, None),
        "last": (int, None),
        "films_without": int,
        "films_per_decade": [{"decade": int, "count": int}],
        "by_year": [{"year": int, "films": int, "ratings": int, "mean_rating": (float, None)}],
    },
    "most_rated": _MOVIES,
    "best_rated": {"min_ratings": int, "films": _MOVIES},
}
"""What ``summary.json`` holds; see :func:`movierec.data.summary.summarize`."""
