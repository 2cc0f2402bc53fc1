"""``movierec download``: list and fetch public data sets."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from movierec.cli._app import say
from movierec.cli._options import JsonOption
from movierec.cli._output import Column, print_json, print_table, print_text, progress_bar
from movierec.cli._signals import stop_cleanly

if TYPE_CHECKING:
    from movierec.data.public.sets import PublicSet


def _names() -> list[str]:
    from movierec.data.public.sets import public_sets

    return list(public_sets())


def download(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            autocompletion=_names,
            help="The data set to download. Default: list all.",
        ),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="<folder>",
            help="Where to put it. Default: your folder of data sets, where other commands find it "
            "by its name.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accept the license.")] = False,
    no_unpack: Annotated[
        bool, typer.Option("--no-unpack", help="Keep the zip, which all commands can read.")
    ] = False,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Fetch from a folder on another server."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a data set that is there.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(min=0.001, max=86_400, help="Seconds the server may be silent.")
    ] = 30.0,
    tries: Annotated[
        int, typer.Option(min=1, max=100, help="Number of times to ask for a file.")
    ] = 6,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Download a public data set, or list those there are.

    A download that is interrupted is continued by the same command. Files are checked by the
    published checksums. Other commands find a downloaded data set by its name.

    \b
    Examples:
      movierec download
      movierec download ml-latest-small --yes
      movierec fit ml-latest-small
      movierec download ml-latest-small --yes --no-unpack --to data
      movierec fit data/ml-latest-small.zip
    """  # noqa: D301 - the \b keeps the lines
    if name is None:
        _print_list(as_json=as_json)
        return
    from movierec.data.public.download import download as fetch
    from movierec.data.public.sets import named_set

    public = named_set(name)
    stop_cleanly()
    is_there = not force and _place(public, folder) is not None
    if not (is_there or (quiet and yes)):
        say(f"{public.title}, about {public.megabytes} MB", *public.license.text.split("\n"))
    is_accepted = yes or is_there or not public.license.is_restricted or _is_accepted()
    with progress_bar(quiet=quiet) as progress:
        place = fetch(
            name,
            folder,
            accept_license=is_accepted,
            unpack=not no_unpack,
            mirror=mirror,
            force=force,
            timeout=timeout,
            tries=tries,
            progress=progress,
        )
    if quiet:
        return
    print_text(str(place))
    say(f"cite: {public.citation}")
    say("next:", f"  movierec fit {public.name if folder is None else shlex.quote(str(place))}")


def _place(public: PublicSet, folder: str | None) -> Path | None:
    from movierec.data.public.sets import data_folder, place_of

    return place_of(public, data_folder() if folder is None else Path(folder))


def _is_accepted() -> bool:
    """Ask whether the license is accepted, if there is somebody to be asked."""
    is_asked = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    return is_asked and typer.confirm("Do you accept this license?", err=True)


def _print_list(*, as_json: bool) -> None:
    from movierec.data.public.sets import public_sets

    rows = [_row(public) for public in public_sets().values()]
    if as_json:
        print_json(rows)
        return
    columns = (
        Column("name", lambda row: row["name"], "bold"),
        Column("ratings", lambda row: _count(row["ratings"]), is_number=True),
        Column("movies", lambda row: _count(row["movies"]), is_number=True, drops=2),
        Column("users", lambda row: _count(row["users"]), is_number=True, drops=3),
        Column("MB", lambda row: str(row["megabytes"]), is_number=True),
        Column("license", lambda row: row["license"], drops=1),
        Column("downloaded to", lambda row: row["path"] or "", shrinks=1),
    )
    print_table(rows, columns, "Public data sets")


def _row(public: PublicSet) -> dict[str, Any]:
    place = _place(public, None)
    return {
        "name": public.name,
        "title": public.title,
        "ratings": public.ratings,
        "movies": public.movies,
        "users": public.users,
        "megabytes": public.megabytes,
        "addresses": list(public.addresses),
        "license": public.license.name,
        "citation": public.citation,
        "path": None if place is None else str(place),
    }


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
