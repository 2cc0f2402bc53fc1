from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from movierec import AmbiguousTitleError, MovieNotFoundError, Recommender
from movierec.films.catalog import Catalog
from movierec.films.index import TitleIndex
from movierec.films.names import fold, split_year
from movierec.films.search import TitleSearch
from movierec.store.columns import StringArray

from .conftest import REAL_DATA

FIRST_ID = 5000  # of the small catalogue below, far from every number in a title


class Row(NamedTuple):
    query: str
    answer: str
    movie_ids: list[int]


def rows_of(path: Path) -> list[Row]:
    """Read ``query <TAB> [AMBIGUOUS|NONE] ids <TAB> why``, without comments."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        query, expected, *_ = line.split("\t") if "\t" in line else (line, "")
        form = re.fullmatch(r"(?P<answer>AMBIGUOUS|NONE)? ?(?P<ids>[0-9,]*)", expected)
        if form is not None and expected:
            ids = [int(number) for number in form["ids"].split(",") if number]
            rows.append(Row(query, form["answer"] or "FOUND", ids))
        else:
            assert not line or line.startswith("#"), f"no case: {line}"
    return rows


def acceptance_cases() -> list[Row]:
    folder = os.environ.get(REAL_DATA)
    path = Path(folder).parent / "titles.tsv" if folder else None
    return rows_of(path) if path and path.is_file() else []


def asked(recommender: Recommender, query: str) -> Row:
    """Return what a recommender answers, in the terms of the file of cases."""
    try:
        return Row(query, "FOUND", [int(recommender.movie(query).movie_id)])
    except AmbiguousTitleError as error:
        return Row(query, "AMBIGUOUS", [int(film.movie_id) for film in error.candidates])
    except MovieNotFoundError as error:
        return Row(query, "NONE", [int(film.movie_id) for film in error.suggestions])


@pytest.fixture(scope="module")
def latest_small(real_data: Path) -> Recommender:
    return Recommender.fit(real_data / "ml-latest-small")


@pytest.mark.parametrize("case", acceptance_cases() or [None], ids=lambda case: case and case.query)
def test_acceptance_case(latest_small: Recommender, case: Row | None) -> None:
    if case is None:
        pytest.skip("no titles.tsv with cases lies beside the folder of real data")
    answer = asked(latest_small, case.query)
    assert answer.answer == case.answer
    if case.answer == "NONE" and case.movie_ids:
        assert set(case.movie_ids) <= set(answer.movie_ids)
    else:
        assert sorted(answer.movie_ids) == sorted(case.movie_ids)


@pytest.mark.parametrize(
    ("query", "answer", "movie_ids"),
    [
        ("lord of the rings", "AMBIGUOUS", [2116, 4993, 5952, 7153]),
        ("The Lord of the Rings", "FOUND", [2116]),
        ("godfather", "FOUND", [858]),
        ("Birdman", "FOUND", [112183]),
    ],
)
def test_names_that_several_films_begin_with(
    latest_small: Recommender, query: str, answer: str, movie_ids: list[int]
) -> None:
    found = asked(latest_small, query)
    assert (found.answer, sorted(found.movie_ids)) == (answer, movie_ids)


def test_every_film_is_found_by_the_title_in_its_file(
    latest_small: Recommender, real_data: Path
) -> None:
    with (real_data / "ml-latest-small" / "movies.csv").open(encoding="utf-8", newline="") as file:
        titles = {int(row["movieId"]): row["title"] for row in csv.DictReader(file)}
    twins: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for movie_id, title in titles.items():
        name, year = split_year(title)
        twins[fold(name), year].append(movie_id)
    assert len(titles) == len(latest_small)
    wrong = [
        (title, answer)
        for movie_ids in twins.values()
        for title in {titles[movie_id] for movie_id in movie_ids}
        if sorted((answer := asked(latest_small, title)).movie_ids) != sorted(movie_ids)
        or answer.answer == "NONE"
    ]
    assert not wrong


def small_index(
    titles: Sequence[str],
    n_ratings: Sequence[int] | None = None,
    external_ids: Mapping[int, str] | None = None,
) -> TitleSearch:
    """Index a few titles; the later ones are rated more often unless `n_ratings` is given."""
    nothing = StringArray.of([""] * len(titles))
    catalog = Catalog(
        item_ids=np.arange(FIRST_ID, FIRST_ID + len(titles), dtype=np.int64),
        titles=StringArray.of(titles),
        genres=nothing,
        tags=nothing,
        years=np.array([split_year(title)[1] or 0 for title in titles]),
        n_ratings=np.array(n_ratings or range(len(titles))),
        mean_ratings=np.zeros(len(titles)),
    )
    return TitleSearch(TitleIndex.build(titles, external_ids or {}), catalog)


CATALOGUE = [
    "Matrix, The (1999)",
    "Matrix Reloaded, The (2003)",
    "Seven (a.k.a. Se7en) (1995)",
    "Seven Samurai (Shichinin no samurai) (1954)",
    "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)",
    "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)",
    "Avventura, L' (Adventure, The) (1960)",
    "Dr. Strangelove or: How I Learned to Stop Worrying (1964)",
    "Old Boy (2003)",
    "Oldboy (2013)",
    "Godfather, The (1972)",
    "Godfather: Part II, The (1974)",
    "Godfather Trilogy: 1972-1990, The (1992)",
    "Star Wars: Episode V - The Empire Strikes Back (1980)",
    "Hamlet (1948)",
    "Hamlet (1996)",
    "Emma (1996)",
    "Emma (1996)",
    "Moonlight",
    "Death Note: Desu nôto (2006–2007)",
    "Runaway Brain (1995) ",
    "[REC] (2007)",
    "$ (1971)",
    "9 (2009)",
    "2001: A ItemVectors Odyssey (1968)",
    "1984 (Nineteen Eighty-Four) (1984)",
    "Blade Runner 2049 (2017)",
    "E.T. the Extra-Terrestrial (1982)",
    "And God Created Woman (Et Dieu... créa la femme) (1956)",
    "Harry Potter and the Goblet of Fire (2005)",
    "Toy Story (1995)",
    "Toy Story 2 (1999)",
    "O (2001)",
    "O Brother, Where Art Thou? (2000)",
    "Spider-Man (2002)",
    "Porter (1990)",
]
INDEX = small_index(CATALOGUE)


def titles_of(indices: Iterable[int]) -> list[str]:
    return [CATALOGUE[index] for index in indices]


def found(query: str, year: int | None = None) -> list[str]:
    return titles_of(INDEX.find(query, year).indices)


def suggested(query: str) -> list[str]:
    assert found(query) == [], "suggestions are for what was not found"
    return titles_of(INDEX.suggest(query))


@pytest.mark.parametrize("title", CATALOGUE)
def test_title_as_in_the_file_is_sure(title: str) -> None:
    matches = INDEX.find(title)
    assert set(titles_of(matches.indices)) == {title}
    assert matches.is_certain


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("The Matrix", "Matrix, The (1999)"),
        ("matrix", "Matrix, The (1999)"),
        ("THE MATRIX (1999)", "Matrix, The (1999)"),
        ("matrix, the", "Matrix, The (1999)"),
        ("matrix 1999", "Matrix, The (1999)"),
        ("Se7en", "Seven (a.k.a. Se7en) (1995)"),
        ("seven", "Seven (a.k.a. Se7en) (1995)"),
        ("The Professional", CATALOGUE[4]),
        ("leon", CATALOGUE[4]),
        ("Le fabuleux destin d’Amélie Poulain", CATALOGUE[5]),
        ("fabuleux destin d'amelie poulain", CATALOGUE[5]),
        ("L’Avventura", "Avventura, L' (Adventure, The) (1960)"),
        ("adventure", "Avventura, L' (Adventure, The) (1960)"),
        ("Oldboy", "Oldboy (2013)"),
        ("Old Boy", "Old Boy (2003)"),
        ("spiderman", "Spider-Man (2002)"),
        ("Spider Man", "Spider-Man (2002)"),
        ("rec", "[REC] (2007)"),
        ("$", "$ (1971)"),
        ("1984", "1984 (Nineteen Eighty-Four) (1984)"),
        ("nineteen eighty four", "1984 (Nineteen Eighty-Four) (1984)"),
        ("Blade Runner 2049", "Blade Runner 2049 (2017)"),
        ("Godfather Part 2", "Godfather: Part II, The (1974)"),
        ("Death Note: Desu noto (2006)", "Death Note: Desu nôto (2006–2007)"),
        ("runaway brain", "Runaway Brain (1995) "),
        ('"Toy Story"', "Toy Story (1995)"),
        ('"Toy Story (1995)"', "Toy Story (1995)"),
        ("“Toy Story (1995)”", "Toy Story (1995)"),
        ("Toy Story ( 1995 )", "Toy Story (1995)"),
    ],
)
def test_whole_name_in_the_way_that_people_write_it(query: str, title: str) -> None:
    assert found(query) == [title]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Dr Strangelove", CATALOGUE[7]),
        ("Dr. Strangelove (1964)", CATALOGUE[7]),
        ("2001", "2001: A ItemVectors Odyssey (1968)"),
        ("Empire Strikes Back", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("Star Wars (1980)", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("Godfather II", "Godfather: Part II, The (1974)"),
        ("amelie destin", CATALOGUE[5]),
        ("E.T.", "E.T. the Extra-Terrestrial (1982)"),
        ("ET", "E.T. the Extra-Terrestrial (1982)"),
    ],
)
def test_part_of_a_name_is_enough_where_one_film_has_it(query: str, title: str) -> None:
    matches = INDEX.find(query)
    assert titles_of(matches.indices) == [title]
    assert not matches.is_certain


def test_part_of_a_name_stops_at_whole_words() -> None:
    assert found("Dr. Strange") == []
    assert found("Harr") == []


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("Hamlet", {"Hamlet (1996)", "Hamlet (1948)"}),
        ("Emma (1996)", {"Emma (1996)"}),
        ("Harry", {"Harry Potter and the Goblet of Fire (2005)"}),
    ],
)
def test_films_of_one_name_are_all_listed(query: str, titles: set[str]) -> None:
    assert set(found(query)) == titles
    assert len(found("Emma (1996)")) == 2


def test_most_rated_comes_first_among_equals() -> None:
    assert found("Hamlet") == ["Hamlet (1996)", "Hamlet (1948)"]
    index = small_index(["Hamlet (1948)", "Hamlet (1996)"], n_ratings=[7, 3])
    assert index.find("Hamlet").indices == [0, 1]


def test_most_rated_never_beats_the_surer_name() -> None:
    index = small_index(["Alien (1979)", "Alien Nation (1988)"], n_ratings=[1, 1000])
    assert index.find("alien").indices == [0]
    index = small_index(["Ring, The (2002)", "Circle (The Ring) (1998)"], n_ratings=[1, 1000])
    assert index.find("the ring").indices == [0]


RINGS = [
    "Lord of the Rings, The (1978)",
    "Lord of the Rings: The Fellowship of the Ring, The (2001)",
    "Lord of the Rings: The Two Towers, The (2002)",
    "Lord of War (2005)",
]


def test_name_without_its_article_is_not_guessed_where_others_are_likelier() -> None:
    index = small_index(RINGS, n_ratings=[15, 198, 188, 35])
    assert index.find("lord of the rings").indices == [1, 2, 0]
    assert not index.find("lord of the rings").is_certain
    for query in ("The Lord of the Rings", "lord of the rings, the", "lord of the rings 1978"):
        assert index.find(query).indices == [0]
        assert index.find(query).is_certain
    assert index.find("lord of the rings 2001").indices == [1]
    assert small_index(RINGS, n_ratings=[15, 198, 9, 35]).find("lord of the rings").indices == [0]


def test_title_before_a_colon_is_the_main_title() -> None:
    titles = [
        "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
        "Birdman of Alcatraz (1962)",
    ]
    index = small_index(titles, n_ratings=[1, 100])
    assert index.find("Birdman").indices == [0]
    assert index.find("birdman 2014").indices == [0]
    assert index.find("birdman 1962").indices == [1]
    assert index.search("birdman", 5) == [0, 1]


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        pytest.param("Birdman (1999)", [2], id="whole-title"),
        pytest.param("Bird (Birdman) (1999)", [2], id="other-title"),
        pytest.param("Birdman: Again (1999)", [0, 1, 2], id="main-title"),
    ],
)
def test_title_before_a_colon_is_not_guessed_where_another_film_has_it(
    other: str, answer: list[int]
) -> None:
    index = small_index(["Birdman: Or (2014)", "Birdman of Alcatraz (1962)", other])
    assert sorted(index.find("Birdman").indices) == answer


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Hamlet (1948)", "Hamlet (1948)"),
        ("Hamlet 1948", "Hamlet (1948)"),
        ("The Godfather 1972", "Godfather, The (1972)"),
        ("Godfather, 1972", "Godfather, The (1972)"),
        ("O 2001", "O (2001)"),
    ],
)
def test_year_decides(query: str, title: str) -> None:
    assert found(query) == [title]


def test_year_can_be_given_apart() -> None:
    assert found("Hamlet", 1948) == ["Hamlet (1948)"]
    assert found("Hamlet", 1950) == []


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Toy Story (1996)", "Toy Story (1995)"),
        ("Toy Story 1996", "Toy Story (1995)"),
        ("O (2000)", "O (2001)"),
        ("Blade Runner 2049 2018", "Blade Runner 2049 (2017)"),
    ],
)
def test_whole_name_with_a_wrong_year_is_suggested_never_another_film(
    query: str, title: str
) -> None:
    assert suggested(query)[:1] == [title]


def test_year_far_from_the_whole_name_decides_for_a_subtitle() -> None:
    index = small_index(["Star Trek (2009)", "Star Trek: The Motion Picture (1979)"])
    assert index.find("Star Trek (1979)").indices == [1]
    assert index.find("Star Trek (2010)").indices == []
    assert index.find("Star Trek").indices == [0]


def test_year_never_brings_in_a_film_that_only_has_the_words() -> None:
    index = small_index(["Species (1995)", "Carnosaur: Primal Species (1996)"])
    assert index.find("Species (1996)").indices == []
    assert index.suggest("Species (1996)")[0] == 0


@pytest.mark.parametrize("query", ["Moonlight (2016)", "Moonlight 2016"])
def test_film_without_a_year_is_at_least_suggested(query: str) -> None:
    answers = found(query) or titles_of(INDEX.suggest(query))
    assert answers == ["Moonlight"]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("toy stroy", "Toy Story (1995)"),
        ("toy sory", "Toy Story (1995)"),
        ("toyy story", "Toy Story (1995)"),
        ("the matirx", "Matrix, The (1999)"),
        ("hte matrix", "Matrix, The (1999)"),
        ("Ameile", CATALOGUE[5]),
        ("Dr Strangelvoe", CATALOGUE[7]),
        ("Empire Strikes Bakc", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("Harry Poter", "Harry Potter and the Goblet of Fire (2005)"),
        ("Harry Poter and the Goblet", "Harry Potter and the Goblet of Fire (2005)"),
        ("starwars", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("spidreman", "Spider-Man (2002)"),
    ],
)
def test_typo_is_suggested_and_not_guessed(query: str, title: str) -> None:
    assert suggested(query)[:1] == [title]


@pytest.mark.parametrize(
    "query",
    ["asdfghjkl qwerty", "zzzz", "xyzzy the", "日本語", "12345678901234567890", "%", "( )", "!!!"],
)
def test_nothing_is_suggested_for_nonsense(query: str) -> None:
    assert suggested(query) == []


def test_number_is_a_title_before_it_is_an_id() -> None:
    titles = [f"Film {number} (2000)" for number in range(9)]
    index = small_index([*titles, f"{FIRST_ID} (2009)"])
    assert index.find(str(FIRST_ID)).indices == [9]
    assert index.find(str(FIRST_ID + 1)).indices == [1]
    assert not index.find(str(FIRST_ID + 100)).indices


def test_number_that_is_an_id_and_begins_a_title_is_left_open() -> None:
    index = small_index(["Heat (1995)", f"{FIRST_ID}: A ItemVectors Odyssey (1968)"])
    assert sorted(index.find(str(FIRST_ID)).indices) == [0, 1]


def test_imdb_id_finds_its_film_and_is_never_near_another() -> None:
    index = small_index(["Toy Story (1995)", "Heat (1995)"], external_ids={0: "tt0114709"})
    for query in ("tt0114709", "TT0114709", " tt0114709 "):
        assert index.find(query).indices == [0]
    assert index.find("tt0114708").indices == []
    assert index.suggest("tt0114708") == []


def test_search_takes_all_words_and_a_begun_last_one() -> None:
    assert titles_of(INDEX.search("toy sto", 10)) == ["Toy Story 2 (1999)", "Toy Story (1995)"]
    assert titles_of(INDEX.search("hamlet", 1)) == ["Hamlet (1996)"]
    assert titles_of(INDEX.search("toy hamlet", 10)) == []


def test_search_has_the_whole_name_first() -> None:
    assert titles_of(INDEX.search("toy story", 10)) == ["Toy Story (1995)", "Toy Story 2 (1999)"]


@pytest.mark.parametrize("query", ["Matrix", "toy stroy", "?"])
def test_empty_catalogue_has_no_answers(query: str) -> None:
    index = small_index([])
    assert index.find(query).indices == []
    assert index.suggest(query) == []
    assert index.search(query, 5) == []


def test_cases_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "titles.tsv"
    path.write_text("# query\texpected\nHeat\t6\twhy\nX\tAMBIGUOUS 1,2\nY\tNONE 3\nZ\tNONE\n")
    assert rows_of(path) == [
        Row("Heat", "FOUND", [6]),
        Row("X", "AMBIGUOUS", [1, 2]),
        Row("Y", "NONE", [3]),
        Row("Z", "NONE", []),
    ]
