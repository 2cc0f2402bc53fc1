from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings

from movierec import Recommender
from tests.hostile._examples import examples

# These machines are shared: how long an example takes says nothing about the code.
# The examples are the same in every run but long ones, which search: see docs/reliability.md.
settings.register_profile("patient", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None)
settings.load_profile("searching" if examples(100) == 100 else "patient")

REAL_DATA = "MOVIEREC_REAL_DATA"
Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_configure(config: pytest.Config) -> None:
    """Let JAX keep what it compiled for the tests of this process: a fit takes seconds without."""
    compiled = TemporaryDirectory(prefix="compiled-")
    config.add_cleanup(compiled.cleanup)
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets, which the project does not hold."""
    folder = os.environ.get(REAL_DATA)
    if not folder:
        pytest.skip(f"{REAL_DATA} does not name a folder with MovieLens data")
    return Path(folder)


@pytest.fixture(scope="session")
def sample() -> Recommender:
    return Recommender.fit()


@pytest.fixture(scope="session")
def sample_model(sample: Recommender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "sample.model"
    sample.save(path)
    return path


@pytest.fixture(scope="session")
def mapped_model(sample_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample model with a map beside it, which takes some seconds to make."""
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


@pytest.fixture(scope="module")
def few_steps() -> Iterator[None]:
    """Let an epoch over a few ratings see them a few times only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("movierec.algorithms._neural.sequence_model._LEAST_STEPS", 10)
        patch.setattr("movierec.algorithms.neumf._PASSES", 2)
        yield


@pytest.fixture
def movierec(tmp_path: Path) -> Run:
    """Run the real program in an empty folder, as someone in a shell would."""

    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if key != "MOVIEREC_MODEL"}
        usual: dict[str, Any] = {
            "cwd": tmp_path,
            "env": environment,
            "timeout": 120,
            "capture_output": True,
        }
        return subprocess.run(
            [sys.executable, "-m", "movierec", *map(str, arguments)],
            **usual | options,
            check=False,
            encoding="utf-8",
        )

    return run
