"""The commands, as typed by a user."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from movierec import Recommender
from movierec.answers.filters import parse_years
from movierec.data.discover import sample_folder
from movierec.errors import UsageError
from tests.conftest import Run

RATINGS, MOVIES = sample_folder() / "ratings.csv", sample_folder() / "movies.csv"
TOY_STORY = "Toy Story (1995)"


@pytest.fixture
def similar(movierec: Run, sample_model: Path) -> Run:
    def run(*arguments: str, **options: Any) -> Any:
        return movierec("similar", *arguments, "--model", sample_model, **options)

    return run


def test_the_three_commands_as_typed(movierec: Run, tmp_path: Path) -> None:
    for source in (RATINGS, MOVIES):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    fit = movierec("fit", "ratings.csv", "movies.csv")
    assert (fit.returncode, fit.stdout) == (0, "")
    assert "56,007 ratings of 735 movies by 700 users -> movierec.model" in fit.stderr
    similar = movierec("similar", TOY_STORY, "-k", "10")
    assert (similar.returncode, similar.stderr) == (0, "")
    first = r"1 +Toy Story 2 \(1999\) +1999 +0\.\d{3} +194 +mostly content +Adventure, .+ \d\.\d\d"
    assert re.search(first, similar.stdout)
    assert len(re.findall(r"^ *\d+ ", similar.stdout, re.MULTILINE)) == 10
    stats = movierec("stats")
    assert (stats.returncode, stats.stderr) == (0, "")
    assert re.search(r"unique users +700", stats.stdout)
    assert re.search(r"unique movies \(rated\) +731", stats.stdout)


def test_no_content_and_no_weighting_give_the_cosine_of_ratings(movierec: Run) -> None:
    assert movierec("fit", "--content-weight", "0", "--weighting", "none").returncode == 0
    first = json.loads(movierec("similar", TOY_STORY, "--json").stdout)["neighbors"][0]
    assert (first["title"], first["support"]) == ("Toy Story 2 (1999)", 194)
    assert first["similarity"] == pytest.approx(0.862, abs=1e-3)
    assert (first["content_share"], first["evidence"]) == (0, "solid")


def test_fit_without_files_says_that_it_takes_the_sample(movierec: Run, tmp_path: Path) -> None:
    fit = movierec("fit")
    assert fit.returncode == 0
    assert fit.stderr.startswith("reading the sample data: real movies, simulated ratings\n")
    assert 'next:\n  movierec similar "' in fit.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["movierec.model"]


def test_quiet_fit_says_nothing(movierec: Run) -> None:
    fit = movierec("fit", "--quiet")
    assert (fit.returncode, fit.stdout, fit.stderr) == (0, "", "")


def test_the_next_command_that_fit_names_works(movierec: Run) -> None:
    fit = movierec("fit", "--model", "other.model")
    title, model = re.findall(r'next:\n  movierec similar "(.+)" --model (.+)\n', fit.stderr)[0]
    assert movierec("similar", title, "--model", model).returncode == 0


def test_model_is_named_by_option_or_environment(movierec: Run, sample_model: Path) -> None:
    by_option = movierec("similar", TOY_STORY, "-m", sample_model)
    by_environment = movierec("similar", TOY_STORY, env={"MOVIEREC_MODEL": str(sample_model)})
    assert by_option.stdout == by_environment.stdout != ""


def test_table_is_never_cut_when_piped(similar: Run, sample_model: Path) -> None:
    """However narrow the terminal is, every title is complete and on one line."""
    run = similar(TOY_STORY, "-k", "200", env={"COLUMNS": "20"})
    for movie in Recommender.load(sample_model).similar(TOY_STORY, k=200):
        assert re.search(
            rf"^ *{movie.rank} +{re.escape(movie.title)} +{movie.year or ''}", run.stdout, re.M
        )
    assert "\x1b" not in run.stdout


def test_json_says_what_the_api_says(similar: Run, sample_model: Path) -> None:
    found = Recommender.load(sample_model).similar(TOY_STORY, k=3)
    document = json.loads(similar(TOY_STORY, "-k", "3", "--json").stdout)
    assert document["query"] == {"movie_id": 1, "title": TOY_STORY}
    assert document["queries"] == [document["query"]]
    assert document["less_like"] == []
    for row, movie in zip(document["neighbors"], found, strict=True):
        lists = {"genres": list(movie.genres), "shared_genres": list(movie.shared_genres)}
        assert row == {**dict(movie), **lists}


def test_several_titles_reach_the_api(similar: Run, sample_model: Path) -> None:
    found = Recommender.load(sample_model).similar(
        [TOY_STORY, "Hamlet (1996)"], k=5, less_like=["Toy Story 2 (1999)"]
    )
    run = similar(
        *(TOY_STORY, "Hamlet (1996)", "--less-like", "Toy Story 2 (1999)", "-k", "5", "--json")
    )
    document = json.loads(run.stdout)
    assert [movie["movie_id"] for movie in document["queries"]] == [
        film.movie_id for film in found.queries
    ]
    assert [film["title"] for film in document["less_like"]] == ["Toy Story 2 (1999)"]
    assert [row["movie_id"] for row in document["neighbors"]] == [film.movie_id for film in found]
    assert len(found) == 5


def test_every_format_has_the_same_movies(similar: Run, sample_model: Path) -> None:
    titles = [movie.title for movie in Recommender.load(sample_model).similar(TOY_STORY, k=50)]
    for form in ("table", "md"):
        lines = similar(TOY_STORY, "-k", "50", "--format", form).stdout
        assert [title for title in titles if title not in lines] == []
    for form, separator in (("csv", ","), ("tsv", "\t")):
        text = similar(TOY_STORY, "-k", "50", "--format", form).stdout
        rows = csv.DictReader(io.StringIO(text), delimiter=separator)
        assert [row["title"] for row in rows] == titles
    lines = similar(TOY_STORY, "-k", "50", "--format", "jsonl").stdout
    assert [json.loads(line)["title"] for line in lines.splitlines()] == titles


def test_options_reach_the_api(similar: Run, sample_model: Path) -> None:
    found = Recommender.load(sample_model).similar(
        "Hamlet",
        year=1996,
        k=5,
        genres=["Drama"],
        not_genres=["War"],
        years=(1980, 1999),
        min_support=20,
    )
    run = similar(
        *("Hamlet", "--year", "1996", "-k", "5", "--genre", "Drama", "--not-genre", "War"),
        *("--years", "1980-1999", "--min-support", "20", "--json"),
    )
    rows = json.loads(run.stdout)["neighbors"]
    assert [row["movie_id"] for row in rows] == [movie.movie_id for movie in found]
    assert rows


def test_id_may_stand_on_either_side(similar: Run) -> None:
    assert similar("--id", "1").stdout == similar("1", "--id").stdout == similar(TOY_STORY).stdout


def test_list_beyond_the_table_goes_on_exactly(similar: Run) -> None:
    short = json.loads(similar(TOY_STORY, "-k", "100", "--json").stdout)["neighbors"]
    long = json.loads(similar(TOY_STORY, "-k", "300", "--json").stdout)["neighbors"]
    assert len(long) == 300
    assert long[:100] == short


def test_short_list_says_why_on_stderr(similar: Run) -> None:
    run = similar(TOY_STORY, "--genre", "Film-Noir", "-k", "200", "--json")
    assert run.returncode == 0
    assert len(json.loads(run.stdout)["neighbors"]) < 200
    assert "and passes the filters" in run.stderr


def test_ambiguous_title_lists_the_candidates(similar: Run) -> None:
    run = similar("Hamlet")
    assert (run.returncode, run.stdout) == (4, "")
    assert len(re.findall(r"^ +\d+  Hamlet \(\d{4}\)", run.stderr, re.M)) >= 2
    assert "hint: add the year, or name one by its id with --id" in run.stderr


def test_typo_gets_a_suggestion_and_no_guess(similar: Run) -> None:
    run = similar("toy stroy")
    assert (run.returncode, run.stdout) == (4, "")
    assert re.search(r"did you mean:\n +1  Toy Story \(1995\)", run.stderr)


def test_search_lists_matches(movierec: Run, sample_model: Path) -> None:
    run = movierec("search", "toy", "sto", "--model", sample_model, "--json")
    titles = [row["title"] for row in json.loads(run.stdout)["movies"]]
    assert titles[0] == TOY_STORY
    assert all(title.startswith("Toy Story") for title in titles)
    nothing = movierec("search", "qwertyuiop", "--model", sample_model)
    assert (nothing.returncode, nothing.stdout) == (4, "")


def test_stats_of_files_need_no_model(movierec: Run) -> None:
    found = json.loads(movierec("stats", RATINGS, MOVIES, "--json").stdout)
    assert (found["rating_rows"], found["movie_rows"], found["users"]) == (56_007, 735, 700)
    assert "model" not in found


def test_color_is_for_terminals_that_want_it(similar: Run) -> None:
    colored = similar(TOY_STORY, env={"FORCE_COLOR": "1", "TERM": "xterm-256color"}).stdout
    plain = similar(TOY_STORY, env={"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"}).stdout
    assert "\x1b[36m" in colored  # cyan
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1980-1989", (1980, 1989)),
        ("1985", (1985, 1985)),
        ("1990-", (1990, 9999)),
        ("-1960", (0, 1960)),
        ("1980–1989", (1980, 1989)),
        (None, None),
    ],
)
def test_years_are_parsed(text: str | None, years: tuple[int, int] | None) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize("text", ["", "-", "x", "1989-1980", "80s", "1980-1985-1990"])
def test_other_years_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a range of years"):
        parse_years(text)


def test_installed_algorithms_are_listed_and_broken_ones_hide_no_others(
    movierec: Run, tmp_path: Path
) -> None:
    information = tmp_path / "extra-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[movierec.algorithms]\nby_age = extra:ByAge\nbroken = extra.missing:Broken\n"
    )
    (tmp_path / "extra.py").write_text(
        "from movierec.algorithms.popular import Popular\n\n"
        'class ByAge(Popular):\n    """Score a movie by its age."""\n'
    )
    result = movierec("algorithms", env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert result.returncode == 0
    assert re.search(r"^ *by_age +Score a movie by its age\.", result.stdout, re.M)
    assert re.search(r"^ *broken +cannot be loaded: .*extra", result.stdout, re.M)
    assert re.search(r"^ *ease +\w+.* l2=", result.stdout, re.M)
