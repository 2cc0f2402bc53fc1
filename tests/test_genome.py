from __future__ import annotations

from pathlib import Path

import pytest

from movierec import DataError, Recommender

MOVIES = "movieId,title,genres\n1,Up (2009),\n2,Brave (2012),\n3,Heat (1995),\n"
RATINGS = "userId,movieId,rating\n1,1,4\n"
SCORES = "movieId,tagId,relevance\n1,7,0.9\n1,8,0.1\n2,7,0.8\n2,8,0.2\n3,8,0.7\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("ratings", RATINGS), ("movies", MOVIES), ("genome-scores", SCORES)):
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def test_genome_in_a_folder_places_films(folder: Path) -> None:
    recommender = Recommender.fit(folder, content_parts={"genome": 1})
    assert recommender.stats()["movies_with_genome"] == 3
    found = recommender.similar("Brave")
    assert [film.movie_id for film in found] == [1]
    assert recommender.why("Up", "Brave").parts["genome"] > 0
    assert recommender.similarity("Up", "Heat") == 0  # what is hardly relevant counts nothing


def test_genome_file_can_be_named(folder: Path) -> None:
    files = (folder / "ratings.csv", folder / "movies.csv")
    parts = {"genome": 1.0}
    assert not list(Recommender.fit(*files, content_parts=parts).similar("Brave"))
    scores = folder / "genome-scores.csv"
    named = Recommender.fit(*files, genome=scores, content_parts=parts)
    assert [film.movie_id for film in named.similar("Brave")] == [1]


@pytest.mark.parametrize("line", ["3,seven,0.7", "3,7,1.5", "3,7,-1", "3,7,nan"])
def test_genome_that_makes_no_sense_is_refused(folder: Path, line: str) -> None:
    (folder / "genome-scores.csv").write_text(f"{SCORES}{line}\n")
    with pytest.raises(DataError, match=r"genome-scores\.csv"):
        Recommender.fit(folder)
