"""``movierec update``: change the ratings and movies of a model, without its files."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec.cli._change import change_model
from movierec.cli._fit_options import parse_columns
from movierec.cli._options import DEFAULT_MODEL, ModelOption, OnErrorOption, PrivateOption


def update(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[NEW_RATINGS]",
            help="A file of new and changed ratings (- for standard input). A row with a blank "
            "rating withdraws what the user gave the movie.",
        ),
    ] = None,
    movies: Annotated[
        str | None,
        typer.Option(
            metavar="<path>",
            help="A file of new movies, and of those whose title or genres change.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=NAME,...",
            help="What your files call columns, such as user=Reader,item=Book.",
        ),
    ] = None,
    on_error: OnErrorOption = "fail",
    model: ModelOption = DEFAULT_MODEL,
    private: PrivateOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Change the ratings and movies of a model, without the old files.

    The result is, to the bit, the model that a fit on the old and the new ratings would give. Of
    several ratings of a movie by a user, the last by time counts. The model file is replaced in one
    step: an update that fails leaves the old one as it was. A second update of one file waits for
    the first. Changes come from files: export what a database has new (update has no --query).

    \b
    Examples:
      movierec update new.csv
      movierec update new.csv --movies new-movies.csv --model movierec.model
      movierec update --on-error skip new.csv
    """  # noqa: D301 - the \b keeps the lines
    change_model(
        model,
        lambda old, progress: old.update(
            ratings, movies, columns=parse_columns(columns), on_error=on_error, progress=progress
        ),
        private=private,
        quiet=quiet,
    )
