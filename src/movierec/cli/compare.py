"""``movierec compare``: how alike the tastes of two people are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._columns import TITLE, plain
from movierec.cli._options import DEFAULT_MODEL, JsonOption, ModelOption, SafeCsvOption
from movierec.cli._output import Column, print_json, print_table, print_text
from movierec.cli._people import UnmatchedOption, parse_people, say_matchings


def compare(
    first: Annotated[str, typer.Argument(metavar="[NAME=]FILE", help="One person's ratings.")],
    second: Annotated[str, typer.Argument(metavar="[NAME=]FILE", help="Another person's ratings.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Number of movies in each list.")] = 5,
    unmatched: UnmatchedOption = None,
    safe_csv: SafeCsvOption = False,
    as_json: JsonOption = False,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Compare the tastes of two people.

    Lists what both love, and what one should show the other. The files are those that
    `movierec recommend --ratings` takes.

    \b
    Examples:
      movierec compare ann.csv bob.csv
      movierec compare Ann=ann.csv Bob=bob.csv -k 3 --json
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting threads takes longer than this
    from movierec.recommender import Recommender

    people = parse_people([first, second])
    found = Recommender.load(model).compare(people, k)
    if as_json:
        print_json(plain(found) | {"matchings": [str(each) for each in found.matchings]})
    else:
        _print(found)
    say_matchings(found.matchings, unmatched, safe_csv=safe_csv)


def _print(found: Any) -> None:
    one, other = found.names
    both = pluralize(found.n_both, "movie")
    if found.alike is None:
        say(f"{one} and {other} rated {both} in common: too few to tell how alike they are")
    else:
        print_text(f"{one} and {other}: {found.alike:+.2f} alike, by {both} that both rated")
        print_text("(1: the same taste, 0: unrelated, -1: opposite)")
    rated = tuple(_stars(name, place) for place, name in enumerate(("first", "second")))
    titles = (
        ("both love", found.both_love, rated),
        ("they disagree about", found.disagree, rated),
        (f"{one} should show {other}", found.for_second, rated),
        (f"{other} should show {one}", found.for_first, rated),
    )
    for title, films, columns in titles:
        _print_films(title, films, (one, other), columns)


def _print_films(
    title: str, films: Sequence[Any], names: Sequence[str], columns: Sequence[Column]
) -> None:
    if not films:
        return
    headed = [
        Column(name, column.text, column.style, is_number=True)
        for name, column in zip(names, columns, strict=True)
    ]
    print_text("")
    print_table(
        [plain(film) for film in films],
        [TITLE, *headed],
        title,
    )


def _stars(side: str, place: int) -> Column:
    def text(row: Any) -> str:
        return f"{row[side]:.1f}" + (" predicted" if row["predicted"] == side else "")

    return Column(side, text, "cyan" if place == 0 else "")
