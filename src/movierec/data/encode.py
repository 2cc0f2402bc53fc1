"""Convert a data set to interactions and a catalog.

Ids of a file become indices here. Only the evaluation numbers them anew, over the training and the
test rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.data.interactions import (
    I64,
    Interactions,
    RatingRows,
    last_of_each,
    selected_timestamps,
)
from movierec.data.left_out import Sieve
from movierec.errors import DataError
from movierec.films.catalog import Catalog
from movierec.films.index import TitleIndex
from movierec.films.names import split_year
from movierec.neighbors.sparse import row_parts
from movierec.store.columns import StringArray
from movierec.vocabulary import Vocabulary, as_ids

if TYPE_CHECKING:
    from movierec.data.dataset import Dataset


@dataclass
class EncodedData:
    """A data set with indices instead of ids.

    Attributes
    ----------
    interactions : Interactions
    catalog : Catalog
    titles : TitleIndex
    users : Vocabulary
    dropped : dict of str to int
        Number of dropped rating rows, by reason.
    sieve : Sieve
        Has these rows.
    """

    interactions: Interactions
    catalog: Catalog
    titles: TitleIndex
    users: Vocabulary
    dropped: dict[str, int] = field(default_factory=dict)
    sieve: Sieve = field(default_factory=Sieve)

    def take_interactions(self) -> Interactions:
        """Return the interactions and drop the reference to them, so that they can be freed."""
        interactions = self.interactions
        del self.interactions
        return interactions


def encode(dataset: Dataset, min_ratings: int = 1) -> EncodedData:
    """Convert ids to indices, in the order of the ids.

    Parameters
    ----------
    dataset : Dataset
        Its ratings are removed from it, so that they can be freed.
    min_ratings : int
        Minimum number of ratings of an item; the ratings of other items are dropped.

    Raises
    ------
    DataError
        If no rating is left.
    """
    item_ids = np.sort(as_ids([movie.movie_id for movie in dataset.movies]), kind="stable")
    name, items, sieve = dataset.files["ratings"], Vocabulary(item_ids), Sieve()
    found, users, dropped = encode_ratings(
        dataset.take_ratings(), items, min_ratings=min_ratings, name=name, sieve=sieve
    )
    catalog, titles = make_catalog(dataset, *counts_and_sums(found))
    return EncodedData(found, catalog, titles, users, dropped, sieve)


def make_catalog(
    dataset: Dataset, n_ratings: npt.NDArray[Any], sums: npt.NDArray[np.float64]
) -> tuple[Catalog, TitleIndex]:
    """Return what is known of the movies, in the order of their ids, and the index of their titles.

    Parameters
    ----------
    dataset : Dataset
    n_ratings, sums : ndarray of shape (n_items,)
        The number and the sum of the ratings of each.
    """
    item_ids = as_ids([movie.movie_id for movie in dataset.movies])
    order = np.argsort(item_ids, kind="stable")
    movies = [dataset.movies[position] for position in order]
    titles = [movie.title for movie in movies]
    tags = ["|".join(dataset.tags.get(movie.movie_id, ())) for movie in movies]
    catalog = Catalog(
        item_ids=item_ids[order],
        titles=StringArray.of(titles),
        genres=StringArray.of(movie.genres for movie in movies),
        tags=StringArray.of(tags),
        years=np.array([split_year(title)[1] or 0 for title in titles], dtype=np.int16),
        **_numbers(n_ratings, sums),
    )
    links = {
        index: dataset.links[movie.movie_id]
        for index, movie in enumerate(movies)
        if movie.movie_id in dataset.links
    }
    return catalog, TitleIndex.build(titles, links)


def recounted(catalog: Catalog, interactions: Interactions) -> Catalog:
    """Return the catalog of the same movies with other ratings, in memory.

    Parameters
    ----------
    catalog : Catalog
    interactions : Interactions
    """
    known = {name: np.array(column) for name, column in catalog.to_arrays().items()}
    return Catalog.from_arrays(known | _numbers(*counts_and_sums(interactions)))


def _numbers(
    n_ratings: npt.NDArray[Any], sums: npt.NDArray[np.float64]
) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of a catalog that depend on ratings."""
    means = (sums / np.maximum(n_ratings, 1)).astype(np.float32)
    return {"n_ratings": n_ratings.astype(np.int32), "mean_ratings": means}


def counts_and_sums(
    interactions: Interactions,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """Return the number of ratings of each item, and their sum in the order of the users.

    Parameters
    ----------
    interactions : Interactions

    Returns
    -------
    n_ratings : ndarray of shape (n_items,), integer
    sums : ndarray of shape (n_items,), float64
    """
    sums = np.zeros(interactions.n_items)
    for rows, part in row_parts(interactions.item_users):
        items = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        sums[rows] = np.bincount(items, part.data, part.shape[0])
    return np.diff(interactions.item_users.indptr), sums


def encode_ratings(
    rows: RatingRows,
    items: Vocabulary | None = None,
    *,
    min_ratings: int = 1,
    name: str = "the ratings",
    sieve: Sieve | None = None,
    may_be_empty: bool = False,
) -> tuple[Interactions, Vocabulary, dict[str, int]]:
    """Convert the ids of rating rows to indices; keep the last rating of each pair.

    Parameters
    ----------
    rows : RatingRows
    items : Vocabulary, optional
        Ratings of other items are dropped. Default: the items of the rows.
    min_ratings : int
        Minimum number of ratings of an item; the ratings of other items are dropped.
    name : str
        Name of the rows in error messages.
    sieve : Sieve, optional
        Takes the dropped rows.
    may_be_empty : bool
        Whether no rating may be left.

    Returns
    -------
    interactions : Interactions
        In the order of the rows.
    users : Vocabulary
    dropped : dict of str to int
        Number of dropped rows, by reason.

    Raises
    ------
    DataError
        If no rating is left, unless that may be.
    """
    items = Vocabulary.encode(rows.items)[0] if items is None else items
    n_rows, dropped, sieve = len(rows), dict[str, int](), sieve or Sieve()
    found, users = _indexed(rows, items, dropped, sieve)
    del rows  # each step frees its input
    n_pairs = found.item_users.nnz
    if n_pairs < len(found):
        dropped["repeated (the last by time was kept)"] = len(found) - n_pairs
        found = _kept(found, last_of_each(found), users, items, sieve, are_older=True)
    if min_ratings > 1:
        counts = np.bincount(found.items, minlength=found.n_items)
        enough = np.flatnonzero(counts[found.items] >= min_ratings)
        dropped[f"of movies with fewer than {min_ratings} ratings"] = len(found) - len(enough)
        found, users = _of_present(_kept(found, enough, users, items, sieve), users)
    if len(found) == 0 and not may_be_empty:
        raise DataError(*nothing_left(name, n_rows, dropped))
    return found, users, {reason: n for reason, n in dropped.items() if n}


def _indexed(
    rows: RatingRows, items: Vocabulary, dropped: dict[str, int], sieve: Sieve
) -> tuple[Interactions, Vocabulary]:
    """Convert the rows with known items to interactions."""
    item_index = items.indices_of(rows.items)
    n_unknown = int((item_index < 0).sum())
    dropped["of movies that are not in the movies file"] = n_unknown
    kept: npt.NDArray[Any] | slice = slice(None)
    read = rows.read_timestamps and cache(rows.read_timestamps)  # however often rows are selected
    if n_unknown:
        kept = np.flatnonzero(item_index >= 0)
        sieve.keep(kept, len(rows), replace(rows, read_timestamps=read).select)
    users, user_index = Vocabulary.encode(rows.users[kept])
    return Interactions(
        user_index,
        item_index[kept],
        rows.values[kept],
        len(users),
        len(items),
        selected_timestamps(read, kept),
    ), users


def _kept(
    found: Interactions,
    kept: I64,
    users: Vocabulary,
    items: Vocabulary,
    sieve: Sieve,
    *,
    are_older: bool = False,
) -> Interactions:
    """Return some of the interactions; the sieve takes the others, with their ids."""

    def rows_at(left: I64) -> RatingRows:
        part = found.select(left)
        ids = (users.ids[part.users], items.ids[part.items])
        return RatingRows(*ids, part.ratings, part.read_timestamps)

    sieve.keep(kept, len(found), rows_at, are_older=are_older)
    return found.select(kept)


def _of_present(found: Interactions, users: Vocabulary) -> tuple[Interactions, Vocabulary]:
    """Give the users new numbers, without those who have no rating."""
    present, numbers = Vocabulary.encode(found.users)
    return Interactions(
        numbers, found.items, found.ratings, len(present), found.n_items, found.read_timestamps
    ), Vocabulary(users.ids[present.ids])


def nothing_left(name: str, n_rows: int, dropped: Mapping[str, int]) -> tuple[str, str]:
    """Return the message and the hint of the error that no rating is left.

    Parameters
    ----------
    name : str
    n_rows : int
    dropped : mapping of str to int
        Number of dropped rows, by reason.
    """
    reasons = ", ".join(f"{n:,} {reason}" for reason, n in dropped.items() if n)
    hint = "do the two files belong to the same data set?"
    if any(n == n_rows for reason, n in dropped.items() if "fewer than" in reason):
        hint = "lower --min-ratings or --min-raters"
    return (
        f"{name}: no rating of {n_rows:,} can be used: {reasons or 'the file has none'}",
        hint,
    )
