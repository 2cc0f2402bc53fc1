"""The API conforms to its description: requests that it allows, and requests that it does not."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from movierec import Movie
from movierec.web import api
from movierec.web.schemas import LIMITS, NAMES

DESCRIPTION = Path(api.__file__).with_name("openapi.json")

# OpenAPI cannot express "either title or id" for query parameters: requests with both or neither
# are allowed by the description and refused by the API. Nor can it say that the first of two years
# comes first; that is done in `put`.
EITHER_OR = {"/api/similar", "/api/why"}
load_all_checks()
NOT_FOR_EITHER_OR: list[Any] = [CHECKS.get_one("positive_data_acceptance")]
_CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409]},
            "negative_data_rejection": {"expected-statuses": [400, 404, 405, 413, 415, 422]},
        },
        # Without a server, nothing unpacks a compressed answer before it is checked.
        "headers": {"Accept-Encoding": "identity"},
    }
)


@pytest.fixture(scope="session")
def document(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app, config=_CONFIG)


PATHS = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
OPERATIONS = [(path, method) for path, item in PATHS.items() for method in item]
WITH_INPUT = [  # operations that can get bad input
    (path, method)
    for path, method in OPERATIONS
    if {"parameters", "requestBody"} & PATHS[path][method].keys()
]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_is_allowed_is_answered_as_described(document: Any, path: str, method: str) -> None:
    ask(document[path][method], GenerationMode.POSITIVE)


@pytest.mark.parametrize(("path", "method"), WITH_INPUT)
def test_what_is_not_allowed_is_refused(document: Any, path: str, method: str) -> None:
    ask(document[path][method], GenerationMode.NEGATIVE)


def ask(operation: Any, mode: GenerationMode) -> None:
    """Send generated requests to an operation, and run every check on the answers."""
    skipped = [check for check in NOT_FOR_EITHER_OR if operation.path in EITHER_OR]

    @settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def put(case: Case[Any]) -> None:
        years: Any = case.body.get("years") if isinstance(case.body, dict) else None
        if years and mode is GenerationMode.POSITIVE:
            years.sort()
        # Schemathesis asks for compressed answers, and does not decompress those of WSGI.
        case.call_and_validate(excluded_checks=skipped, headers={"Accept-Encoding": "identity"})

    put()


def test_every_route_is_described(app: Flask, client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").get_json()["paths"]
    described = {(path, method.upper()) for path, item in paths.items() for method in item}
    routes = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api.")
    }
    assert described == routes


@pytest.mark.parametrize(("record", "name"), NAMES.items())
def test_records_have_the_members_that_are_described(
    client: FlaskClient, name: str, record: type[Any]
) -> None:
    described = client.get("/api/openapi.json").get_json()["components"]["schemas"][name]
    assert list(described["properties"]) == [field.name for field in fields(record)]
    assert described["required"] == list(described["properties"])


def test_schemas_of_records_are_not_written_by_hand() -> None:
    written = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["components"]["schemas"]
    assert not written.keys() & set(NAMES.values())


@pytest.mark.parametrize("record", LIMITS)
def test_limits_are_those_of_fields(record: type[Any]) -> None:
    assert LIMITS[record].keys() <= {field.name for field in fields(record)}


def test_descriptions_come_from_docstrings_without_markup(client: FlaskClient) -> None:
    schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    described = schemas["Film"]["properties"]["n_ratings"]
    assert (described["type"], described["minimum"]) == (["integer", "null"], 0)
    documented = " ".join((Movie.__doc__ or "").replace("`", "").split())
    assert described["description"].replace("null", "None") in documented
    texts = [
        field["description"]
        for name in NAMES.values()
        for field in schemas[name]["properties"].values()
        if "description" in field
    ]
    assert len(texts) > 20
    assert [text for text in texts if re.search(r"[`\n]|:\w+:|None", text)] == []
