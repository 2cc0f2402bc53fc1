"""`movierec update` and `movierec forget` in processes: what is wrong is said, nothing is lost."""

from __future__ import annotations

import json
import re
import shutil
import signal
import struct
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from movierec import Recommender
from tests.cli.conftest import BOTH, MOVIES, RATINGS, Forge, Refused, posix_only, snapshot
from tests.cli.test_stopped_fit import KILL, SIGNALS, STOPPING_ITSELF, check_stopped
from tests.conftest import Run
from tests.test_updating import assert_same
from tests.web.conftest import serving

NEW = b"userId,movieId,rating,timestamp\n3,40,4.5,200\n1,10,0.5,201\n2,20,,\n4,10,2,202\n"
ALL = RATINGS.replace(b"2,20,4,103\n", b"") + b"3,40,4.5,200\n1,10,0.5,201\n4,10,2,202\n"
GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture
def new(folder: Path) -> Path:
    (folder / "new.csv").write_bytes(NEW)
    return folder


def loaded(folder: Path, name: str = "movierec.model") -> Recommender:
    return Recommender.load(folder / name)


def test_update_gives_the_file_of_a_full_fit(new: Path, movierec: Run) -> None:
    result = movierec("update", "new.csv")
    assert result.returncode == 0, result.stderr
    assert "ratings: 2 added, 1 changed, 1 withdrawn; new people: 1; new movies: 0" in result.stderr
    assert "fitted default anew: one rating changes how all movies are compared" in result.stderr
    (new / "all.csv").write_bytes(ALL)
    assert movierec("fit", "-q", "all.csv", "movies.csv", "-m", "full").returncode == 0
    assert_same(loaded(new), loaded(new, "full"))


def test_new_movies_and_new_titles(folder: Path, movierec: Run) -> None:
    (folder / "films.csv").write_bytes(
        b"movieId,title,genres\n50,Eta (2001),War\n10,A (1990),War\n"
    )
    result = movierec("update", "--movies", "films.csv")
    assert result.returncode == 0, result.stderr
    assert "new movies: 1" in result.stderr
    assert [loaded(folder).movie(10).title, len(loaded(folder))] == ["A (1990)", 5]


def test_update_from_standard_input_is_quiet(folder: Path, movierec: Run) -> None:
    result = movierec("update", "-q", "-", input=NEW.decode())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert loaded(folder).card["n_users"] == 4


def test_withdrawn_ratings_that_nobody_gave_are_counted(folder: Path, movierec: Run) -> None:
    (folder / "new.csv").write_bytes(b"userId,movieId,rating\n1,30,\n1,20,3\n1,20,\n")
    result = movierec("update", "new.csv")
    assert "0 added, 0 changed, 1 withdrawn" in result.stderr
    assert "left out 1 withdrawn rating that the model does not have" in result.stderr


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"userId,movieId,rating\n1,10,five\n", ("new.csv", "line 2", '"five"')),
        (b"userId,movieId,rating\n1,10,4\n,10,4\n", ("new.csv", "line 3", "no usable user")),
        (b"userId,movieId,rating\n1,10\n", ("new.csv", "line 2", "only 2 fields")),
        (b"userId,movieId,rating\n", ("new.csv", "no ratings")),
        (b"", ("new.csv",)),
        (MOVIES, ("new.csv", "holds movies, not ratings")),
        (b"a,b,c\n1,2,3\n", ("new.csv", "columns of ratings")),
    ],
)
def test_bad_ratings_are_refused(
    folder: Path, refused: Refused, content: bytes, named: tuple[str, ...]
) -> None:
    (folder / "new.csv").write_bytes(content)
    refused("update", "new.csv", named=named)


def test_a_bad_row_can_be_left_out(new: Path, movierec: Run) -> None:
    (new / "new.csv").write_bytes(NEW + b"1,10,five,1\n")
    result = movierec("update", "new.csv", "--on-error", "skip")
    assert result.returncode == 0
    assert "skipped 1 bad line" in result.stderr


def test_what_is_missing_is_named(new: Path, refused: Refused) -> None:
    refused("update", "nosuch.csv", named=("nosuch.csv",))
    refused("update", "new.csv", "--movies", "nosuch.csv", named=("nosuch.csv",))
    refused("update", "new.csv", "-m", "nosuch.model", named=("nosuch.model",))
    refused("update", code=2, named=("nothing is new",))
    refused("update", "new.csv", "--columns", "user=Reader", named=("Reader",))
    refused("forget", code=2, named=("--user",))
    refused("forget", "--user", "nobody", code=4, named=("nobody",))
    refused("forget", "--user", "1", "--user", "77", code=4, named=("77",))


def test_times_are_given_for_all_or_none(new: Path, refused: Refused, movierec: Run) -> None:
    (new / "plain.csv").write_bytes(re.sub(rb",[^,\n]+\n", b"\n", RATINGS))
    assert movierec("fit", "-q", "plain.csv", "movies.csv").returncode == 0
    refused("update", "new.csv", named=("have times, but those of the model have none",))


def test_nothing_may_be_left(folder: Path, refused: Refused) -> None:
    refused("forget", "--user", "1", "--user", "2", "--user", "3", named=("no rating",))


def test_a_model_without_ratings_is_refused(new: Path, refused: Refused, movierec: Run) -> None:
    assert movierec("fit", "-q", *BOTH, "--without-ratings").returncode == 0
    for command in (("update", "new.csv"), ("forget", "--user", "1")):
        refused(*command, code=2, named=("fitted without ratings",))


def test_an_older_model_answers_but_cannot_be_updated(
    new: Path, refused: Refused, movierec: Run
) -> None:
    shutil.copyfile(GOLDEN / "format-3-default.model", new / "movierec.model")
    assert movierec("stats").returncode == 0
    refused("update", "new.csv", named=("older movierec",))


@pytest.mark.parametrize("without", ["remainder/known", "remainder/user_ids", "histories/items"])
def test_a_model_that_lacks_something_is_refused(
    new: Path, forge: Forge, refused: Refused, without: str
) -> None:
    forge(without=without)
    refused("update", "new.csv", "-m", "forged.model", named=("forged.model", without))


def test_a_damaged_model_is_refused(new: Path, refused: Refused) -> None:
    content = bytearray((new / "movierec.model").read_bytes())
    content[content.index(b'"links"')] ^= 1
    (new / "movierec.model").write_bytes(content)
    refused("update", "new.csv", named=("movierec.model", "damaged"))


def test_a_place_that_is_no_model_is_kept(new: Path, refused: Refused) -> None:
    refused("update", "new.csv", "-m", "ratings.csv", code=1, named=("ratings.csv", "not a model"))
    refused("update", "new.csv", "-m", "nosuch/m", code=1, named=("nosuch",))


@posix_only
@pytest.mark.parametrize("stop", SIGNALS)
@pytest.mark.parametrize(
    ("module", "function"),
    [("movierec.training.fit", "encode"), ("os", "fsync")],
    ids=["fitting", "writing"],
)
@pytest.mark.parametrize("command", [("update", "new.csv"), ("forget", "--user", "1")], ids=str)
def test_an_update_that_is_stopped_leaves_the_old_model(
    new: Path, command: tuple[str, ...], module: str, function: str, stop: signal.Signals
) -> None:
    before = snapshot(new)
    result = stopped(new, module, function, stop, *command)
    check_stopped(new, before, stop, result.returncode, result.stderr)


def stopped(
    folder: Path, module: str, function: str, stop: signal.Signals, *command: str
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-c", STOPPING_ITSELF, module, function, str(int(stop)), *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.stdout.startswith("STOP"), "it was never where it should be stopped"
    return result


@posix_only
@pytest.mark.parametrize(
    ("user", "traces"),
    [("Zaphod-B.", [b"Zaphod"]), ("987654321012", [struct.pack("<q", 987654321012), b"9876543"])],
)
def test_nothing_of_a_forgotten_person_is_left_in_the_folder(
    folder: Path, movierec: Run, user: str, traces: list[bytes]
) -> None:
    rating = 3.14159
    traces = [*traces, struct.pack("<f", rating), struct.pack("<q", 7346152), b"7346152"]
    lines = f"{user},10,{rating},7346152\n{user},99,{rating},7346152\n{user},10,1,5\n"
    (folder / "theirs.csv").write_bytes(RATINGS + lines.encode())
    assert movierec("fit", "-q", "theirs.csv", "movies.csv", "-m", "full").returncode == 0
    (folder / "theirs.csv").unlink()
    old = (folder / "full").read_bytes()
    assert [trace for trace in traces if trace in old]
    result = stopped(folder, "os", "fsync", KILL, "forget", "--user", "2", "-m", "full")
    assert list(folder.glob(".full.*.tmp")), result.stderr  # with what that person rated
    result = movierec("forget", "--user", user, "-m", "full")
    assert "forgot 1 person and 3 ratings" in result.stderr
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert not [name for name in found if name.endswith(".tmp")]
    assert not [(name, trace) for name in found for trace in traces if trace in found[name]]
    assert movierec("recommend", "--user", user, "-m", "full").returncode == 4
    assert movierec("fit", "-q", *BOTH, "-m", "without").returncode == 0
    assert_same(loaded(folder, "full"), loaded(folder, "without"))


def test_a_server_takes_an_update_up(new: Path, movierec: Run) -> None:
    with serving("--model", new / "movierec.model") as server:
        assert n_ratings(server.url) == 7
        assert movierec("update", "-q", "new.csv").returncode == 0
        assert n_ratings(server.url) == 8
        assert movierec("forget", "-q", "--user", "4").returncode == 0
        assert n_ratings(server.url) == 7


def n_ratings(url: str) -> int:
    with urlopen(f"{url}/api/stats", timeout=30) as answer:
        return int(json.load(answer)["ratings"])
