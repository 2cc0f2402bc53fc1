"""``movierec forget``: remove people's ratings from a model."""

from __future__ import annotations

from typing import Annotated

import typer

from movierec.cli._change import change_model
from movierec.cli._options import DEFAULT_MODEL, ModelOption, PrivateOption


def forget(
    user: Annotated[
        list[str],
        typer.Option(help="The id of somebody in the ratings of the model; may be repeated."),
    ],
    model: ModelOption = DEFAULT_MODEL,
    private: PrivateOption = False,
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
    change_model(
        model,
        lambda old, progress: old.forget(user, progress=progress),
        private=private,
        quiet=quiet,
    )
