"""A model with a map beside it, which takes some seconds to make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from movierec import Recommender


@pytest.fixture(scope="session")
def mapped_model(sample_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample model, with its map."""
    pytest.importorskip("umap", reason="no map is made without umap-learn")
    path = tmp_path_factory.mktemp("mapped") / "sample.model"
    shutil.copy(sample_model, path)
    Recommender.load(path).map()
    return path


@pytest.fixture
def own_model(mapped_model: Path, tmp_path: Path) -> Path:
    """A copy of both files, which a test may damage."""
    for name in (mapped_model.name, f"{mapped_model.name}.map"):
        shutil.copy(mapped_model.with_name(name), tmp_path / name)
    return tmp_path / mapped_model.name
