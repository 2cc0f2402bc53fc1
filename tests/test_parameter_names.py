"""What means the same has the same name in commands, in Python and in the API."""

from __future__ import annotations

import inspect
import json
from importlib.resources import files
from typing import Any

import pytest
import typer

import movierec
from movierec import Recommender
from movierec.cli._app import app

# Options that may be repeated are singular; in Python, a list is plural.
RENAMED = {
    **{"genre": "genres", "not_genre": "not_genres", "like": "likes", "dislike": "dislikes"},
    **{"id": "by_id", "set": "settings", "to": "folder", "yes": "accept_license"},
    **{"no_unpack": "unpack", "title": "query", "titles": "query", "file": "path"},
}
# Of printing, of files, and of asking people, which a library does not do.
OF_COMMANDS = {
    *("json", "format", "safe_csv", "quiet", "model", "explain", "unmatched", "private"),
    *("strict", "plot", "feedback", "first", "second", "without_ratings"),
}
OF_PYTHON = {"self", "progress", "checkpoint", "ratings", "safe_csv"}
SHARED = {
    *("similar", "recommend", "next", "predict", "search", "export", "fit", "update"),
    *("check", "download"),
}


def options_of(command: str) -> set[str]:
    found: Any = typer.main.get_command(app).get_command(None, command)  # type: ignore[attr-defined]
    names = set()
    for parameter in found.params:
        spelled = [name for name in parameter.opts if name.startswith("--")] or parameter.opts
        name = spelled[0].strip("-").replace("-", "_")
        names.add(RENAMED.get(name, name))
    return names


def arguments_of(command: str) -> set[str]:
    function = getattr(Recommender, command, None) or getattr(movierec, command)
    return set(inspect.signature(function).parameters)


def fields(value: Any, document: dict[str, Any]) -> set[str]:
    """Return the names of the properties of a schema, which may be a reference."""
    if "$ref" in value:
        value = document["components"]["schemas"][value["$ref"].rpartition("/")[2]]
    return set(value["properties"])


@pytest.mark.parametrize("command", sorted(SHARED))
def test_options_are_the_arguments_of_the_library(command: str) -> None:
    options, arguments = options_of(command), arguments_of(command)
    assert options - arguments <= OF_COMMANDS | {"force"}
    assert arguments - options <= OF_PYTHON


def test_the_api_has_the_names_of_the_command_line() -> None:
    document = json.loads(files("movierec.web").joinpath("openapi.json").read_text("utf-8"))
    for command in ("similar", "search"):
        names = {each["name"] for each in document["paths"][f"/api/{command}"]["get"]["parameters"]}
        known = {RENAMED.get(name, name) for name in names - {"id", "less_like_id"}}
        assert known - {"q"} <= options_of(command)
    for command in ("recommend", "predict"):
        body = document["paths"][f"/api/{command}"]["post"]["requestBody"]["content"]
        assert fields(body["application/json"]["schema"], document) <= arguments_of(command)
