"""Arguments that cannot be used, and titles that no movie has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import BOTH, Refused, lines_of
from tests.conftest import Run

PRINTED_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("similar", "alpha", "-k", "0"), "0"),
        (("similar", "alpha", "-k", "-1"), "-1"),
        (("similar", "alpha", "-k", "abc"), "abc"),
        (("similar", "alpha", "-k"), "-k"),
        (("similar", "alpha", "--years", "1989-1980"), "1989-1980"),
        (("similar", "alpha", "--years", "x"), "x"),
        (("similar", "alpha", "--years", ""), "years"),
        (("similar", "alpha", "--format", "nope"), "nope"),
        (("similar", "alpha", "--min-support", "-1"), "-1"),
        (("similar", "alpha", "--diversity", "2"), "2"),
        (("similar", "alpha", "--obscurity", "-0.1"), "-0.1"),
        (("similar", "alpha", "--year", "x"), "x"),
        (("similar", "alpha", "--nope"), "--nope"),
        (("similar",), "title"),
        (("search",), "words"),
        (("nope",), "nope"),
        (("fit", *BOTH, "third.csv"), "third.csv"),
        (("fit", *BOTH, "--n-neighbors", "0"), "0"),
        (("fit", *BOTH, "--min-support", "-1"), "-1"),
        (("fit", *BOTH, "--content-weight", "1.5"), "1.5"),
        (("fit", *BOTH, "--prior", "-1"), "-1"),
        (("fit", *BOTH, "--content-parts", "nonsense=1"), "nonsense"),
        (("fit", *BOTH, "--content-parts", "genres"), '"genres" is not a list of weights'),
        (("fit", *BOTH, "--on-error", "maybe"), "maybe"),
        (("fit", *BOTH, "--algorithm", "als", "--set", "ease.l2=3"), 'parameter "ease.l2"'),
        (
            ("fit", *BOTH, "--algorithm", "ease", "--set", "l2=3", "--set", "ease.l2=4"),
            "l2 is set twice",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_argument_that_makes_no_sense(
    refused: Refused, arguments: tuple[str, ...], named: str
) -> None:
    result = refused(*arguments, code=2)
    assert named.casefold() in lines_of(result.stderr, "error: ")[0].casefold()


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blanks"),
        pytest.param("?", id="punctuation"),
        pytest.param("(1990)", id="a-year-alone"),
        pytest.param("[red]x[/red]", id="markup"),
        pytest.param("\x1b[31mzzz", id="escapes"),
        pytest.param("zzz\nerror: qqq", id="two-lines"),
        pytest.param("z" * 10_000, id="very-long"),
    ],
)
def test_title_that_no_movie_has(refused: Refused, title: str) -> None:
    result = refused("similar", title, code=4)
    assert not PRINTED_CONTROLS.search(result.stderr)
    assert len(result.stderr) < 2000


def test_every_one_of_several_titles_must_be_a_movie(refused: Refused) -> None:
    refused("similar", "alpha", "words", code=4, named=("words",))


def test_title_in_two_words_without_quotes_is_two_titles(folder: Path, movierec: Run) -> None:
    result = movierec("similar", "alpha", "beta", "--json")
    assert result.returncode == 0
    document = json.loads(result.stdout)
    assert [film["movie_id"] for film in document["queries"]] == [10, 20]
    assert {row["movie_id"] for row in document["neighbors"]} == {30, 40}


@pytest.mark.parametrize("words", ["", "?", "\x1b[31mzzz", "zzz\nqqq"])
def test_words_that_no_movie_has(refused: Refused, words: str) -> None:
    assert not PRINTED_CONTROLS.search(refused("search", words, code=4, hinted=False).stderr)


@pytest.mark.parametrize("movie_id", ["x", "²", "9" * 5000, ""])
def test_id_that_no_movie_has(refused: Refused, movie_id: str) -> None:
    refused("similar", movie_id, "--id", code=4, hinted=False)


@pytest.mark.parametrize("k", ["4", str(10**20)])
def test_more_movies_than_there_are(folder: Path, movierec: Run, k: str) -> None:
    result = movierec("similar", "alpha", "-k", k, "--json")
    assert result.returncode == 0
    found = json.loads(result.stdout)["neighbors"]
    assert [row["movie_id"] for row in found] == [20, 30, 40]
    assert [row["support"] for row in found] == [2, 2, 0]
    assert f"3 movies of {k} asked for" in result.stderr


def test_support_of_0_leaves_nothing_out_and_of_1_what_nobody_rated(
    folder: Path, movierec: Run
) -> None:
    everything = movierec("similar", "alpha", "--json").stdout
    assert movierec("similar", "alpha", "--min-support", "0", "--json").stdout == everything
    rated = json.loads(movierec("similar", "alpha", "--min-support", "1", "--json").stdout)
    assert rated["neighbors"] == json.loads(everything)["neighbors"][:2]


@pytest.mark.parametrize("command", [("similar", "alpha"), ("recommend", "--like", "alpha")])
@pytest.mark.parametrize("option", ["--genre", "--not-genre"])
def test_genre_that_no_movie_has(refused: Refused, command: tuple[str, ...], option: str) -> None:
    result = refused(*command, option, "dramma", code=4, named=('the genre "dramma"',))
    assert "did you mean Drama? the genres are Comedy, Drama, Horror" in result.stderr
