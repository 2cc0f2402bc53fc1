"""The taste page: what it shows for a form and an address."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from flask import request

from movierec.answers.matching import Matching
from movierec.answers.personal import PersonalRatings
from movierec.answers.recommendation import Recommendation, Recommendations
from movierec.errors import MovierecError, NothingFoundError
from movierec.films.catalog import Movie
from movierec.films.names import dated_title
from movierec.recommender import Recommender
from movierec.web.filters import Chip
from movierec.web.taste.form import TasteForm, read_form
from movierec.web.taste.marks import Marks, Value
from movierec.web.taste.uploads import read_upload
from movierec.web.taste.view import WATCHLIST, Show, View, Who

ENOUGH = 5  # ratings after which the list comes first
_N_OFFERED = 12
_N_RECOMMENDED = 12
_N_UNFILTERED = 25  # recommended movies whose genres and decades are offered as filters
_N_LISTED = 50  # of what a person said
_N_UNMATCHED = 5  # titles that are told
_MOST_STEPS = 20  # offered on the rating scale
_NAMES = {"you": "you", "guest": "your guest"}


class Step(NamedTuple):
    """A rating that the page offers.

    Attributes
    ----------
    value : float
    shape : {"whole", "left", "right"}
        Of a star.
    """

    value: float
    shape: Literal["whole", "left", "right"]


@dataclass
class TastePage:
    """What the page shows.

    Attributes
    ----------
    form : TasteForm
    view : View
    who : {"you", "guest", "both"}
        Whose page it is; that of one person as long as the other said nothing.
    show : {"rate", "picks"}
    scale : list of Step
        Lowest first.
    marks : Marks
        Of the person whose page it is.
    offered : list of Movie
        Movies to rate.
    picks : list of Recommendation
    chips : list of Chip
        Filters, with all values of the address.
    summary : list of str
        What was imported.
    """

    form: TasteForm
    view: View
    who: Who
    show: Show
    scale: list[Step]
    marks: Marks
    offered: list[Movie] = field(default_factory=list)
    picks: Sequence[Recommendation] = ()
    chips: list[Chip] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)

    @property
    def n_missing(self) -> int:
        """How many ratings are missing until the list comes first."""
        return max(ENOUGH - len(self.marks), 0)

    @property
    def listed(self) -> list[tuple[Movie, Value]]:
        """Some of the others: a page with thousands of stars would be slow."""
        return list(self.others.items())[:_N_LISTED]

    @property
    def others(self) -> dict[Movie, Value]:
        """What the person said of movies that are not offered, the latest first."""
        shown = set(self.offered) if self.show == "rate" else set()
        return {
            movie: value for movie, value in reversed(self.marks.of.items()) if movie not in shown
        }


def taste_page(recommender: Recommender) -> TastePage:
    """Return what the page shows for the request.

    Parameters
    ----------
    recommender : Recommender

    Raises
    ------
    UsageError
        If the form or the address is not valid.
    """
    view = View.read()
    form = read_form(recommender, request.form)
    summary = _import(recommender, form)
    who = _who(form, view)
    marks = form.guest if who == "guest" else form.you
    page = TastePage(form, view, who, "picks", scale(recommender), marks, summary=summary)
    if who != "both":
        page.show = view.show or ("picks" if len(marks) >= ENOUGH else "rate")
        page.offered = _offered(recommender, form, marks)
    _recommend(recommender, page)
    return page


def _who(form: TasteForm, view: View) -> Who:
    if view.who != "both":
        return view.who
    if not len(form.you):
        form.notices.append("first rate a few movies yourself, then let your guest do so")
        return "you"
    if not len(form.guest):
        form.notices.append("now your guest: rate a few movies, then choose Tonight again")
        return "guest"
    return "both"


def _import(recommender: Recommender, form: TasteForm) -> list[str]:
    """Add what was uploaded to the form and return a summary; nothing else keeps it."""
    uploaded = request.files.get("export")
    if uploaded is None or not uploaded.filename:
        return []
    try:
        with closing(uploaded):
            found = read_upload(recommender, uploaded.filename, uploaded.read())
    except MovierecError as error:
        form.notices.append(f"Nothing was imported: {error}")
        return []
    return [*summary_of(found), *form.changed.add(found)]


def summary_of(found: PersonalRatings) -> list[str]:
    """Return sentences on what was imported.

    Parameters
    ----------
    found : PersonalRatings
    """
    matching = found.matchings[0]
    n_all = matching.n_matched + len(matching.unmatched)
    source = "Your list" if matching.source == "list" else matching.source
    lines = [
        f"{source}: {matching.n_matched:,} of {n_all:,} movies are in this model. "
        f"{len(found.ratings):,} rated, {len(found.seen):,} only watched, "
        f"{len(found.watchlist):,} on the watchlist."
    ]
    if matching.unmatched:
        lines.append(f"Not in this model: {_unmatched(matching)}.")
    return [*lines, *matching.notes]


def _unmatched(matching: Matching) -> str:
    names = [str(entry)[:80] for entry in matching.unmatched[:_N_UNMATCHED]]
    n_more = len(matching.unmatched) - len(names)
    return "; ".join(names) + (f"; and {n_more:,} more" if n_more else "")


def _offered(recommender: Recommender, form: TasteForm, marks: Marks) -> list[Movie]:
    """Return the movies to rate: those that were offered stay where they are, while possible."""
    if "others" in request.form:
        form.past, form.offered = [*form.past, *form.offered], []
    known = list(dict.fromkeys([*form.past, *form.offered, *marks.of]))
    gone = ("no", "seen", "want")
    places = [None if marks.of.get(movie) in gone else movie for movie in form.offered]
    if not places:
        places = [None] * _N_OFFERED
    if form.added and form.added not in places:
        places = [form.added, *places[: _N_OFFERED - 1]]
    n_free = places.count(None)
    fresh = iter(recommender.to_rate(n_free, known=known) if n_free else [])
    filled = [movie or next(fresh, None) for movie in places]
    return list(dict.fromkeys(movie for movie in filled if movie))


def _recommend(recommender: Recommender, page: TastePage) -> None:
    """Fill in the recommendations, with notices if there are none, or only popular movies."""
    if not len(page.marks):
        return
    limits, form = page.view.limits, page.form
    unfiltered: Sequence[Recommendation] = ()
    try:
        unfiltered = _list(recommender, page, _N_UNFILTERED)
        is_filtered = any(limits.values().values()) or page.view.only_wanted
        page.picks = unfiltered
        if is_filtered:
            page.picks = _list(recommender, page, _N_RECOMMENDED, **limits.arguments())
        if isinstance(page.picks, Recommendations) and page.picks.note:
            form.notices.append(page.picks.note)
    except NothingFoundError as error:
        page.picks = ()
        form.notices.append(f"{error}: {error.hint or 'rate another movie'}")
    page.picks = page.picks[:_N_RECOMMENDED]
    page.chips = limits.chips(unfiltered)  # type: ignore[arg-type]
    if page.form.you.marked("want") or page.form.guest.marked("want"):
        values = {"list": None if page.view.only_wanted else WATCHLIST}
        page.chips.insert(0, Chip("Watchlist", values, page.view.only_wanted))


def _list(recommender: Recommender, page: TastePage, k: int, **limits: Any) -> Recommendations:
    people = {"you": page.form.you, "guest": page.form.guest}
    if page.who != "both":
        people = {page.who: page.marks}
    if limits and page.view.only_wanted:
        limits["only"] = [movie for marks in people.values() for movie in marks.marked("want")]
    limits["exclude"] = [movie for marks in people.values() for movie in marks.marked("seen")]
    lowest = float(recommender.card["lowest_rating"])
    rated = {_NAMES[who]: marks.ratings(lowest) for who, marks in people.items()}
    if len(rated) > 1:
        return recommender.recommend(k, ratings=rated, **limits)
    return recommender.recommend(k, likes=next(iter(rated.values())), **limits)


def scale(recommender: Recommender) -> list[Step]:
    """Return the ratings that the page offers, lowest first: whole numbers, or half steps.

    Parameters
    ----------
    recommender : Recommender
    """
    highest = float(recommender.card["highest_rating"])
    given = (bar["rating"] for bar in recommender.stats()["rating_histogram"])
    step = 0.5 if any(value % 1 for value in given) else 1.0
    n_steps = round(highest / step)
    if not 0 < n_steps <= _MOST_STEPS:
        n_steps, step = 10, 1.0
    has_halves = step < 1 and n_steps % 2 == 0
    values = [highest * place / n_steps for place in range(1, n_steps + 1)]
    shapes: list[Literal["left", "right"]] = ["left", "right"]
    return [
        Step(value, shapes[place % 2] if has_halves else "whole")
        for place, value in enumerate(values)
    ]


def in_words(reason: str, because: Sequence[str]) -> str:
    """Return a reason with titles as people say them, as a sentence begins.

    Parameters
    ----------
    reason : str
    because : sequence of str
        The titles in it.
    """
    for title in because:
        reason = reason.replace(title, dated_title(title))
    return reason[:1].upper() + reason[1:]
