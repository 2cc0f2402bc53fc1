"""``movierec recommend``: what somebody should see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say, say_unmatched
from movierec.cli._films import (
    GENRES,
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
from movierec.wording import counted


def recommend(
    user: Annotated[str | None, typer.Option(help="One of the users in the ratings.")] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE[=RATING]", help="A film that is liked; may be repeated."),
    ] = None,
    dislike: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE", help="A film that is not; may be repeated."),
    ] = None,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(
            help="Someone's ratings: movieId or title (and year), and rating. Again: of another."
        ),
    ] = None,
    group: Annotated[
        Literal["average", "least-misery"],
        typer.Option(help="What counts of several people's scores: their mean, or the lowest."),
    ] = "average",
    k: Annotated[int, typer.Option("-k", min=1, help="How many films to list.")] = 10,
    by_id: ByIdOption = False,
    genre: GenreOption = None,
    not_genre: NotGenreOption = None,
    years: YearsOption = None,
    min_support: Annotated[int, typer.Option(min=0, help="People who must have rated a film.")] = 0,
    only: Annotated[
        Path | None, typer.Option(help="Rank the films in this file: a watchlist.")
    ] = None,
    exclude: Annotated[Path | None, typer.Option(help="Leave out the films in this file.")] = None,
    diversity: DiversityOption = 0.0,
    obscurity: ObscurityOption = 0.0,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """Recommend films to a user of the model, or to anybody who names what they like.

    Films that were rated are never listed.
    """
    from movierec.recommender import Recommender

    found = Recommender.load(model).recommend(
        k,
        user=user,
        likes=parse_likes(like or ()),
        dislikes=dislike or (),
        ratings=ratings or (),
        group=group,
        by_id=by_id,
        genres=genre or (),
        not_genres=not_genre or (),
        years=parse_years(years),
        min_support=min_support,
        only=only,
        exclude=exclude,
        diversity=diversity,
        obscurity=obscurity,
    )
    rows = [plain(film) for film in found]
    print_list(
        Format.JSON if as_json else form,
        rows,
        _COLUMNS,
        title=f"Recommended, by {counted(found.n_rated, 'rating')}",
        document={
            "rated": found.n_rated,
            "unmatched": [str(error) for error in found.unmatched],
            "recommendations": rows,
        },
    )
    say_unmatched(found.unmatched)
    if len(found) < k:
        say(f"{counted(len(found), 'film')} of {k} asked for: there is no other to list")


def parse_likes(texts: Any) -> dict[str, float | None]:
    """Return films with their ratings: of ``Heat=4.5`` the 4.5, else None."""
    return dict(_parsed(text) for text in texts)


def _parsed(text: str) -> tuple[str, float | None]:
    title, equals, rating = text.rpartition("=")
    try:
        return (title, float(rating)) if equals and title.strip() else (text, None)
    except ValueError:
        return text, None


_COLUMNS = (
    Column("#", lambda row: str(row["rank"]), is_number=True),
    TITLE,
    YEAR,
    GENRES,
    Column("score", lambda row: f"{row['score']:.3f}", "cyan", is_number=True),
    Column("why", lambda row: row["why"]),
)
