"""What a notebook shows of results, and what pandas makes of them."""

from __future__ import annotations

import copy
import html
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import movierec
from movierec import Evaluation, FilmMap, MovieNotFoundError, Recommender, Region, UsageError
from movierec.data.discover import sample_folder
from movierec.films.catalog import Listing
from tests.people import made

LISTS: dict[str, Callable[[Recommender], Listing[Any]]] = {
    "similar": lambda sample: sample.similar("Toy Story (1995)", 3),
    "recommend": lambda sample: sample.recommend(3, likes=["Toy Story (1995)"]),
    "predict": lambda sample: sample.predict(["Heat", "Alien"], likes=["Toy Story (1995)"]),
    "search": lambda sample: sample.search("story", 3),
    "suggest": lambda sample: sample.suggest("Tpy Story"),
}


# What is no list of films: the result, and words that a notebook must show of it.
OTHERS: dict[str, tuple[Callable[[Recommender], Any], list[str]]] = {
    "recommender": (lambda sample: sample, ["algorithm", "default", "the ratings of 700 people"]),
    "next": (lambda sample: sample.next("Heat", 3), ["n_people", "reason"]),
    "movie": (lambda sample: sample.movie("Heat"), ["Heat (1995)", "Action, Crime, Thriller"]),
    "film": (lambda sample: sample.film("Heat"), ["Heat (1995)", "1.5: 1"]),
    "why": (lambda sample: sample.why("Heat", "Alien"), ["Alien (1979)", "solid", "≤ 4"]),
    "shelves": (lambda sample: sample.shelves(5), ["Loved by many", "Hidden gems"]),
    "to_rate": (lambda sample: sample.to_rate(3), ["n_ratings"]),
    "personal": (lambda sample: sample.read_ratings({"Heat": 4}), ["Heat (1995)", "4.000"]),
    "compare": (
        lambda sample: sample.compare({"Ann": {"Heat": 5}, "Bob": {"Heat": 1, "Alien": 5}}),
        ["Ann, Bob", "disagree", "Heat (1995)", "for first", "Alien (1979)"],
    ),
    "map": (
        lambda sample: FilmMap(np.zeros((735, 2), "u2"), [Region("Noir", 1, 2, 0, 9)], 0.5, None),
        ["array of shape (735, 2)", "Noir", "0.500"],
    ),
    "check": (lambda sample: movierec.check(sample_folder()), ["findings", "warning", "estimate"]),
}


class Balance(HTMLParser):
    """Fails if a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_well_formed(shown: str) -> None:
    parser = Balance()
    parser.feed(shown)
    parser.close()
    assert parser.open == []
    widths = [
        {len(re.findall("<t[dh]", row)) for row in re.findall("<tr>.*?</tr>", table)}
        for table in re.findall("<table.*?</table>", shown)
    ]
    assert [len(each) for each in widths] == [1] * len(widths)


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
    assert [f">{record.title}</td>" in shown for record in found] == [True] * len(found)
    assert_well_formed(found._repr_html_())


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


@pytest.mark.parametrize("name", OTHERS)
def test_a_notebook_shows_every_other_result(name: str, sample: Recommender) -> None:
    result_of, words = OTHERS[name]
    shown = result_of(sample)._repr_html_()
    assert_well_formed(shown)
    assert [each for each in words if each not in html.unescape(shown)] == []


def test_a_list_shows_what_was_not_found_and_why_it_is_short(sample: Recommender) -> None:
    shown = sample.recommend(3, likes=["Heat", "Alein"])._repr_html_()
    assert "no movie is called &quot;Alein&quot;" in shown
    shortened = sample.similar("Heat", 700)
    assert shortened.note is not None
    assert html.escape(shortened.note) in shortened._repr_html_()


def test_a_long_list_says_how_many_rows_it_does_not_show(sample: Recommender) -> None:
    found = sample.search("the", 100)
    shown = found._repr_html_()
    assert shown.count("<tr>") == 61
    assert "40 more rows" in shown


def test_a_table_leaves_out_blank_columns_and_repeated_facts(sample: Recommender) -> None:
    shown = sample.similar("Heat", 3)._repr_html_()
    assert "shared_genres" not in shown
    assert "rated</th>" not in sample.predict("Heat", likes=["Alien"])._repr_html_()


def test_frames_of_what_is_more_than_a_list(sample: Recommender) -> None:
    shelves = sample.shelves(5)
    films = [(shelf.name, movie.title) for shelf in shelves for movie in shelf.movies]
    frame = shelves.to_frame()
    assert list(zip(frame["shelf"], frame["title"], strict=True)) == films

    own = sample.read_ratings({"Heat": 4, "Alien": 2}).to_frame()
    assert own[["kind", "rating", "title"]].to_numpy().tolist() == [
        ["rated", 4.0, "Heat (1995)"],
        ["rated", 2.0, "Alien (1979)"],
    ]

    both = sample.compare({"Ann": {"Heat": 5}, "Bob": {"Heat": 1, "Alien": 5}})
    assert both.to_frame()[["list", "title"]].to_numpy().tolist() == [
        ["disagree", "Heat (1995)"],
        ["for_first", "Alien (1979)"],
    ]

    report = movierec.check(sample_folder())
    assert report.to_frame()["kind"].tolist() == [finding.kind for finding in report.findings]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return movierec.evaluate(sample_folder(), ["item_knn", "bias"], k=[5, 10], seed=1)


def test_an_evaluation_shows_the_best_and_the_tied_as_its_other_tables_do(
    evaluation: Evaluation,
) -> None:
    shown = evaluation._repr_html_()
    assert_well_formed(shown)
    cells = [re.sub("<.*?>", "", cell) for cell in re.findall("<td.*?</td>", shown)]
    lines = evaluation.to_markdown().replace("**", "").splitlines()[2:-2]
    table = [cell for line in lines for cell in line.strip("| ").split(" | ")]
    assert cells == table
    best = [each for each in evaluation.results if each.versus_best == "best"]
    assert [f"<b>{each.metrics['ndcg']:.4f}</b>" in shown for each in best] == [True, True]


def test_a_study_shows_each_data_set(evaluation: Evaluation) -> None:
    study = movierec.Study("Mine", {"a<b": evaluation, "second": evaluation}, (), "")
    shown = study._repr_html_()
    assert_well_formed(shown)
    assert "a&lt;b: lists of 5/10 for" in shown
    assert shown.count("<table") == 2


def test_pairs_are_a_table(evaluation: Evaluation) -> None:
    pairs = evaluation.pairs(k=10)
    frame = pairs.to_frame()
    assert len(frame) == len(pairs) == 6
    assert frame["p_holm"].tolist() == [pair.p_holm for pair in pairs]
    assert_well_formed(pairs._repr_html_())


@pytest.mark.parametrize("k", [5, 10])
def test_an_evaluation_plots_the_lists_of_one_length(evaluation: Evaluation, k: int) -> None:
    (axes,) = evaluation.plot(k).axes
    notes: list[Any] = list(axes.texts)
    results = [each for each in evaluation.results if each.k == k]
    assert {note.get_text(): note.xy for note in notes} == {
        each.algorithm: (each.metrics["coverage"], each.metrics["ndcg"]) for each in results
    }
    assert f"nDCG@{k}" in axes.get_ylabel()


def test_no_plot_of_lists_that_were_not_measured(evaluation: Evaluation) -> None:
    with pytest.raises(UsageError, match="no lists of 7 were measured"):
        evaluation.plot(7)


def test_a_figure_shows_itself_without_pyplot(evaluation: Evaluation) -> None:
    figure: Any = evaluation.plot()
    assert figure._repr_png_().startswith(b"\x89PNG")
    again = pickle.loads(pickle.dumps(figure))
    assert again._repr_png_() == figure._repr_png_()


def test_a_figure_without_matplotlib_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError", encoding="utf-8")
    program = (
        "from movierec.evaluation.plot import new_figure\n"
        "from movierec import UsageError\n"
        "try: new_figure((1, 1))\n"
        "except UsageError as error: print(error, error.hint)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "a plot needs matplotlib pip install matplotlib\n"
