"""Measure lists of similar movies, movierec's and others', and print a Markdown table.

    python benchmarks/similarity.py DATA SERIES [--pairs FILE] [--variant "prior=10 genres=0.5 ..."]

DATA is a folder with MovieLens' ratings.csv, movies.csv and, optionally, tags.csv. SERIES is a file
with the columns `collectionId` and `movieId`; FILE is one with `movieId`, `otherId` and `similar`
(0 or 1), as judged by people. docs/similarity.md describes the measures and shows the results.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from comparisons import Data, Fit, contenders, movierec
from measures import (
    Compare,
    Series,
    agreement,
    auc,
    fame_and_era,
    last_liked,
    mean_with_interval,
    without_common_rater,
)
from scipy.sparse import csr_matrix

from movierec.films.content import CONTENT_PARTS
from movierec.neighbors import factors

SHARED_TAGS = 0.15  # the least cosine of the tags of two movies that count as similar
FEWEST_TAGS, FEWEST_RATINGS = 3, 30  # of a movie whose tags are compared
HEAD = """\
| | series, chosen on | series, the rest | series, all | next@10 | next@50 | next@100 | tags | people | no common rater | fame | era |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""  # noqa: E501


def tag_pairs(data: Data) -> pd.DataFrame | None:
    """Return pairs of well-known movies that were given the same tags, or no common tag.

    Returns
    -------
    DataFrame or None
        With the columns ``movieId``, ``otherId`` and ``similar``. None without tags.
    """
    if data.tags is None:
        return None
    counts = data.ratings["movieId"].value_counts()
    tags = data.tags.assign(tag=data.tags["tag"].str.casefold())
    given = pd.crosstab(tags["movieId"], tags["tag"]).gt(0)
    given = given.loc[:, given.sum() > 1]
    known = counts.reindex(given.index).ge(FEWEST_RATINGS) & given.sum(axis=1).ge(FEWEST_TAGS)
    weighted = given[known] * np.log(len(data.movies) / given.sum())
    units = weighted.div(np.sqrt((weighted**2).sum(axis=1)), axis=0).to_numpy()
    first, second = np.triu_indices(len(units), 1)
    cosines = (units @ units.T)[first, second]
    clear = (cosines == 0) | (cosines > SHARED_TAGS)
    ids = weighted.index.to_numpy()
    pairs = {"movieId": ids[first], "otherId": ids[second], "similar": cosines > 0}
    return pd.DataFrame({name: column[clear] for name, column in pairs.items()})


def measure(
    fit: Fit, data: Data, series: Series, judged: Sequence[pd.DataFrame | None]
) -> list[str]:
    """Return the cells of a row of the table.

    Parameters
    ----------
    fit : Fit
    data : Data
    series : Series
    judged : sequence of DataFrame or None
        Pairs that were judged; see :func:`tag_pairs`.
    """
    compare = fit(data)
    judgments = [auc_of(compare, pairs, data.index) for pairs in judged]
    shown = [*series_cells(compare, data, series), *next_cells(fit, data), *judgments]
    return [*shown, *bias_cells(compare, data)]


def bias_cells(compare: Compare, data: Data) -> list[str]:
    """Return what speaks against lists; see the measures that these cells show.

    Parameters
    ----------
    compare : Compare
    data : Data
    """
    rated = csr_matrix((data.matrix > 0).astype(np.int32))
    lonely = without_common_rater(compare, rated)
    first_rated = data.ratings.groupby("movieId")["timestamp"].min().reindex(data.movies["movieId"])
    fame, era = fame_and_era(compare, np.diff(rated.indptr), first_rated.to_numpy(float))
    return [" / ".join(f"{share:.3f}" for share in lonely), f"{fame:.2f}", f"{era:.3f}"]


def series_cells(compare: Compare, data: Data, series: Series) -> list[str]:
    """Return recall@10 of the series that the weights were chosen on, of the rest, and of all.

    Parameters
    ----------
    compare : Compare
    data : Data
    series : Series
    """
    recalls = series.recalls(compare, data.rated)
    chosen_on = set(sorted(set(series.series_of.values()))[::2])
    is_chosen = {item: series.series_of[item] in chosen_on for item in recalls}
    cells = []
    for wanted in ((True,), (False,), (True, False)):
        part = {item: recall for item, recall in recalls.items() if is_chosen[item] in wanted}
        mean, low, high = mean_with_interval(part, series.series_of)
        cells.append(f"{mean:.3f} ({low:.2f}-{high:.2f})")
    return cells


def next_cells(fit: Fit, data: Data) -> list[str]:
    """Return how often the last movie that a user liked is near the one liked before.

    Parameters
    ----------
    fit : Fit
        Called without the last rating of each of these users.
    data : Data
    """
    pairs = last_liked(data.ratings)
    training = replace(data, ratings=data.ratings.drop(index=pairs["row"].tolist()))
    first, last = (pairs[name].map(data.index).tolist() for name in ("first", "last"))
    liked = list(zip(first, last, strict=True))
    shares = agreement(fit(training), liked, training.rated)
    return [f"{share:.3f} ± {np.sqrt(share * (1 - share) / len(liked)):.3f}" for share in shares]


def auc_of(compare: Compare, pairs: pd.DataFrame | None, index: Mapping[int, int]) -> str:
    """Return how often similar pairs score above others, or "-" if no pairs were judged.

    Parameters
    ----------
    compare : Compare
    pairs : DataFrame or None
        See :func:`tag_pairs`.
    index : mapping of int to int
        ``item_index`` by movie id.
    """
    if pairs is None:
        return "-"
    first, other = (pairs[name].map(index).to_numpy() for name in ("movieId", "otherId"))
    items, places = np.unique(first, return_inverse=True)
    scores = compare(items.astype(np.int64))[places, other]
    return f"{auc(scores, pairs['similar'].to_numpy(bool)):.3f}"


def read(folder: Path) -> Data:
    """Read the files of a MovieLens folder."""
    movies = pd.read_csv(folder / "movies.csv").sort_values("movieId", ignore_index=True)
    ratings = pd.read_csv(folder / "ratings.csv")
    tags = folder / "tags.csv"
    return Data(ratings, movies, pd.read_csv(tags) if tags.exists() else None)


def read_series(path: Path, data: Data) -> Series:
    """Read the series of the movies that have ratings.

    Parameters
    ----------
    path : Path
        See :meth:`measures.Series.read`.
    data : Data
    """
    rated = {movie: data.index[movie] for movie in data.movies["movieId"][data.rated]}
    return Series.read(pd.read_csv(path), rated)


def variant(words: str) -> Fit:
    """Return movierec with other parameters, such as ``prior=10 genres=0.5 DAMPING=0``.

    Parts of the content that are not named keep their weights. Names in capitals are constants of
    :mod:`movierec.neighbors.factors`.
    """
    given: dict[str, Any] = {
        name: float(value) for name, value in (word.split("=") for word in words.split())
    }
    parts = {name: given.pop(name) for name in CONTENT_PARTS if name in given}
    constants = {name: given.pop(name) for name in list(given) if name.isupper()}
    ours = movierec(**given, content_parts=CONTENT_PARTS | parts)

    def fit(data: Data) -> Compare:
        with ExitStack() as changes:
            for name, value in constants.items():
                own = name if hasattr(factors, name) else f"_{name}"
                kind = type(getattr(factors, own))
                changes.enter_context(patch.object(factors, own, kind(value)))
            return ours(data)

    return fit


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("series", type=Path)
    parser.add_argument("--pairs", type=Path, help="pairs that people judged")
    parser.add_argument("--no-peers", action="store_true", help="leave out implicit")
    parser.add_argument("--variant", action="append", help="measure these parameters only")
    options = parser.parse_args()
    data = read(options.data)
    series = read_series(options.series, data)
    judged = [tag_pairs(data), pd.read_csv(options.pairs) if options.pairs else None]
    print(HEAD)
    fits = {words: variant(words) for words in options.variant or ()}
    for name, fit in (fits or contenders(data, peers=not options.no_peers)).items():
        print(f"{name} ...", file=sys.stderr)
        print(f"| {name} | {' | '.join(measure(fit, data, series, judged))} |", flush=True)


if __name__ == "__main__":
    main()
