"""Attack models to find what one person rated, and print a Markdown table of what was found.

    python benchmarks/privacy.py DATA [--people 20]

DATA is a folder with MovieLens' ratings.csv and movies.csv. docs/privacy.md describes the attacks
and shows the results. All they read is model files; the last one also knows a movie that the person
rated.
"""

from __future__ import annotations

import argparse
import inspect
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from movierec import Recommender

FORMS: dict[str, dict[str, Any]] = {
    "full": {},
    "`--without-ratings`": {"with_ratings": False},
    "`--min-raters 5`": {"min_raters": 5},
    "`--epsilon 1`": {"epsilon": 1.0},
}
HEAD = """\
| model | ratings shown as a mean | added person: precision | recall | ratings | one known movie: precision | recall |
|---|--:|--:|--:|--:|--:|--:|"""  # noqa: E501

Rated = Mapping[int, float]  # ratings by movie id


class Figures(NamedTuple):
    """What a model file says of each movie: arrays of shape (n_movies,)."""

    ids: npt.NDArray[Any]
    n_ratings: npt.NDArray[np.int64]  #: 0 where it is hidden
    sums: npt.NDArray[np.float64]


def figures(recommender: Recommender) -> Figures:
    """Return what a model says of each movie."""
    catalog = recommender._model.catalog
    n_ratings = np.asarray(catalog.n_ratings).astype(np.int64)
    means = np.asarray(catalog.mean_ratings).astype(np.float64)
    return Figures(np.asarray(catalog.item_ids), n_ratings, n_ratings * means)


def stored(recommender: Recommender, user: int) -> Rated | None:
    """Return what a person rated if the file simply holds it."""
    model = recommender._model
    if model.histories is None or model.ratings is None:
        return None
    index = model.histories.users.index_of(user)
    if index is None:
        return {}
    items = model.histories.items(index)
    return {model.catalog.movie_id(item): model.ratings.rating(index, item) for item in items}  # type: ignore[misc]


def difference(with_person: Figures, without: Figures, step: float) -> Rated:
    """Return what a person rated, from models with that person and without.

    Each movie with one more rating is one of theirs; the difference of the sums is the rating, if
    both models tell it, rounded to the scale; else it is not known.
    """
    more = with_person.n_ratings > without.n_ratings
    found = np.rint((with_person.sums - without.sums) / step) * step
    found[without.n_ratings == 0] = np.where(with_person.n_ratings == 1, found, np.nan)[
        without.n_ratings == 0
    ]
    return dict(zip(with_person.ids[more].tolist(), found[more].tolist(), strict=True))


def implied(recommender: Recommender, known: int) -> set[int]:
    """Return the movies that everybody rated who rated a known one, and so on from these."""
    model, found, rest = recommender._model, set[int](), [known]
    table, n_ratings = model.neighbors.in_memory(), np.asarray(model.catalog.n_ratings)
    while rest:
        item = rest.pop()
        listed = table.neighbors[item][table.support[item] == n_ratings[item]]
        new = {int(each) for each in listed if each >= 0} - found if n_ratings[item] else set()
        found |= new
        rest += new
    return found - {known}


def quality(found: set[int], truth: set[int]) -> tuple[float, float]:
    """Return precision, which is missing if nothing was found, and recall."""
    n_right = len(found & truth)
    return (n_right / len(found) if found else np.nan), n_right / len(truth)


def attacks(
    data: tuple[pd.DataFrame, pd.DataFrame], form: Mapping[str, Any], people: list[int], step: float
) -> Iterator[list[float]]:
    """Yield, for each person, the cells of a row of the table but for the first two."""
    ratings, movies = data
    whole = loaded(ratings, movies, form)
    for user in people:
        is_theirs = ratings["userId"] == user
        truth = ratings[is_theirs].set_index("movieId")["rating"].to_dict()
        found = stored(whole, user)
        if found is None:
            found = difference(
                figures(whole), figures(loaded(ratings[~is_theirs], movies, form)), step
            )
        right = [rating == truth.get(movie) for movie, rating in found.items()]
        yield [*quality(set(found), set(truth)), sum(right) / len(truth), *from_one(whole, truth)]


def from_one(recommender: Recommender, truth: Rated) -> tuple[float, float]:
    """Attack with the movie that the fewest people rated, of those with a known number of them."""
    catalog = recommender._model.catalog
    indices = [index for movie in truth if (index := catalog.index_of(movie)) is not None]
    counts = {index: int(catalog.n_ratings[index]) for index in indices}
    known = min((index for index in indices if counts[index]), key=counts.__getitem__, default=None)
    if known is None:  # noise left no movie with ratings
        return quality(set(), set(indices))
    return quality(implied(recommender, known), set(indices) - {known})


def loaded(ratings: pd.DataFrame, movies: pd.DataFrame, form: Mapping[str, Any]) -> Recommender:
    """Fit a model, and load it from its file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.model"
        Recommender.fit(ratings, movies, **form).save(path)
        return Recommender.load(path)


def row(name: str, data: tuple[pd.DataFrame, pd.DataFrame], people: list[int], step: float) -> str:
    """Return a row of the table: means over people."""
    form = FORMS[name]
    shown = int((figures(loaded(*data, form)).n_ratings == 1).sum())
    cells = np.array(list(attacks(data, form, people, step)))
    means = [
        f"{np.nanmean(column):.3f}" if np.isfinite(column).any() else "-" for column in cells.T
    ]
    return f"| {name} | {shown:,} | {' | '.join(means)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--people", type=int, default=20)
    given = parser.parse_args()
    ratings, movies = (pd.read_csv(given.data / f"{name}.csv") for name in ("ratings", "movies"))
    ratings = ratings[ratings["movieId"].isin(movies["movieId"])]
    users = np.unique(ratings["userId"])
    chosen = users[np.linspace(0, len(users) - 1, given.people).astype(int)].tolist()
    step = float(np.diff(np.unique(ratings["rating"])).min())
    print(HEAD)
    known = inspect.signature(Recommender.fit).parameters
    for name, form in FORMS.items():
        if form.keys() <= known.keys():
            print(row(name, (ratings, movies), chosen, step), flush=True)


if __name__ == "__main__":
    main()
