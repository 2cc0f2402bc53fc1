"""The command ``map`` in a process: what it writes, and what it says of bad input."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from movierec.maps.page import SIGN
from tests.conftest import Run


def test_it_writes_a_page_and_says_how_true_it_is(own_model: Path, movierec: Run) -> None:
    result = movierec("map", "-m", own_model)
    assert (result.returncode, result.stdout) == (0, "")
    assert re.search(r"^735 movies in \d+ named regions -> films.html$", result.stderr, re.M)
    assert "of each movie's 10 nearest are among its 50 nearest" in result.stderr
    page = (own_model.parent / "films.html").read_text(encoding="utf-8")
    assert page.startswith(SIGN)
    assert "http" not in page.replace("http-equiv", "")
    data = re.search(r'<script type="application/json" id="map-data">(.*?)</script>', page)
    assert data is not None
    document = json.loads(data[1])
    assert len(document["neighbors"]) == len(document["films"]["title"]) == 735


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_it_writes_pictures(own_model: Path, movierec: Run, name: str, start: bytes) -> None:
    result = movierec("map", "-m", own_model, "-o", name)
    assert result.returncode == 0, result.stderr
    assert (own_model.parent / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("-o", "films"), 2, "no extension says what to write"),
        (("-o", "films.doc"), 2, "is not an image format"),
        (("-o", "no/films.html"), 1, "there is no such folder"),
        (("-o", "no/films.png"), 1, "there is no such folder"),
        (("-o", "folder.html"), 1, "is a folder"),
        (("-o", "mine.html"), 1, "mine.html exists and is not a map, so it is not replaced"),
        (("-o", "s3://bucket/films.html"), 2, "is written to a file of this machine"),
        (("-o", "\x1b[31m.html/x"), 2, "no extension"),
        (("-m", "nothing.model"), 3, "there is no model at nothing.model"),
        (("-m", "mine.html"), 3, "is damaged, or not a model"),
        (("--color", "genre"), 2, "No such option"),
    ],
)
def test_bad_input_gets_one_clear_line(
    own_model: Path, movierec: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    (own_model.parent / "folder.html").mkdir()
    (own_model.parent / "mine.html").write_text("<p>mine")
    before = sorted(own_model.parent.iterdir())
    result = movierec("map", *(("-m", own_model) if "-m" not in arguments else ()), *arguments)
    assert result.returncode == code, result.stderr
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error: ")
    assert said in lines[0]
    assert lines[1].startswith("hint: ")
    assert all(line.isprintable() for line in lines)
    assert sorted(own_model.parent.iterdir()) == before
    assert (own_model.parent / "mine.html").read_text() == "<p>mine"


def test_only_making_a_map_needs_umap(own_model: Path, movierec: Run, tmp_path: Path) -> None:
    (tmp_path / "empty" / "umap").mkdir(parents=True)
    (tmp_path / "empty" / "umap" / "__init__.py").write_text("raise ImportError('none here')")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "empty")}
    assert movierec("map", "-m", own_model, env=environment).returncode == 0
    result = movierec("map", "-m", own_model, "--again", env=environment)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: a map needs umap-learn",
        "hint: pip install umap-learn",
    ]


def test_a_map_need_not_be_stored(own_model: Path, movierec: Run) -> None:
    stored = own_model.with_name("sample.model.map")
    stored.unlink()
    result = movierec("map", "-m", own_model, "--no-store", "-o", "a.html")
    assert result.returncode == 0, result.stderr
    assert not stored.exists()
    assert (own_model.parent / "a.html").exists()
