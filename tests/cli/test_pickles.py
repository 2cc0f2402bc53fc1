"""Pickles in model files that would run something."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import sklearn.neighbors

from movierec import ArtifactError, Recommender
from movierec.store.reading import Artifact
from tests.cli.conftest import Forge
from tests.conftest import Run


class Calling:
    """An object whose pickle calls a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_command_in_a_pickle_is_not_run(folder: Path, forge: Forge, movierec: Run) -> None:
    touch = Calling(os.system, f"touch '{folder}/touched'")
    os.system(f"touch '{folder}/can be touched'")
    assert (folder / "can be touched").exists()
    forged = forge(pickled={"estimator": touch})
    for command in (("similar", "alpha", "-k", "3"), ("recommend", "--like", "alpha")):
        assert movierec(*command, "--model", forged).returncode == 0  # no query reads the pickle
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Artifact(forged).unpickle()
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
}
HARMLESS = {
    "nothing": None,
    "number": 5,
    "list": [1],
    "matrix-class": Calling(scipy.sparse.csr_matrix, (3, 3)),
    "unfitted": sklearn.neighbors.NearestNeighbors(),
}


@pytest.mark.parametrize("where", ["alone", "as-estimator"])
@pytest.mark.parametrize("name", HARMFUL)
def test_pickle_that_is_not_of_a_model(
    folder: Path,
    forge: Forge,
    good: Recommender,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    where: str,
) -> None:
    monkeypatch.chdir(folder)
    harmful = HARMFUL[name]
    forged = forge(pickled=harmful if where == "alone" else {"estimator": harmful})
    assert Recommender.load(forged).similar("alpha", 3) == good.similar("alpha", 3)
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Artifact(forged).unpickle()
    assert not (folder / "touched").exists()
    assert not (folder / "touched.npy").exists()


@pytest.mark.parametrize("name", HARMLESS)
def test_answers_do_not_depend_on_the_pickle(forge: Forge, good: Recommender, name: str) -> None:
    forged = Recommender.load(forge(pickled={"estimator": HARMLESS[name]}))
    assert forged.similar("alpha", 3) == good.similar("alpha", 3)
    assert forged.similar(["alpha", "beta"], 3) == good.similar(["alpha", "beta"], 3)


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
    monkeypatch.setattr("movierec.store.pickling.dumps", lambda content, arrays: raw)
    forged = forge()
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Artifact(forged).unpickle()
    assert not (folder / "touched").exists()
