"""How films are shown, and the options that choose among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from movierec.catalog import Record
from movierec.cli._output import Column, Format
from movierec.errors import UsageError

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print the list.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
ByIdOption = Annotated[bool, typer.Option("--id", help="Read every TITLE as a movieId.")]
GenreOption = Annotated[
    list[str] | None,
    typer.Option("--genre", help="Only films of this genre; again, of all of them."),
]
NotGenreOption = Annotated[
    list[str] | None, typer.Option("--not-genre", help="No films of this genre; may be repeated.")
]
YearsOption = Annotated[
    str | None, typer.Option("--years", help="Only films of these years, such as 1980-1989.")
]
DiversityOption = Annotated[
    float,
    typer.Option(min=0, max=1, help="Keep films that are alike from filling the list."),
]
ObscurityOption = Annotated[
    float, typer.Option(min=0, max=1, help="Prefer films that fewer people rated.")
]


def parse_years(text: str | None) -> tuple[int, int] | None:
    """Return the first and last year of ``1980-1989``, ``1980-``, ``-1989`` or ``1985``.

    Raises
    ------
    UsageError
        If `text` is none of these.
    """
    if text is None:
        return None
    first, dash, last = text.replace("–", "-").partition("-")
    try:
        low = int(first) if first.strip() else 0
        high = int(last) if last.strip() else 9999 if dash else low
    except ValueError:
        low, high = 1, 0
    if low > high or not any(char.isdigit() for char in text):
        raise UsageError(f'"{text}" is no range of years', "write it as 1980-1989")
    return low, high


def plain(record: Record) -> dict[str, Any]:
    """Return a record as JSON has it: tuples as lists, records in it as objects."""
    return {name: _plain(value) for name, value in dict(record).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return plain(value)
    return list(value) if isinstance(value, tuple) else value


def _mean(row: Mapping[str, Any]) -> str:
    return "" if row["mean_rating"] is None else f"{row['mean_rating']:.2f}"


TITLE = Column("title", lambda row: row["title"], "bold")
YEAR = Column("year", lambda row: str(row["year"] or ""), is_number=True)
GENRES = Column("genres", lambda row: ", ".join(row["genres"]), "dim")
MOVIE_ID = Column("movieId", lambda row: str(row["movie_id"]), is_number=True)
N_RATINGS = Column("ratings", lambda row: f"{row['n_ratings']:,}", is_number=True)
MEAN = Column("mean", _mean, is_number=True)
