"""``movierec export``: write the neighbors of every movie to a file or table."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._options import DEFAULT_MODEL, ModelOption, PrivateOption, SafeCsvOption
from movierec.cli._signals import raise_if_stopped, stop_cleanly
from movierec.errors import OutputError, UsageError


def export(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The file to write, or its address. Its ending, .csv, .jsonl, .parquet, .sqlite "
            "or .db, sets the format. Or the address of a database: postgresql://, sqlite:///FILE "
            "or duckdb:///FILE. With --without-ratings, the model to write.",
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
    without_ratings: Annotated[
        bool,
        typer.Option(
            "--without-ratings",
            help="Write a model without the ids and ratings of people, as fit --without-ratings "
            "does.",
        ),
    ] = False,
    private: PrivateOption = False,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Write the neighbors of every movie to a file or a database.

    A row has movieId, rank, neighborId, similarity and support. With --without-ratings, write a
    model that you can share instead.

    \b
    Examples:
      movierec export neighbors.csv -k 20
      movierec export shared.model --without-ratings
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    stop_cleanly()
    if without_ratings:
        _refuse_others(k=k, table=table, safe_csv=safe_csv or None)
        _export_model(model, file, overwrite=overwrite, private=private)
        return
    if private:
        raise UsageError("--private is for models", "add --without-ratings, or leave it out")
    from movierec.recommender import Recommender

    n_rows = Recommender.load(model).export(
        file, k, table=table, overwrite=overwrite, safe_csv=safe_csv
    )
    raise_if_stopped()
    say(f"{pluralize(n_rows, 'row')} -> {file}")


def _refuse_others(**given: object) -> None:
    """Refuse options that say how a table is written.

    Raises
    ------
    UsageError
        If one is given.
    """
    for name, value in given.items():
        if value is not None:
            option = "-k" if name == "k" else f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} says how a table is written, and --without-ratings writes a model",
                "leave out one of them",
            )


def _export_model(model: str, file: str, *, overwrite: bool, private: bool) -> None:
    """Write a model without ratings."""
    from movierec.recommender import Recommender
    from movierec.store.stores import exists, refuse_private, size_of, store_for

    refuse_private(file, private=private)
    if exists(file) and not overwrite:
        raise OutputError(f"{file} already exists", "name another file, or add --overwrite")
    store_for(file).check_target(file)
    Recommender.load(model).without_ratings().save(file, private=private)
    raise_if_stopped()
    say(f"a model without ratings -> {file} ({size_of(file) / 1e6:.1f} MB)")
