"""``movierec why``: explain the similarity of two movies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._columns import plain
from movierec.cli._options import DEFAULT_MODEL, ByIdOption, JsonOption, ModelOption
from movierec.cli._output import Column, print_json, print_pairs, print_table

if TYPE_CHECKING:
    from movierec.answers.explain import Why


def why(
    first: Annotated[str, typer.Argument(metavar="TITLE", help="A movie.")],
    second: Annotated[str, typer.Argument(metavar="TITLE", help="Another movie.")],
    by_id: ByIdOption = False,
    as_json: JsonOption = False,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Explain why two movies are similar.

    Shows how many people rated both and how they rated them, what the movies share, and how much
    of the similarity comes from ratings and how much from content.

    \b
    Examples:
      movierec why "Toy Story" "A Bug's Life"
      movierec why 1 2 --id
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.model.model import COSINE
    from movierec.recommender import Recommender

    recommender = Recommender.load(model)
    found = recommender.why(first, second, by_id=by_id)
    similarity = recommender.card["similarity"]
    if similarity != COSINE:
        say(f"`movierec similar` uses a different similarity with this model: {similarity}")
    if as_json:
        print_json(plain(found))
        return
    facts = _facts(found, recommender.card["parameters"]["min_raters"])
    print_pairs(f"{found.first.title} and {found.second.title}", facts)
    if found.support and found.ratings:
        _print_ratings(found)


def _facts(found: Why, least: int | None) -> Iterator[tuple[str, str]]:
    yield "similarity", f"{found.similarity:.3f}, {found.evidence}"
    yield "from ratings", f"{found.from_ratings:.3f}"
    parts = ", ".join(f"{name} {value:.3f}" for name, value in found.parts.items() if value)
    yield "from content", f"{found.from_content:.3f}{f' ({parts})' if parts else ''}"
    hidden, support = f"fewer than {least} people" if least else "hidden", found.support
    yield "rated both", hidden if support is None else pluralize(support, "person", "people")
    if found.n_next is not None and found.n_back is not None:
        went, back = (pluralize(n, "person", "people") for n in (found.n_next, found.n_back))
        first, second = found.first.title, found.second.title
        yield "rated next", f"{went} went from {first} to {second}, {back} the other way"
    if found.agreement is not None:
        yield "agreement", f"{found.agreement:.0%} loved both or neither"
    if found.correlation is not None:
        yield "correlation", f"{found.correlation:.2f} between their ratings"
    lovers = found.lovers
    if lovers.n_people:
        yield (
            f"gave {found.first.title} {lovers.at_least:g} or more",
            f"{pluralize(lovers.n_people, 'person', 'people')}, who gave {found.second.title} "
            f"{lovers.mean_rating:.2f} on average, {lovers.difference:+.2f} from its mean",
        )
    yield "shared genres", ", ".join(found.shared_genres) or "none"
    if found.shared_tags:
        yield "shared tags", ", ".join(found.shared_tags)


def _print_ratings(found: Why) -> None:
    """Print how many people gave both movies each pair of ratings, highest ratings first."""
    pairs = zip(found.steps, found.ratings, strict=True)
    rows = [{"step": step, "counts": counts} for step, counts in pairs]
    steps = Column("", lambda row: f"≤ {row['step']:g}", "bold", is_number=True)
    columns = (_rating_column(index, step) for index, step in enumerate(found.steps))
    heading = f"people by rating of {found.first.title} (down) and {found.second.title} (across)"
    print_table(rows[::-1], [steps, *columns], heading)


def _rating_column(index: int, step: float) -> Column:
    return Column(f"≤ {step:g}", lambda row: f"{row['counts'][index]:,}", is_number=True)
