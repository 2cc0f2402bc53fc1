"""``movierec recommend``: movies for a person or a group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from movierec._util import pluralize
from movierec.cli._app import list_movies, say, say_unmatched
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
from movierec.errors import UsageError

if TYPE_CHECKING:
    from movierec.answers.matching import Matching


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
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="One person's ratings: an export of Letterboxd, IMDb, Trakt or MovieLens, or a "
            "list of movieId or title (and year), and rating. Repeat it for a group.",
        ),
    ] = None,
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
    k: LengthOption = 10,
    by_id: ByIdOption = False,
    filters: FilterOptions,
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
    exclude: Annotated[Path | None, typer.Option(help="Leave out the movies in this file.")] = None,
    unmatched: Annotated[
        Path | None,
        typer.Option(
            help="Write the movies of --ratings that the model does not have to this CSV."
        ),
    ] = None,
    rerank: RerankOptions,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Recommend movies to a user of the model, or to anyone who names movies they like.

    Movies that they have rated are never listed.
    """
    # Starting the threads of OpenBLAS takes as long as the rest, and scoring one person needs none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from movierec.recommender import Recommender

    found = Recommender.load(model).recommend(
        k,
        user=user,
        likes=parse_likes(like or ()),
        dislikes=dislike or (),
        ratings=parse_people(ratings or ()),
        group=group,
        recency=recency,
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
        "note": found.note,
        "unmatched": [
            *(str(error) for error in found.unmatched),
            *(str(entry) for each in found.matchings for entry in each.unmatched),
        ],
        "recommendations": rows,
    }
    print_list(output.format, rows, _COLUMNS, title=title, document=document)
    say_unmatched(found.unmatched)
    say_matchings(found.matchings, unmatched)
    if found.note:
        say(found.note)
    if len(found) < k:
        say(f"{pluralize(len(found), 'movie')} of {k} asked for: no other movie can be recommended")


def parse_people(texts: Sequence[str]) -> list[str] | dict[str, str]:
    """Return the files of people, with the names of all of them if any is named.

    Raises
    ------
    UsageError
        If two people have the same name.
    """
    pairs = [_named(text) for text in texts]
    if not any(name for name, _ in pairs):
        return [file for _, file in pairs]
    names = [name or Path(file).stem for name, file in pairs]
    if len(set(names)) < len(names):
        raise UsageError("two people have the same name", "name each: --ratings NAME=FILE")
    return dict(zip(names, (file for _, file in pairs), strict=True))


def _named(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    is_name = equals and name and "/" not in name and "\\" not in name and not Path(text).exists()
    return (name, file) if is_name else ("", text)


def say_matchings(matchings: Sequence[Matching], unmatched: Path | None) -> None:
    """Print how many movies of each file were found, and the most liked of the others.

    Parameters
    ----------
    matchings : sequence of Matching
    unmatched : Path, optional
        The file to which the others are written.
    """
    for matching in matchings:
        rest = "" if unmatched or not matching.unmatched else "; --unmatched FILE writes the rest"
        say(f"{matching}{rest}", *(f"{matching.name}: {note}" for note in matching.notes))
        for entry, movies in matching.examples:
            say(f"  not found: {entry}")
            list_movies("  did you mean:", movies)
    if unmatched:
        from movierec.answers.matching import write_unmatched

        n_written = write_unmatched(unmatched, matchings)
        say(f"{pluralize(n_written, 'movie')} -> {unmatched}")


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
