"""Output to terminals, pipes and files."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pytest

from movierec import Recommender
from tests.cli.conftest import BOTH, MOVIES, Refused, lines_of, posix_only
from tests.cli.inputs import fit
from tests.conftest import Run

PRINTED_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md")


@pytest.fixture(scope="module")
def hostile_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of movies with control characters in their titles and genres."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile = "\x1b[31m{}\x07\x9b1m\u202e\x1b]0;owned\x07"
    movies = MOVIES.decode().replace("Alpha", hostile.format("Alpha"))
    movies = movies.replace("Beta", hostile.format("[red]Beta[/red]"))
    # A table shows the genres that two movies share.
    recommender = fit(folder, movies=movies.replace("Drama", "\x1b[1mDrama").encode())
    recommender.save(folder / "hostile.model")
    return folder / "hostile.model"


@pytest.mark.parametrize("form", FORMATS)
def test_control_characters_in_titles_are_not_printed(
    movierec: Run, hostile_model: Path, form: str
) -> None:
    result = movierec("similar", "10", "--id", "--model", hostile_model, "--format", form)
    assert result.returncode == 0
    assert "[red]Beta[/red]" in result.stdout
    assert not PRINTED_CONTROLS.search(result.stdout.replace("\t", " "))
    assert not PRINTED_CONTROLS.search(result.stderr)


def test_control_characters_from_data_frames_are_not_printed(tmp_path: Path, movierec: Run) -> None:
    ratings = pd.DataFrame({"userId": [1, 1], "movieId": [10, 20], "rating": [4, 5]})
    movies = pd.DataFrame({"movieId": [10, 20], "title": ["Alpha", "\x1b[31mBeta\x1b]0;x\x07"]})
    Recommender.fit(ratings, movies).save(tmp_path / "m")
    result = movierec("similar", "alpha", "--model", "m")
    assert "Beta" in result.stdout
    assert not PRINTED_CONTROLS.search(result.stdout + result.stderr)


@pytest.mark.parametrize(
    "ratings",
    [
        pytest.param(b"\x1b[31mfoo,\x1b]0;owned\x07bar\n1,2\n", id="header"),
        pytest.param(b"userId,movieId,rating\n1,10,\x1b[31mfoo\n", id="rating"),
    ],
)
def test_control_characters_in_errors_are_not_printed(
    folder: Path, refused: Refused, ratings: bytes
) -> None:
    (folder / "ratings.csv").write_bytes(ratings)
    assert not PRINTED_CONTROLS.search(refused("fit", *BOTH, named=("foo",)).stderr)


def printed_on_terminal(folder: Path, *arguments: str, **environment: str) -> str:
    """Return what the program prints when stdout is a terminal: by default, a list."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    terminal, its_end = pty.openpty()
    usual = {key: os.environ[key] for key in os.environ if key not in ("NO_COLOR", "TERM")}
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        subprocess.run(
            [sys.executable, "-m", "movierec", *(arguments or ("similar", "alpha"))],
            cwd=folder,
            env=usual | {"TERM": "xterm"} | environment,
            stdout=its_end,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
        os.close(its_end)
        printed = b""
        while True:
            try:
                chunk = screen.read(65536)
            except OSError:  # Linux reports that the other end is closed
                break
            if not chunk:
                break
            printed += chunk
    return printed.decode().replace("\r\n", "\n")


LONG = "Gamma: Or the Unexpected Virtue of Very Long Titles (1992)"


@pytest.fixture
def wide(folder: Path, movierec: Run) -> Path:
    """A folder with a model of long titles and many genres."""
    genres = "Adventure|Animation|Children|Comedy|Documentary|Fantasy"
    movies = MOVIES.decode().replace("Gamma (1992)", LONG).replace("Horror", genres)
    movies = movies.replace("Comedy|Drama", genres).replace(",Drama", f",{genres}")
    (folder / "movies.csv").write_text(movies, encoding="utf-8")
    assert movierec("fit", *BOTH).returncode == 0
    return folder


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize(
    ("arguments", "n_films"),
    [
        (("similar", "alpha"), 3),
        (("recommend", "--user", "1"), 2),
        (("recommend", "--like", "beta", "--like", "delta"), 2),
        (("search", "very long titles"), 1),
    ],
    ids=str,
)
def test_each_film_is_one_line_of_a_terminal(
    wide: Path, arguments: tuple[str, ...], n_films: int, columns: int
) -> None:
    printed = printed_on_terminal(wide, *arguments, COLUMNS=str(columns), TERM="dumb")
    lines = printed.split("\n")
    assert max(map(len, lines)) <= columns
    films = [line for line in lines if re.match(r" *\d+  \S", line)]
    assert len(films) == n_films
    assert all(len(re.findall(r"\(19\d\d\)", film[:60])) <= 1 for film in films)
    for title in ("Alpha (1990)", "Beta, The (1991)", "Delta (1993)"):  # whole, as they fit
        begun = rf" *\d+  {title.split()[0]}"
        assert all(title in film for film in films if re.match(begun, film))


def test_what_a_narrow_terminal_has_no_room_for_is_cut(wide: Path) -> None:
    """Genres first, then the title; never a number."""
    printed = printed_on_terminal(wide, "similar", "alpha", COLUMNS="80", TERM="dumb")
    (line,) = [line for line in printed.split("\n") if "Gamma" in line]
    assert re.search(r"Gamma: Or the Unexpected V\S*… +\d\.\d{3} +\d+  thin .* \d\.\d\d *$", line)


def test_statistics_are_wrapped_and_never_cut(wide: Path) -> None:
    printed = printed_on_terminal(wide, "stats", COLUMNS="80", TERM="dumb")
    assert max(map(len, printed.split("\n"))) <= 80
    card = printed[printed.index("Model\n") :]
    assert "…" not in card
    assert "content_parts (genres 0.16," in " ".join(card.split())


def test_color_only_in_terminals_that_allow_it(folder: Path) -> None:
    color = re.compile(r"\x1b\[[\d;]*3[0-7][\d;]*m")
    assert color.search(printed_on_terminal(folder))
    assert not color.search(printed_on_terminal(folder, NO_COLOR="1"))
    assert "\x1b" not in printed_on_terminal(folder, TERM="dumb")


@pytest.mark.parametrize(
    "environment",
    [{"LANG": "C", "LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0"}],
    ids=str,
)
def test_terminal_with_few_characters(
    tmp_path: Path, movierec: Run, environment: dict[str, str]
) -> None:
    fit(tmp_path, movies=MOVIES.replace(b"Beta", "Bêta".encode())).save(tmp_path / "x.model")
    result = movierec("similar", "alpha", "--model", "x.model", env={**os.environ, **environment})
    assert result.returncode == 0
    assert re.search(r"B.{1,2}ta, The", result.stdout)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", "alpha"),
        ("similar", "alpha", "--json"),
        ("similar", "alpha", "--format", "csv"),
        ("stats",),
        ("stats", "--json"),
        ("--help",),
        ("fit", "--help"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_reader_that_closes_the_pipe_is_no_error(
    folder: Path, movierec: Run, arguments: tuple[str, ...]
) -> None:
    """As in ``movierec similar alpha | head -1``."""
    with closed_pipe() as pipe:
        result = movierec(*arguments, capture_output=False, stdout=pipe, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (0, "")


def test_messages_that_nobody_reads_stop_no_command(folder: Path, movierec: Run) -> None:
    """As in ``movierec fit ratings.csv movies.csv 2>&1 | head -1``."""
    (folder / "movierec.model").unlink()
    with closed_pipe() as pipe:
        fitted = movierec("fit", *BOTH, capture_output=False, stdout=pipe, stderr=pipe)
        failed = movierec("similar", "nothing", capture_output=False, stdout=pipe, stderr=pipe)
    assert (fitted.returncode, failed.returncode) == (0, 4)
    assert movierec("similar", "alpha").returncode == 0


@contextmanager
def closed_pipe() -> Iterator[BinaryIO]:
    """Return a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        yield pipe


needs_full_device = pytest.mark.skipif(
    not Path("/dev/full").is_char_device(), reason="there is no /dev/full"
)


@needs_full_device
@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", "alpha"),
        ("search", "alpha", "--format", "csv"),
        ("stats", "--json"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_full_disk_behind_standard_output(
    folder: Path, movierec: Run, arguments: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("wb") as full:
        result = movierec(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    assert "No space left" in "".join(lines_of(result.stderr, "error: "))
    assert "please report" not in result.stderr


@posix_only
@pytest.mark.parametrize(
    "command",
    [
        pytest.param("similar alpha >&-", id="stdout"),
        pytest.param("fit - movies.csv <&-", id="stdin"),
    ],
)
def test_closed_stream(folder: Path, command: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m movierec {command}"
    result = subprocess.run(
        ["sh", "-c", line], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def pasted(line: str) -> str:
    """Return the title that a shell passes on when `line` is pasted into it."""
    script = f"movierec() {{ printf '%s' \"$2\"; }}\n{line}"
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout


Summary = Callable[[bytes, str], str]


@pytest.fixture
def next_line(folder: Path, movierec: Run) -> Summary:
    """Fit and return the command that the program suggests."""

    def run(title: bytes, model: str) -> str:
        (folder / "movies.csv").write_bytes(MOVIES.replace(b"Alpha (1990)", title))
        result = movierec("fit", *BOTH, "--model", model)
        assert result.returncode == 0
        return result.stderr[result.stderr.index("movierec similar") :].strip()

    return run


def test_suggested_command_can_be_pasted(folder: Path, movierec: Run, next_line: Summary) -> None:
    line = next_line(b"Alpha (1990)", "my model")
    command = shlex.split(line)
    assert movierec(*command[1:]).returncode == 0
    assert (folder / "my model").is_file()


@posix_only
def test_suggested_command_runs_nothing_that_a_title_says(next_line: Summary) -> None:
    line = next_line(b'"Al`printf x`pha $(printf y) ""$HOME"""', "new")
    assert pasted(line) == 'Al`printf x`pha $(printf y) "$HOME"'
