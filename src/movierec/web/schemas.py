"""JSON schemas of the records in answers, made from their dataclasses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from movierec.answers.explain import Lovers, Why
from movierec.answers.predict import PredictedRating
from movierec.answers.recommendation import Recommendation
from movierec.answers.records import Neighbor
from movierec.films.catalog import Movie
from movierec.web.failures import Failure

Schema = dict[str, Any]

NAMES: dict[type, str] = {
    Movie: "Film",
    Neighbor: "Neighbor",
    Recommendation: "Recommendation",
    PredictedRating: "PredictedRating",
    Lovers: "Lovers",
    Why: "Why",
    Failure: "Error",
}
_TYPES: dict[Any, str] = {
    int: "integer",
    float: "number",
    str: "string",
    bool: "boolean",
    NoneType: "null",
}

# An attribute in numpydoc style: names, a colon and a type, then indented lines of text.
_ATTRIBUTE = re.compile(r"^(\S.*?) :.*\n?((?:    .+\n?)*)", re.MULTILINE)

_NOT_NEGATIVE = {"minimum": 0}
_SHARE = {"minimum": 0, "maximum": 1}
_EVIDENCE = {"enum": ["solid", "mostly content", "thin", "by content", "noisy"]}
# What the types of the fields do not say.
LIMITS: dict[type, dict[str, Schema]] = {
    Movie: {"n_ratings": _NOT_NEGATIVE, "mean_rating": _NOT_NEGATIVE},
    Neighbor: {
        "rank": {"minimum": 1},
        # Rounded, the cosine of equal vectors can be a little above 1.
        "similarity": {"exclusiveMinimum": 0, "maximum": 1.000001},
        "support": _NOT_NEGATIVE,
        "content_share": _SHARE,
        "evidence": _EVIDENCE,
        "n_ratings": _NOT_NEGATIVE,
        "mean_rating": _NOT_NEGATIVE,
    },
    Recommendation: {
        "rank": {"minimum": 1},
        "n_ratings": _NOT_NEGATIVE,
        "mean_rating": _NOT_NEGATIVE,
    },
    PredictedRating: {
        "stars": _NOT_NEGATIVE,
        "plus_minus": _NOT_NEGATIVE,
        "n_near": _NOT_NEGATIVE,
    },
    Lovers: {"n_people": _NOT_NEGATIVE},
    Why: {
        "evidence": _EVIDENCE,
        "support": _NOT_NEGATIVE,
        "n_next": _NOT_NEGATIVE,
        "n_back": _NOT_NEGATIVE,
        "ratings": {"items": {"type": "array", "items": {"type": "integer"} | _NOT_NEGATIVE}},
        "agreement": _SHARE,
        "correlation": {"minimum": -1, "maximum": 1},
    },
    Failure: {"error": {"examples": ["film_not_found", "ambiguous_title", "bad_parameter"]}},
}


@cache
def record_schemas() -> Mapping[str, Schema]:
    """Return the schema of each record, by its name in the description of the API."""
    return {name: _of_record(record) for record, name in NAMES.items()}


def _of_record(record: type[Any]) -> Schema:
    hints, texts, limits = get_type_hints(record), _descriptions(record), LIMITS[record]
    properties = {
        field.name: _of_type(hints[field.name])
        | _described(texts.get(field.name, ""))
        | limits.get(field.name, {})
        for field in fields(record)
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _described(text: str) -> Schema:
    return {"description": text} if text else {}


def _of_type(hint: Any) -> Schema:
    """Return the schema of the values that a type hint allows."""
    if hint in NAMES:
        return {"$ref": f"#/components/schemas/{NAMES[hint]}"}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"type": [_TYPES[argument] for argument in arguments]}
    if origin in (list, tuple, Sequence):
        return {"type": "array", "items": _of_type(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of_type(arguments[1])}
    return {"type": _TYPES[hint]}


def _descriptions(record: type[Any]) -> dict[str, str]:
    """Return the text of each attribute in a numpydoc docstring, on one line, without markup."""
    _, _, section = (inspect.getdoc(record) or "").partition("Attributes\n----------\n")
    found: dict[str, str] = {}
    for names, text in _ATTRIBUTE.findall(section):
        found |= dict.fromkeys(names.split(", "), _plain(text))
    return found


def _plain(text: str) -> str:
    """Return a docstring's text without markup, and in the terms of JSON."""
    names = re.sub(r":\w+:`(?:[^`]*\.)?([^`.]+)`", r"\1", text)
    return " ".join(re.sub(r"\bNone\b", "null", names).replace("`", "").split())
