from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import DataError, Interactions
from movierec.data.encode import encode_ratings
from movierec.data.interactions import RatingRows
from movierec.vocabulary import Vocabulary, as_ids

Row = tuple[int, int, float, int]  # user, item, rating, time

ROWS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 5),
        st.sampled_from([0.0, 0.5, 3.0, 5.0]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=40,
)


def raw(rows: list[Row]) -> RatingRows:
    users, items, values, times = (list(column) for column in zip(*rows, strict=True))
    return RatingRows(
        np.array(users) * 10,
        np.array(items) * 7,
        np.array(values, np.float32),
        lambda: np.array(times),
    )


def last_ratings(rows: list[Row]) -> dict[tuple[int, int], Row]:
    """An oracle in plain Python: the last row of each pair by time; of equal times, the later."""
    last: dict[tuple[int, int], Row] = {}
    for row in rows:
        pair = row[:2]
        if pair not in last or row[3] >= last[pair][3]:
            last[pair] = row
    return last


@given(ROWS)
def test_order_of_the_file_survives_encoding(rows: list[Row]) -> None:
    found, users, _ = encode_ratings(raw(rows))
    last = last_ratings(rows)
    kept = [row for number, row in enumerate(rows) if is_last(rows, number)]
    assert {row[:2]: row for row in kept} == last
    listed = list(zip(found.users.tolist(), found.ratings.tolist(), found.timestamps, strict=True))
    assert [users.id_at(user) for user, _, _ in listed] == [row[0] * 10 for row in kept]
    assert [(rating, time) for _, rating, time in listed] == [row[2:] for row in kept]


def is_last(rows: list[Row], number: int) -> bool:
    """Whether no other row of the pair is later, by time, then by place."""
    pair, time = rows[number][:2], rows[number][3]
    return all(
        (row[3], place) <= (time, number) for place, row in enumerate(rows) if row[:2] == pair
    )


@given(ROWS)
def test_histories_are_ordered_by_time_then_by_the_file(rows: list[Row]) -> None:
    found, users, _ = encode_ratings(raw(rows))
    items = Vocabulary.encode(raw(rows).items)[0]
    offsets, history = found.histories
    last = [row for number, row in enumerate(rows) if is_last(rows, number)]
    for user in range(found.n_users):
        own = [row for row in last if row[0] * 10 == users.id_at(user)]
        expected = [row[1] * 7 for row in sorted(own, key=lambda row: row[3])]  # stable
        listed = history[offsets[user] : offsets[user + 1]]
        assert [items.id_at(int(item)) for item in listed] == expected


@given(ROWS)
def test_matrices_hold_every_rating(rows: list[Row]) -> None:
    found, _, _ = encode_ratings(raw(rows))
    dense = np.full((found.n_users, found.n_items), np.nan)
    dense[found.users, found.items] = found.ratings
    stored = np.full_like(dense, np.nan)
    matrix = found.user_items.tocoo()
    stored[matrix.row, matrix.col] = matrix.data
    np.testing.assert_array_equal(stored, dense)
    assert found.user_items.nnz == len(found)  # a rating of 0 is stored
    np.testing.assert_array_equal(found.item_users.toarray(), found.user_items.toarray().T)
    assert found.item_users.nnz == len(found)


@given(ROWS, st.data())
def test_for_users_renumbers_users_in_the_order_given(rows: list[Row], data: st.DataObject) -> None:
    found, _, _ = encode_ratings(raw(rows))
    chosen = data.draw(st.permutations(range(found.n_users)))[: data.draw(st.integers(0, 3))]
    part = found.for_users(np.array(chosen, dtype=np.int64))
    assert part.n_users == len(chosen)
    assert part.n_items == found.n_items
    for number, user in enumerate(chosen):
        own = found.select(found.users == user)
        mine = part.select(part.users == number)
        assert mine.items.tolist() == own.items.tolist()
        assert mine.ratings.tolist() == own.ratings.tolist()
        assert mine.timestamps.tolist() == own.timestamps.tolist()


def test_times_are_read_when_asked_for_and_once() -> None:
    asked = []

    def read() -> np.ndarray:
        asked.append(1)
        return np.array([30, 10, 20])

    rows = RatingRows(np.array([1, 1, 2]), np.array([1, 2, 1]), np.ones(3, np.float32), read)
    found, _, _ = encode_ratings(rows)
    assert found.has_timestamps
    assert found.user_items.nnz == 3
    assert not asked
    assert found.histories[1].tolist() == [1, 0, 0]
    assert found.timestamps.tolist() == [30, 10, 20]
    assert asked == [1]


def test_ratings_without_times_have_no_histories() -> None:
    found, _, _ = encode_ratings(RatingRows(np.array([1]), np.array([1]), np.ones(1, np.float32)))
    assert not found.has_timestamps
    with pytest.raises(DataError, match="no timestamps"):
        _ = found.histories
    assert not found.for_users(np.array([0])).has_timestamps


def test_from_user_items_round_trips() -> None:
    found, _, _ = encode_ratings(raw([(0, 1, 3.0, 0), (1, 0, 0.0, 0), (1, 1, 5.0, 0)]))
    again = Interactions.from_user_items(found.user_items)
    np.testing.assert_array_equal(again.user_items.toarray(), found.user_items.toarray())
    assert again.user_items.nnz == 3


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1), st.lists(st.integers(-50, 50)))
def test_vocabulary_finds_each_id_and_no_other(known: list[int], asked: list[int]) -> None:
    vocabulary, indices = Vocabulary.encode(np.array(known))
    ids = sorted(set(known))
    assert vocabulary.ids.tolist() == ids  # type: ignore[attr-defined]
    assert [vocabulary.id_at(int(index)) for index in indices] == known
    expected = [ids.index(value) if value in ids else -1 for value in asked]
    assert vocabulary.indices_of(np.array(asked, dtype=np.int64)).tolist() == expected
    assert [vocabulary.index_of(value) for value in asked] == [
        None if index < 0 else index for index in expected
    ]


def test_text_and_numbers_meet_as_text() -> None:
    numbers = Vocabulary(np.array([1, 17, 300]))
    assert numbers.indices_of(as_ids(["017", "17", "x"])).tolist() == [-1, 1, -1]
    texts = Vocabulary(as_ids(["017", "17", "x"]))
    assert texts.indices_of(np.array([17, 300])).tolist() == [1, -1]
    assert texts.index_of("x") == 2
    assert texts.index_of(17) == 1
    assert numbers.index_of("x") is None
