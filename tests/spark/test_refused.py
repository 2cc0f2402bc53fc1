"""What is said where Spark cannot start; none of it needs Java."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from movierec import Recommender, UsageError
from movierec.data.discover import sample_folder
from tests.conftest import Run


def test_missing_java_is_named(tmp_path: Path, movierec: Run) -> None:
    pytest.importorskip("pyspark")
    environment = {**os.environ, "PATH": str(tmp_path)}
    environment.pop("JAVA_HOME", None)
    result = movierec("fit", "-q", "--engine", "spark", env=environment)
    assert result.returncode == 2
    assert result.stderr.splitlines() == [
        "error: Spark needs Java, which is not installed",
        "hint: install Java 17 or later",
    ]
    assert not list(tmp_path.iterdir())


def test_missing_pyspark_is_named(tmp_path: Path, movierec: Run) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "pyspark.py").write_text("raise ImportError('not here')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "modules")}
    result = movierec("fit", "-q", "--engine", "spark", env=environment)
    assert result.returncode == 2
    assert "the engine spark needs pyspark" in result.stderr
    assert "hint: pip install pyspark pyarrow, which are in the extra spark" in result.stderr


def test_engine_must_exist_and_take_a_master() -> None:
    with pytest.raises(UsageError, match="engine"):
        Recommender.fit(engine="dask")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a master was named for the local engine"):
        Recommender.fit(master="local[2]")


def test_what_tasks_cannot_open_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for name in ("ratings.csv", "movies.csv"):
            archive.write(sample_folder() / name, name)
    with pytest.raises(UsageError, match=r"the engine spark cannot read .*both\.zip:ratings\.csv"):
        Recommender.fit(tmp_path / "both.zip", engine="spark")
