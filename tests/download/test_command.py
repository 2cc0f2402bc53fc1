"""`movierec download` as a program: what it prints, asks, and leaves when it is stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.cli.conftest import MOVIES, RATINGS, lines_of, posix_only
from tests.conftest import Run
from tests.download.conftest import GOOD, NAME, ZIP, holds, is_complete
from tests.download.https import Fault, Site, tunnelling

PART = f"{NAME}.part"
Download = Callable[..., CompletedProcess[str]]
pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def download(site: Site, movierec: Run) -> Download:
    def run(*arguments: str, **options: object) -> CompletedProcess[str]:
        usual = ("download", NAME, "--yes", "--mirror", site.address)
        return movierec(*usual, *arguments, env=dict(os.environ), **options)

    return run


def is_one_error(result: CompletedProcess[str], code: int, *named: str) -> bool:
    errors, hints = (lines_of(result.stderr, f"{kind}: ") for kind in ("error", "hint"))
    assert "Traceback" not in result.stderr
    assert "please report" not in result.stderr
    assert result.returncode == code, result.stderr
    assert (len(errors), len(hints), result.stdout) == (1, 1, "")
    return all(name in errors[0] for name in named)


def test_a_data_set_is_fetched_and_fitted_by_its_name(
    download: Download, movierec: Run, home: Path
) -> None:
    result = download()
    assert (result.returncode, result.stdout) == (0, f"{home / NAME}\n")
    assert "do not use it commercially" in result.stderr
    assert "Harper" in result.stderr
    assert f"next:\n  movierec fit {NAME}\n" in result.stderr
    assert is_complete(home / NAME)
    environment = dict(os.environ)
    assert movierec("fit", NAME, env=environment).returncode == 0
    assert movierec("stats", NAME, env=environment).returncode == 0
    assert movierec("evaluate", NAME, "-k", "1", env=environment).returncode == 0


def test_quiet_prints_nothing(download: Download) -> None:
    result = download("--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_examples_of_the_help_run(
    site: Site, movierec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = movierec("download", "--help").stdout
    examples = re.findall(r"^ +movierec (.*)$", shown.split("Examples:")[1], re.M)
    assert len(examples) >= 5
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with tunnelling(site) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        for example in examples:
            result = movierec(*example.split(), env=dict(os.environ))
            assert result.returncode == 0, result.stderr
    assert set(asked) == {"files.grouplens.org:443"}


def test_all_data_sets_are_listed_with_where_they_are(
    download: Download, movierec: Run, home: Path
) -> None:
    environment = dict(os.environ)
    table = movierec("download", env=environment)
    assert table.returncode == 0
    assert str(home) not in table.stdout
    assert not home.exists()
    download()
    assert str(home / NAME) in movierec("download", env=environment).stdout
    rows = {row["name"]: row for row in json.loads(movierec("download", "--json").stdout)}
    assert all(re.search(rf"^ {name} ", table.stdout, re.M) for name in rows)
    assert rows["ml-32m"]["ratings"] == 32_000_204
    assert rows["ml-32m"]["path"] is None
    assert rows[NAME]["path"] == str(home / NAME)


@pytest.mark.parametrize("name", ["nope", "", "../ml-1m", "\x1b[31m"])
def test_an_unknown_name_is_refused(movierec: Run, name: str) -> None:
    result = movierec("download", name)
    assert is_one_error(result, 2, "no public data set")
    assert "ml-latest-small" in result.stderr
    assert "\x1b" not in result.stderr


def test_without_somebody_to_ask_the_license_must_be_accepted_by_an_option(
    site: Site, movierec: Run, home: Path
) -> None:
    result = movierec("download", NAME, "--mirror", site.address, stdin=subprocess.DEVNULL)
    assert is_one_error(result, 2, "license")
    assert "do not use it commercially" in result.stderr
    assert "--yes" in lines_of(result.stderr, "hint: ")[0]
    assert not site.asked
    assert not home.exists()


@posix_only
@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_the_license_is_asked_for(site: Site, home: Path, answer: str) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "movierec", "download", NAME, "--mirror", site.address]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        printed = b""
        while part := _read(ours):
            printed += part
        process.wait(60)
    os.close(ours)
    assert b"Do you accept this license?" in printed
    assert process.returncode == (0 if answer == "y" else 2)
    assert home.exists() == (answer == "y")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux reports that the other end is closed
        return b""


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (Fault(status=404), "404"),
        (Fault(status=429, headers={"Retry-After": "86400"}), "429"),
        (Fault(status=500), "500"),
        (Fault(cut=1000), "broke off"),
        (Fault(cut=1000, is_silent=True), "silent"),
        (Fault(headers={"Content-Length": "10"}), "checksum"),
    ],
    ids=["404", "429", "500", "cut", "silent", "checksum"],
)
def test_each_fault_is_one_error(
    download: Download, site: Site, home: Path, fault: Fault, named: str
) -> None:
    site.faults = [fault]
    assert is_one_error(download("--tries", "1", "--timeout", "0.5"), 3, named)
    assert holds(home, PART)
    assert download("--tries", "1").returncode == 0
    assert is_complete(home / NAME)


def test_a_pause_that_the_server_asks_for_passes(download: Download, site: Site) -> None:
    site.faults = [Fault(status=429, headers={"Retry-After": "0"}), Fault(status=500)]
    assert download().returncode == 0
    assert len(site.ranges(ZIP)) == 3


@posix_only
def test_a_full_disk_keeps_what_came(download: Download, site: Site, home: Path) -> None:
    import resource

    def no_more() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    result = download(preexec_fn=no_more)
    assert is_one_error(result, 1, "cannot write")
    assert "--to" in lines_of(result.stderr, "hint: ")[0]
    assert holds(home, PART)
    assert download().returncode == 0
    assert is_complete(home / NAME)
    assert site.ranges(ZIP) == ["", "bytes=100000-"]


@posix_only
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_stopped_download_continues(
    site: Site, download: Download, home: Path, number: int, code: int
) -> None:
    site.faults = [Fault(cut=100_000, is_silent=True)]
    command = [sys.executable, "-m", "movierec", "download", NAME, "--yes", "-q"]
    with subprocess.Popen([*command, "--mirror", site.address]) as process:
        part = home / PART / "files" / f"{ZIP}.part"
        give_up = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size == 100_000):
            assert time.monotonic() < give_up
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(60) == code
    assert holds(home, PART)
    assert download().returncode == 0
    assert is_complete(home / NAME)
    assert site.ranges(ZIP) == ["", "bytes=100000-"]
    assert site.n_sent == len(GOOD)


@posix_only
def test_a_folder_that_cannot_be_made_is_one_error(download: Download, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert is_one_error(download("--to", "file/data"), 1, "cannot write")


def test_every_command_says_how_to_get_a_data_set(movierec: Run, tmp_path: Path) -> None:
    for command in ("fit", "stats", "evaluate"):
        result = movierec(command, "ML-25M")
        assert is_one_error(result, 3, "ML-25M", "not downloaded")
        assert lines_of(result.stderr, "hint: ") == ["hint: movierec download ml-25m"]
    for name, table in {"ratings.csv": RATINGS, "movies.csv": MOVIES}.items():
        (tmp_path / name).write_bytes(table)
    assert movierec("fit", "ratings.csv", "movies.csv").returncode == 0
