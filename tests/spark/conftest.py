"""One Spark session for all tests: starting Java takes seconds."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: it is in the extra spark")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java, which is not installed")
    from movierec.training.spark.session import opened_session

    with opened_session("local[2]") as session:
        yield session
