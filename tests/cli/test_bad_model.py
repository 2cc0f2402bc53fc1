"""Model files that are damaged, forged or foreign, and places where none can be written."""

from __future__ import annotations

import os
import pickle
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import sklearn.neighbors

from movierec import ArtifactError, OutputError, Recommender
from movierec.artifact.writing import write_artifact
from tests.cli.conftest import BOTH, MOVIES, RATINGS, Refused, lines_of, snapshot
from tests.conftest import Run

Forge = Callable[..., Path]
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    """A model with one stored neighbour, so that the second comes from the estimator."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "ratings.csv").write_bytes(RATINGS)
    (folder / "movies.csv").write_bytes(MOVIES)
    return Recommender.fit(folder / "ratings.csv", folder / "movies.csv", n_neighbors=1)


@pytest.fixture(scope="module")
def content(good: Recommender, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("content") / "m"
    good.save(path)
    return path.read_bytes()


@pytest.fixture
def forge(good: Recommender, folder: Path) -> Forge:
    """Write the model with parts of it exchanged, by the program's own means."""
    parts: dict[str, Any] = {}

    def keep(path: Path, meta: dict[str, Any], arrays: dict[str, Any], **more: Any) -> None:
        parts.update(meta=meta, arrays=arrays, more=more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("movierec.artifact.writing.write_artifact", keep)
        good.save("nowhere")

    def write(*, meta: dict[str, Any] | None = None, without: str = "", **more: Any) -> Path:
        arrays = {name: array for name, array in parts["arrays"].items() if name != without}
        path = folder / "forged.model"
        write_artifact(path, parts["meta"] | (meta or {}), arrays, **parts["more"] | more)
        return path

    return write


def answers(path: Path) -> list[Any]:
    """Ask for all that a list is made of: the table, the estimator, titles, words, the card."""
    recommender = Recommender.load(path)
    lists = [list(recommender.similar(film, k)) for film in (10, 20, 30, 40) for k in (1, 3)]
    found = [recommender.movie(title) for title in ("alpha", "the beta", "Gamma (1992)")]
    return [*lists, found, recommender.search("ga"), recommender.suggest("alhpa"), len(recommender)]


# --- not a model, or only a part of one


@pytest.mark.parametrize(
    ("model", "named"),
    [
        pytest.param("none.model", "no model at none.model", id="missing"),
        pytest.param("ratings.csv", "ratings.csv", id="ratings"),
        pytest.param(os.devnull, os.devnull, id="null-device"),
        pytest.param("folder.model", "folder.model is a folder", id="folder"),
        pytest.param("ratings.csv/m", "no model at ratings.csv/m", id="below-a-file"),
        pytest.param("", "folder", id="no-name"),
        pytest.param("no\nsuch\x1b[31m model", "model", id="name-of-two-lines"),
    ],
)
def test_what_is_not_a_model(folder: Path, refused: Refused, model: str, named: str) -> None:
    (folder / "folder.model").mkdir()
    result = refused("similar", "alpha", "--model", model, named=(named,))
    assert "\x1b" not in result.stderr


def test_model_named_by_the_environment(folder: Path, movierec: Run, refused: Refused) -> None:
    (folder / "movierec.model").rename(folder / "other place.model")
    environment = {**os.environ, "MOVIEREC_MODEL": "other place.model"}
    assert movierec("similar", "alpha", env=environment).returncode == 0
    refused("similar", "alpha", named=("no model at movierec.model",))
    environment["MOVIEREC_MODEL"] = "none.model"
    refused("similar", "alpha", env=environment, named=("no model at none.model",))


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_model_that_was_cut_short(
    folder: Path, refused: Refused, content: bytes, share: float
) -> None:
    (folder / "cut.model").write_bytes(content[: int(share * len(content))])
    refused("similar", "alpha", "--model", "cut.model", named=("cut.model", "damaged"))


def test_model_that_was_cut_anywhere(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m"
    for length in range(0, len(content), 61):
        path.write_bytes(content[:length])
        with pytest.raises(ArtifactError):
            Recommender.load(path)


@pytest.mark.parametrize("check_whole_below", [1 << 24, 0], ids=["small-file", "big-file"])
def test_changed_byte_is_refused_or_changes_no_answer(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, check_whole_below: int
) -> None:
    monkeypatch.setattr("movierec.artifact.reading.CHECK_WHOLE_BELOW", check_whole_below)
    path = tmp_path / "m"
    path.write_bytes(content)
    expected = answers(path)
    wrong, n_refused = [], 0
    for place in range(0, len(content), len(content) // 200):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        try:
            if answers(path) != expected:
                wrong.append(f"byte {place}: another answer")
        except ArtifactError:
            n_refused += 1
        except Exception as error:
            wrong.append(f"byte {place}: {error!r}")
    assert wrong == []
    assert n_refused > 100


# --- models of other programs and versions


@pytest.mark.parametrize("number", [0, "2"])
def test_other_format(forge: Forge, refused: Refused, number: object) -> None:
    forge(meta={"format": number})
    refused("similar", "alpha", "--model", "forged.model", named=("forged.model", f" {number};"))


@pytest.mark.parametrize("part", ["titles_bytes", "title_keys_offsets", "neighbors"])
def test_model_without_a_part(forge: Forge, refused: Refused, part: str) -> None:
    forge(without=part)
    refused("similar", "alpha", "--model", "forged.model", named=("forged.model",))


@pytest.mark.parametrize("meta", [{"parameters": {"n_legs": 4}}, {"versions": {}}], ids=str)
def test_card_that_is_not_of_a_model(forge: Forge, meta: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Recommender.load(forge(meta=meta)).similar("alpha", 3)


def test_estimator_of_another_scikit_learn(forge: Forge, movierec: Run, refused: Refused) -> None:
    forge(meta={"versions": {"scikit-learn": "0.24.1"}})
    ask = ("similar", "alpha", "--model", "forged.model", "-k")
    from_table = movierec(*ask, "1")
    assert from_table.returncode == 0
    assert "Beta, The (1991)" in from_table.stdout
    refused(*ask, "2", named=("forged.model", "scikit-learn 0.24.1", sklearn.__version__))


# --- models that would like to run something


class Calling:
    """Pickled as a call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_command_in_a_pickle_is_not_run(folder: Path, forge: Forge, refused: Refused) -> None:
    touch = Calling(os.system, f"touch '{folder}/touched'")
    os.system(f"touch '{folder}/can be touched'")
    assert (folder / "can be touched").exists()
    forge(pickled={"estimator": touch})
    refused("similar", "alpha", "-k", "3", "--model", "forged.model", named=("forged.model",))
    assert not (folder / "touched").exists()


HARMFUL = {
    "system": Calling(os.system, "touch touched"),
    "subprocess": Calling(subprocess.check_call, ["touch", "touched"]),
    "eval": Calling(eval, "open('touched', 'w')"),
    "exec": Calling(exec, "open('touched', 'w')"),
    "import": Calling(__import__, "antigravity"),
    "getattr": Calling(getattr, "", "join"),
    "open": Calling(open, "touched", "w"),
    "numpy.save": Calling(np.save, "touched", 0),
    "numpy.load": Calling(np.load, "movierec.model"),
    "numpy.fromfile": Calling(np.fromfile, "ratings.csv"),
    "estimator-class": Calling(sklearn.neighbors.NearestNeighbors, 5),
    "matrix-class": Calling(scipy.sparse.csr_matrix, (3, 3)),
    "nothing": None,
    "number": 5,
    "list": [1],
    "unfitted": sklearn.neighbors.NearestNeighbors(),
}


@pytest.mark.parametrize("where", ["alone", "as-estimator"])
@pytest.mark.parametrize("name", HARMFUL)
def test_pickle_that_is_not_of_a_model(
    folder: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    monkeypatch.chdir(folder)
    harmful = HARMFUL[name]
    recommender = Recommender.load(
        forge(pickled=harmful if where == "alone" else {"estimator": harmful})
    )
    assert recommender.similar("alpha", 1)[0].movie_id == 20
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        recommender.similar("alpha", 3)
    assert not (folder / "touched").exists()
    assert not (folder / "touched.npy").exists()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x80\x05junk", id="junk"),
        pytest.param(b"cos\nsystem\n(S'touch touched'\ntR.", id="protocol-0"),
        pytest.param(b"(S'touch touched'\nios\nsystem\n.", id="instance"),
        pytest.param(
            b"csklearn.neighbors._unsupervised\nNearestNeighbors.__init__.__globals__\n.",
            id="dotted-name",
        ),
        pytest.param(
            b"\x80\x04\x8c\x1fsklearn.neighbors._unsupervised\x8c\x29"
            b"NearestNeighbors.__init__.__globals__.get\x93.",
            id="dotted-name-protocol-4",
        ),
        pytest.param(b"Pnone\n.", id="unknown-array"),
        pytest.param(b"\x80\x05K\x05Q.", id="array-by-number"),
        pytest.param(b"\x82\x01.", id="extension-registry"),
        pytest.param(b"(" * 100_000 + b".", id="deep"),
        pytest.param(pickle.dumps({"estimator": 1})[:-4], id="cut"),
    ],
)
def test_pickle_that_no_pickler_writes(
    folder: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch, raw: bytes
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("movierec.artifact.pickling.dumps", lambda content, arrays: raw)
    recommender = Recommender.load(forge())
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        recommender.similar("alpha", 3)
    assert not (folder / "touched").exists()


# --- places where no model can be written


@pytest.mark.parametrize(
    ("model", "named"),
    [
        pytest.param("none/m", "cannot write none/m", id="in-a-missing-folder"),
        pytest.param("folder.model", "folder.model is a folder", id="folder"),
        pytest.param("ratings.csv/m", "cannot write ratings.csv/m", id="below-a-file"),
    ],
)
def test_place_where_no_file_can_be(folder: Path, refused: Refused, model: str, named: str) -> None:
    (folder / "folder.model").mkdir()
    refused("fit", *BOTH, "--model", model, code=1, named=(named,))


@pytest.mark.parametrize("model", ["", "none/m", "ratings.csv/m", "m" * 300])
def test_saving_where_no_file_can_be(
    folder: Path, good: Recommender, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.chdir(folder)
    before = snapshot(folder)
    with pytest.raises(OutputError, match=r"cannot write|is a folder"):
        good.save(model)
    assert snapshot(folder) == before


@pytest.mark.skipif(AS_ROOT, reason="root may write anywhere")
def test_folder_that_may_not_be_written(folder: Path, refused: Refused) -> None:
    folder.chmod(0o500)
    try:
        refused("fit", *BOTH, code=1, named=("cannot write movierec.model", "Permission denied"))
    finally:
        folder.chmod(0o700)


@pytest.mark.skipif(AS_ROOT, reason="root may read anything")
@pytest.mark.parametrize("name", [*BOTH, "movierec.model"])
def test_file_that_may_not_be_read(folder: Path, movierec: Run, name: str) -> None:
    (folder / name).chmod(0)
    command = ("similar", "alpha") if name == "movierec.model" else ("fit", *BOTH)
    result = movierec(*command)
    assert result.returncode == 3
    assert f"{name} may not be read" in lines_of(result.stderr, "error: ")[0]


@pytest.mark.parametrize("limit", [100, 11_000])
def test_disk_that_fills_up(folder: Path, refused: Refused, limit: int) -> None:
    """A limit on the size of files stops a write in the same places as a full disk."""

    def no_more() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    refused("fit", *BOTH, code=1, named=("cannot write movierec.model",), preexec_fn=no_more)


def test_what_is_not_a_file_is_not_replaced(folder: Path, movierec: Run) -> None:
    """Else ``--model /dev/null`` would, for root, replace the device for everybody."""
    os.mkfifo(folder / "fifo")
    result = movierec("fit", *BOTH, "--model", "fifo")
    assert (folder / "fifo").is_fifo()
    assert result.returncode == 1
    assert "fifo" in lines_of(result.stderr, "error: ")[0]


def test_model_does_not_replace_a_file_that_it_is_made_of(refused: Refused) -> None:
    refused("fit", *BOTH, "--model", "movies.csv", code=(1, 2), named=("movies.csv",))


def test_fit_in_a_folder_that_is_gone(folder: Path, refused: Refused) -> None:
    (folder / "gone").mkdir()
    script = f"cd gone; rmdir ../gone; {sys.executable} -m movierec fit {folder}/ratings.csv "
    before = snapshot(folder)
    result = subprocess.run(
        ["sh", "-c", f"{script} {folder}/movies.csv"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    del before[str(folder / "gone")]
    assert snapshot(folder) == before
    assert result.returncode == 1
    assert lines_of(result.stderr, "error: cannot write movierec.model")
    assert "please report" not in result.stderr


def test_model_of_any_name(folder: Path, movierec: Run) -> None:
    model = "-m my 'model',\n\"ünïcode\""
    result = movierec("fit", *BOTH, f"--model={model}", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert movierec("similar", "alpha", f"--model={model}").returncode == 0
    assert {path.name for path in folder.iterdir()} == {*BOTH, "movierec.model", model}


# --- a fit that is stopped


STOPPING_ITSELF = """
import os, signal, sys
from importlib import import_module
from movierec.cli import main
module, name, stop = sys.argv[1], sys.argv[2], int(sys.argv[3])
del sys.argv[1:4]
place = import_module(module)
original = getattr(place, name)
def stopping(*arguments, **options):
    setattr(place, name, original)
    print("STOP", [file for file in os.listdir() if file.endswith(".tmp")], flush=True)
    os.kill(os.getpid(), stop)
    return original(*arguments, **options)
setattr(place, name, stopping)
main()
"""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
# Python itself may end by SIGINT once it has seen one: 130 for a shell, too.
CODES = {signal.SIGINT: (130, -2), signal.SIGTERM: (143,), signal.SIGKILL: (-9,)}


def check_stopped(
    folder: Path, before: dict[str, bytes | None], stop: signal.Signals, code: int, stderr: str
) -> None:
    """Check that a fit went and left the old model as it was."""
    assert code in CODES[stop]
    assert "Traceback" not in stderr
    if stop is signal.SIGINT:
        assert stderr.endswith("interrupted\n")
    after = snapshot(folder)
    if stop is signal.SIGKILL:  # no program can clean up after that
        after = {name: file for name, file in after.items() if not name.endswith(".tmp")}
    assert after == before
    assert len(Recommender.load(folder / "movierec.model")) == 4


@pytest.mark.parametrize("stop", SIGNALS)
@pytest.mark.parametrize(
    ("module", "function", "is_writing"),
    [
        pytest.param("movierec.neighbors.blockwise", "order_of", False, id="comparing"),
        pytest.param("os", "fsync", True, id="writing"),
    ],
)
def test_fit_that_is_stopped(
    folder: Path, module: str, function: str, is_writing: bool, stop: signal.Signals
) -> None:
    before = snapshot(folder)
    result = subprocess.run(
        [sys.executable, "-c", STOPPING_ITSELF, module, function, str(int(stop)), "fit", *BOTH],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert re.match(r"STOP \[.*\]", result.stdout), "it was never where it should be stopped"
    assert (".tmp" in result.stdout) is is_writing
    check_stopped(folder, before, stop, result.returncode, result.stderr)


@pytest.mark.parametrize("stop", SIGNALS)
def test_fit_that_is_stopped_while_it_reads(folder: Path, stop: signal.Signals) -> None:
    before = snapshot(folder)
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "movierec", "fit", "-", "movies.csv"],
        cwd=folder,
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:  # nobody else holds it, so the program waits for more
        pipe.write(RATINGS * 10_000)  # more than a pipe holds, so it reads by now
        pipe.flush()
        for _ in range(10):  # one that comes just before a read is only seen after it
            process.send_signal(stop)
            try:
                stdout, stderr = process.communicate(timeout=2)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            process.kill()
            pytest.fail("no signal ended it")
    assert stdout == ""
    check_stopped(folder, before, stop, process.returncode, stderr)
