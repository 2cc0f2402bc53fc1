"""Measure lists of similar films, movierec's and others', and print a table in Markdown.

    python benchmarks/similarity.py DATA SERIES [--pairs FILE] [--variant "prior=10 genres=0.5 ..."]

DATA is a folder with MovieLens' ratings.csv, movies.csv and perhaps tags.csv; SERIES a file with
`collectionId` and `movieId`; FILE one with `movieId`, `otherId` and `similar` (0 or 1), by people.
docs/similarity.md says what the measures are and what they gave.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from measures import Rows, Series, agreement, auc, last_liked, mean_with_interval
from scipy.sparse import csr_matrix

from movierec import Recommender
from movierec.neighbors.compare import fitted_matrix
from movierec.model.model import CONTENT_PARTS
from movierec.neighbors.blockwise import Rows as TableRows
from movierec.neighbors.blockwise import cosine

EASE_LAMBDA = 300.0
SHARED_TAGS = 0.15  # the least cosine of the tags of two films that are called alike
FEWEST_TAGS, FEWEST_RATINGS = 3, 30  # of a film of which tags are compared


@dataclass(frozen=True)
class Data:
    """Ratings and films, the films in the order of their ids."""

    ratings: pd.DataFrame
    movies: pd.DataFrame
    tags: pd.DataFrame | None = None

    @property
    def index(self) -> dict[int, int]:
        return {movie: place for place, movie in enumerate(self.movies["movieId"])}

    @property
    def matrix(self) -> csr_matrix:
        """Ratings, films x users."""
        users, columns = np.unique(self.ratings["userId"], return_inverse=True)
        rows = np.searchsorted(self.movies["movieId"], self.ratings["movieId"])
        shape = (len(self.movies), len(users))
        return csr_matrix((self.ratings["rating"].to_numpy(float), (rows, columns)), shape=shape)

    @property
    def rated(self) -> npt.NDArray[np.bool_]:
        return np.isin(self.movies["movieId"], self.ratings["movieId"])


def movierec(**parameters: Any) -> Callable[[Data], Rows]:
    """Fit movierec; rows are of the matrix of its fitted estimator."""

    def fit(data: Data) -> Rows:
        recommender = Recommender.fit(data.ratings, data.movies, n_neighbors=1, **parameters)
        vectors = fitted_matrix(recommender._model.load_estimator())
        rows = TableRows(cosine(vectors), vectors, recommender.card["n_users"])
        return lambda films: np.vstack([rows(film, film + 1)[0] for film in films])

    return fit


def with_tags(data: Data) -> Rows:
    """Fit movierec with the tags, which data frames do not bring."""
    from movierec.training.fit import fit_model
    from movierec.model.model import Parameters
    from movierec.data import frames_dataset

    assert data.tags is not None
    tags = data.tags.astype({"movieId": str}).groupby("movieId")["tag"]
    used = {
        str(movie): names.str.casefold().value_counts().index[:10].tolist() for movie, names in tags
    }
    dataset = replace(frames_dataset(data.ratings, data.movies), tags=used)
    model = fit_model(dataset, Parameters(n_neighbors=1), lambda stage, done: None)
    vectors = fitted_matrix(model.load_estimator())
    rows = TableRows(cosine(vectors), vectors, int(model.meta["n_users"]))
    return lambda films: np.vstack([rows(film, film + 1)[0] for film in films])


def ease(data: Data) -> Rows:
    """EASE's weights (Steck, WWW 2019): -P_ij / P_jj of the inverse of the Gram matrix.

    With fewer users than films the inverse is had from a matrix of users (Woodbury's identity).
    """
    binary = (data.matrix > 0).astype(float).toarray()
    inner = np.linalg.inv(np.eye(binary.shape[1]) * EASE_LAMBDA + binary.T @ binary)
    right = inner @ binary.T
    diagonal = (1 - np.einsum("iu,ui->i", binary, right)) / EASE_LAMBDA
    return lambda films: (binary[films] @ right / EASE_LAMBDA / diagonal).astype(np.float32)


def implicit(name: str) -> Callable[[Data], Rows]:
    """One of implicit's item-item recommenders."""

    def fit(data: Data) -> Rows:
        from implicit import nearest_neighbours

        model = getattr(nearest_neighbours, name)(K=200)
        with warnings.catch_warnings():  # of what implicit makes of its own matrices
            warnings.simplefilter("ignore")
            model.fit(data.matrix.T.tocsr(), show_progress=False)
        return lambda films: model.similarity[films].toarray().astype(np.float32)

    return fit


def contenders(data: Data, *, peers: bool) -> dict[str, Callable[[Data], Rows]]:
    alone = {
        f"{part} alone": movierec(content_weight=1.0, content_parts={part: 1.0})
        for part in ("genres", "title", "year")
    }
    ours = {
        "cosine of ratings": movierec(content_weight=0.0),
        **alone,
        "movierec": movierec(),
        **({"movierec, with tags": with_tags} if data.tags is not None else {}),
    }
    names = {"CosineRecommender", "BM25Recommender", "TFIDFRecommender"} if peers else set()
    return {
        **ours,
        "EASE's weights": ease,
        **{f"implicit, {name}": implicit(name) for name in sorted(names)},
    }


def tag_pairs(data: Data) -> pd.DataFrame | None:
    """Return pairs of well known films that were given the same tags, or none of them."""
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


def auc_of(rows: Rows, pairs: pd.DataFrame | None, index: Mapping[int, int]) -> str:
    if pairs is None:
        return "-"
    first, other = (pairs[name].map(index).to_numpy() for name in ("movieId", "otherId"))
    films, places = np.unique(first, return_inverse=True)
    scores = rows(films.astype(np.int64))[places, other]
    return f"{auc(scores, pairs['similar'].to_numpy(bool)):.3f}"


def measure(
    fit: Callable[[Data], Rows], data: Data, series: Series, judged: list[pd.DataFrame | None]
) -> list[str]:
    """Return the cells of one row of the table."""
    rows = fit(data)
    recalls = series.recalls(rows, data.rated)
    chosen_on = sorted(set(series.of.values()))[::2]
    cells = []
    for films in (
        [film for film in recalls if series.of[film] in chosen_on],
        [film for film in recalls if series.of[film] not in chosen_on],
        list(recalls),
    ):
        mean, low, high = mean_with_interval({film: recalls[film] for film in films}, series.of)
        cells.append(f"{mean:.3f} ({low:.2f}-{high:.2f})")
    pairs = last_liked(data.ratings)
    training = replace(data, ratings=data.ratings.drop(index=pairs["row"].tolist()))
    index = data.index
    liked = [
        (index[first], index[last])
        for first, last in zip(pairs["first"], pairs["last"], strict=True)
    ]
    hits = agreement(fit(training), liked, training.rated)
    errors = [np.sqrt(share * (1 - share) / len(liked)) for share in hits]
    cells += [f"{share:.3f} ± {error:.3f}" for share, error in zip(hits, errors, strict=True)]
    return cells + [auc_of(rows, pairs, index) for pairs in judged]


def read(folder: Path) -> Data:
    movies = pd.read_csv(folder / "movies.csv").sort_values("movieId", ignore_index=True)
    ratings = pd.read_csv(folder / "ratings.csv")
    tags = folder / "tags.csv"
    return Data(ratings, movies, pd.read_csv(tags) if tags.exists() else None)


def parsed(words: str) -> dict[str, Any]:
    """Return the parameters of a fit, of which some may be weights of parts."""
    given = {name: float(value) for name, value in (word.split("=") for word in words.split())}
    parts = {name: given.pop(name) for name in CONTENT_PARTS if name in given}
    return {**given, "content_parts": CONTENT_PARTS | parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("series", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--no-peers", action="store_true", help="leave out implicit")
    parser.add_argument("--variant", action="append", help="measure other parameters, nothing else")
    options = parser.parse_args()
    data = read(options.data)
    index = data.index
    rated = {movie: index[movie] for movie in data.movies["movieId"][data.rated]}
    series = Series.read(pd.read_csv(options.series), rated)
    judged = [tag_pairs(data), pd.read_csv(options.pairs) if options.pairs else None]
    print(
        "| | series, chosen on | series, the rest | series, all | next@10 | next@50 | next@100 "
        "| tags | people |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    fits = {words: movierec(**parsed(words)) for words in options.variant or ()}
    for name, fit in (fits or contenders(data, peers=not options.no_peers)).items():
        print(f"{name} ...", file=sys.stderr)
        print(f"| {name} | {' | '.join(measure(fit, data, series, judged))} |", flush=True)


if __name__ == "__main__":
    main()
