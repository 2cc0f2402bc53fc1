"""The options that name people and their ratings, and what is said about their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from movierec._util import pluralize, stem_of
from movierec.cli._app import list_movies, say
from movierec.errors import UsageError

if TYPE_CHECKING:
    from movierec.answers.matching import Matching


class PeopleOptions(NamedTuple):
    """Options that say what people rated."""

    user: Annotated[str | None, typer.Option(help="A user in the ratings of the model.")] = None
    like: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE[=RATING]", help="A movie they like; may be repeated."),
    ] = None
    dislike: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE", help="A movie they dislike; may be repeated."),
    ] = None
    ratings: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]FILE",
            help="One person's ratings: an export of Letterboxd, IMDb, Trakt or MovieLens, or a "
            "list of movieId or title (and year), and rating. Repeat it for a group.",
        ),
    ] = None

    def arguments(self) -> dict[str, Any]:
        """Return them as arguments of `Recommender.recommend` and `Recommender.predict`.

        Raises
        ------
        UsageError
            If two people have the same name.
        """
        return {
            "user": self.user,
            "likes": parse_likes(self.like or ()),
            "dislikes": self.dislike or (),
            "ratings": parse_people(self.ratings or ()),
        }


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
    names = [name or stem_of(file) for name, file in pairs]
    if len(set(names)) < len(names):
        raise UsageError("two people have the same name", "name each: --ratings NAME=FILE")
    return dict(zip(names, (file for _, file in pairs), strict=True))


def _named(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    is_name = equals and name and not {"/", "\\"} & set(name) and not Path(text).exists()
    return (name, file) if is_name else ("", text)


def parse_likes(texts: Sequence[str]) -> dict[str, float | None]:
    """Return movies with their ratings: 4.5 for ``Heat=4.5``, None for ``Heat``."""
    return dict(_liked(text) for text in texts)


def _liked(text: str) -> tuple[str, float | None]:
    title, equals, rating = text.rpartition("=")
    try:
        return (title, float(rating)) if equals and title.strip() else (text, None)
    except ValueError:
        return text, None


def say_matchings(matchings: Sequence[Matching], unmatched: Path | None, *, safe_csv: bool) -> None:
    """Print how many movies of each file were found, and the most liked of the others.

    Parameters
    ----------
    matchings : sequence of Matching
    unmatched : Path, optional
        The file to which the others are written.
    safe_csv : bool
        Whether text in it that looks like a formula is quoted.
    """
    for matching in matchings:
        rest = "" if unmatched or not matching.unmatched else "; --unmatched FILE writes the rest"
        say(f"{matching}{rest}", *(f"{matching.name}: {note}" for note in matching.notes))
        for entry, movies in matching.examples:
            say(f"  not found: {entry}")
            list_movies("  did you mean:", movies)
    if unmatched:
        from movierec.answers.matching import write_unmatched

        n_written = write_unmatched(unmatched, matchings, safe_csv=safe_csv)
        say(f"{pluralize(n_written, 'movie')} -> {unmatched}")


UnmatchedOption = Annotated[
    Path | None,
    typer.Option(help="Write the movies of the files that the model does not have to this CSV."),
]
