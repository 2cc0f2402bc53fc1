"""``movierec recommend``: movies for a person or a group."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from movierec._util import pluralize
from movierec.cli._app import say, say_unmatched
from movierec.cli._columns import GENRES, RANK, TITLE, YEAR, plain
from movierec.cli._options import (
    DEFAULT_MODEL,
    ByIdOption,
    FilterOptions,
    LengthOption,
    ModelOption,
    OutputOptions,
    RerankOptions,
)
from movierec.cli._output import Column, print_list


def recommend(
    *,
    user: Annotated[str | None, typer.Option(help="A user in the ratings of the model.")] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE[=RATING]", help="A movie they like; may be repeated."),
    ] = None,
    dislike: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE", help="A movie they dislike; may be repeated."),
    ] = None,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(
            help="A file of one person's ratings: movieId or title (and year), and rating. "
            "Repeat it for a group."
        ),
    ] = None,
    group: Annotated[
        Literal["average", "least-misery"],
        typer.Option(help="Score of a movie for a group: the mean, or the lowest."),
    ] = "average",
    k: LengthOption = 10,
    by_id: ByIdOption = False,
    filters: FilterOptions,
    min_support: Annotated[
        int, typer.Option(min=0, help="Least number of people who rated a movie.")
    ] = 0,
    only: Annotated[
        Path | None, typer.Option(help="Rank only the movies in this file, such as a watchlist.")
    ] = None,
    exclude: Annotated[Path | None, typer.Option(help="Leave out the movies in this file.")] = None,
    rerank: RerankOptions,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Recommend movies to a user of the model, or to anyone who names movies they like.

    Movies that they have rated are never listed.
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
        min_support=min_support,
        only=only,
        exclude=exclude,
        **filters.arguments(),
        **rerank.arguments(),
    )
    rows = [plain(movie) for movie in found]
    title = f"Recommended, based on {pluralize(found.n_rated, 'rating')}"
    document = {
        "rated": found.n_rated,
        "unmatched": [str(error) for error in found.unmatched],
        "recommendations": rows,
    }
    print_list(output.format, rows, _COLUMNS, title=title, document=document)
    say_unmatched(found.unmatched)
    if len(found) < k:
        say(f"{pluralize(len(found), 'movie')} of {k} asked for: no other movie can be recommended")


def parse_likes(texts: Sequence[str]) -> dict[str, float | None]:
    """Return movies with their ratings: 4.5 for ``Heat=4.5``, None for ``Heat``."""
    return dict(_parsed(text) for text in texts)


def _parsed(text: str) -> tuple[str, float | None]:
    title, equals, rating = text.rpartition("=")
    try:
        return (title, float(rating)) if equals and title.strip() else (text, None)
    except ValueError:
        return text, None


_COLUMNS = (
    RANK,
    TITLE,
    YEAR,
    GENRES,
    Column("score", lambda row: f"{row['score']:.3f}", "cyan", is_number=True),
    Column("why", lambda row: row["why"]),
)
