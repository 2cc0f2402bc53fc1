"""Forged models, whose checksums are right: nothing crashes, and errors name the member."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from movierec import ArtifactError, Recommender
from movierec.store.reading import Artifact
from movierec.web.app import create_app
from tests.hostile import _models
from tests.hostile._examples import examples

GOLDEN = Path(__file__).parents[1] / "golden"
Forge = Callable[..., Path]


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """Write a golden model with some members replaced, by a function or by bytes."""

    def write(algorithm: str, changes: dict[str, Any], **more: Any) -> Path:
        members = _models.members_of(GOLDEN / f"format-3-{algorithm}.model")
        for name, change in changes.items():
            old = members[name]
            members[name] = (
                _models.array_bytes(change(_models.array_of(old))) if callable(change) else change
            )
        path = tmp_path / "forged.model"
        _models.write(path, {name: text for name, text in members.items() if text}, **more)
        return path

    return write


def ask(path: Path) -> None:
    """Ask what reads every part of a model."""
    model = Recommender.load(path)
    for one in (1, 2, 3, 4):
        list(model.similar(one, 3, by_id=True))
        list(model.similar([one, 5], 3, by_id=True))
    model.recommend(likes={1: 4.0, 2: 1.0}, by_id=True)
    model.recommend(user=1)
    model.next(1, by_id=True)
    model.predict([1, 2], user=1, by_id=True)
    model.search("a")
    model.similar("Heat", 3, genres=["Crime"])
    model.suggest("haet")
    model.stats()
    model.neighbors_frame()
    Artifact(path).unpickle()


def set_to(place: Any, value: float) -> Callable[[npt.NDArray[Any]], npt.NDArray[Any]]:
    def change(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        array[place] = value
        return array

    return change


def wrapping(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Let int32 ascend past the highest value, which differences of int32 do not show."""
    array[1:4] = (2**31 - 1, -(2**31), -1)
    return array


def doubled(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([array, array])


FORGERIES: dict[str, tuple[str, str, Any]] = {
    "unsigned neighbors": ("default", "neighbors/neighbors", lambda array: array.astype("<u8")),
    "neighbors out of range": ("default", "neighbors/neighbors", set_to(..., 10**6)),
    "negative neighbors": ("default", "neighbors/neighbors", set_to(..., -(10**6))),
    "one neighbor out of range": ("rating_knn", "neighbors/neighbors", set_to((2, 1), 5)),
    "similarities that are no numbers": ("als", "neighbors/similarities", set_to(..., np.nan)),
    "wrapping vectors": ("default", "vectors/indptr", wrapping),
    "wrapping ratings": ("als", "ratings/indptr", wrapping),
    "wrapping people": ("user_knn", "algorithm/user_items_.indptr", wrapping),
    "wrapping content": ("content", "algorithm/content_.indptr", wrapping),
    "columns out of range": ("content", "algorithm/content_.indices", set_to(3, 10**9)),
    "very many columns": ("user_knn", "vectors/shape", set_to(1, 10**12)),
    "factors of fewer items": ("als", "algorithm/item_factors_", lambda array: array[:-1]),
    "a linear model of no items": (
        "default",
        "algorithm/weights_",
        lambda _: np.zeros((2, 2), "<i2"),
    ),
    "places out of range": ("sequence_ridge", "algorithm/places_", set_to(..., 5)),
    "a ridge of fewer movies": (
        *("sequence_ridge", "algorithm/weights_"),
        lambda array: array[:, :-1].copy(),
    ),
    "wrapping transitions": ("transitions", "algorithm/weights_.indptr", wrapping),
    "transitions out of range": ("transitions", "algorithm/weights_.indices", set_to(2, 10**9)),
    "people of fewer transitions": (
        *("transitions", "algorithm/people_"),
        lambda array: array[:-1].copy(),
    ),
    "transitions of negative people": ("transitions", "algorithm/people_", set_to(..., -1)),
    "attention of another width": (
        "sasrec",
        "algorithm/qkv_",
        lambda array: array[..., :-1].copy(),
    ),
    "attention to fewer places": (
        *("sasrec", "algorithm/distances_"),
        lambda array: array[..., :-1].copy(),
    ),
    "a network of two blocks": ("nextitnet", "algorithm/block_shift_", doubled),
    "gates that are no numbers": ("gru4rec", "algorithm/recurrent_", set_to((0, 1, 2), np.nan)),
    "gates of half precision": ("gru4rec", "algorithm/input_", lambda array: array.astype("<f2")),
    "people of another width": (
        *("neumf", "algorithm/rated_factors_"),
        lambda array: array[:, :-1].copy(),
    ),
    "an infinite bias": ("neumf", "algorithm/item_bias_", set_to(0, np.inf)),
    "movies of the ridge out of range": ("sasrec", "algorithm/ridge_items_", set_to(1, 5)),
    "places of the ridge out of range": ("sasrec", "algorithm/ridge_places_", set_to(1, 5)),
    "a blended ridge of fewer movies": (
        *("sasrec", "algorithm/ridge_weights_"),
        lambda array: array[:, :-1].copy(),
    ),
    "a ridge without weights": ("sasrec", "algorithm/ridge_weights_", b""),
    "a blend of nothing": ("sasrec", "algorithm/blend_", set_to(0, np.nan)),
    "a curve of no numbers": ("sasrec", "algorithm/curve_", set_to(1, np.nan)),
    "strings that overlap": ("default", "catalog/genres_offsets", set_to(slice(1, None, 2), 0)),
    "movies of words out of range": ("default", "titles/word_items", set_to(..., 5)),
    "history out of range": ("als", "histories/items", set_to(..., 200)),
    "a header of minus signs": (
        *("default", "catalog/years"),
        b"\x93NUMPY\x01\0\xff\xff" + b"-" * 65_535,
    ),
    "an item rated 127 times in one": ("ease", "algorithm/is_rated_", set_to(..., 127)),
    "a missing array": ("default", "stars/levels", b""),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_array_is_named(forge: Forge, name: str) -> None:
    algorithm, member, change = FORGERIES[name]
    with pytest.raises(ArtifactError, match=rf"forged\.model is damaged.*{member}"):
        ask(forge(algorithm, {f"{member}.npy": change}))


def test_network_of_other_parameters(forge: Forge) -> None:
    """All of its arrays agree with each other, but not with the parameters on the card."""
    narrower = {
        f"algorithm/{name}_factors_.npy": lambda array: array[:, :-1].copy()
        for name in ("item", "rated")
    }
    with pytest.raises(ArtifactError, match=r"forged\.model is damaged.*algorithm/item_factors_"):
        ask(forge("neumf", narrower))
    document = json.loads(_models.members_of(GOLDEN / "format-3-sasrec.model")["meta.json"])
    document["parameters"]["settings"]["n_heads"] = 3
    changes = {
        "meta.json": json.dumps(document).encode(),
        "algorithm/distances_.npy": lambda array: array[:, [0, 0, 1]].copy(),
    }
    with pytest.raises(ArtifactError, match=r"forged\.model is damaged.*a multiple of n_heads"):
        ask(forge("sasrec", changes))


def test_neighbors_without_similarity_are_not_listed(forge: Forge) -> None:
    forged = forge("default", {"neighbors/similarities.npy": set_to(..., 0)})
    assert not list(Recommender.load(forged).similar(1, 3, by_id=True))


def test_server_survives_forged_neighbors(forge: Forge) -> None:
    change = {"neighbors/neighbors.npy": set_to(..., 10**6)}
    client = create_app(Recommender.load(forge("default", change))).test_client()
    answer = client.post("/api/recommend", json={"ratings": {"1": 4, "2": 3, "3": 1}})
    assert answer.status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("first", ["catalog/n_ratings", "neighbors/support", "titles/key_items"])
def test_swapped_arrays(forge: Forge, first: str) -> None:
    members = _models.members_of(GOLDEN / "format-3-default.model")
    swapped = {f"{first}.npy": members["catalog/years.npy"]}
    with pytest.raises(ArtifactError, match="catalog/years has the type i4"):
        ask(forge("default", swapped | {"catalog/years.npy": members[f"{first}.npy"]}))


@pytest.mark.parametrize(
    "pickled",
    [
        pytest.param(b"\x80\x05}" + b")" + b"\x85" * 200_000 + b"K\x01s.", id="deep"),
        pytest.param(b"\x80\x05" + b"N0" * 2000 + b"N.", id="long"),
        pytest.param(b"\x80\x05Nr\xff\xff\xff\x7f.", id="memo"),
        pytest.param(b"\x80\x05h\x07.", id="unknown-memo"),
    ],
)
def test_harmful_pickle_is_refused_and_not_needed(forge: Forge, pickled: bytes) -> None:
    forged = forge("default", {"model.pkl": pickled})
    assert Recommender.load(forged).similar("Heat", 3)
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Artifact(forged).unpickle()


def test_estimator_of_a_forged_matrix_is_refused(forge: Forge) -> None:
    forged = forge("als", {"vectors/indices.npy": set_to(..., 10**6)})
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Artifact(forged).unpickle()


def card(**changes: Any) -> bytes:
    members = _models.members_of(GOLDEN / "format-3-default.model")
    document = json.loads(members["meta.json"]) | changes
    return json.dumps({key: value for key, value in document.items() if value != "gone"}).encode()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param(card(versions="gone"), "its card has no versions", id="missing"),
        pytest.param(card(versions=[1]), "versions", id="type"),
        pytest.param(card(n_items=6), "6 items", id="size"),
        pytest.param(card(content_parts={"genres": 99}), "content", id="content"),
        pytest.param(card(parameters={"n_neighbors": "x"}), "parameters", id="parameters"),
        pytest.param(card(lowest_rating=float("nan")), "NaN", id="nan"),
        pytest.param(card(notes=["x" * 5_000_000]), "too large", id="large"),
        pytest.param(b"[" * 400_000, "damaged", id="deep"),
        pytest.param(b"[]", "damaged", id="list"),
    ],
)
def test_forged_card(forge: Forge, content: bytes, named: str) -> None:
    with pytest.raises(ArtifactError, match=rf"forged\.model.*{named}"):
        ask(forge("default", {"meta.json": content}))


def test_card_without_a_parameter_has_its_default(forge: Forge) -> None:
    forged = forge(
        "default",
        {
            "meta.json": card(
                parameters={"content_parts": {}, "algorithm": "default", "settings": {}}
            )
        },
    )
    model = Recommender.load(forged)
    assert model.card["parameters"]["n_neighbors"] == 100
    assert create_app(model).test_client().get("/film/1").status_code == 200


def test_compressed_card_is_not_unpacked(forge: Forge) -> None:
    large = card(notes=["x" * 50_000_000])
    with pytest.raises(ArtifactError, match="compressed"):
        Recommender.load(forge("default", {"meta.json": large}, compressed="meta.json"))


def test_checksums_of_another_file(tmp_path: Path) -> None:
    content = bytearray((GOLDEN / "format-3-default.model").read_bytes())
    place = content.rindex(b"\x93NUMPY")
    shape = content.index(b"'shape': (", place) + len(b"'shape': (")
    content[shape] = ord("9")
    crc = zlib.crc32(bytes(content))
    (tmp_path / "forged.model").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"forged\.model"):
        Recommender.load(tmp_path / "forged.model")
    assert crc  # the file differs from the golden one in one byte of a header


def test_many_forged_models() -> None:
    """See docs/reliability.md for a long run."""
    command = [sys.executable, "-m", "tests.hostile._questions", str(examples(10_000)), "1"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]
