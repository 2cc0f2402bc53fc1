"""What new users meet: wrong genres, famous titles, the sample, other columns, narrow terminals."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import movierec as package
from movierec import DataError, NothingFoundError, Recommender, UsageError
from movierec.cli._app import COMMANDS
from movierec.errors import in_python
from tests.cli.conftest import BOTH, lines_of, posix_only
from tests.conftest import Run
from tests.people import made


def test_the_sample_does_not_replace_other_data(movierec: Run, folder: Path) -> None:
    assert movierec("fit", *BOTH, "-q").returncode == 0
    before = (folder / "movierec.model").read_bytes()
    refused = movierec("fit", stdin=subprocess.DEVNULL)
    assert refused.returncode == 2
    assert "movierec.model is a model of other data" in refused.stderr
    assert (folder / "movierec.model").read_bytes() == before
    assert movierec("fit", *BOTH, "-q").returncode == 0  # data that are named always do
    assert movierec("fit", "--force", "-q").returncode == 0
    assert Recommender.load(folder / "movierec.model").is_sample
    assert movierec("fit", "-q").returncode == 0  # the sample replaces itself


def test_no_command_is_no_error(movierec: Run) -> None:
    run = movierec()
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == movierec("--help").stdout


def test_genres_are_found_without_their_punctuation(sample: Recommender) -> None:
    expected = list(sample.similar("Alien (1979)", genres=["Sci-Fi"]))
    assert list(sample.similar("Alien (1979)", genres="scifi")) == expected
    assert list(sample.recommend(5, likes=[1], genres="Drama")) == list(
        sample.recommend(5, likes=[1], genres=["drama"])
    )
    for ask in (partial(sample.similar, "Heat"), partial(sample.recommend, user=42)):
        with pytest.raises(NothingFoundError, match='no movie has the genre "Dramedy"') as caught:
            ask(not_genres="Dramedy")
        assert "Sci-Fi, Thriller" in str(caught.value.hint)


def test_filters_that_leave_nothing_are_an_error(movierec: Run, sample_model: Path) -> None:
    for command in (("similar", "Heat"), ("recommend", "--like", "Heat")):
        run = movierec(*command, "--years", "1890", "-m", sample_model)
        assert (run.returncode, run.stdout) == (4, "")
        assert "use fewer filters" in run.stderr
        unknown = movierec(*command, "--genre", "zzz", "-m", sample_model)
        assert (unknown.returncode, "the genres are Action" in unknown.stderr) == (4, True)


def famous(counts: dict[str, int]) -> Recommender:
    """A model of films that so many people rated."""
    movies = pd.DataFrame({"movieId": range(len(counts)), "title": [*counts], "genres": "Drama"})
    rows = [(user, film, 4.0) for film, n in enumerate(counts.values()) for user in range(n)]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId", "rating"])
    return Recommender.fit(ratings, movies)


def test_a_name_that_famous_films_begin_with_is_not_guessed() -> None:
    rings = {"Lord of the Rings, The (1978)": 2, "Matrix, The (1999)": 9, "Toy Story (1995)": 9}
    rings |= {f"Lord of the Rings: {part}, The (200{n})": 12 for n, part in enumerate("AB")}
    rings |= {"Matrix Reloaded, The (2003)": 12, "Matrix Revolutions, The (2003)": 12}
    model = famous(rings | {"Toy Story 2 (1999)": 9})
    with pytest.raises(package.AmbiguousTitleError) as caught:
        model.movie("lord of the rings")
    assert len(caught.value.candidates) == 3
    assert model.movie("lord of the rings 1978").year == 1978
    assert model.movie("the matrix").title == "Matrix, The (1999)"
    assert model.movie("toy story").title == "Toy Story (1995)"


def test_a_title_is_found_without_its_subtitle() -> None:
    titles = ["Birdman: Or (The Virtue of Ignorance) (2014)", "Birdman of Alcatraz (1962)"]
    assert famous(dict.fromkeys(titles, 3)).movie("birdman").year == 2014
    with pytest.raises(package.AmbiguousTitleError):
        famous(dict.fromkeys(["Alien: One (1990)", "Alien: Two (1991)"], 3)).movie("alien")


@posix_only
@pytest.mark.parametrize(
    "command",
    ["similar Heat -k 500 -f csv", "similar Heat -k 500 --json", "stats", "search the"],
)
def test_a_closed_pipe_is_no_error(sample_model: Path, command: str) -> None:
    words = [sys.executable, "-m", "movierec", *command.split(), "-m", str(sample_model)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.stderr.read(), process.wait(60)) == (b"", 0)


@posix_only
@pytest.mark.parametrize(
    "command", ["similar Alien -k 8", "recommend --user 42 -k 8", "search lord", "stats"]
)
def test_every_row_is_one_line_of_80_columns(sample_model: Path, command: str) -> None:
    import pty

    words = [sys.executable, "-m", "movierec", *command.split(), "-m", str(sample_model)]
    parent, child = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    process = subprocess.Popen(words, stdout=child, env=environment)
    os.close(child)
    output = b""
    try:
        while block := os.read(parent, 65536):
            output += block
    except OSError:  # how the end is told on Linux
        pass
    assert process.wait(60) == 0
    lines = output.decode().replace("\r", "").split("\n")
    assert max(map(len, lines)) <= 80
    if command.startswith(("similar", "recommend")):
        assert len([line for line in lines if re.match(r" +\d+ ", line)]) == 8
        assert " year " not in lines[2]  # it is in the titles
        assert all("…" not in line.split("  ")[-1] or "stars" for line in lines)


@posix_only
def test_evaluate_leaves_out_columns_on_a_narrow_terminal(tmp_path: Path) -> None:
    import pty

    made()[0].to_csv(tmp_path / "r.csv", index=False)
    words = [sys.executable, "-m", "movierec", "evaluate", "r.csv", "--algorithm", "svd"]
    parent, child = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    process = subprocess.Popen(
        words, stdout=child, stderr=subprocess.DEVNULL, env=environment, cwd=tmp_path
    )
    os.close(child)
    output = b""
    try:
        while block := os.read(parent, 65536):
            output += block
    except OSError:  # how the end is told on Linux
        pass
    assert process.wait(60) == 0
    lines = output.decode().replace("\r", "").split("\n")
    assert max(map(len, lines)) <= 80
    assert "…" not in output.decode()
    assert all(name in output.decode() for name in ("nDCG", "coverage", "95 %"))
    assert "gap" not in output.decode()


COLUMNS: list[tuple[str, str, str]] = [
    ("User-ID;ISBN;Book-Rating", "ISBN;Book-Title", ""),
    ("user_id,book_id,rating", "book_id,title", ""),
    ("Reader,Volume,Grade", "Volume,Name", "user=Reader,item=Volume,rating=Grade"),
]


@pytest.mark.parametrize(("ratings", "movies", "named"), COLUMNS)
def test_columns_of_other_data_sets(
    movierec: Run, tmp_path: Path, ratings: str, movies: str, named: str
) -> None:
    separator = ";" if ";" in ratings else ","
    rows = [separator.join(("u1", "a", "5")), separator.join(("u2", "a", "3"))]
    (tmp_path / "r.csv").write_text("\n".join([ratings, *rows]))
    (tmp_path / "m.csv").write_text("\n".join([movies, separator.join(("a", "Alpha"))]))
    options = ("--columns", named) if named else ()
    run = movierec("fit", "r.csv", "m.csv", *options)
    assert run.returncode == 0, run.stderr
    assert "2 ratings of 1 movie by 2 users" in run.stderr
    if named:
        unknown = movierec("fit", "r.csv", "m.csv")
        assert unknown.returncode == 3
        assert "isbn" in unknown.stderr
        assert "--columns user=READER,item=BOOK" in unknown.stderr


def test_columns_may_be_named_in_python() -> None:
    ratings = pd.DataFrame({"Reader": [1, 2], "Volume": [7, 7], "Grade": [5.0, 3.0]})
    movies = pd.DataFrame({"Volume": [7], "title": ["Alpha"]})
    names = {"user": "Reader", "item": "Volume", "rating": "Grade"}
    assert Recommender.fit(ratings, movies, columns=names).card["n_ratings"] == 2
    with pytest.raises(UsageError, match='no column is called "reader"'):
        Recommender.fit(ratings, movies, columns={"reader": "Reader"})


def test_a_header_of_other_names_is_no_row(movierec: Run, folder: Path) -> None:
    """Four columns without a header would be user, movie, rating and time."""
    (folder / "r.csv").write_text("reader,volume,grade,moment\n1,10,5,1\n2,20,4,2\n1,20,3,3\n")
    refused = movierec("fit", "r.csv", "movies.csv")
    assert refused.returncode == 3
    assert "its first line is: reader,volume,grade,moment" in refused.stderr
    assert "rating: rating, ratings, score" in refused.stderr
    # The file of movies calls its column otherwise, by a name that is known.
    named = "user=reader,item=volume,rating=grade,timestamp=moment"
    fitted = movierec("fit", "r.csv", "movies.csv", "--columns", named)
    assert fitted.returncode == 0, fitted.stderr
    assert "3 ratings of 4 movies by 2 users" in fitted.stderr


def test_a_named_column_that_no_file_has_is_refused(movierec: Run, folder: Path) -> None:
    refused = movierec("fit", *BOTH, "--columns", "timestamp=When")
    assert refused.returncode == 3
    assert 'no column is called "When", which was named as timestamp' in refused.stderr
    assert "ratings.csv has userId, movieId, rating, timestamp" in refused.stderr


@pytest.mark.parametrize(
    "text", ["user,item\n1,10\n2,10\n2,20\n", "user,item,rating\n1,10,\n2,10,\n2,20,\n"]
)
def test_a_file_without_ratings_says_who_watched_what(
    movierec: Run, tmp_path: Path, text: str
) -> None:
    (tmp_path / "r.csv").write_text(text)
    (tmp_path / "m.csv").write_text("movieId,title\n10,Alpha\n20,Beta\n30,Gamma\n")
    assert movierec("fit", "r.csv", "m.csv").returncode == 0
    assert movierec("fit", "r.csv", "m.csv", "--feedback", "presence").returncode == 0
    run = movierec("recommend", "--like", "Alpha", "--json")
    assert '"title": "Beta"' in run.stdout
    assert '"stars": null' in run.stdout
    evaluated = movierec("evaluate", "r.csv", "--algorithm", "item_knn", "--split", "random",
                         "--test-share", "0.5", "--json")  # fmt: skip
    assert evaluated.returncode == 0, evaluated.stderr


def test_ratings_after_blank_ones_are_refused(movierec: Run, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("user,item,rating\n1,10,\n2,10,5\n")
    (tmp_path / "m.csv").write_text("movieId,title\n10,Alpha\n")
    run = movierec("fit", "r.csv", "m.csv")
    assert run.returncode == 3
    assert lines_of(run.stderr, "error: ") == [
        "error: r.csv, line 3: a rating, but there is none in the first row: fill in all or none"
    ]


@pytest.mark.parametrize(
    ("value", "remarked"),
    [(50.0, True), (6.0, True), (1e9, True), (0.0, True), (-1.0, True), (0.5, False), (5.0, False)],
)
def test_a_rating_outside_the_scale_is_remarked(value: float, remarked: bool) -> None:
    rows = [(user, film, 1 + (user + film) % 9 / 2) for user in range(60) for film in range(20)]
    ratings = pd.DataFrame(rows, columns=["userId", "movieId", "rating"])
    ratings.loc[7, "rating"] = value
    notes = Recommender.fit(ratings, made()[1]).card["notes"]
    found = [note for note in notes if "outside the scale" in note]
    assert bool(found) == remarked
    if found:
        assert (
            f"1 rating is outside the scale of the others, 1 to 5: the first is {value:g}"
            in found[0]
        )
        assert "the rating number 8" in found[0]


def test_settings_may_name_the_algorithm(movierec: Run, folder: Path) -> None:
    for text in ("l2=7", "ease.l2=7"):
        run = movierec("fit", *BOTH, "--algorithm", "ease", "--set", text, "-q")
        assert run.returncode == 0, run.stderr
        settings = Recommender.load(folder / "movierec.model").card["parameters"]["settings"]
        assert settings["l2"] == 7


def hints() -> list[str]:
    """All texts in the package that name an option, but for help texts."""
    texts = []
    for path in Path(inspect.getfile(package)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error"):
                parts = [part for arg in node.args[1:] for part in ast.walk(arg)]
                texts += [
                    str(part.value)
                    for part in parts
                    if isinstance(part, ast.Constant) and "--" in str(part.value)
                ]
    return texts


def test_every_option_in_a_hint_exists(movierec: Run) -> None:
    known = set()
    for command in COMMANDS:
        known |= set(re.findall(r"--[a-z][a-z-]*", movierec(command, "--help").stdout))
    found = {option for hint in hints() for option in re.findall(r"--[a-z][a-z-]*", hint)}
    assert len(found) > 10
    assert found - {"--debug", "--help"} <= known


def test_hints_in_python_name_arguments(sample: Recommender) -> None:
    assert not any("--" in in_python(hint) for hint in hints() if "--debug" not in hint)
    with pytest.raises(NothingFoundError) as caught:
        sample.recommend(user=4242)
    assert caught.value.hint == "name movies instead: likes=..."
    assert caught.value.cli_hint == "name movies instead: --like TITLE"
    ratings, movies = made()
    with pytest.raises(DataError) as broken:
        Recommender.fit(ratings.assign(rating="x"), movies)
    assert "on_error" in str(broken.value.hint)


def test_arguments_in_hints_exist() -> None:
    names = {"published", "split", "plot", "tune", "port", "model", "force", "unmatched"}
    names |= {"without_ratings", "by"}  # methods
    for name in ("fit", "similar", "recommend", "export", "save"):
        names |= set(inspect.signature(getattr(Recommender, name)).parameters)
    for function in (package.download, package.evaluate):
        names |= set(inspect.signature(function).parameters)
    for hint in hints():
        if "--debug" in hint:  # is for the command line alone
            continue
        assert set(re.findall(r"(\w+)=\.\.\.", in_python(hint))) <= names, hint


WRONG: list[tuple[str, Any]] = [
    ("k", "ten"),
    ("k", 2.5),
    ("diversity", "a"),
    ("obscurity", None),
    ("min_support", "x"),
    ("min_support", -1),
    ("years", 1990),
    ("years", (1990, 1980)),
    ("years", ("a", "b")),
    ("genres", 5),
    ("not_genres", [5]),
]


@pytest.mark.parametrize(("argument", "value"), WRONG, ids=str)
def test_argument_of_another_type_is_refused(
    sample: Recommender, argument: str, value: Any
) -> None:
    for ask in (partial(sample.similar, "Heat"), partial(sample.recommend, user=42)):
        with pytest.raises(UsageError, match=f"^{argument} is "):
            ask(**{argument: value})


@pytest.mark.parametrize(
    "arguments",
    [{"recency": "x"}, {"group": "worst"}, {"likes": {"Heat": "five"}}],
    ids=str,
)
def test_recommend_refuses_what_is_no_number(
    sample: Recommender, arguments: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match=r'recency is "x"|group is "worst"|"five" is not a rating'):
        sample.recommend(**arguments)


@pytest.mark.parametrize(
    "name", ["n_neighbors", "min_support", "min_ratings", "content_weight", "prior"]
)
@pytest.mark.parametrize("value", ["x", None])
def test_fit_refuses_what_is_no_number(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f'^{name} is "?{value}'):
        Recommender.fit(**{name: value})


def test_too_high_a_number_of_ratings_says_to_lower_it(movierec: Run, folder: Path) -> None:
    refused = movierec("fit", *BOTH, "--min-ratings", "50")
    assert refused.returncode == 3
    assert "hint: lower --min-ratings" in refused.stderr
    with pytest.raises(DataError) as caught:
        Recommender.fit(folder / "ratings.csv", folder / "movies.csv", min_ratings=50)
    assert caught.value.hint == "lower min_ratings=... or min_raters=..."


@pytest.mark.parametrize(
    ("rating", "why"),
    [("nan", "is not a finite number"), ("1e20", "is beyond 1,000,000,000,000,000")],
)
def test_impossible_rating_says_why(movierec: Run, folder: Path, rating: str, why: str) -> None:
    (folder / "r.csv").write_text(f"userId,movieId,rating\n1,10,4\n2,10,{rating}\n")
    refused = movierec("fit", "r.csv", "movies.csv")
    assert lines_of(refused.stderr, "error: ") == [
        f'error: r.csv, line 3: the rating "{rating}" {why}'
    ]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ((), "empty.zip holds no ratings file that movierec knows (it is empty)"),
        (("movies.csv",), "empty.zip is empty"),
    ],
)
def test_empty_zip_is_called_empty(
    movierec: Run, folder: Path, more: tuple[str, ...], error: str
) -> None:
    zipfile.ZipFile(folder / "empty.zip", "w").close()
    refused = movierec("fit", "empty.zip", *more)
    assert refused.returncode == 3
    assert lines_of(refused.stderr, "error: ") == [f"error: {error}"]
