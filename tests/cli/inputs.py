"""Input files for tests."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from movierec import Recommender
from tests.cli.conftest import MOVIES, RATINGS


def with_rating(value: str) -> bytes:
    """Return the ratings with a different rating in line 4."""
    return RATINGS.replace(b"2,10,3,", f"2,10,{value},".encode())


def zip_of(**files: bytes) -> bytes:
    """Return a zip with files in a top folder; names are given without .csv."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"ml-tiny/{name}.csv", text)
    return content.getvalue()


def flipped(content: bytes, place: int) -> bytes:
    """Return `content` with one byte changed."""
    changed = bytearray(content)
    changed[place] ^= 0xFF
    return bytes(changed)


def fit(folder: Path, ratings: bytes = RATINGS, movies: bytes = MOVIES, **more: Any) -> Recommender:
    """Fit a model in this process.

    By default content has no weight, so that the neighbors show which ratings were read.
    """
    (folder / "r").write_bytes(ratings)
    (folder / "m").write_bytes(movies)
    return Recommender.fit(
        folder / "r", folder / "m", **{"content_weight": 0, "weighting": "none", **more}
    )


def nearest(recommender: Recommender, query: str = "alpha") -> list[int | str]:
    return [neighbor.movie_id for neighbor in recommender.similar(query)]
