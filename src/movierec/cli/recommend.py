"""``movierec recommend``: movies for a person or a group."""

from __future__ import annotations

import os
from collections.abc import Sequence
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
from movierec.cli._people import PeopleOptions, UnmatchedOption, say_matchings


def recommend(
    *,
    people: PeopleOptions,
    k: LengthOption = 10,
    filters: FilterOptions,
    group: Annotated[
        Literal["average", "least-misery"],
        typer.Option(help="Score of a movie for a group: the mean, or the lowest."),
    ] = "average",
    recency: Annotated[
        float,
        typer.Option(
            min=0,
            help="Age, in ratings, at which a rating with a date counts half; 0 ignores age.",
        ),
    ] = 4.0,
    by_id: ByIdOption = False,
    min_support: Annotated[
        int, typer.Option(min=0, help="Least number of people who rated a movie.")
    ] = 0,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|watchlist",
            help="Rank only the movies in this file, or on the watchlist in the ratings.",
        ),
    ] = None,
    exclude: Annotated[
        str | None, typer.Option(metavar="<path>", help="Leave out the movies in this file.")
    ] = None,
    unmatched: UnmatchedOption = None,
    rerank: RerankOptions,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Recommend movies to a user, or to anyone who names some.

    Movies that they have rated are never listed.

    \b
    Examples:
      movierec recommend --user 1
      movierec recommend --like "Toy Story" --like "Alien=4.5" -k 5
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    # Starting the threads of OpenBLAS takes as long as the rest, and scoring one person needs none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from movierec.recommender import Recommender

    found = Recommender.load(model).recommend(
        k,
        group=group,
        recency=recency,
        by_id=by_id,
        min_support=min_support,
        only=only,
        exclude=exclude,
        **people.arguments(),
        **filters.arguments(),
        **rerank.arguments(),
    )
    rows = [plain(movie) for movie in found]
    title = f"Recommended, based on {pluralize(found.n_rated, 'rating')}"
    document = {
        "rated": found.n_rated,
        "people": list(found.people),
        "note": found.note,
        "unmatched": [
            *(str(error) for error in found.unmatched),
            *(str(entry) for each in found.matchings for entry in each.unmatched),
        ],
        "recommendations": rows,
    }
    columns = _columns(found.people, has_stars=found[0].stars is not None)
    print_list(output, rows, columns, title=title, document=document)
    say_unmatched(found.unmatched)
    say_matchings(found.matchings, unmatched, safe_csv=output.safe_csv)
    if found.note:
        say(found.note)
    if len(found) < k:
        say(f"{pluralize(len(found), 'movie')} of {k} asked for: no other movie can be recommended")


def _columns(people: Sequence[str], *, has_stars: bool) -> tuple[Column, ...]:
    """Return the columns of the table: stars, for a group those of each person, or the score."""
    value: tuple[Column, ...] = (_SCORE,)
    if has_stars:
        names = people if len(people) > 1 else ()
        value = (_STARS, *(_stars_of(place, name) for place, name in enumerate(names)))
    return (RANK, TITLE, YEAR, GENRES, *value, Column("why", lambda row: row["why"], shrinks=2))


def _stars_of(place: int, name: str) -> Column:
    return Column(name, lambda row: f"{row['each'][place]:.1f}", is_number=True)


_SCORE = Column("score", lambda row: f"{row['score']:.3f}", "cyan", is_number=True)
_STARS = Column(
    "stars", lambda row: f"{row['stars']:.1f} ±{row['plus_minus']:.1f}", "cyan", is_number=True
)
