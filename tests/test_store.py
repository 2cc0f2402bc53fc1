from __future__ import annotations

import json
import pickletools
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors

from movierec import ArtifactError, OutputError, Recommender
from movierec.algorithms import registry
from movierec.model.parameters import Parameters
from movierec.store.layout import ALIGNMENT, FORMAT
from movierec.store.reading import Artifact
from movierec.store.writing import write_artifact

from .make_golden import answers

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.model"))


def test_loaded_model_answers_as_the_fitted_one(sample: Recommender, sample_model: Path) -> None:
    loaded = Recommender.load(sample_model)
    for movie_id in (1, 9, 100, 350 - 1):
        for k in (10, 300):  # from the table, and computed
            assert list(loaded.similar(movie_id, k)) == list(sample.similar(movie_id, k))
    assert loaded.stats()["most_rated"] == sample.stats()["most_rated"]


def contents(path: Path) -> dict[str, bytes]:
    """The members of a model but the pickle, whose bytes depend on which strings are one object."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist()) - {"model.pkl", "checksums.npy"}
        return {name: archive.read(name) for name in names}


def test_loaded_model_can_be_saved_again(sample_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    loaded = Recommender.load(sample_model)
    loaded.save(copy)
    Recommender.load(copy).save(copy)  # over the file that it is mapped from
    assert contents(copy) == contents(sample_model)
    assert list(Recommender.load(copy).similar(1, 300)) == list(loaded.similar(1, 300))


def test_every_parameter_round_trips(tmp_path: Path) -> None:
    values = {
        "n_neighbors": 7,
        "min_support": 50,
        "min_ratings": 2,
        "content_weight": 0.25,
        "prior": 2.5,
        "weighting": "none",
        "content_parts": {"year": 1.0, "genres": 2.0},
        "algorithm": "svd",
        "settings": {"n_factors": 7, "feedback": "value", "seed": 3},
    }
    defaults = vars(Parameters())
    assert {*values, "min_raters"} == {*defaults}  # which cannot be given with the others
    assert all(value != defaults[name] for name, value in values.items())
    Recommender.fit(**values).save(tmp_path / "m")  # type: ignore[arg-type]
    loaded = Recommender.load(tmp_path / "m")
    assert loaded.card["parameters"] == values | {"min_raters": None}
    assert list(loaded.card["content_parts"]) == ["genres", "year"]
    assert min(film.support or 0 for film in loaded.similar(1, 200)) >= 50


def test_pickle_is_the_fitted_estimator_with_the_id_mappings(sample_model: Path) -> None:
    content = Artifact(sample_model).unpickle()
    assert isinstance(content["estimator"], NearestNeighbors)
    assert content["estimator"].metric == "cosine"
    assert content["item_ids"][:3].tolist() == [1, 2, 3]
    distances, indices = content["estimator"].kneighbors(content["estimator"]._fit_X[:1], 2)
    assert content["item_ids"][indices[0, 1]] == 2  # Toy Story 2
    nearest = Recommender.load(sample_model).similar(1, 1)[0]
    assert 1 - distances[0, 1] == pytest.approx(nearest.similarity, abs=1e-6)


def test_ratings_stand_in_the_pickle_before_the_content(tmp_path: Path) -> None:
    Recommender.fit(weighting="none").save(tmp_path / "plain.model")
    content = Artifact(tmp_path / "plain.model").unpickle()
    users = content["user_ids"]
    ratings = content["estimator"]._fit_X[:, : len(users)]
    assert len(users) == 700
    assert set(ratings.data.tolist()) <= {half / 2 for half in range(1, 11)}
    assert cosine_similarity(ratings[0], ratings[1])[0, 0] == pytest.approx(0.862, abs=1e-3)


def test_file_is_a_zip_of_stored_aligned_arrays_none_of_them_twice(sample_model: Path) -> None:
    with zipfile.ZipFile(sample_model) as archive:
        assert archive.testzip() is None
        members = archive.infolist()
        assert len(archive.read("model.pkl")) < 1000  # the arrays are not in it
        assert json.loads(archive.read("meta.json"))["format"] == FORMAT
    assert all(member.compress_type == zipfile.ZIP_STORED for member in members)
    content = sample_model.read_bytes()
    for member in members:
        if member.filename.endswith(".npy"):
            assert content.index(b"\x93NUMPY", member.header_offset) % ALIGNMENT == 0


def test_pickle_names_only_what_a_model_needs(sample_model: Path) -> None:
    with zipfile.ZipFile(sample_model) as archive:
        operations = pickletools.genops(archive.read("model.pkl"))
        strings = [argument for _, argument, _ in operations if isinstance(argument, str)]
    modules = {text for text in strings if text.startswith(("sklearn", "scipy", "numpy"))}
    assert modules == {"sklearn.neighbors._unsupervised", "scipy.sparse._csr"}


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 40_000), min_size=1),
    st.sampled_from(["int32", "float32", "int64", "S5"]),
    st.data(),
)
def test_any_part_of_any_array_reads_as_it_was_written(
    lengths: dict[str, int], dtype: str, data: st.DataObject
) -> None:
    arrays: dict[str, Any] = {
        name: np.arange(length).astype(dtype) for name, length in lengths.items()
    }
    with TemporaryDirectory() as folder:
        documents = {"extra": {"é": 1}}
        write_artifact(
            Path(folder, "m"), {}, {"p": arrays}, pickled=lambda: None, documents=documents
        )
        artifact = Artifact(Path(folder, "m"))
        part = artifact.part("p")
    for name, array in arrays.items():
        start = data.draw(st.integers(0, len(array)))
        stop = data.draw(st.integers(0, len(array)))
        assert list(part[name][start:stop]) == array[start:stop].tolist()
        assert [part[name][row] for row in range(start, stop)[:9]] == array[start:stop][:9].tolist()
        assert np.asarray(part[name]).tolist() == array.tolist()
    assert artifact.read_json("extra") == {"é": 1}
    assert set(part) == set(arrays)
    assert artifact.part("other") == {}


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 3)])
def test_table_reads_row_by_row(tmp_path: Path, shape: tuple[int, int]) -> None:
    table = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    write_artifact(tmp_path / "m", {}, {"p": {"table": table}}, pickled=lambda: None, documents={})
    mapped = Artifact(tmp_path / "m").part("p")["table"]
    assert [mapped[row].tolist() for row in range(len(mapped))] == table.tolist()
    assert mapped[:].tolist() == table.ravel().tolist()
    assert np.asarray(mapped).shape == shape


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.name)
def test_golden_model_loads_for_ever(golden: Path) -> None:
    recommender = Recommender.load(golden)
    answer = json.loads(golden.with_suffix(".json").read_text(encoding="utf-8"))
    assert answers(recommender) == _approximately(answer)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.name)
def test_loaded_model_is_saved_again(golden: Path, tmp_path: Path) -> None:
    loaded = Recommender.load(golden)
    loaded.save(tmp_path / "again.model")
    assert answers(Recommender.load(tmp_path / "again.model")) == answers(loaded)


def _approximately(answer: Any) -> Any:
    """Allow for the last digit of float32 sums, which depends on the processor."""
    if isinstance(answer, dict):
        return {name: _approximately(part) for name, part in answer.items()}
    if isinstance(answer, list):
        return [_approximately(part) for part in answer]
    return pytest.approx(answer, rel=1e-5, abs=1e-5) if isinstance(answer, float) else answer


def test_every_algorithm_has_a_golden_model() -> None:
    assert {f"format-{FORMAT}-{name}.model" for name in registry.names()} <= {
        path.name for path in GOLDEN
    }


def test_file_that_cannot_be_written_leaves_nothing(sample: Recommender, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        sample.save(tmp_path)
    with pytest.raises(OutputError, match="No such folder"):
        sample.save(tmp_path / "missing" / "m")
    assert list(tmp_path.iterdir()) == []


def test_link_goes_on_pointing_to_the_model(sample: Recommender, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    sample.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").is_file()


def test_big_file_is_checked_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit, damage is noticed by who reads it, and by nobody else."""
    monkeypatch.setattr("movierec.store.reading.CHECK_WHOLE_BELOW", 0)
    path = tmp_path / "m"
    arrays = {"a": np.zeros(100_000), "b": np.ones(100_000)}
    write_artifact(path, {}, {"p": arrays}, pickled=lambda: None, documents={})
    content = bytearray(path.read_bytes())
    place = content.rindex(np.ones(1).tobytes() * 3)  # the end of b
    content[place] ^= 1
    path.write_bytes(content)
    part = Artifact(path).part("p")
    assert part["a"][99_999] == 0
    assert part["b"][0] == 1
    with pytest.raises(ArtifactError, match="checksum"):
        part["b"][99_999]
    with pytest.raises(ArtifactError, match="checksum"):
        np.asarray(part["b"])
