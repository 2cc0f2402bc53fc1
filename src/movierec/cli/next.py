"""``movierec next``: what people rated next, after a movie."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec.cli._app import say
from movierec.cli._columns import MEAN, RANK, TITLE, YEAR, plain
from movierec.cli._options import (
    DEFAULT_MODEL,
    ByIdOption,
    LengthOption,
    ModelOption,
    OutputOptions,
)
from movierec.cli._output import Column, print_list


def next(  # noqa: A001
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A movie.")],
    *,
    k: LengthOption = 10,
    by_id: ByIdOption = False,
    year: Annotated[int | None, typer.Option(help="The year of the movie.")] = None,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """List what people rated next, after a movie.

    The list counts people who rated the other movie at a later time, within 20 ratings; ratings at
    the same time have no order. The sooner they rated it, the more they count; movies with many
    ratings rank lower. The share is of those who rated anything later, the lift is how many times
    as often people went there as its fame explains, and "back" counts those who went the other way.

    The model must keep when people rated. It does if there are at most 3 million ratings, and with
    algorithms that need times, such as transitions.

    \b
    Examples:
      movierec next "Toy Story (1995)"
      movierec next Alien -k 5 --json
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.recommender import Recommender

    found = Recommender.load(model).next(title, k, by_id=by_id, year=year)
    rows = [plain(movie) for movie in found]
    document = {
        "query": {"movie_id": found.query.movie_id, "title": found.query.title},
        "n_people": found.n_people,
        "window": found.window,
        "note": found.note,
        "next": rows,
    }
    heading = f"Rated next, after {found.query.title}"
    print_list(output, rows, _COLUMNS, title=heading, document=document)
    if found.note:
        say(found.note)


_COLUMNS = (
    RANK,
    TITLE,
    YEAR,
    Column("people", lambda row: f"{row['n_people']:,}", "cyan", is_number=True),
    Column("share", lambda row: f"{row['share']:.1%}", is_number=True),
    Column("lift", lambda row: f"{row['lift']:.1f}", is_number=True),
    Column("back", lambda row: f"{row['n_back']:,}", is_number=True),
    MEAN,
)
