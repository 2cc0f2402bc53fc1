"""A stored map is used for its own model alone, and a stranger's file does no harm."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec import ArtifactError, OutputError, Recommender, UsageError
from movierec.maps.film_map import FilmMap, identity_of
from movierec.maps.layout import HIGHEST
from movierec.store.writing import write_artifact
from tests.conftest import Run


def map_of(model: Path) -> Path:
    return model.with_name(f"{model.name}.map")


def test_a_stored_map_is_the_one_that_was_made(own_model: Path) -> None:
    first, again = (Recommender.load(own_model).map() for _ in range(2))
    assert np.array_equal(first.places, again.places)
    assert first.regions == again.regions
    assert (first.share_kept, first.trustworthiness) == (again.share_kept, again.trustworthiness)


def test_a_map_of_another_model_is_not_used(own_model: Path) -> None:
    Recommender.fit(prior=3).save(own_model)
    assert Recommender.load(own_model).stored_map() is None


def test_without_a_file_there_is_no_stored_map(sample: Recommender, tmp_path: Path) -> None:
    unsaved = Recommender(sample._model)
    assert unsaved.stored_map() is None
    unsaved.save(tmp_path / "m")
    assert unsaved.stored_map() is None


def test_every_byte_counts(own_model: Path) -> None:
    file = map_of(own_model)
    content = file.read_bytes()
    recommender = Recommender.load(own_model)
    for size in (0, 1, 100, len(content) // 2, len(content) - 1):
        file.write_bytes(content[:size])
        with pytest.raises(ArtifactError) as caught:
            recommender.stored_map()
        assert "map --again" in str(caught.value.cli_hint)
    for place in range(7, len(content), len(content) // 60):
        file.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            found = recommender.stored_map()
        except ArtifactError:
            continue
        assert found is None or np.array_equal(found.places, recommender.map().places)


def forged(model: Path, places: Any, **changed: Any) -> None:
    """Write a map with valid checksums, as a stranger can."""
    meta = {
        "of": identity_of(Recommender.load(model)._model),
        "regions": [],
        "share_kept": 0.5,
        "trustworthiness": None,
    }
    write_artifact(
        map_of(model),
        meta | changed,
        {"map": {"places": places}} if places is not None else {},
        pickled=dict,
        documents={},
    )


REGION = {"name": "Drama", "x": 1, "y": 2, "level": 0, "n_movies": 3}
N = 735  # movies of the sample


@pytest.mark.parametrize(
    ("places", "changed"),
    [
        (np.full((N, 2), np.nan), {}),
        (np.full((N, 2), np.nan, np.float32), {}),
        (np.zeros((N, 2), np.int32), {}),
        (np.zeros((N, 3), np.uint16), {}),
        (np.zeros((N - 1, 2), np.uint16), {}),
        (np.zeros(2 * N, np.uint16), {}),
        (None, {}),
        (np.zeros((N, 2), np.uint16), {"share_kept": 2.0}),
        (np.zeros((N, 2), np.uint16), {"share_kept": "much"}),
        (np.zeros((N, 2), np.uint16), {"trustworthiness": float("nan")}),
        (np.zeros((N, 2), np.uint16), {"regions": [REGION | {"x": 65536}]}),
        (np.zeros((N, 2), np.uint16), {"regions": [REGION | {"level": 3}]}),
        (np.zeros((N, 2), np.uint16), {"regions": [REGION | {"name": "x" * 201}]}),
        (np.zeros((N, 2), np.uint16), {"regions": [REGION | {"n_movies": 10**9}]}),
        (np.zeros((N, 2), np.uint16), {"regions": [{"name": "Drama"}]}),
        (np.zeros((N, 2), np.uint16), {"regions": {}}),
        (np.zeros((N, 2), np.uint16), {"of": 3}),
    ],
)
def test_a_forged_map_is_refused(own_model: Path, places: Any, changed: dict[str, Any]) -> None:
    forged(own_model, places, **changed)
    with pytest.raises(ArtifactError, match="damaged, or not a model"):
        Recommender.load(own_model).stored_map()


def test_a_forged_map_that_is_one_is_read(own_model: Path) -> None:
    forged(own_model, np.zeros((N, 2), np.uint16), regions=[REGION])
    found = Recommender.load(own_model).stored_map()
    assert found is not None
    assert found.regions[0].name == "Drama"


def test_a_map_is_no_model_and_a_model_no_map(own_model: Path) -> None:
    with pytest.raises(ArtifactError):
        Recommender.load(map_of(own_model))
    map_of(own_model).write_bytes(own_model.read_bytes())
    with pytest.raises(ArtifactError):
        Recommender.load(own_model).map()


def test_something_else_is_not_replaced(own_model: Path, movierec: Run) -> None:
    map_of(own_model).write_text("notes of somebody")
    result = movierec("map", "--again", "-m", own_model)
    assert result.returncode == 1
    assert "is not a model, so it is not replaced" in result.stderr
    assert "--no-store" in result.stderr
    assert map_of(own_model).read_text() == "notes of somebody"


def test_a_damaged_map_can_be_made_again(own_model: Path) -> None:
    content = map_of(own_model).read_bytes()
    map_of(own_model).write_bytes(content[:-100])
    recommender = Recommender.load(own_model)
    with pytest.raises(ArtifactError):
        recommender.map()
    recommender.map(again=True)
    assert map_of(own_model).read_bytes() == content


def test_it_is_a_zip_with_a_card(own_model: Path) -> None:
    with zipfile.ZipFile(map_of(own_model)) as archive:
        meta = json.loads(archive.read("meta.json"))
    assert meta["of"] == identity_of(Recommender.load(own_model)._model)
    assert all(region["name"] for region in meta["regions"])


@pytest.mark.parametrize(
    "call",
    [
        lambda recommender, found: recommender.map(again="yes"),
        lambda recommender, found: recommender.map(store=None),
        lambda recommender, found: recommender.map(again=True, progress=3),
        lambda recommender, found: recommender.plot_map(3),
        lambda recommender, found: recommender.plot_map("a.html", 3),
        lambda recommender, found: recommender.plot_map(
            "a.html", FilmMap(found.places[:5], [], None, None)
        ),
        lambda recommender, found: recommender.map_document("map"),
        lambda recommender, found: recommender.plot_map("a"),
        lambda recommender, found: recommender.plot_map("a.doc"),
        lambda recommender, found: recommender.plot_map("s3://bucket/a.html"),
    ],
)
def test_bad_arguments_are_refused(
    own_model: Path, call: Callable[[Recommender, FilmMap], object]
) -> None:
    recommender = Recommender.load(own_model)
    with pytest.raises(UsageError):
        call(recommender, recommender.map())


def test_a_page_that_is_no_map_is_not_replaced(own_model: Path, tmp_path: Path) -> None:
    recommender = Recommender.load(own_model)
    page = tmp_path / "page.html"
    page.write_text("<p>mine")
    with pytest.raises(OutputError, match="is not a map"):
        recommender.plot_map(page)
    assert page.read_text() == "<p>mine"
    recommender.plot_map(tmp_path / "map.html")
    recommender.plot_map(tmp_path / "map.html")


def test_without_a_path_the_map_is_a_figure(own_model: Path) -> None:
    recommender = Recommender.load(own_model)
    found = recommender.map()
    axes: Any
    (axes,) = recommender.plot_map(film_map=found).axes
    drawn = {tuple(place) for place in axes.collections[0].get_offsets().tolist()}
    scale = 1000 / HIGHEST
    assert drawn == {(x * scale, y * scale) for x, y in found.places.tolist()}
