"""``movierec export``: write the neighbors of every movie to a file or table."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._options import DEFAULT_MODEL, ModelOption, SafeCsvOption
from movierec.cli._signals import raise_if_stopped, stop_cleanly


def export(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The file to write, or its address. Its ending, .csv, .jsonl, .parquet, .sqlite "
            "or .db, sets the format. Or the address of a database: postgresql://, sqlite:///FILE "
            "or duckdb:///FILE.",
        ),
    ],
    k: Annotated[
        int | None,
        typer.Option("-k", min=1, help="Neighbors per movie; all that are stored if not given."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The table of the database to write. [default: neighbors]"
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="Replace the file, or the rows of the table, if it exists.")
    ] = False,
    safe_csv: SafeCsvOption = False,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Write the neighbors of every movie: movieId, rank, neighborId, similarity, support."""
    stop_cleanly()
    from movierec.recommender import Recommender

    n_rows = Recommender.load(model).export(
        file, k, table=table, overwrite=overwrite, safe_csv=safe_csv
    )
    raise_if_stopped()
    say(f"{pluralize(n_rows, 'row')} -> {file}")
