"""The pages for people; all of them work without JavaScript."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import nullcontext

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from movierec.answers.records import Neighbors
from movierec.errors import AmbiguousTitleError, MovieNotFoundError, NothingFoundError
from movierec.films.catalog import Movie
from movierec.films.covers.cover import cover_of
from movierec.films.names import display_title
from movierec.model.model import COSINE
from movierec.web import parameters
from movierec.web.charts import charts_of, missing_in
from movierec.web.current import current_recommender, current_shelves
from movierec.web.failures import answer_http
from movierec.web.filters import ListFilter
from movierec.web.limits import expensive
from movierec.web.links import film_address
from movierec.web.taste.files import file_of
from movierec.web.taste.form import read_form
from movierec.web.taste.page import taste_page
from movierec.web.timelines import timelines_of

blueprint = Blueprint("pages", __name__)

_LENGTHS = (12, 24, 96)  # of lists; rows of two, three, four or six covers are full
_N_OFFERED = 25  # movies whose genres and decades are offered as filters
_N_SUGGESTED = 8
_A_DAY = 24 * 60 * 60  # seconds


@blueprint.get("/")
def home() -> str:
    """Show the search box, and shelves of movies to start with."""
    return render_template("home.html", shelves=current_shelves())


@blueprint.get("/suggestions")
def suggestions() -> Response:
    """Return the movies that the search box offers, for its script."""
    words = parameters.required_text("q")
    recommender = current_recommender()
    movies = recommender.search(words, _N_SUGGESTED)
    if not movies:
        with expensive():
            movies = recommender.suggest(words)
    return jsonify(
        [
            {
                "movie_id": movie.movie_id,
                "name": display_title(movie.title),
                "year": movie.year,
                "address": film_address(movie),
            }
            for movie in movies[:_N_SUGGESTED]
        ]
    )


@blueprint.get("/film/<movie_id>")
def film(movie_id: str) -> str:
    """Show a movie, and those like it."""
    return _film(movie_id)


@blueprint.get("/film")
def film_of_id() -> str:
    """Show a movie whose id cannot stand in a path."""
    return _film(parameters.required_text("id"))


@blueprint.get("/cover/<movie_id>")
def cover(movie_id: str) -> Response:
    """Return the cover of a movie."""
    return _cover(movie_id)


@blueprint.get("/cover")
def cover_of_id() -> Response:
    """Return the cover of a movie whose id cannot stand in a path."""
    return _cover(parameters.required_text("id"))


@blueprint.get("/similar")
def similar() -> BaseResponse:
    """Go to the movie of a title or an id."""
    named = parameters.movie("title", "id")
    movie = current_recommender().movie(named.text, by_id=named.by_id)
    return redirect(film_address(movie, k=parameters.text("k")))


@blueprint.post("/recommend")
def recommend() -> BaseResponse:
    """Go to the movie whose title was typed, by an address that can be shared."""
    typed = parameters.checked_text("the title", request.form.get("movies", ""))
    return redirect(url_for(".similar", title=typed), code=303)


@blueprint.get("/surprise")
def surprise() -> BaseResponse:
    """Go to a movie of the shelves."""
    shelves = current_shelves()
    movie = random.choice(random.choice(shelves).movies) if shelves else None
    answer = redirect(film_address(movie) if movie else url_for(".home"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/why")
@expensive()
def why() -> str:
    """Show why two movies are similar."""
    ids = (parameters.required_text(name) for name in ("first", "second"))
    recommender = current_recommender()
    found = recommender.why(*ids, by_id=True)
    similarity = recommender.card["similarity"]  # by which lists are ranked
    other = None if similarity == COSINE else similarity
    return render_template("why.html", why=found, other=other)


@blueprint.route("/taste", methods=["GET", "POST"])
@expensive()
def taste() -> str:
    """Show movies to rate, those that a person rated, which the form holds, and what to watch."""
    return render_template("taste.html", page=taste_page(current_recommender()))


@blueprint.post("/taste/file")
def taste_file() -> Response:
    """Return the ratings in the form as a file."""
    recommender = current_recommender()
    form = read_form(recommender, request.form)
    return file_of(form.changed, recommender.card["lowest_rating"])


@blueprint.get("/stats")
def stats() -> str:
    """Show counts and distributions of the ratings."""
    found = current_recommender().stats()
    return render_template(
        "stats.html",
        stats=found,
        charts=charts_of(found),
        timelines=timelines_of(found),
        missing=missing_in(found),
    )


def _cover(movie_id: str) -> Response:
    movie = current_recommender().movie(movie_id, by_id=True)
    answer = Response(cover_of(movie), mimetype="image/svg+xml")
    answer.cache_control.max_age = _A_DAY
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _film(movie_id: str) -> str:
    recommender = current_recommender()
    found = recommender.film(movie_id, by_id=True)
    highest, limits = parameters.highest_k(recommender), ListFilter.read()
    k = parameters.count("k", default=_LENGTHS[0], highest=highest)
    offered = recommender.similar(found.movie, min(_N_OFFERED, highest))
    try:
        with expensive() if any(limits) else nullcontext():
            neighbors = recommender.similar(found.movie, k, **limits.arguments())
    except NothingFoundError as error:
        neighbors = Neighbors([found.movie], [], str(error))
    return render_template(
        "film.html",
        film=found,
        found=neighbors,
        limits=limits.values(),
        chips=limits.chips(offered),
        k=k,
        lengths=sorted({min(length, highest) for length in _LENGTHS}),
    )


@blueprint.errorhandler(MovieNotFoundError)
@blueprint.errorhandler(AmbiguousTitleError)
def choose(error: MovieNotFoundError | AmbiguousTitleError) -> tuple[str, int] | Response:
    """Offer the movies that a title may mean; an id of no movie is an error."""
    if isinstance(error, AmbiguousTitleError):
        movies: Sequence[Movie] = error.candidates
    else:
        try:
            with expensive() if error.needs_search else nullcontext():
                movies = error.suggestions
        except HTTPException as other:
            return answer_http(other)
    typed = request.args.get("title", "")
    page = render_template("choices.html", message=str(error), movies=movies, typed=typed)
    return page, 200 if typed else 404
