"""``movierec search``: find films by words of their titles."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec.cli._app import DEFAULT_MODEL, Model
from movierec.cli._films import (
    GENRES,
    MEAN,
    MOVIE_ID,
    N_RATINGS,
    TITLE,
    YEAR,
    FormatOption,
    JsonOption,
    plain,
)
from movierec.cli._output import Format, print_list
from movierec.errors import MovieNotFoundError


def search(
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORDS...", help="Words of a title; the last may be begun."),
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many to list.")] = 20,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """List the films that have all WORDS in a title, the best matches first."""
    from movierec.recommender import Recommender

    recommender = Recommender.load(model)
    query = " ".join(words)
    rows = [plain(movie) for movie in recommender.search(query, limit)]
    if not rows:
        raise MovieNotFoundError(f'no film has "{query}" in its names', recommender.suggest(query))
    print_list(
        Format.JSON if as_json else form,
        rows,
        (MOVIE_ID, TITLE, YEAR, GENRES, N_RATINGS, MEAN),
        title=f"Films with {query}",
        document={"query": query, "movies": rows},
    )
