"""Pages for people; all of them work without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request

from movierec.errors import AmbiguousTitleError, MovieNotFoundError
from movierec.model import COSINE
from movierec.web import parameters
from movierec.web.current import current_recommender
from movierec.web.taste import advise, read_taste, scale

blueprint = Blueprint("pages", __name__)

_LENGTHS = (10, 25, 100)  # of a list


@blueprint.get("/")
def home() -> str:
    """Show the search box, and films to begin with."""
    return render_template("home.html", films=current_recommender().stats()["most_rated"])


@blueprint.get("/similar")
def similar() -> str:
    """Show the films like one."""
    return _neighbors(**parameters.film("title", "id"))


@blueprint.post("/recommend")
def recommend() -> str:
    """Show the films like the one that was typed."""
    return _neighbors(parameters.short("the title", request.form.get("movies", "")))


@blueprint.get("/why")
def why() -> str:
    """Show why two films are similar."""
    ids = (parameters.required_text(name) for name in ("first", "second"))
    recommender = current_recommender()
    found = recommender.why(*ids, by_id=True)
    own = recommender.card["similarity"]  # what the lists go by
    return render_template("why.html", why=found, other=None if own == COSINE else own)


@blueprint.route("/taste", methods=["GET", "POST"])
def taste() -> str:
    """Show what somebody rated, which the form holds, and what they should see."""
    recommender = current_recommender()
    form = read_taste(recommender, request.form)
    films = advise(recommender, form)
    return render_template("taste.html", taste=form, films=films, scale=scale(recommender))


@blueprint.get("/stats")
def stats() -> str:
    """Show what the ratings and the model are."""
    found = current_recommender().stats()
    return render_template("stats.html", stats=found, **_charts(found))


def _charts(found: Mapping[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """Return the bars of each chart: what they count, and how many."""
    decades = found["years"]["films_per_decade"]
    return {
        "rating_bars": [(f"{bar['rating']:g}", bar["count"]) for bar in found["rating_histogram"]],
        "film_bars": _ranges(found["ratings_per_film"]["bars"]),
        "user_bars": _ranges(found["ratings_per_user"]["bars"]),
        "decade_bars": [(f"{bar['decade']}s", bar["count"]) for bar in decades],
    }


def _ranges(bars: Sequence[Mapping[str, int]]) -> list[tuple[str, int]]:
    def name(low: int, high: int) -> str:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"

    return [(name(bar["from"], bar["to"]), bar["count"]) for bar in bars]


def _neighbors(query: str, by_id: bool = False) -> str:
    recommender = current_recommender()
    highest = parameters.highest_k(recommender)
    k = parameters.count("k", default=parameters.DEFAULT_K, highest=highest)
    found = recommender.similar(query, k, by_id=by_id)
    lengths = sorted({min(length, highest) for length in _LENGTHS})
    return render_template("similar.html", found=found, k=k, lengths=lengths)


@blueprint.errorhandler(MovieNotFoundError)
@blueprint.errorhandler(AmbiguousTitleError)
def choose(error: MovieNotFoundError | AmbiguousTitleError) -> tuple[str, int]:
    """Let people choose among the films that a title may mean; a link to no film is an error."""
    films = error.candidates if isinstance(error, AmbiguousTitleError) else error.suggestions
    typed = request.form.get("movies") or request.args.get("title", "")
    page = render_template("choices.html", message=str(error), films=films, typed=typed)
    return page, 200 if typed else 404
