"""What a notebook shows of results, and what pandas makes of them."""

from __future__ import annotations

import copy
import html
import pickle
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from movierec import MovieNotFoundError, Recommender
from movierec.answers.records import Listing
from tests.people import made

LISTS: dict[str, Callable[[Recommender], Listing[Any]]] = {
    "similar": lambda sample: sample.similar("Toy Story (1995)", 3),
    "recommend": lambda sample: sample.recommend(3, likes=["Toy Story (1995)"]),
    "predict": lambda sample: sample.predict(["Heat", "Alien"], likes=["Toy Story (1995)"]),
    "search": lambda sample: sample.search("story", 3),
    "suggest": lambda sample: sample.suggest("Tpy Story"),
}


@pytest.fixture(params=LISTS)
def found(request: pytest.FixtureRequest, sample: Recommender) -> Listing[Any]:
    return LISTS[request.param](sample)


def test_a_frame_has_every_field_of_every_record(found: Listing[Any]) -> None:
    frame = found.to_frame()
    assert len(frame) == len(found) > 0
    for row, record in zip(frame.to_dict("records"), found, strict=True):
        assert list(row) == list(record.keys())
        assert all(row[name] == record[name] or pd.isna(row[name]) for name in row)


def test_a_notebook_shows_every_title(found: Listing[Any]) -> None:
    shown = html.unescape(found._repr_html_())
    assert [f"<td>{record.title}</td>" in shown for record in found] == [True] * len(found)


def test_results_are_pickled_and_copied_with_what_they_say(found: Listing[Any]) -> None:
    for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert again == found
        assert type(again) is type(found)
        assert vars(again).keys() == vars(found).keys()


def test_what_was_not_found_is_pickled_too(sample: Recommender) -> None:
    found = sample.recommend(3, likes=["Toy Story (1995)", "Alein", "no such movie at all"])
    again = pickle.loads(pickle.dumps(found)).unmatched
    assert [str(error) for error in again] == [str(error) for error in found.unmatched]
    assert [error.hint for error in again] == [error.hint for error in found.unmatched]
    first, same = found.unmatched[0], again[0]
    assert isinstance(first, MovieNotFoundError)
    assert isinstance(same, MovieNotFoundError)
    assert same.suggestions == first.suggestions != []


def test_an_empty_list_has_columns(sample: Recommender) -> None:
    none = sample.search("no movie has these words")
    assert list(none.to_frame()) == [
        "movie_id",
        "title",
        "year",
        "genres",
        "n_ratings",
        "mean_rating",
    ]


def test_titles_are_text_in_a_notebook() -> None:
    ratings, movies = made()
    movies.loc[0, "title"] = "<script>alert(1)</script> (1999)"
    shown = Recommender.fit(ratings, movies).search("script")._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script" not in shown


def test_a_recommender_says_what_it_is(sample: Recommender) -> None:
    counts = f"{sample.card['n_ratings']:,} ratings of {len(sample):,} movies"
    assert repr(sample) == f"<Recommender: default, fitted on {counts}>"
