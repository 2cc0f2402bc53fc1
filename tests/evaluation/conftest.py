"""Files that several modules evaluate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.people import made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the ratings and movies of :func:`tests.people.made`."""
    ratings, movies = made()
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    movies.to_csv(tmp_path / "movies.csv", index=False)
    return tmp_path
