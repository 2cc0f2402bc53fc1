"""``movierec why``: what the similarity of two films rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say
from movierec.cli._films import ByIdOption, JsonOption, plain
from movierec.cli._output import Column, print_json, print_pairs, print_table
from movierec.model import COSINE
from movierec.wording import counted


def why(
    first: Annotated[str, typer.Argument(metavar="TITLE", help="A film.")],
    second: Annotated[str, typer.Argument(metavar="TITLE", help="Another film.")],
    by_id: ByIdOption = False,
    as_json: JsonOption = False,
    model: Model = DEFAULT_MODEL,
) -> None:
    """Say why two films are similar.

    Shows how many people rated both and what they gave, what the films share, and how much of
    the similarity comes from ratings and how much from content.
    """
    from movierec.recommender import Recommender

    recommender = Recommender.load(model)
    found = recommender.why(first, second, by_id=by_id)
    own = recommender.card["similarity"]
    if own != COSINE:
        say(f"`similar` of this model goes by another similarity: {own}")
    if as_json:
        print_json(plain(found))
        return
    title = f"{found.first.title} and {found.second.title}"
    print_pairs(title, _facts(found))
    if found.support:
        rows = [
            {"step": step, "counts": counts}
            for step, counts in zip(found.steps, found.ratings, strict=True)
        ]
        heading = f"people who gave {found.first.title} (down) and {found.second.title} (across)"
        print_table(rows[::-1], _crossed(found.steps), heading)


def _facts(found: Any) -> Iterator[tuple[str, str]]:
    yield "similarity", f"{found.similarity:.3f}, {found.evidence}"
    yield "from ratings", f"{found.from_ratings:.3f}"
    parts = ", ".join(f"{name} {value:.3f}" for name, value in found.parts.items() if value)
    yield "from content", f"{found.from_content:.3f}{f' ({parts})' if parts else ''}"
    yield "rated both", counted(found.support, "person", "people")
    if found.agreement is not None:
        yield "agreement", f"{found.agreement:.0%} loved both or neither"
    if found.correlation is not None:
        yield "correlation", f"{found.correlation:.2f} between their ratings"
    lovers = found.lovers
    if lovers.n_people:
        yield (
            f"gave {found.first.title} {lovers.at_least:g} or more",
            f"{counted(lovers.n_people, 'person', 'people')}, who gave {found.second.title} "
            f"{lovers.mean_rating:.2f}: {lovers.difference:+.2f} against its mean",
        )
    yield "shared genres", ", ".join(found.shared_genres) or "none"
    if found.shared_tags:
        yield "shared tags", ", ".join(found.shared_tags)


def _crossed(steps: list[float]) -> list[Column]:
    def column(place: int, step: float) -> Column:
        return Column(f"≤ {step:g}", lambda row: f"{row['counts'][place]:,}", is_number=True)

    first = Column("", lambda row: f"≤ {row['step']:g}", "bold", is_number=True)
    return [first, *(column(place, step) for place, step in enumerate(steps))]
