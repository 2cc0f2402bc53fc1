"""The pages for people; all of them work without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request

from movierec.errors import AmbiguousTitleError, MovieNotFoundError
from movierec.model.model import COSINE
from movierec.web import parameters
from movierec.web.current import current_recommender
from movierec.web.taste import read_form, recommend_for, scale

blueprint = Blueprint("pages", __name__)

_LENGTHS = (10, 25, 100)  # of lists


@blueprint.get("/")
def home() -> str:
    """Show the search box, and movies to start with."""
    return render_template("home.html", movies=current_recommender().stats()["most_rated"])


@blueprint.get("/similar")
def similar() -> str:
    """Show the movies like one."""
    return _neighbors(*parameters.movie("title", "id"))


@blueprint.post("/recommend")
def recommend() -> str:
    """Show the movies like the one whose title was typed."""
    return _neighbors(parameters.checked_text("the title", request.form.get("movies", "")))


@blueprint.get("/why")
def why() -> str:
    """Show why two movies are similar."""
    ids = (parameters.required_text(name) for name in ("first", "second"))
    recommender = current_recommender()
    found = recommender.why(*ids, by_id=True)
    similarity = recommender.card["similarity"]  # by which lists are ranked
    other = None if similarity == COSINE else similarity
    return render_template("why.html", why=found, other=other)


@blueprint.route("/taste", methods=["GET", "POST"])
def taste() -> str:
    """Show the movies that a person rated, which the form holds, and recommendations."""
    recommender = current_recommender()
    form = read_form(recommender, request.form)
    movies = recommend_for(recommender, form)
    return render_template("taste.html", form=form, movies=movies, scale=scale(recommender))


@blueprint.get("/stats")
def stats() -> str:
    """Show counts and distributions of the ratings."""
    found = current_recommender().stats()
    return render_template("stats.html", stats=found, **_charts(found))


def _charts(found: Mapping[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """Return the label and the count of each bar, by chart."""
    decades = found["years"]["films_per_decade"]
    return {
        "rating_bars": [(f"{bar['rating']:g}", bar["count"]) for bar in found["rating_histogram"]],
        "movie_bars": _ranges(found["ratings_per_film"]["bars"]),
        "user_bars": _ranges(found["ratings_per_user"]["bars"]),
        "decade_bars": [(f"{bar['decade']}s", bar["count"]) for bar in decades],
    }


def _ranges(bars: Sequence[Mapping[str, int]]) -> list[tuple[str, int]]:
    def name(low: int, high: int) -> str:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"

    return [(name(bar["from"], bar["to"]), bar["count"]) for bar in bars]


def _neighbors(query: str, by_id: bool = False) -> str:
    recommender = current_recommender()
    k = parameters.length(recommender)
    found = recommender.similar(query, k, by_id=by_id)
    highest = parameters.highest_k(recommender)
    lengths = sorted({min(length, highest) for length in _LENGTHS})
    return render_template("similar.html", found=found, k=k, lengths=lengths)


@blueprint.errorhandler(MovieNotFoundError)
@blueprint.errorhandler(AmbiguousTitleError)
def choose(error: MovieNotFoundError | AmbiguousTitleError) -> tuple[str, int]:
    """Offer the movies that a title may mean; an id of no movie is an error."""
    movies = error.candidates if isinstance(error, AmbiguousTitleError) else error.suggestions
    typed = request.form.get("movies") or request.args.get("title", "")
    page = render_template("choices.html", message=str(error), movies=movies, typed=typed)
    return page, 200 if typed else 404
