"""Convert a data set to interactions and a catalog.

Ids of a file become indices here. Only the evaluation numbers them anew, over the training and the
test rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import parts_of
from movierec.data.interactions import I64, Interactions, RatingRows, selected_timestamps
from movierec.errors import DataError
from movierec.films.catalog import Catalog
from movierec.films.index import TitleIndex
from movierec.films.names import split_year
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
    """

    interactions: Interactions
    catalog: Catalog
    titles: TitleIndex
    users: Vocabulary
    dropped: dict[str, int] = field(default_factory=dict)

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
    name = dataset.files["ratings"]
    found, users, dropped = encode_ratings(
        dataset.take_ratings(), Vocabulary(item_ids), min_ratings=min_ratings, name=name
    )
    n_ratings = np.diff(found.item_users.indptr)
    return EncodedData(found, *make_catalog(dataset, n_ratings, _sums(found)), users, dropped)


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
        n_ratings=n_ratings.astype(np.int32),
        mean_ratings=(sums / np.maximum(n_ratings, 1)).astype(np.float32),
    )
    links = {
        index: dataset.links[movie.movie_id]
        for index, movie in enumerate(movies)
        if movie.movie_id in dataset.links
    }
    return catalog, TitleIndex.build(titles, links)


def _sums(interactions: Interactions) -> npt.NDArray[np.float64]:
    """Return the sum of the ratings of each item; SciPy would sum in float32."""
    sums = np.zeros(interactions.n_items)
    for part in parts_of(len(interactions)):
        sums += np.bincount(interactions.items[part], interactions.ratings[part], len(sums))
    return sums


def encode_ratings(
    rows: RatingRows,
    items: Vocabulary | None = None,
    *,
    min_ratings: int = 1,
    name: str = "the ratings",
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
        If no rating is left.
    """
    items = Vocabulary.encode(rows.items)[0] if items is None else items
    n_rows, dropped = len(rows), dict[str, int]()
    found, users = _indexed(rows, items, dropped)
    del rows  # each step frees its input
    n_pairs = found.item_users.nnz
    if n_pairs < len(found):
        dropped["repeated (the last by time was kept)"] = len(found) - n_pairs
        found = found.select(last_of_each(found))
    if min_ratings > 1:
        found, users = _with_min_ratings(found, users, min_ratings, dropped)
    if len(found) == 0:
        raise DataError(*nothing_left(name, n_rows, dropped))
    return found, users, {reason: n for reason, n in dropped.items() if n}


def _indexed(
    rows: RatingRows, items: Vocabulary, dropped: dict[str, int]
) -> tuple[Interactions, Vocabulary]:
    """Convert the rows with known items to interactions."""
    item_index = items.indices_of(rows.items)
    n_unknown = int((item_index < 0).sum())
    dropped["of movies that are not in the movies file"] = n_unknown
    kept = np.flatnonzero(item_index >= 0) if n_unknown else slice(None)
    users, user_index = Vocabulary.encode(rows.users[kept])
    read = rows.read_timestamps and cache(rows.read_timestamps)  # however often rows are selected
    return Interactions(
        user_index,
        item_index[kept],
        rows.values[kept],
        len(users),
        len(items),
        selected_timestamps(read, kept),
    ), users


def last_of_each(interactions: Interactions) -> I64:
    """Return the rows with the last rating of each user-item pair, by time, then by position."""
    times = interactions.timestamps if interactions.has_timestamps else np.zeros(len(interactions))
    order = np.lexsort((times, interactions.users, interactions.items))
    items, users = interactions.items[order], interactions.users[order]
    ends = np.append((np.diff(items) != 0) | (np.diff(users) != 0), True)
    return np.sort(order[ends])


def _with_min_ratings(
    found: Interactions, users: Vocabulary, min_ratings: int, dropped: dict[str, int]
) -> tuple[Interactions, Vocabulary]:
    counts = np.bincount(found.items, minlength=found.n_items)
    kept = found.select(counts[found.items] >= min_ratings)
    dropped[f"of movies with fewer than {min_ratings} ratings"] = len(found) - len(kept)
    present, numbers = Vocabulary.encode(kept.users)
    return Interactions(
        numbers, kept.items, kept.ratings, len(present), kept.n_items, kept.read_timestamps
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
