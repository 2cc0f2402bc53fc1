"""``movierec search``: find movies by words of their titles."""

from typing import Annotated

import typer

from movierec.cli._columns import GENRES, MEAN, MOVIE_ID, N_RATINGS, TITLE, YEAR, plain
from movierec.cli._options import DEFAULT_MODEL, ModelOption, OutputOptions
from movierec.cli._output import print_list
from movierec.errors import MovieNotFoundError


def search(
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORDS...", help="Words of a title; the last may be incomplete."),
    ],
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Number of movies to list.")
    ] = 20,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """List the movies with all WORDS in a title, best matches first.

    \b
    Examples:
      movierec search star wars
      movierec search alien --limit 5 --format csv
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.recommender import Recommender

    recommender = Recommender.load(model)
    query = " ".join(words)
    rows = [plain(movie) for movie in recommender.search(query, limit)]
    if not rows:
        raise MovieNotFoundError(f'no movie title contains "{query}"', recommender.suggest(query))
    print_list(
        output,
        rows,
        (MOVIE_ID, TITLE, YEAR, GENRES, N_RATINGS, MEAN),
        title=f"Movies matching {query}",
        document={"query": query, "movies": rows},
    )
