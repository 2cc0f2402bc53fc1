"""``movierec map``: all movies as a landscape."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._options import DEFAULT_MODEL, ModelOption
from movierec.cli._signals import raise_if_stopped, stop_cleanly


def map(  # noqa: A001
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write. Its ending sets the format: .html is a page that needs no "
            "server, .png, .svg or .pdf a picture.",
        ),
    ] = "films.html",
    again: Annotated[
        bool, typer.Option("--again", help="Make the map even if one is stored beside the model.")
    ] = False,
    store: Annotated[
        bool, typer.Option(help="Store the map beside the model, where serve finds it.")
    ] = True,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Draw a map on which similar movies are near each other.

    Needs umap-learn: `pip install umap-learn`; pictures need matplotlib. The map is stored as
    MODEL.map and made only once.

    \b
    Examples:
      movierec map
      movierec map --output films.png
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.cli._output import progress_bar
    from movierec.maps.document import truth_in_words
    from movierec.maps.writing import check_target
    from movierec.recommender import Recommender

    stop_cleanly()
    check_target(output)
    recommender = Recommender.load(model)
    with progress_bar(quiet=False) as progress:
        found = recommender.map(again=again, store=store, progress=progress)
    raise_if_stopped()
    recommender.plot_map(output, found)
    raise_if_stopped()
    regions = pluralize(len(found.regions), "named region")
    say(f"{pluralize(len(recommender), 'movie')} in {regions} -> {output}", truth_in_words(found))
