"""``movierec predict``: what somebody would give movies."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from movierec.cli._app import say_unmatched
from movierec.cli._columns import TITLE, plain
from movierec.cli._options import DEFAULT_MODEL, ByIdOption, ModelOption, OutputOptions
from movierec.cli._output import Column, print_list
from movierec.cli._people import PeopleOptions, UnmatchedOption, say_matchings


def predict(
    movies: Annotated[list[str], typer.Argument(metavar="TITLE...", help="The movies.")],
    *,
    people: PeopleOptions,
    by_id: ByIdOption = False,
    unmatched: UnmatchedOption = None,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Predict how somebody would rate movies.

    Predictions are on the scale of the ratings of the model. A rating that they gave a movie
    themselves is shown, but not used.

    \b
    Examples:
      movierec predict Alien "Toy Story" --user 1
      movierec predict Heat --like "Pulp Fiction" --dislike Titanic
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # starting threads takes longer than this
    from movierec.recommender import Recommender

    found = Recommender.load(model).predict(movies, by_id=by_id, **people.arguments())
    rows = [plain(rating) for rating in found]
    document = {"unmatched": [str(error) for error in found.unmatched], "predictions": rows}
    print_list(output, rows, _columns(rows), title="Predicted ratings", document=document)
    say_unmatched(found.unmatched)
    say_matchings(found.matchings, unmatched, safe_csv=output.safe_csv)


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Return the columns; those of people and their own ratings only if there are any."""
    columns = [TITLE]
    if len({row["person"] for row in rows}) > 1:
        columns.append(Column("person", lambda row: row["person"]))
    columns += [
        Column(
            "stars",
            lambda row: f"{row['stars']:.1f} ±{row['plus_minus']:.1f}",
            "cyan",
            is_number=True,
        ),
        Column("similar movies rated", lambda row: str(row["n_near"]), is_number=True),
    ]
    if any(row["rated"] is not None for row in rows):
        columns.append(Column("own rating", _own, is_number=True))
    return tuple(columns)


def _own(row: Mapping[str, Any]) -> str:
    return "" if row["rated"] is None else f"{row['rated']:g}"
