"""``movierec export``: every film's neighbours as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say
from movierec.cli._signals import raise_if_stopped, stop_cleanly
from movierec.wording import counted


def export(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Ends with .csv, .jsonl, .parquet, .sqlite or .db, as you like it."
        ),
    ],
    k: Annotated[
        int | None, typer.Option("-k", min=1, help="Neighbours of each film; all that are stored.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the file if it is there.")] = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """Write every film's neighbours: movieId, rank, neighborId, similarity, support."""
    stop_cleanly()
    from movierec.recommender import Recommender

    n_rows = Recommender.load(model).export(file, k, overwrite=overwrite)
    raise_if_stopped()
    say(f"{counted(n_rows, 'row')} -> {file}")
