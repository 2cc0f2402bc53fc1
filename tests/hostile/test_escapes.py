"""No text of others acts on the terminal: titles, names of files and algorithms, ids, notes.

The program runs in this process, with what it prints caught, and in some tests as it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec import Recommender
from movierec.cli._app import app
from movierec.store.writing import write_artifact
from tests.cli.conftest import RATINGS
from tests.conftest import Run

ACTING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
PIECES = (
    "\x1b]0;pwned\x07", "\x1b[31m", "\x9b1m", "\x9d0;x\x9c", "\x00", "\x07", "\x08", "\x7f", "\x85",
    "\nINJECTED", "\r\nINJECTED", "\rINJECTED", "\u2028INJECTED", "\x0bINJECTED", "\t", "\u202e",
    "\u2066", "\u061c", "\u200f", "|", ",", '"', "=1+1", "[red]", "é",
)  # fmt: skip
# The letter keeps lines from beginning with INJECTED unless a break was printed before it.
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map(
    lambda pieces: "a" + "".join(pieces)
)
FORMATS = ("table", "json", "jsonl", "csv", "tsv", "md")
few_examples = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def printed(*arguments: str | Path) -> tuple[str, str]:
    """Run the program in this process; return stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for module in ("fit", "export"):  # signals are those of the test runner
            patch.setattr(f"movierec.cli.{module}.stop_cleanly", lambda: None)
        with pytest.raises(SystemExit):
            app([str(argument) for argument in arguments])
    return out.getvalue(), err.getvalue()


def check_harmless(text: str, arguments: object = "", *, tabs: bool = False) -> None:
    found = ACTING.search(text.replace("\t", "") if tabs else text)
    assert not found, (arguments, text)
    assert not [line for line in text.split("\n") if line.startswith("INJECTED")], (arguments, text)


def check(*arguments: str | Path) -> str:
    """Run the program and check what it prints on both streams."""
    stdout, stderr = printed(*arguments)
    assert stdout or stderr
    assert "please report" not in stderr, (arguments, stderr)
    check_harmless(stdout, arguments, tabs="tsv" in arguments)
    check_harmless(stderr, arguments)
    return stdout


def forged(folder: Path, text: str, **meta: Any) -> Path:
    """Write a model whose movies, genres, tags and card hold a text as it is."""
    written: dict[str, Any] = {}

    def keep(path: Path, meta: dict[str, Any], parts: dict[str, Any], **more: Any) -> None:
        written.update(meta=meta, parts=parts, more=more)

    people = {"userId": [1, 1, 2, 2, 3, 3], "movieId": [10, 20, 10, 20, 10, 30]}
    titles = [f"{text} {name} (199{year})" for year, name in enumerate(("ant", "bee", "cat"))]
    movies = {"movieId": [10, 20, 30], "title": titles, "genres": [f"{text}|Drama"] * 3}
    tags = {"userId": [1, 1, 1], "movieId": [10, 20, 30], "tag": [text] * 3}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("movierec.data.items.one_line", lambda text: text)
        patch.setattr("movierec.store.writing.write_artifact", keep)
        Recommender.fit(
            pd.DataFrame(people | {"rating": [4.0, 5, 3, 4, 5, 1]}),
            pd.DataFrame(movies),
            tags=pd.DataFrame(tags),
        ).save("nowhere")
    card: dict[str, Any] = dict.fromkeys(("created", "fingerprint", "similarity"), text)
    card |= {"files": {"ratings": text}, "notes": [text], "versions": {text: text}}
    more = written["more"] | {"pickled": lambda: None}
    path = folder / "forged.model"
    write_artifact(path, written["meta"] | card | meta, written["parts"], **more)
    return path


@contextmanager
def place() -> Iterator[Path]:
    """Return a new folder: a property runs many times in one test."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def questions(mine: Path) -> Iterator[Sequence[str | Path]]:
    """Yield commands that read a model, in every format."""
    for form in FORMATS:
        yield "similar", "10", "--id", "-f", form
        yield "similar", "10", "--id", "--explain", "-f", form
        yield "recommend", "--user", "2", "-f", form
        yield "recommend", "--like", "ant", "--ratings", mine, "-f", form
        yield "predict", "10", "20", "--id", "--ratings", mine, "-f", form
        yield "search", "bee", "-f", form
    for more in ((), ("--json",)):
        yield "why", "10", "20", "--id", *more
        yield "stats", *more
        yield "compare", mine, f"{mine.parent}/b.csv", *more
    yield "similar", "a"
    yield "similar", "beee"
    yield "--debug", "similar", "beee"
    yield "recommend", "--like", "beee"


@few_examples
@given(text=HOSTILE)
def test_nothing_in_a_model_reaches_the_terminal(text: str) -> None:
    with place() as folder:
        model = forged(folder, text)
        name = text.replace("/", "").replace("\x00", "")
        mine = folder / f"{name}.csv"
        for path in (mine, folder / "b.csv"):
            rows = [("title", "rating"), (f"{text} ant (1990)", 5), (f"{text} nothing", 4)]
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)
        for arguments in questions(mine):
            check(*arguments, "-m", model)


@few_examples
@given(text=HOSTILE)
def test_nothing_in_the_card_of_a_damaged_model_reaches_the_terminal(text: str) -> None:
    with place() as folder:
        for meta in ({"algorithm": text}, {"format": text}, {"parameters": {text: text}}):
            model = forged(folder, text, **meta)
            for command in (("recommend", "--user", "2"), ("stats",), ("stats", "--json")):
                check(*command, "-m", model)


@few_examples
@given(text=HOSTILE)
def test_nothing_in_arguments_reaches_the_terminal(text: str) -> None:
    text = text.replace("\x00", "")  # a system passes no such arguments
    with place() as folder:
        model = forged(folder, "a")
        for arguments in (
            ("similar", text),
            ("similar", text, "--id"),
            ("similar", "ant", "--years", text),
            ("similar", "ant", "--genre", text),
            ("search", text),
            ("recommend", "--user", text),
            ("recommend", "--like", text),
            ("recommend", "--ratings", text),
            ("why", "ant", text),
            ("export", f"{text}.xyz"),
            ("similar", "ant", f"--{text}"),
            ("similar", "ant", "-f", text),
            (text,),
            ("--debug", "similar", text),
        ):
            is_command = len(arguments) > 1
            check(*arguments, *(("-m", str(model)) if is_command else ()))
        check("similar", "ant", "-m", folder / text)


@few_examples
@given(text=HOSTILE)
def test_nothing_in_what_a_fit_reads_reaches_the_terminal(text: str) -> None:
    with place() as folder:
        content = io.StringIO()
        rows = [("movieId", "title", "genres"), (10, f"{text} ant", text), (20, "bee", text)]
        csv.writer(content).writerows(rows)
        name = text.replace("/", "").replace("\x00", "")
        ratings, movies = folder / f"{name}.csv", folder / f"{name}-movies.csv"
        ratings.write_bytes(RATINGS + f"9,10,{text}\n".encode())
        movies.write_text(content.getvalue(), encoding="utf-8")
        data = folder / f"{name}.zip"
        with zipfile.ZipFile(data, "w") as archive:
            archive.write(ratings, f"d/{name}ratings.csv")
            archive.write(movies, f"d/{name}movies.csv")
        model = folder / f"{name}.model"
        for sources in ((ratings, movies), (data,)):
            check("fit", *sources, "-m", model)
            check("fit", *sources, "-m", model, "--on-error", "skip")
            check("stats", *sources, "--on-error", "skip")
        for option in ("--set", "--columns", "--algorithm", "--content-parts", "--links", "--tags"):
            check("fit", ratings, movies, option, name, "-m", model)
        check("evaluate", ratings, "--algorithm", name, "--on-error", "skip")
        check("evaluate", ratings, "--plot", f"{name}.xyz")


@given(text=st.text())
def test_json_keeps_every_character(text: str) -> None:
    from movierec.cli._output import print_json

    out = io.StringIO()
    with redirect_stdout(out):
        print_json({"title": text})
    assert json.loads(out.getvalue()) == {"title": text}
    assert all(line.isprintable() for line in out.getvalue().split("\n"))


@pytest.mark.parametrize(
    "command",
    [("fit", "data.zip"), ("fit", "data.zip", "--on-error", "skip"), ("stats", "data.zip")],
    ids=" ".join,
)
def test_member_of_a_zip_sets_no_title_of_the_terminal(
    tmp_path: Path, movierec: Run, command: tuple[str, ...]
) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("d/\x1b]0;pwned\x07ratings.csv", RATINGS + b"1,10,x\n")
        archive.writestr("d/\x1b]0;pwned\x07movies.csv", "movieId,title\n10,A\n20,B\n30,C\n")
    result = movierec(*command)
    assert "pwned" in result.stderr
    check_harmless(result.stdout + result.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="no such names of files")
@pytest.mark.parametrize("form", FORMATS)
def test_the_program_as_it_is(tmp_path: Path, movierec: Run, form: str) -> None:
    text = "a\x1b]0;pwned\x07\x9b1m\u202e\nINJECTED"
    model = forged(tmp_path, text)
    model = model.rename(tmp_path / text)
    for arguments in (
        ("similar", "10", "--id"),
        ("recommend", "--user", "2"),
        ("search", "bee"),
    ):
        result = movierec(*arguments, "-f", form, "-m", model)
        check_harmless(result.stdout, tabs=form == "tsv")
        check_harmless(result.stderr)
        assert "INJECTED" in result.stdout + result.stderr


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "＝1"])
def test_safe_csv_quotes_formulas(tmp_path: Path, start: str) -> None:
    model = forged(tmp_path, start)
    title = f"{start} bee (1991)".replace("\t", " ")
    command = ("similar", "10", "--id", "-f", "csv", "-m", model)
    assert title in cells(check(*command))
    quoted = cells(check(*command, "--safe-csv"))
    assert f"'{title}" in quoted
    numbers = [cell for cell in quoted if re.fullmatch(r"'?-?[\d.]+", cell)]
    assert numbers
    assert not [cell for cell in numbers if cell.startswith("'")]


def test_safe_csv_quotes_formulas_in_files(tmp_path: Path) -> None:
    ratings = pd.DataFrame({"userId": ["a", "a"], "movieId": ["=1", "b"], "rating": [4, 5]})
    movies = pd.DataFrame({"movieId": ["=1", "b"], "title": ["ant", "bee"]})
    model, mine = tmp_path / "m", tmp_path / "=me.csv"
    Recommender.fit(ratings, movies).save(model)
    mine.write_text("title,rating\nbee,5\n=nothing,4\n", encoding="utf-8")
    for option, quote in (((), ""), (("--safe-csv",), "'")):
        exported, rest = tmp_path / f"{quote}export.csv", tmp_path / f"{quote}rest.csv"
        check("export", exported, *option, "-m", model)
        assert f"{quote}=1" in cells(exported.read_text(encoding="utf-8"))
        check("recommend", "--ratings", mine, "--unmatched", rest, *option, "-m", model)
        assert {f"{quote}=nothing", f"{quote}=me"} <= set(cells(rest.read_text(encoding="utf-8")))
