from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from movierec import Recommender
from movierec.store.writing import write_artifact
from tests.conftest import Run

RATINGS = b"""userId,movieId,rating,timestamp
1,10,4,100
1,20,5,101
2,10,3,102
2,20,4,103
2,30,2,104
3,10,5,105
3,30,1,106
"""
MOVIES = b"""movieId,title,genres
10,Alpha (1990),Drama
20,"Beta, The (1991)",Comedy|Drama
30,Gamma (1992),(no genres listed)
40,Delta (1993),Horror
"""
BOTH = ("ratings.csv", "movies.csv")

Refused = Callable[..., CompletedProcess[str]]
Forge = Callable[..., Path]
posix_only = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")


def lines_of(text: str, start: str) -> list[str]:
    """Return the lines that start with `start`; only a line feed ends a line."""
    return [line for line in text.split("\n") if line.startswith(start)]


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Return the content of all files in a folder, to compare it before and after."""
    files = (path for path in folder.rglob("*") if not path.is_fifo())
    return {str(path): path.read_bytes() if path.is_file() else None for path in files}


@pytest.fixture(scope="session")
def old_model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model file that exists before a test."""
    folder = tmp_path_factory.mktemp("old")
    (folder / "ratings.csv").write_bytes(RATINGS)
    (folder / "movies.csv").write_bytes(MOVIES)
    Recommender.fit(folder / "ratings.csv", folder / "movies.csv").save(folder / "m")
    return (folder / "m").read_bytes()


@pytest.fixture
def folder(tmp_path: Path, old_model: bytes) -> Path:
    """The folder in which the program runs, with two good files and a model of them."""
    (tmp_path / "ratings.csv").write_bytes(RATINGS)
    (tmp_path / "movies.csv").write_bytes(MOVIES)
    (tmp_path / "movierec.model").write_bytes(old_model)
    return tmp_path


@pytest.fixture
def refused(folder: Path, movierec: Run) -> Refused:
    """Run the program; it must print one error, one hint and no result, and change no file."""

    def check(
        *arguments: str | Path,
        code: int | tuple[int, ...] = 3,
        named: tuple[str, ...] = (),
        hinted: bool = True,
        **options: object,
    ) -> CompletedProcess[str]:
        before = snapshot(folder)
        result = movierec(*arguments, **options)
        assert snapshot(folder) == before
        assert "Traceback" not in result.stderr
        assert result.returncode in ((code,) if isinstance(code, int) else code), result.stderr
        assert result.stdout == ""
        rest = [
            line
            for line in result.stderr.rstrip("\n").split("\n")
            if not line.startswith(("reading ", "error: ", "hint: "))
        ]
        assert rest == []
        errors = lines_of(result.stderr, "error: ")
        assert len(errors) == 1
        assert len(lines_of(result.stderr, "hint: ")) == 1 or not hinted
        assert "please report" not in result.stderr
        assert all(name in errors[0] for name in named), errors[0]
        return result

    return check


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """A model with one stored neighbor, so that the second is computed from the vectors."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "ratings.csv").write_bytes(RATINGS)
    (folder / "movies.csv").write_bytes(MOVIES)
    return Recommender.fit(folder / "ratings.csv", folder / "movies.csv", n_neighbors=1)


@pytest.fixture(scope="session")
def content(good: Recommender, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("content") / "m"
    good.save(path)
    return path.read_bytes()


@pytest.fixture
def forge(good: Recommender, folder: Path) -> Forge:
    """Write a valid file of the model, with some of its content replaced or left out."""
    written: dict[str, Any] = {}

    def keep(path: Path, meta: dict[str, Any], parts: dict[str, Any], **more: Any) -> None:
        written.update(meta=meta, parts=parts, more=more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("movierec.store.writing.write_artifact", keep)
        good.save("nowhere")

    def write(*, meta: dict[str, Any] | None = None, without: str = "", **more: Any) -> Path:
        if "pickled" in more:
            pickled = more["pickled"]
            more["pickled"] = lambda: pickled
        parts = {
            part: {name: array for name, array in arrays.items() if f"{part}/{name}" != without}
            for part, arrays in written["parts"].items()
            if part != without
        }
        path = folder / "forged.model"
        write_artifact(path, written["meta"] | (meta or {}), parts, **written["more"] | more)
        return path

    return write
