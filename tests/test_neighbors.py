from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.neighbors import NearestNeighbors

from movierec.algorithms._weighting import weigh
from movierec.data.dataset import read_dataset
from movierec.model.parameters import Parameters
from movierec.neighbors import blockwise, dense, parallel
from movierec.neighbors.compare import compare, rank_all
from movierec.neighbors.corrected import corrected_vectors
from movierec.neighbors.counting import Counts, count_pairs
from movierec.neighbors.sparse import SparseRows, inverse_norms
from movierec.neighbors.support import SupportMatrix, count_shared
from movierec.neighbors.table import NeighborTable
from movierec.neighbors.top_k import top_k, top_k_by
from movierec.neighbors.weighting import Weighting
from movierec.training.fit import fit_model
from movierec.training.local import LocalEngine

TOLERANCE = 1e-6


@st.composite
def rating_matrices(draw: st.DrawFn) -> csr_matrix:
    """Sparse matrices of half stars, a few rows equal or empty, a few ratings 0."""
    n_items, n_users = draw(st.integers(1, 30)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rated = rng.random((n_items, n_users)) < draw(st.floats(0.05, 1.0))
    items, users = np.nonzero(rated)
    values = (rng.integers(0, 11, len(items)) / 2).astype(np.float32)
    matrix = csr_matrix((values, (items, users)), shape=rated.shape)
    return matrix[rng.integers(0, n_items, n_items)] if draw(st.booleans()) else matrix


def scikit_similarities(item_users: csr_matrix) -> np.ndarray[Any, Any]:
    """The similarity of every film to every other, by scikit-learn in float64; self is -1."""
    matrix = item_users.astype(np.float64)
    n_items = matrix.shape[0]
    estimator = NearestNeighbors(n_neighbors=n_items, metric="cosine", algorithm="brute")
    distances, indices = estimator.fit(matrix).kneighbors(matrix)
    similarities = np.empty((n_items, n_items))
    np.put_along_axis(similarities, indices, 1 - distances, axis=1)
    np.fill_diagonal(similarities, -1)  # dropped by its index: it need not come first
    return similarities


def assert_is_nearest(table: NeighborTable, expected: np.ndarray[Any, Any], k: int) -> None:
    """Check a table against all similarities: values, order, and that nothing nearer is missing."""
    for item, row in enumerate(table.neighbors):
        found = row[row >= 0]
        nearest = np.sort(expected[item][expected[item] > TOLERANCE])[::-1][:k]
        assert len(found) == len(nearest)
        assert item not in found
        assert len(set(found.tolist())) == len(found)
        np.testing.assert_allclose(table.similarities[item, : len(found)], nearest, atol=TOLERANCE)
        np.testing.assert_allclose(expected[item][found], nearest, atol=TOLERANCE)


def assert_ties_by_index(table: NeighborTable) -> None:
    same = (np.diff(table.similarities, axis=1) == 0) & (table.neighbors[:, 1:] >= 0)
    assert (np.diff(table.neighbors, axis=1)[same] > 0).all()
    assert (np.diff(table.similarities, axis=1) <= 0).all()


def pairwise_table(
    matrix: csr_matrix,
    k: int,
    min_support: int = 0,
    n_threads: int = 2,
    n_users: int | None = None,
    support: SupportMatrix | None = None,
    shrinkage: float = 0.0,
) -> NeighborTable:
    """The table by the compiled loops, however small the data."""
    n_users = matrix.shape[1] if n_users is None else n_users
    table = NeighborTable.empty(matrix.shape[0], k)
    terms = (n_users, min_support, shrinkage)
    parallel.fill_table(table, matrix, *terms, support, lambda done: None, n_threads)
    return table


def dense_table(
    vectors: csr_matrix,
    ratings: csr_matrix,
    k: int,
    min_support: int = 0,
    n_threads: int = 2,
    support: SupportMatrix | None = None,
) -> NeighborTable:
    """The table of corrected vectors by the compiled loops, however small the data."""
    table = NeighborTable.empty(vectors.shape[0], k)
    rest = (min_support, support, lambda done: None, n_threads)
    dense.fill_table(table, vectors, ratings, *rest)
    return table


def matrix_of(rows: SparseRows) -> csr_matrix:
    shape = (len(rows.indptr) - 1, rows.n_columns)
    return csr_matrix((rows.data, rows.indices, rows.indptr), shape=shape)


def assert_same(table: NeighborTable, other: NeighborTable) -> None:
    assert table.neighbors.tolist() == other.neighbors.tolist()
    assert table.similarities.tolist() == other.similarities.tolist()
    assert table.support.tolist() == other.support.tolist()


@given(rating_matrices(), st.integers(0, 20), st.integers(0, 4), st.integers(0, 3))
def test_support_matrix_is_a_product_of_presence(
    matrix: csr_matrix, n_items: int, least: int, n_features: int
) -> None:
    n_users = max(matrix.shape[1] - n_features, 0)
    ratings = matrix[:, :n_users]
    present = np.zeros(ratings.shape)
    present[np.repeat(np.arange(ratings.shape[0]), np.diff(ratings.indptr)), ratings.indices] = 1
    n_ratings = present.sum(axis=1).astype(np.int64)
    by_product, by_loops = (SupportMatrix(n_ratings, n_items, least, n_users) for _ in range(2))
    top_k(matrix, 3, n_users=n_users, support=by_product)
    pairwise_table(matrix, 3, n_users=n_users, support=by_loops)
    best = np.argsort(-n_ratings, kind="stable")[:n_items]
    expected = sorted(item for item in best.tolist() if n_ratings[item] >= least)
    for support in (by_product, by_loops):
        assert support.items.tolist() == expected
        assert (support.counts == (present @ present.T)[np.ix_(expected, expected)]).all()


@given(rating_matrices(), st.integers(1, 35))
@settings(max_examples=150)
def test_table_equals_scikit_learn_on_random_matrices(matrix: csr_matrix, k: int) -> None:
    expected = scikit_similarities(matrix)
    for table in (top_k(matrix, k), pairwise_table(matrix, k)):
        assert_is_nearest(table, expected, k)
        assert_ties_by_index(table)


@given(rating_matrices(), st.integers(1, 35), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=150)
def test_compiled_loops_give_the_same_table(
    matrix: csr_matrix, k: int, min_support: int, n_threads: int
) -> None:
    assert_same(
        pairwise_table(matrix, k, min_support, n_threads), top_k(matrix, k, min_support=min_support)
    )


@given(rating_matrices(), st.integers(1, 35), st.integers(0, 3), st.data())
@settings(max_examples=150)
def test_columns_beyond_the_users_count_in_the_cosine_but_not_in_the_support(
    matrix: csr_matrix, k: int, min_support: int, data: st.DataObject
) -> None:
    n_users = data.draw(st.integers(0, matrix.shape[1]))
    weights = np.sqrt(np.arange(1, matrix.shape[1] + 1))
    matrix = csr_matrix(matrix.multiply(weights), dtype=np.float32)
    table = top_k(matrix, k, n_users=n_users, min_support=min_support)
    assert_same(pairwise_table(matrix, k, min_support, n_users=n_users), table)
    both = support_of(matrix[:, :n_users])
    for item, row in enumerate(table.neighbors):
        found = row[row >= 0]
        assert table.support[item, : len(found)].tolist() == both[item, found].tolist()
    if min_support == 0:
        assert_is_nearest(table, scikit_similarities(matrix), k)


def support_of(matrix: csr_matrix) -> np.ndarray[Any, Any]:
    """How many users rated both of any two films, ratings of 0 included."""
    rated = np.zeros(matrix.shape, dtype=int)
    coordinates = matrix.tocoo()
    rated[coordinates.row, coordinates.col] = 1
    return np.asarray(rated @ rated.T)


def popular_matrix(n_items: int, n_users: int, seed: int = 0) -> csr_matrix:
    """Half stars of a long-tailed catalogue, so that blocks, chunks and heaps all fill."""
    rng = np.random.default_rng(seed)
    rated = rng.random((n_items, n_users)) < rng.random((n_items, 1)) ** 4
    return csr_matrix(np.where(rated, rng.integers(1, 11, rated.shape) / 2, 0).astype(np.float32))


def rows_all_equal() -> csr_matrix:
    return csr_matrix(np.full((1500, 3), 4.0, dtype=np.float32))


def one_user_rated_everything() -> csr_matrix:
    matrix = popular_matrix(2000, 60).tolil()
    matrix[:, 7] = 3.5
    return matrix.tocsr().astype(np.float32)


def one_film_has_all_users() -> csr_matrix:
    matrix = popular_matrix(1000, 300).tolil()
    matrix[500, :] = 2.0
    return matrix.tocsr().astype(np.float32)


def fill_by_blocks(
    table: NeighborTable, matrix: csr_matrix, n_users: int, least: int, progress: Any
) -> None:
    rows = blockwise.SimilarityRows(blockwise.cosine(matrix), matrix[:, :n_users], least)
    blockwise.fill_table(table, rows, progress)


@pytest.mark.parametrize(
    "matrix",
    [
        popular_matrix(5000, 200),
        rows_all_equal(),
        one_user_rated_everything(),
        one_film_has_all_users(),
        csr_matrix(np.eye(300, dtype=np.float32)),
        csr_matrix(np.zeros((40, 10), dtype=np.float32)),
    ],
    ids=["long-tail", "equal", "one-user", "one-film", "no-common-rater", "no-ratings"],
)
@pytest.mark.parametrize("n_threads", [1, 3])
def test_shapes_that_strain_the_loops(matrix: csr_matrix, n_threads: int) -> None:
    expected = NeighborTable.empty(matrix.shape[0], 20)
    fill_by_blocks(expected, matrix, matrix.shape[1], 0, lambda done: None)
    assert_same(pairwise_table(matrix, 20, n_threads=n_threads), expected)


def fill_by_loops(table: NeighborTable, matrix: csr_matrix, *rest: Any) -> None:
    n_users, min_support, progress = rest
    parallel.fill_table(table, matrix, n_users, min_support, 0.0, None, progress)


@pytest.mark.parametrize("fill", [fill_by_blocks, fill_by_loops])
def test_memory_does_not_grow_with_the_pairs(fill: Any) -> None:
    """Every two of 6,000 equal films share all raters: their similarities alone would be 288 MB."""
    matrix = csr_matrix(np.full((6000, 2), 4.0, dtype=np.float32))
    table = NeighborTable.empty(6000, 5)
    tracemalloc.start()
    fill(table, matrix, 2, 0, lambda done: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table.neighbors[-1].tolist() == [0, 1, 2, 3, 4]
    assert peak < 150_000_000


@pytest.mark.parametrize("shrinkage", [0.0, 100.0])
@pytest.mark.parametrize("weighting", ["none", "idf", "bm25"])
def test_large_data_take_the_compiled_loops(
    weighting: Any, shrinkage: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they begin, the answer must not change."""
    matrix = weigh(popular_matrix(300, 50), weighting)
    monkeypatch.setattr("movierec.neighbors.top_k._costs", [])
    small = top_k(matrix, 10, shrinkage=shrinkage)
    monkeypatch.setattr("movierec.neighbors.top_k._MANY", 0)
    monkeypatch.setattr("movierec.neighbors.blockwise.fill_table", None)
    assert_same(top_k(matrix, 10, shrinkage=shrinkage), small)


def test_many_tables_take_the_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that fits many small tables, as a search does, loads the loops at some time."""
    matrix = popular_matrix(300, 50)
    costs: list[float] = []
    monkeypatch.setattr("movierec.neighbors.top_k._costs", costs)
    tables = [top_k(matrix, 10), top_k(matrix, 10)]
    monkeypatch.setattr("movierec.neighbors.top_k._MANY", 2.5 * costs[0])
    monkeypatch.setattr("movierec.neighbors.blockwise.fill_table", None)
    tables.append(top_k(matrix, 10))
    for table in tables[1:]:
        assert_same(table, tables[0])


@given(rating_matrices(), st.sampled_from([0.0, 0.5, 30.0]), st.integers(1, 8))
def test_shrinkage_is_added_to_the_product_of_the_lengths(
    matrix: csr_matrix, shrinkage: float, k: int
) -> None:
    dense_rows = matrix.toarray().astype(np.float64)
    lengths = np.linalg.norm(dense_rows, axis=1)
    divisors = lengths[:, None] * lengths + shrinkage
    expected = np.divide(
        dense_rows @ dense_rows.T, divisors, out=np.zeros_like(divisors), where=divisors > 0
    )
    np.fill_diagonal(expected, -1)
    for table in (
        top_k(matrix, k, shrinkage=shrinkage),
        pairwise_table(matrix, k, shrinkage=shrinkage),
    ):
        assert_is_nearest(table, expected, k)


@given(rating_matrices(), st.integers(1, 6))
@settings(max_examples=100)
def test_support_is_the_number_of_users_who_rated_both(matrix: csr_matrix, least: int) -> None:
    table = top_k(matrix, 30, min_support=least)
    both = support_of(matrix)
    for item, row in enumerate(table.neighbors):
        found = row[row >= 0]
        assert table.support[item, : len(found)].tolist() == both[item, found].tolist()
        assert (both[item, found] >= least).all()


@st.composite
def corrected(draw: st.DrawFn) -> tuple[csr_matrix, csr_matrix]:
    """Vectors of whole numbers with factors, common features and rare ones, and ratings."""
    ratings = draw(rating_matrices())
    n_items, rng = ratings.shape[0], np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    factors = rng.normal(0, 1, (n_items, 4))
    features = rng.random((n_items, 3)) < [0.9, 0.3, 0.05]
    vectors = np.hstack([factors, features, np.eye(n_items)])
    vectors *= 4000 / np.linalg.norm(vectors, axis=1, keepdims=True)
    return csr_matrix(np.rint(vectors).astype(np.float32)), ratings


@given(corrected(), st.integers(1, 35), st.integers(0, 3), st.integers(1, 3), st.booleans())
@settings(max_examples=150)
def test_compiled_loops_give_the_same_table_of_corrected_vectors(
    given_matrices: tuple[csr_matrix, csr_matrix],
    k: int,
    min_support: int,
    n_threads: int,
    has_counts: bool,
) -> None:
    vectors, ratings = given_matrices
    support = None
    if has_counts:
        support = SupportMatrix(np.diff(ratings.indptr), 5, 1, ratings.shape[1])
        support.fill(ratings)
    table = top_k(vectors, k, ratings=ratings, min_support=min_support)
    assert_same(dense_table(vectors, ratings, k, min_support, n_threads, support), table)
    assert_ties_by_index(table)
    both = support_of(ratings)
    for item, row in enumerate(table.neighbors):
        found = row[row >= 0]
        assert table.support[item, : len(found)].tolist() == both[item, found].tolist()
        assert (both[item, found] >= min_support).all()
    if min_support == 0:
        assert_is_nearest(table, scikit_similarities(vectors), k)


@pytest.mark.parametrize(("k", "min_support"), [(20, 0), (20, 2), (2, 10), (700, 0)])
def test_any_similarities_of_many_films(
    k: int, min_support: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any sign and layout, and often equal; the compiled loops count listed pairs only."""
    ratings = popular_matrix(600, 200)
    similarities = np.random.default_rng(3).integers(-5, 6, (600, 600)).astype(np.float64) / 5

    def compare(start: int, stop: int) -> Any:
        return np.asfortranarray(similarities[start:stop])

    expected = NeighborTable.empty(600, k)
    rows = blockwise.SimilarityRows(compare, ratings, min_support)
    blockwise.fill_table(expected, rows, lambda done: None)
    assert_same(top_k_by(compare, ratings, k, min_support=min_support), expected)
    monkeypatch.setattr("movierec.neighbors.top_k._MANY", 0)
    monkeypatch.setattr(blockwise, "SimilarityRows", None)  # the other way is taken
    assert_same(top_k_by(compare, ratings, k, min_support=min_support), expected)


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize(("k", "min_support"), [(20, 0), (20, 2), (2, 10), (5, 150)])
def test_corrected_vectors_of_many_films(k: int, min_support: int, n_threads: int) -> None:
    """So many that chunks and blocks fill, and the nearest often have too little support."""
    ratings = popular_matrix(3000, 200)
    vectors, _ = corrected_vectors(ratings, None, 0.0, 20.0)
    expected = top_k(vectors, k, ratings=ratings, min_support=min_support)
    assert_same(dense_table(vectors, ratings, k, min_support, n_threads), expected)


@given(rating_matrices(), st.integers(0, 2**32 - 1))
def test_pairs_are_counted_alike(matrix: csr_matrix, seed: int) -> None:
    pairs = np.random.default_rng(seed).integers(0, matrix.shape[0], (2, 30))
    expected = support_of(matrix)[pairs[0], pairs[1]].tolist()
    by_loops = np.zeros(30, np.int32)
    count_pairs(Counts.of(matrix), pairs[0], pairs[1], by_loops)
    assert by_loops.tolist() == count_shared(matrix, pairs[0], pairs[1]).tolist() == expected


@given(rating_matrices(), st.integers(0, 20))
def test_loops_fill_the_same_support_matrix(matrix: csr_matrix, n_items: int) -> None:
    n_ratings = np.diff(matrix.indptr)
    by_product, by_loops = (SupportMatrix(n_ratings, n_items, 0, 1) for _ in range(2))
    by_product.fill(matrix)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("movierec.neighbors.support._MANY", -1)
        by_loops.fill(matrix)
    assert by_loops.counts.tolist() == by_product.counts.tolist()


@given(rating_matrices(), st.integers(1, 5))
@settings(max_examples=50)
def test_computed_rows_go_on_where_the_table_ends(matrix: csr_matrix, k: int) -> None:
    table = top_k(matrix, k)
    n_users = matrix.shape[1]
    rows = SparseRows(matrix.data, matrix.indices, matrix.indptr, n_users)
    for item, row in enumerate(table.neighbors):
        near = compare(rows, inverse_norms(matrix), n_users, [item])
        order, similarities, support = rank_all(*near, [item])
        n_found = int((row >= 0).sum())
        assert order[:n_found].tolist() == row[:n_found].tolist()
        assert similarities[:n_found].tolist() == table.similarities[item, :n_found].tolist()
        assert support[:n_found].tolist() == table.support[item, :n_found].tolist()


def test_equal_rows_are_ordered_by_index() -> None:
    table = top_k(csr_matrix(np.full((5, 3), 4.0, dtype=np.float32)), 10)
    assert table.neighbors.tolist() == [
        [1, 2, 3, 4],
        [0, 2, 3, 4],
        [0, 1, 3, 4],
        [0, 1, 2, 4],
        [0, 1, 2, 3],
    ]
    assert (table.similarities == 1).all()


def test_film_with_ratings_of_zero_only_has_no_neighbours() -> None:
    matrix = csr_matrix(([0.0, 3.0, 4.0], ([0, 1, 2], [0, 0, 0])), shape=(3, 1))
    assert top_k(matrix, 2).neighbors.tolist() == [[-1, -1], [2, -1], [1, -1]]


@pytest.mark.parametrize("content_weight", [0, 0.33])
@pytest.mark.parametrize("weighting", get_args(Weighting))
@pytest.mark.parametrize("name", ["ml-latest-small", "movietweetings-100k"])
def test_table_equals_scikit_learn(
    real_data: Path, name: str, weighting: Weighting, content_weight: float
) -> None:
    model = fit_model(
        read_dataset(real_data / name),
        Parameters(n_neighbors=20, content_weight=content_weight, weighting=weighting),
        LocalEngine(),
    )
    assert model.vectors is not None
    assert model.ratings is not None
    vectors, n_leading, table = model.vectors.matrix, model.vectors.n_leading, model.neighbors
    if weighting == "none":
        assert (vectors.shape[1] > n_leading) == (content_weight > 0)
        assert_same(pairwise_table(vectors, 20, n_users=n_leading), table)
    else:
        assert n_leading == 64
        assert_same(dense_table(vectors, matrix_of(model.ratings.rows), 20), table)
    estimator = NearestNeighbors(n_neighbors=21, metric="cosine", algorithm="brute")
    matrix = vectors.astype(np.float64)
    # A sample: the other kernel, above, has compared all.
    items = np.random.default_rng(0).choice(matrix.shape[0], 1500, replace=False)
    distances, indices = estimator.fit(matrix).kneighbors(matrix[items])
    for item, near, distance in zip(items.tolist(), indices, distances, strict=True):
        others = near != item  # self may be anywhere among its equals, or beyond k
        expected = dict(zip(near[others], 1 - distance[others], strict=True))
        assert_same_neighbors(table, item, expected)
    assert_ties_by_index(table)


def assert_same_neighbors(table: NeighborTable, item: int, expected: dict[int, float]) -> None:
    values = [value for value in expected.values() if value > TOLERANCE][: table.neighbors.shape[1]]
    found = table.neighbors[item][table.neighbors[item] >= 0]
    np.testing.assert_allclose(table.similarities[item, : len(found)], values, atol=TOLERANCE)
    last = values[-1] if values else 0.0  # only equals of the last may differ
    above = found[table.similarities[item, : len(found)] > last + TOLERANCE]
    assert set(above.tolist()) <= expected.keys()
    assert {n for n, value in expected.items() if value > last + TOLERANCE} <= set(found.tolist())
