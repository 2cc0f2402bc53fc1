"""Model files that are missing, damaged, or made by other versions."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import sklearn

from movierec import ArtifactError, Recommender
from movierec.store.reading import Artifact
from tests.cli.conftest import Forge, Refused
from tests.conftest import Run


def answers(path: Path) -> list[Any]:
    """Return answers that need the table, the vectors, titles, words and the card."""
    recommender = Recommender.load(path)
    lists = [list(recommender.similar(film, k)) for film in (10, 20, 30, 40) for k in (1, 3)]
    found = [recommender.movie(title) for title in ("alpha", "the beta", "Gamma (1992)")]
    return [*lists, found, recommender.search("ga"), recommender.suggest("alhpa"), len(recommender)]


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
    monkeypatch.setattr("movierec.store.reading.CHECK_WHOLE_BELOW", check_whole_below)
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


@pytest.mark.parametrize("number", [0, "2"])
def test_other_format(forge: Forge, refused: Refused, number: object) -> None:
    forge(meta={"format": number})
    refused("similar", "alpha", "--model", "forged.model", named=("forged.model", f" {number};"))


@pytest.mark.parametrize("part", ["catalog/titles_bytes", "titles/keys_offsets", "neighbors"])
def test_model_without_a_part(forge: Forge, refused: Refused, part: str) -> None:
    forge(without=part)
    refused("similar", "alpha", "--model", "forged.model", named=("forged.model",))


@pytest.mark.parametrize("meta", [{"parameters": {"n_legs": 4}}, {"n_users": []}], ids=str)
def test_card_that_is_not_of_a_model(forge: Forge, meta: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Recommender.load(forge(meta=meta))


def test_estimator_of_no_known_scikit_learn(forge: Forge) -> None:
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Artifact(forge(meta={"versions": {}})).unpickle()


def test_estimator_of_another_scikit_learn(forge: Forge, movierec: Run) -> None:
    forged = forge(meta={"versions": {"scikit-learn": "0.24.1"}})
    answered = movierec("similar", "alpha", "--model", forged, "-k", "2")  # without scikit-learn
    assert answered.returncode == 0
    assert "Beta, The (1991)" in answered.stdout
    with pytest.raises(ArtifactError, match=re.escape("scikit-learn 0.24.1")) as caught:
        Artifact(forged).unpickle()
    assert "forged.model" in str(caught.value)
    assert sklearn.__version__ in str(caught.value)
