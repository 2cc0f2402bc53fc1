"""``movierec serve``: the web app."""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say
from movierec.errors import UsageError


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes any that is free.")
    ] = 8000,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """Show the model in a browser, and answer programs in JSON.

    Needs `pip install 'movierec[web]'`. A model that a new fit writes is used at once. What is
    rated on the taste page stays in the browser.
    """
    from movierec.recommender import Recommender

    try:
        from movierec.web import server
    except ModuleNotFoundError as error:
        raise UsageError(f"serving needs {error.name}", "pip install 'movierec[web]'") from error
    gc.enable()  # this command does not end soon
    server.serve(Recommender.load(model), host, port, say=say, open_browser=open_browser)
