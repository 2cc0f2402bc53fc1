"""The JSON API for programs; ``openapi.json`` and the schemas of the records describe it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify

from movierec import __version__
from movierec.errors import UsageError
from movierec.films.catalog import Movie
from movierec.web import bodies, map_page, parameters
from movierec.web.current import current_recommender
from movierec.web.filters import list_options
from movierec.web.limits import expensive
from movierec.web.schemas import record_schemas

blueprint = Blueprint("api", __name__)

_OF_THIS_MACHINE = ("path", "files", "notes")  # entries of a model's card


@blueprint.get("/api/search")
def search() -> Response:
    """Return the movies that match some words, or else those with similar titles."""
    words = parameters.required_text("q")
    limit = parameters.count("limit", default=20, highest=100)
    recommender = current_recommender()
    movies = recommender.search(words, limit)
    suggestions: Sequence[Movie] = ()
    if not movies:
        with expensive():
            suggestions = recommender.suggest(words)
    return jsonify(query=words, films=movies, suggestions=suggestions)


@blueprint.get("/api/similar")
def similar() -> Response:
    """Return the movies most similar to one, or to several."""
    recommender = current_recommender()
    k = parameters.length(recommender)
    options = list_options()
    named, avoided = (
        parameters.movies("title", "id"),
        parameters.movies("less_like", "less_like_id"),
    )
    if not named:
        raise UsageError("either title or id is required")
    query, less_like = ([movie.query(recommender) for movie in group] for group in (named, avoided))
    is_stored = len(query) == 1 and not less_like and not options
    with nullcontext() if is_stored else expensive():
        found = recommender.similar(query, k, less_like=less_like, **options)
    return jsonify(
        query=found.query,
        queries=found.queries,
        less_like=found.less_like,
        neighbors=found,
        note=found.note,
    )


@blueprint.get("/api/why")
@expensive()
def why() -> Response:
    """Return why two movies are similar."""
    named = [parameters.movie(name, f"{name}_id") for name in ("first", "second")]
    recommender = current_recommender()
    first, second = (movie.query(recommender) for movie in named)
    return jsonify(recommender.why(first, second))


@blueprint.post("/api/recommend")
@expensive()
def recommend() -> Response:
    """Return movies for a person who rated some, or for several."""
    recommender = current_recommender()
    found = recommender.recommend(**bodies.recommend_arguments(recommender))
    return jsonify(
        rated=found.n_rated,
        people=found.people,
        note=found.note,
        unmatched=[str(error) for error in found.unmatched],
        recommendations=found,
    )


@blueprint.post("/api/predict")
@expensive()
def predict() -> Response:
    """Return what people would probably give movies."""
    recommender = current_recommender()
    found = recommender.predict(**bodies.predict_arguments(recommender))
    return jsonify(unmatched=[str(error) for error in found.unmatched], predictions=found)


@blueprint.get("/api/stats")
def stats() -> Response:
    """Return the statistics of the ratings and the model's card, without the names of files."""
    found = current_recommender().stats()
    card = {name: value for name, value in found["model"].items() if name not in _OF_THIS_MACHINE}
    return jsonify(found | {"model": card})


@blueprint.get("/api/map")
def map_document() -> Response:
    """Return the places, names and numbers of all movies, and the regions of the map."""
    return map_page.document()


@blueprint.get("/healthz")
def health() -> Response:
    """Return that the server is up."""
    recommender = current_recommender()
    answer = jsonify(status="ok", films=len(recommender), fitted=recommender.card["created"])
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/api/openapi.json")
def description() -> Response:
    """Return the OpenAPI description, with the limits that the model sets."""
    document: dict[str, Any] = json.loads(
        files(__package__).joinpath("openapi.json").read_text(encoding="utf-8")
    )
    document["info"]["version"] = __version__
    recommender = current_recommender()
    schemas = document["components"]["schemas"]
    schemas |= record_schemas()
    highest = parameters.highest_k(recommender)
    schemas["Length"] |= {"maximum": highest, "default": min(parameters.DEFAULT_K, highest)}
    schemas["Rating"]["maximum"] = recommender.card["highest_rating"]
    return jsonify(document)
