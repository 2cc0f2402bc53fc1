"""Pieces of files, without Java: all rows, once each and in their order, wherever a file is cut."""

from __future__ import annotations

import bz2
import gzip
import itertools
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec import DataError
from movierec.data.discover import find_table
from movierec.data.ratings import rating_rows
from movierec.data.report import RowReport
from movierec.training.spark import pieces
from movierec.training.spark.pieces import contents_of, pieces_of

Rated = list[tuple[Any, ...]]
RATED = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 2000), st.integers(1, 5)), min_size=1
)
SETTINGS = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def rows_of(path: Path) -> Rated:
    """What the pieces of a file hold, in another process as it were."""
    found: list[tuple[int, Rated]] = []
    for piece in pickle.loads(pickle.dumps(pieces_of(find_table(str(path), "ratings")))):
        for place, table in piece.tables():
            rows = rating_rows(table, RowReport("x", skip=False))
            columns = (rows.users, rows.items, rows.values)
            found.append((place, [*zip(*(column.tolist() for column in columns), strict=True)]))
    for (place, part), (later, _) in itertools.pairwise(found):
        assert place + len(part) <= later
    return [row for _, part in found for row in part]


@given(RATED, st.integers(1, 60), st.integers(1, 40), st.booleans(), st.booleans())
@SETTINGS
def test_lines(
    tmp_path: Path, rated: Rated, size: int, block: int, has_header: bool, is_dos: bool
) -> None:
    end = "\r\n" if is_dos else "\n"
    lines = ["userId,movieId,rating"] * has_header + [f"{u},{i},{v}" for u, i, v in rated]
    if not has_header:
        lines = [line.replace(",", "::") for line in lines]
    path = tmp_path / "ratings.dat"
    path.write_bytes(end.join(lines).encode())  # the last line does not end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_BYTES", size)
        patch.setattr(pieces, "_BLOCK", block)
        assert rows_of(path) == rated


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_packed_text_is_one_piece(
    tmp_path: Path, pack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rated = [(user, user * 7 % 50, 1 + user % 5) for user in range(2000)]
    text = "".join(f"{u},{i},{v}\n" for u, i, v in [("userId", "movieId", "rating"), *rated])
    (tmp_path / "ratings").write_bytes(pack(text.encode()))
    monkeypatch.setattr(pieces, "_BYTES", 100)
    monkeypatch.setattr(pieces, "_BLOCK", 3000)
    assert len(pieces_of(find_table(str(tmp_path / "ratings"), "ratings"))) == 1
    assert rows_of(tmp_path / "ratings") == rated


@given(RATED, st.integers(1, 7), st.integers(1, 20), st.integers(1, 3), st.booleans())
@SETTINGS
def test_row_groups(
    tmp_path: Path, rated: Rated, group: int, size: int, n_parts: int, are_listed: bool
) -> None:
    folder = tmp_path / "ratings.parquet"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    frame = pd.DataFrame(rated, columns=["userId", "movieId", "rating"])
    step = -(-len(frame) // n_parts)
    for number, start in enumerate(range(0, len(frame), step)):
        part = frame[start : start + step]
        part.to_parquet(folder / f"part-{number}.parquet", row_group_size=group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_ROWS", size)
        patch.setattr(pieces, "_MOST_PARTS", 3 * are_listed)
        assert rows_of(folder) == rated


def test_arrow_is_one_piece(tmp_path: Path) -> None:
    rated = [(user, user * 7 % 50, 1 + user % 5) for user in range(2000)]
    frame = pd.DataFrame(rated, columns=["userId", "movieId", "rating"])
    frame.to_feather(tmp_path / "ratings.feather")
    assert rows_of(tmp_path / "ratings.feather") == rated


def test_parts_with_other_columns_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"userId": [1], "movieId": [1], "rating": [1]})
    frame.to_parquet(tmp_path / "1.parquet")
    frame.assign(more=1).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2\.parquet has other columns than .*1\.parquet"):
        pieces_of(find_table(str(tmp_path), "ratings"))


def test_endless_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("userId,movieId,rating\n1,1,4\n" + "9" * 5000)
    monkeypatch.setattr(pieces, "_LONGEST_LINE", 1000)
    monkeypatch.setattr(pieces, "_BLOCK", 100)
    with pytest.raises(DataError, match="has a line of more than 1,000 bytes"):
        rows_of(path)


def test_what_other_processes_cannot_open_has_no_pieces(tmp_path: Path) -> None:
    frame = pd.DataFrame({"userId": [1], "movieId": [1], "rating": [1]})
    frame.to_csv(tmp_path / "ratings.zip", index=False)
    assert contents_of(find_table(str(tmp_path / "ratings.zip"), "ratings")) == ()
    assert contents_of(find_table(frame, "ratings")) == ()


def test_a_missing_file_is_named_in_a_task(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("userId,movieId,rating\n1,1,4\n")
    (piece,) = pieces_of(find_table(str(path), "ratings"))
    path.unlink()
    with pytest.raises(DataError, match=r"there is no file .*ratings\.csv"):
        list(piece.tables())
