"""A server with a small data set, under the name of a public one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from movierec.data.public import sets
from tests.cli.conftest import MOVIES, RATINGS
from tests.download.https import Site, serving

NAME, ZIP = "ml-latest-small", "ml-latest-small.zip"
TABLES = {"ratings.csv": RATINGS, "movies.csv": MOVIES, "README.txt": b"Summary\n" * 40_000}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip of files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


GOOD = zipped({f"{NAME}/{name}": data for name, data in TABLES.items()})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("server")) as site:
        yield site


@pytest.fixture
def site(server: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The server with one data set, whose certificate is trusted."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    reset(server)
    return server


def reset(site: Site) -> None:
    site.files.clear()
    site.faults.clear()
    site.asked.clear()
    site.n_sent, site.has_tags = 0, True
    site.publish(ZIP, GOOD)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of downloaded data sets."""
    folder = tmp_path / "home"
    monkeypatch.setenv(sets.FOLDER, str(folder))
    return folder


def holds(folder: Path, *names: str) -> bool:
    """Tell whether a folder holds these files and nothing else."""
    return sorted(path.name for path in folder.iterdir()) == sorted(names)


def is_complete(folder: Path) -> bool:
    return holds(folder, *TABLES) and all(
        (folder / name).read_bytes() == data for name, data in TABLES.items()
    )
