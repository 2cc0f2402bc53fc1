"""JSON for programs; ``openapi.json`` beside this file describes it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify

from movierec import __version__
from movierec.web import parameters
from movierec.web.current import current_recommender

blueprint = Blueprint("api", __name__)

_OF_THIS_MACHINE = ("path", "files", "notes")  # in a model's card


@blueprint.get("/api/search")
def search() -> Response:
    """Answer with the films that have some words; if there are none, with titles near to them."""
    words = parameters.required_text("q")
    limit = parameters.count("limit", default=20, highest=100)
    recommender = current_recommender()
    films = recommender.search(words, limit)
    suggestions = [] if films else recommender.suggest(words)
    return jsonify(query=words, films=films, suggestions=suggestions)


@blueprint.get("/api/similar")
def similar() -> Response:
    """Answer with the nearest films."""
    recommender = current_recommender()
    highest = parameters.highest_k(recommender)
    k = parameters.count("k", default=parameters.DEFAULT_K, highest=highest)
    found = recommender.similar(**parameters.film("title", "id"), k=k)
    return jsonify(query=found.query, neighbors=found, note=found.note)


@blueprint.get("/api/why")
def why() -> Response:
    """Answer with what the similarity of two films rests on."""
    first, second = (parameters.film(name, f"{name}_id") for name in ("first", "second"))
    recommender = current_recommender()
    ids = (recommender.movie(**film).movie_id for film in (first, second))
    return jsonify(recommender.why(*ids, by_id=True))


@blueprint.post("/api/recommend")
def recommend() -> Response:
    """Answer with films for somebody who rated some."""
    recommender = current_recommender()
    found = recommender.recommend(**parameters.wish(recommender))
    return jsonify(
        rated=found.n_rated,
        unmatched=[str(error) for error in found.unmatched],
        recommendations=found,
    )


@blueprint.get("/api/stats")
def stats() -> Response:
    """Answer with what the ratings and the model are, but not with the names of files."""
    found = current_recommender().stats()
    card = {name: value for name, value in found["model"].items() if name not in _OF_THIS_MACHINE}
    return jsonify(found | {"model": card})


@blueprint.get("/healthz")
def health() -> Response:
    """Answer that all is well."""
    recommender = current_recommender()
    return jsonify(status="ok", films=len(recommender), fitted=recommender.card["created"])


@blueprint.get("/api/openapi.json")
def description() -> Response:
    """Answer with the description of all this, with the limits that the model sets."""
    document: dict[str, Any] = json.loads(
        files(__package__).joinpath("openapi.json").read_text(encoding="utf-8")
    )
    document["info"]["version"] = __version__
    recommender = current_recommender()
    schemas = document["components"]["schemas"]
    highest = parameters.highest_k(recommender)
    schemas["Length"] |= {"maximum": highest, "default": min(parameters.DEFAULT_K, highest)}
    schemas["Rating"]["maximum"] = recommender.card["highest_rating"]
    return jsonify(document)
