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
        str,
        typer.Option(
            envvar="MOVIEREC_HOST", help="Address to listen on; 0.0.0.0 accepts other machines."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, envvar="MOVIEREC_PORT", help="Port to listen on; 0 picks a free one."
        ),
    ] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="MOVIEREC_TOKEN",
            help="What everybody who asks must know. Rather set the variable: other users of this "
            "machine see options.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Let pages of a site, such as https://example.org, read the API; may be repeated. "
            "* allows all.",
        ),
    ] = None,
    access_log: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Add a line for each request in the Combined Log Format; - is stdout.",
        ),
    ] = None,
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Write log lines as JSON objects.")
    ] = False,
    proxy: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address of a reverse proxy, such as 127.0.0.1, that may say who asks, by the "
            "headers X-Forwarded-For and X-Forwarded-Proto.",
        ),
    ] = None,
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
    server.serve(
        Recommender.load(model),
        host,
        port,
        say=say,
        open_browser=open_browser,
        token=token,
        allow_origins=allow_origin or (),
        access_log=access_log,
        log_json=log_json,
        proxy=proxy,
    )
