"""``movierec forget``: remove people's ratings from a model."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from movierec.cli._app import say
from movierec.cli._options import DEFAULT_MODEL, ModelOption
from movierec.cli._signals import raise_if_stopped, stop_cleanly


def forget(
    user: Annotated[
        list[str],
        typer.Option(help="The id of somebody in the ratings of the model; may be repeated."),
    ],
    model: ModelOption = DEFAULT_MODEL,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Remove all that people rated from a model.

    The result is, to the bit, the model that a fit without their ratings would give. The model file
    is replaced in one step; copies of it elsewhere stay as they are.

    \b
    Examples:
      movierec forget --user 1
      movierec forget --user 2 --user 3 --model movierec.model
    """  # noqa: D301 - the \b keeps the lines
    started = time.perf_counter()
    stop_cleanly()
    from movierec.cli._output import progress_bar
    from movierec.cli.fit import summary_of
    from movierec.recommender import Recommender
    from movierec.store.stores import store_for

    store_for(model).check_target(model)  # before the work, not after it
    with progress_bar(quiet=quiet) as progress:
        found = Recommender.load(model).forget(user, progress=progress)
        raise_if_stopped()
        found.save(model)
    if not quiet:
        say(*summary_of(found.card, model, time.perf_counter() - started))
