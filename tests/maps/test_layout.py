"""Layouts are the same on every run, put neighbors near, and have a place for every movie."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from movierec import Recommender
from movierec._util import no_progress
from movierec.maps.layout import HIGHEST, lay_out
from movierec.neighbors.table import NeighborTable
from tests.conftest import Run

pytest.importorskip("umap", reason="no map is made without umap-learn")


@pytest.mark.parametrize("n_threads", ["1", "2"])
def test_maps_are_equal_to_the_byte(
    mapped_model: Path, tmp_path: Path, movierec: Run, n_threads: str
) -> None:
    shutil.copy(mapped_model, tmp_path / "m")
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, n_threads)
    result = movierec("map", "-m", "m", env=environment)
    assert result.returncode == 0, result.stderr
    made = mapped_model.with_name("sample.model.map").read_bytes()
    assert (tmp_path / "m.map").read_bytes() == made


def test_a_map_of_the_sample_is_true(mapped_model: Path) -> None:
    found = Recommender.load(mapped_model).map()
    assert found.share_kept is not None
    assert found.share_kept > 0.8
    assert found.trustworthiness is not None
    assert found.trustworthiness > 0.95
    assert found.places.max() <= HIGHEST
    assert np.ptp(found.places, axis=0).max() == HIGHEST


def table_of(rows: list[list[int]], width: int = 4) -> NeighborTable:
    table = NeighborTable.empty(len(rows), width)
    for item, row in enumerate(rows):
        table.neighbors[item, : len(row)] = row
        table.similarities[item, : len(row)] = np.linspace(0.9, 0.5, len(row))
    return table


def test_rows_may_be_short_and_movies_alone_lie_on_the_rim() -> None:
    """Two groups that nothing joins, a row that only others list, and three movies alone."""
    group = [[(item + step) % 10 for step in (1, 2, 3)] for item in range(10)]
    other = [[10 + (item + step) % 8 for step in (1, 3)] for item in range(8)]
    rows = [*group, *other, [], [], []]
    group[3], rows[3] = [], []  # others list it
    places = lay_out(table_of(rows), no_progress).astype(float)
    distance = np.hypot(*(places - HIGHEST / 2).T)
    assert distance[-3:].min() > distance[:-3].max()
    centers = places[:10].mean(axis=0), places[10:18].mean(axis=0)
    for start, stop, near, far in ((0, 10, 0, 1), (10, 18, 1, 0)):
        for place in places[start:stop]:
            assert np.hypot(*(place - centers[near])) < np.hypot(*(place - centers[far]))


@pytest.mark.parametrize("rows", [[[]], [[], []], [[1], [0]], [[1], [0], []], [[1], []]], ids=repr)
def test_few_movies_have_places(rows: list[list[int]]) -> None:
    places = lay_out(table_of(rows, 1), no_progress)
    assert places.shape == (len(rows), 2)
    assert len(np.unique(places, axis=0)) == len(rows)


def test_equal_similarities_are_no_problem() -> None:
    table = table_of([[(item + step) % 30 for step in range(1, 5)] for item in range(30)])
    table.similarities[:] = 1
    places = lay_out(table, no_progress)
    assert np.ptp(places, axis=0).max() == HIGHEST
