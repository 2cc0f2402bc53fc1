"""Chunks of whole users, without Java: they are made of record batches."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec.training.spark import packing
from movierec.training.spark.chunks import chunks_in
from movierec.training.spark.packing import Chunk, Packer

TYPES = (pa.int64(), pa.string(), pa.int32(), pa.float32(), pa.float64(), pa.int64(), pa.string())
NAMES = ("user_number", "user_text", "item", "value", "time", "place", "left_out")
ROWS = st.lists(st.tuples(st.integers(-3, 6), st.integers(0, 5), st.integers(1, 10)), min_size=1)


def batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, dtype) for column, dtype in zip(columns, TYPES, strict=True)]
    return pa.record_batch(arrays, names=list(NAMES))


def packed(rows: list[tuple[Any, ...]], size: int) -> tuple[list[Chunk], dict[str, Any]]:
    """Pack rows that come in batches of some size."""
    batches = [batch(rows[start : start + size]) for start in range(0, len(rows), size)]
    found = list(Packer(7).chunks(iter(batches)))
    left_out: dict[str, Any] = {}
    for each in found:
        for name, n in json.loads(each["left_out"][0].as_py()).items():
            left_out[name] = n if name == "first_bad" else left_out.get(name, 0) + n
    numbered = list(chunks_in(iter(found)))
    assert [(part, seq) for part, seq, _ in numbered] == [(7, seq) for seq in range(len(found))]
    return [chunk for _, _, chunk in numbered], left_out


@given(ROWS, st.integers(1, 9), st.booleans())
@settings(max_examples=60)
def test_chunks_hold_whole_users_and_their_last_ratings(
    rated: list[tuple[int, int, int]], size: int, is_text: bool
) -> None:
    ordered = sorted(rated, key=lambda row: ((str(row[0]) if is_text else row[0]), row[1]))
    rows = [
        (None if is_text else user, str(user) if is_text else None, item, value, 0.0, place, None)
        for place, (user, item, value) in enumerate(ordered)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "RATINGS", 4)
        chunks, left_out = packed(rows, size)
    last = {(user, item): value for user, item, value in ordered}
    assert left_out.get("repeated", 0) == len(rated) - len(last)
    found = {
        (int(user), int(item)): value
        for chunk in chunks
        for user, start, stop in zip(chunk.users, chunk.starts, chunk.starts[1:], strict=False)
        for item, value in zip(chunk.items[start:stop], chunk.values[start:stop], strict=True)
    }
    assert found == last
    users = [user for chunk in chunks for user in chunk.users.tolist()]
    assert users == sorted({str(u).encode() if is_text else u for u, _, _ in ordered})


@given(ROWS, st.integers(0, 2**31))
@settings(max_examples=40)
def test_parts_of_chunks(rated: list[tuple[int, int, int]], seed: int) -> None:
    ordered = sorted({row[:2]: row for row in rated}.values())
    (chunk,), _ = packed(
        [(user, None, item, value, 0.0, 0, None) for user, item, value in ordered], 100
    )
    matrix = chunk.user_items(6)
    rng = np.random.default_rng(seed)
    users = rng.random(len(chunk.users)) < 0.5
    np.testing.assert_array_equal(
        chunk.of_users(users).user_items(6).toarray(), matrix[users].toarray()
    )
    items = rng.random(6) < 0.5
    left, expected = chunk.of_items(items), matrix.toarray() * items
    rest = expected.any(axis=1)
    np.testing.assert_array_equal(left.users, chunk.users[rest])
    np.testing.assert_array_equal(left.user_items(6).toarray(), expected[rest])
    digests = [chunk.of_users(part).digest() for part in (users, ~users)]
    assert sum(digests) % (1 << 128) == chunk.digest()
    joined = Chunk.joined([chunk.of_users(users), chunk.of_users(~users)])
    assert sorted(joined.items.tolist()) == sorted(chunk.items.tolist())


def test_what_was_left_out_is_counted() -> None:
    rows = [
        (None, None, -2, 3.0, 3.0, 50, "later"),
        (None, None, -2, 1.0, 1.0, 20, "first"),
        (None, None, -1, 5.0, 5.0, 20, ""),
        (4, None, 0, 2.0, 0.0, 1, None),
    ]
    chunks, left_out = packed(rows, 2)
    assert [chunk.values.tolist() for chunk in chunks] == [[2.0]]
    assert left_out["bad"] == 4
    assert left_out["unknown"] == 5
    assert left_out["first_bad"] == [20, "first"]
    chunks, left_out = packed(rows[:3], 2)
    assert [len(chunk.users) for chunk in chunks] == [0]
    assert left_out["unknown"] == 5


def test_ids_of_both_kinds_are_noticed() -> None:
    rows = [(None, "a", 0, 2.0, 0.0, 1, None), (4, None, 0, 2.0, 0.0, 1, None)]
    _, left_out = packed(rows, 5)
    assert (left_out["numbers"], left_out["texts"]) == (1, 1)
