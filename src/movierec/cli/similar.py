"""``movierec similar``: more like this."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say
from movierec.cli._films import (
    MEAN,
    TITLE,
    YEAR,
    ByIdOption,
    DiversityOption,
    FormatOption,
    GenreOption,
    JsonOption,
    NotGenreOption,
    ObscurityOption,
    YearsOption,
    parse_years,
    plain,
)
from movierec.cli._output import Column, Format, print_list


def similar(
    titles: Annotated[list[str], typer.Argument(metavar="TITLE...", help="One film or several.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many films to list.")] = 10,
    less_like: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE", help="Keep away from this film; may be repeated."),
    ] = None,
    by_id: ByIdOption = False,
    year: Annotated[int | None, typer.Option(help="The year of the film.")] = None,
    min_support: Annotated[
        int, typer.Option(min=0, help="People who must have rated both films.")
    ] = 0,
    genre: GenreOption = None,
    not_genre: NotGenreOption = None,
    years: YearsOption = None,
    diversity: DiversityOption = 0.0,
    obscurity: ObscurityOption = 0.0,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """List the films most similar to one, or to several.

    The similarity, from 0 to 1, joins what people gave the films and what the films are. Its
    evidence is "solid", or "thin" where fewer than 5 people rated both, or "by content" where
    that makes up more than half of it. `movierec why` shows more.
    """
    from movierec.recommender import Recommender

    found = Recommender.load(model).similar(
        titles,
        k,
        less_like=less_like or (),
        by_id=by_id,
        year=year,
        genres=genre or (),
        not_genres=not_genre or (),
        years=parse_years(years),
        min_support=min_support,
        diversity=diversity,
        obscurity=obscurity,
    )
    rows = [plain(neighbor) for neighbor in found]
    print_list(
        Format.JSON if as_json else form,
        rows,
        _COLUMNS,
        title=_heading(found),
        document={
            "query": _named(found.query),
            "queries": [_named(movie) for movie in found.queries],
            "less_like": [_named(movie) for movie in found.less_like],
            "neighbors": rows,
        },
    )
    if found.note:
        say(found.note)


def _heading(found: Any) -> str:
    liked, away = (
        " and ".join(movie.title for movie in group) for group in (found.queries, found.less_like)
    )
    return f"Films like {liked}{f', less like {away}' if away else ''}"


def _named(movie: Any) -> dict[str, Any]:
    return {"movie_id": movie.movie_id, "title": movie.title}


_COLUMNS = (
    Column("#", lambda row: str(row["rank"]), is_number=True),
    TITLE,
    YEAR,
    Column("similarity", lambda row: f"{row['similarity']:.3f}", "cyan", is_number=True),
    Column("rated both", lambda row: f"{row['support']:,}", is_number=True),
    Column("evidence", lambda row: row["evidence"]),
    Column("shared genres", lambda row: ", ".join(row["shared_genres"]), "dim"),
    MEAN,
)
