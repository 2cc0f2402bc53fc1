"""``movierec similar``: more like this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say
from movierec.cli._films import (
    GENRES,
    MEAN,
    TITLE,
    YEAR,
    FormatOption,
    GenreOption,
    JsonOption,
    NotGenreOption,
    YearsOption,
    parse_years,
    plain,
)
from movierec.cli._output import Column, Format, print_list


def similar(
    title: Annotated[
        str, typer.Argument(metavar="TITLE", help="A title, with or without its year.")
    ],
    k: Annotated[int, typer.Option("-k", min=1, help="How many films to list.")] = 10,
    by_id: Annotated[bool, typer.Option("--id", help="Read TITLE as a movieId.")] = False,
    year: Annotated[int | None, typer.Option(help="The year of the film.")] = None,
    min_support: Annotated[
        int, typer.Option(min=1, help="People who must have rated both films.")
    ] = 1,
    genre: GenreOption = None,
    not_genre: NotGenreOption = None,
    years: YearsOption = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """List the films most similar to one.

    The similarity is the cosine of the ratings that two films were given, from 0 to 1. It is
    marked "thin" where fewer than 5 people rated both films.
    """
    from movierec.recommender import Recommender

    found = Recommender.load(model).similar(
        title,
        k,
        by_id=by_id,
        year=year,
        genres=genre or (),
        not_genres=not_genre or (),
        years=parse_years(years),
        min_support=min_support,
    )
    rows = [plain(neighbor) for neighbor in found]
    query = {"movie_id": found.query.movie_id, "title": found.query.title}
    print_list(
        Format.JSON if as_json else form,
        rows,
        _COLUMNS,
        title=f"Films like {found.query.title}",
        document={"query": query, "neighbors": rows},
    )
    if found.note:
        say(found.note)


def _support(row: Mapping[str, Any]) -> str:
    return f"{row['support']:,}{' thin' if row['thin'] else ''}"


_COLUMNS = (
    Column("#", lambda row: str(row["rank"]), is_number=True),
    TITLE,
    YEAR,
    GENRES,
    Column("similarity", lambda row: f"{row['similarity']:.3f}", "cyan", is_number=True),
    Column("rated both", _support, is_number=True),
    MEAN,
)
