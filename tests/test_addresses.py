"""Addresses without a server: in memory, in files, and from a web server on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import fsspec
import pytest

from movierec import Recommender
from movierec._util import without_secrets
from movierec.data.dataset import read_dataset
from movierec.data.sources.ranges import Ranges
from movierec.errors import ArtifactError, DataError, MovierecError, OutputError, UsageError
from movierec.store import cache, filesystems
from movierec.store.filesystems import Stat
from movierec.web import create_app
from tests.conftest import Run
from tests.test_imports import COMMAND, modules_after

RATINGS = b"userId,movieId,rating,timestamp\n1,10,4,5\n2,10,3,6\n2,20,5,7\n"
MOVIES = b"movieId,title,genres\n10,Heat (1995),Crime\n20,Alien (1979),Horror\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MOVIEREC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def memory() -> Iterator[Any]:
    """The files at memory://, of which there are none at first."""
    fs = fsspec.filesystem("memory")
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    (path / "ratings.csv").write_bytes(RATINGS)
    (path / "movies.csv").write_bytes(MOVIES)
    return path


def read(*places: Any) -> Any:
    dataset = read_dataset(*places)
    return dataset.ratings.values.tolist(), dataset.movies


# -- data -------------------------------------------------------------------------------------


def test_files_folders_and_zips_are_read(memory: Any, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"set/{path.name}")
            memory.pipe_file(f"/set/{path.name}", path.read_bytes())
    memory.pipe_file("/all.zip", (tmp_path / "all.zip").read_bytes())
    expected = read(folder)
    for places in (
        ("memory://set",),
        ("memory://set/",),
        ("memory://all.zip",),
        ("memory://set/ratings.csv", "memory://set/movies.csv"),
        (str(folder / "ratings.csv"), "memory://set"),
        (f"file://{folder.as_posix()}",),
    ):
        assert read(*places) == expected
    files = read_dataset("memory://all.zip").files
    assert files["ratings"] == "memory://all.zip:set/ratings.csv"


@pytest.mark.parametrize("size", [0, 1, (1 << 16) - 4, (1 << 16) - 3, 1 << 20])
def test_a_file_is_read_whole_and_only_once(memory: Any, size: int) -> None:
    from movierec.data.sources.remote import contents_at

    content = os.urandom(size)
    memory.pipe_file("/x", b"a,b\n" + content)
    kind = type(memory)
    (found,) = contents_at("memory://x")
    with patch.object(kind, "get_file", side_effect=kind.get_file, autospec=True) as copied:
        for _ in range(2):
            with found.open() as stream:
                assert stream.read() == b"a,b\n" + content
    assert copied.call_count == (size + 4 > 1 << 16)


def test_only_the_start_of_other_files_is_read(memory: Any, folder: Path) -> None:
    for path in folder.iterdir():
        memory.pipe_file(f"/set/{path.name}", path.read_bytes())
    memory.pipe_file("/set/large.bin", bytes(1 << 20))
    with patch.object(type(memory), "get_file", side_effect=AssertionError):
        assert read("memory://set") == read(folder)


def test_a_file_that_changes_while_it_is_read_is_noticed(memory: Any) -> None:
    from movierec.data.sources.remote import contents_at

    memory.pipe_file("/x", b"1" * (1 << 17))
    (content,) = contents_at("memory://x")
    assert content.head()[:1] == b"1"
    memory.pipe_file("/x", b"2" * (1 << 17))
    with (
        pytest.raises(DataError, match="memory://x was replaced while it was read"),
        content.open() as s,
    ):
        s.read()


@pytest.fixture
def web(folder: Path) -> Iterator[str]:
    """A web server on this machine that has the folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_web_server_is_read_and_not_written(
    movierec: Run, web: str, folder: Path, sample_model: Path
) -> None:
    places = f"{web}/ratings.csv?token=SECRET", f"{web}/movies.csv"
    fitted = movierec("fit", *places, "-m", "here.model")
    assert fitted.returncode == 0, fitted.stderr
    assert "SECRET" not in fitted.stderr
    card = movierec("stats", "-m", "here.model", "--json")
    assert '"ratings": "ratings.csv"' in card.stdout
    assert "SECRET" not in card.stdout
    (folder / "there.model").write_bytes(sample_model.read_bytes())
    assert movierec("similar", "Heat (1995)", "-m", f"{web}/there.model").returncode == 0
    run = movierec("fit", "-q", "-m", f"{web}/there.model")
    assert (run.returncode, run.stderr.count("\n")) == (1, 2), run.stderr
    assert run.stderr.startswith(f"error: cannot write {web}/there.model: ")


# -- models -----------------------------------------------------------------------------------


def test_a_model_is_fetched_once_until_it_is_replaced(
    memory: Any, sample: Recommender, own_cache: Path
) -> None:
    sample.save("memory://m/x.model")
    with patch.object(
        type(memory), "get_file", side_effect=type(memory).get_file, autospec=True
    ) as get:
        titles = {
            Recommender.load("memory://m/x.model").similar("Heat (1995)")[0].title for _ in "ab"
        }
        assert len(titles) == 1
        assert get.call_count == 1
        Recommender.fit(min_ratings=9).save("memory://m/x.model")
        assert Recommender.load("memory://m/x.model").card["parameters"]["min_ratings"] == 9
        assert get.call_count == 2
    assert len(list(own_cache.iterdir())) == 2


def test_the_cache_keeps_what_was_used_last(
    memory: Any, sample_model: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sample_model.read_bytes()
    monkeypatch.setenv("MOVIEREC_CACHE_MB", str(int(2.5 * len(content) / 1e6)))
    opened = []
    for name in ("a", "b", "a", "c"):
        if not memory.exists(f"/{name}"):
            memory.pipe_file(f"/{name}", content)
        opened.append(Recommender.load(f"memory://{name}"))
        for at, path in enumerate(
            sorted(own_cache.iterdir(), key=lambda path: path.stat().st_mtime)
        ):
            os.utime(path, (at, at))
    with patch.object(type(memory), "get_file", side_effect=AssertionError):
        for name in ("a", "c"):
            Recommender.load(f"memory://{name}")
        with pytest.raises(ArtifactError):
            Recommender.load("memory://b")
    assert opened[1].similar("Heat (1995)")  # it is open, though its name is gone


def test_a_cache_too_small_for_a_model_holds_that_one(
    memory: Any, sample_model: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIEREC_CACHE_MB", "0")
    for name in ("a", "b"):
        memory.pipe_file(f"/{name}", sample_model.read_bytes())
        Recommender.load(f"memory://{name}")
    assert len(list(own_cache.iterdir())) == 1
    monkeypatch.setenv("MOVIEREC_CACHE_MB", "lots")
    memory.pipe_file("/c", sample_model.read_bytes())
    with pytest.raises(UsageError, match='MOVIEREC_CACHE_MB is "lots"'):
        Recommender.load("memory://c")


def test_what_a_killed_process_left_goes_in_time(
    memory: Any, sample_model: Path, own_cache: Path
) -> None:
    own_cache.mkdir()
    old, new = own_cache / ".x.model.00000000.tmp", own_cache / ".y.model.00000000.tmp"
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    memory.pipe_file("/a", sample_model.read_bytes())
    Recommender.load("memory://a")
    assert (old.exists(), new.exists()) == (False, True)


def test_processes_share_the_cache(
    movierec: Run, folder: Path, sample_model: Path, own_cache: Path
) -> None:
    address = f"file://{sample_model.as_posix()}"
    command = [sys.executable, "-m", "movierec", "similar", "Heat (1995)", "-m", address]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = {process.communicate(timeout=120)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(outputs) == 1
    assert len(list(own_cache.iterdir())) == 1


def test_a_damaged_model_is_named_by_its_address(memory: Any, sample_model: Path) -> None:
    content = bytearray(sample_model.read_bytes())
    content[len(content) // 2] ^= 1
    memory.pipe_file("/x.model", bytes(content))
    with pytest.raises(ArtifactError, match=r"^memory://x.model is damaged"):
        Recommender.load("memory://x.model")


def test_a_put_that_fails_leaves_the_old_model(
    memory: Any, sample: Recommender, sample_model: Path
) -> None:
    memory.pipe_file("/x.model", sample_model.read_bytes())
    with (
        patch.object(type(memory), "put_file", side_effect=ConnectionResetError),
        pytest.raises(OutputError, match=r"cannot write memory://x.model: its server does not"),
    ):
        sample.save("memory://x.model")
    assert memory.cat_file("/x.model") == sample_model.read_bytes()


def test_where_files_are_not_put_whole_they_are_renamed(
    tmp_path: Path, sample: Recommender, sample_model: Path
) -> None:
    target = tmp_path / "there" / "x.model"
    target.parent.mkdir()
    target.write_bytes(sample_model.read_bytes())
    address = f"file://{target.as_posix()}"
    local = type(fsspec.filesystem("file"))
    with patch.object(local, "mv", side_effect=OSError("no space")), pytest.raises(OutputError):
        sample.save(address)
    assert target.read_bytes() == sample_model.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == ["x.model"]
    sample.save(address)
    assert [path.name for path in target.parent.iterdir()] == ["x.model"]
    assert Recommender.load(address).address == address


def test_serving_looks_for_a_newer_model_now_and_then(
    memory: Any, sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.save("memory://x.model")
    app = create_app(Recommender.load("memory://x.model")).test_client()
    look = Mock(side_effect=lambda address: filesystems.RemoteFile(address).stat())
    monkeypatch.setattr(
        "movierec.store.remote.RemoteStore.identity", lambda _, address: look(address)
    )
    monkeypatch.setattr("movierec.store.remote.RemoteStore.SECONDS_BETWEEN_LOOKS", 1000)
    for _ in range(20):
        assert app.get("/api/stats").status_code == 200
        time.sleep(0.01)
    assert look.call_count == 1


def test_serving_takes_up_a_newer_model(
    memory: Any, sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("movierec.store.remote.RemoteStore.SECONDS_BETWEEN_LOOKS", 0.01)
    sample.save("memory://x.model")
    app = create_app(Recommender.load("memory://x.model")).test_client()
    Recommender.fit(min_ratings=9).save("memory://x.model")
    deadline = time.monotonic() + 60
    while json.loads(app.get("/api/stats").data)["model"]["parameters"]["min_ratings"] != 9:
        assert time.monotonic() < deadline
        time.sleep(0.02)


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "extra"),
    [("s3", "s3"), ("gs", "gcs"), ("abfs", "azure"), ("az", "azure"), ("hdfs", "hdfs")],
)
@pytest.mark.parametrize("missing", ["its own", "fsspec"])
def test_the_missing_extra_is_named(
    scheme: str, extra: str, missing: str, monkeypatch: pytest.MonkeyPatch, sample: Recommender
) -> None:
    library = filesystems._NEEDS[scheme][0]
    absent = library if missing == "its own" else missing
    find = importlib.util.find_spec
    monkeypatch.setattr(
        filesystems, "find_spec", lambda name: None if name == absent else find(name)
    )
    address = f"{scheme}://bucket/x"
    for call in (
        lambda: read_dataset(address),
        lambda: Recommender.load(address),
        lambda: sample.save(address),
        lambda: sample.export(f"{address}.csv"),
    ):
        with pytest.raises(UsageError, match=f"{scheme}:// needs {absent}") as caught:
            call()
        assert f"extra {extra}" in str(caught.value.hint)


@pytest.mark.parametrize("scheme", ["foo", "nosuch+x", "simplecache::s3"])
def test_an_unknown_scheme_is_refused(scheme: str, sample: Recommender) -> None:
    address = f"{scheme}://bucket/x"
    for call in (
        lambda: read_dataset(address),
        lambda: Recommender.load(address),
        lambda: sample.save(address),
        lambda: sample.export(f"{address}.csv"),
    ):
        with pytest.raises(UsageError, match=f"{scheme}://".replace("+", r"\+")) as caught:
            call()
        assert "s3://" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("s3://key:secret@bucket/x", "s3://bucket/x"),
        ("https://token@host/x.csv", "https://host/x.csv"),
        ("https://host/x.csv?X-Amz-Signature=secret&b=1", "https://host/x.csv?..."),
        ("hdfs://me:secret@host:8020/x", "hdfs://host:8020/x"),
        ("abfss://container@account.dfs.core.windows.net/x", None),
        ("abfss://me:secret@account/x", "abfss://account/x"),
        ("postgresql://me:p%40ss@host/db?sslmode=x", "postgresql://host/db?..."),
        ("s3://bucket/what?.csv", None),
        ("/home/me@work/x?a=1", None),
        ("cannot read 's3://a:b@c/d' and s3://e:f@g", "cannot read 's3://c/d' and s3://g"),
    ],
)
def test_secrets_in_addresses_are_not_shown(address: str, shown: str | None) -> None:
    assert without_secrets(address) == (shown or address)
    assert str(MovierecError(f"{address}: no", f"not {address}")) == f"{shown or address}: no"
    assert MovierecError("no", f"not {address}").cli_hint == f"not {shown or address}"


def test_a_model_does_not_record_secrets(memory: Any, folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        memory.pipe_file(f"/set/{path.name}", path.read_bytes())
    strip = type(memory)._strip_protocol

    def without_user(path: str) -> str:
        return str(strip(path.replace("me:SECRET@", "")))

    address = "memory://me:SECRET@set"
    with patch.object(
        type(memory),
        "_strip_protocol",
        side_effect=lambda path: strip(path.replace("me:SECRET@", "")),
    ):
        fitted = Recommender.fit(address)
        fitted.save(tmp_path / "x.model")
        fitted.save(f"{address}/x.model")
        loaded = Recommender.load(f"{address}/x.model")
    assert fitted.card["files"]["ratings"] == "ratings.csv"
    assert b"SECRET" not in (tmp_path / "x.model").read_bytes()
    assert "SECRET" not in str(loaded.card)
    assert loaded.address == f"{address}/x.model"


def test_a_server_that_never_answers_is_given_up(
    monkeypatch: pytest.MonkeyPatch, memory: Any
) -> None:
    monkeypatch.setattr(filesystems, "FIRST_ANSWER", 0.2)
    waiting = threading.Event()
    with patch.object(type(memory), "info", side_effect=lambda path: waiting.wait(60)):
        with pytest.raises(ArtifactError, match="its server does not answer"):
            Recommender.load("memory://x")
        waiting.set()


@pytest.mark.parametrize("command", [("similar", "Heat (1995)"), ("stats",)])
def test_a_local_path_imports_none_of_it(
    sample_model: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIEREC_MODEL", str(sample_model))
    imported = modules_after(COMMAND, *command)
    assert not imported & {"fsspec", "pyarrow", "aiohttp", "s3fs", "asyncio", "ssl", "hashlib"}


def test_fitting_local_files_imports_none_of_it(folder: Path, tmp_path: Path) -> None:
    imported = modules_after(
        COMMAND, "fit", str(folder / "ratings.csv"), str(folder / "movies.csv"),
        "--model", str(tmp_path / "x.model"),
    )  # fmt: skip
    assert not imported & {"fsspec", "aiohttp", "s3fs"}


def test_the_usual_cache_is_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MOVIEREC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache._folder() == tmp_path / "xdg" / "movierec"


def test_what_is_read_elsewhere_is_anonymous_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of a cluster do not have the environment of the driver."""
    for anonymous in (True, False):
        sent = pickle.dumps(Ranges("s3://bucket/x", Stat(False, 1, "mark"), anonymous))
        monkeypatch.setenv("MOVIEREC_ANONYMOUS", "" if anonymous else "1")
        assert pickle.loads(sent).file._options().get("anon", False) == anonymous
