"""``movierec serve``: the web app."""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from movierec.cli._app import say
from movierec.cli._options import DEFAULT_MODEL, ModelOption
from movierec.errors import UsageError


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 accepts other machines.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 8000,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the app in the browser.")
    ] = False,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Serve the model as web pages and as a JSON API.

    Needs Flask and waitress: `pip install flask waitress`. A model that a new fit writes is used
    at once. Ratings entered on the taste page stay in the browser.
    """
    from movierec.recommender import Recommender

    try:
        from movierec.web import server
    except ModuleNotFoundError as error:
        raise UsageError(f"serving needs {error.name}", "pip install flask waitress") from error
    gc.enable()  # unlike other commands, this one keeps running
    server.serve(Recommender.load(model), host, port, say=say, open_browser=open_browser)
