"""The wheel and the source package: they build, are valid, install without a network, and work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def _run(*command: str | Path, cwd: Path = ROOT) -> str:
    run = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def _build(source: Path, out: Path, *kinds: str) -> list[Path]:
    _run(sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", out, source)
    return sorted(out.iterdir())


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source package and the wheel, both built from the tree."""
    sdist, wheel = _build(ROOT, tmp_path_factory.mktemp("dist"), "--sdist", "--wheel")[::-1]
    return (sdist, wheel) if sdist.suffix == ".gz" else (wheel, sdist)


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_packages_are_valid(packages: tuple[Path, Path]) -> None:
    _run(sys.executable, "-m", "twine", "check", "--strict", *packages)


def test_the_source_package_holds_all_and_makes_the_same_wheel(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    sdist, wheel = packages
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (unpacked,) = (tmp_path / "source").iterdir()
    for name in (
        "data/ratings.csv",
        "data/make_sample.py",
        "tests/test_package.py",
        "tests/golden",
        "docs/conf.py",
        "docs/reference/commands.md",
        "examples",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
    ):
        assert (unpacked / name).exists(), name
    (again,) = _build(unpacked, tmp_path / "dist", "--wheel")
    assert _contents(again) == _contents(wheel)


def test_the_wheel_installs_without_a_network_and_works(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    _run(sys.executable, "-m", "venv", "--without-pip", environment)
    programs = environment / ("Scripts" if os.name == "nt" else "bin")
    python = programs / Path(sys.executable).name
    install = ("install", "-q", "--no-index", "--no-deps", packages[1])
    _run(sys.executable, "-m", "pip", "--python", python, *install)
    _lend_dependencies(python)
    code = "import movierec; print(movierec.__file__)"
    assert Path(_run(python, "-c", code, cwd=tmp_path).strip()).is_relative_to(environment)
    _run(programs / "movierec", "fit", "-q", cwd=tmp_path)
    answer = _run(programs / "movierec", "similar", "Toy Story (1995)", "-k", "1", cwd=tmp_path)
    assert "Toy Story 2 (1999)" in answer


def _lend_dependencies(python: Path) -> None:
    """Let an environment import what is installed here, but for movierec itself."""
    place = "import sysconfig; print(sysconfig.get_path('purelib'))"
    ours = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    # Files ending in .pth are not read in folders that such a file adds: an editable install stays.
    Path(_run(python, "-c", place).strip(), "lent.pth").write_text("\n".join(sorted(ours)))


def _metadata() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def test_every_lower_bound_is_pinned_where_the_oldest_versions_are_tried() -> None:
    """Of what the suite runs with; linters and type checkers are not run there."""
    metadata = _metadata()["project"]
    extras = metadata["optional-dependencies"]
    wanted = metadata["dependencies"] + [
        line
        for extra in ("dev", "docs", "parquet", "web", "plot", "tune")
        for line in extras[extra]
    ]
    bounds = dict(re.split(r"[,; ]", line)[0].split(">=") for line in wanted if ">=" in line)
    pins = _pins("constraints-oldest.txt")
    checkers = {"ruff", "mypy", "pandas-stubs", "scipy-stubs", "import-linter"}
    missing = {
        name: bound
        for name, bound in bounds.items()
        if name not in checkers and not _is_oldest(pins.get(_plain(name)), bound)
    }
    assert missing == {}


def test_everything_that_is_declared_is_pinned_for_ci() -> None:
    metadata = _metadata()["project"]
    extras = metadata["optional-dependencies"]
    declared = [*metadata["dependencies"], *extras["dev"], *extras["docs"], *extras["web"]]
    names = {_plain(re.split(r"[\[>=<]", line)[0]) for line in declared} - {"movierec"}
    assert names - set(_pins("constraints.txt")) == set()


def _pins(file: str) -> dict[str, str]:
    lines = (ROOT / ".ci" / file).read_text(encoding="utf-8").splitlines()
    return {_plain(name): version for name, version in (line.split("==") for line in lines)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_oldest(pin: str | None, bound: str) -> bool:
    return pin is not None and re.sub(r"(\.0)+$", "", pin).startswith(re.sub(r"(\.0)+$", "", bound))
