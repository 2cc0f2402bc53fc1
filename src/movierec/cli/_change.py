"""Change a model file in place: what ``update`` and ``forget`` share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from movierec.cli._app import say
from movierec.cli._signals import raise_if_stopped, stop_cleanly

if TYPE_CHECKING:
    from movierec._util import Progress
    from movierec.recommender import Recommender


def change_model(
    model: str,
    change: Callable[[Recommender, Progress], Recommender],
    *,
    private: bool,
    quiet: bool,
) -> None:
    """Replace a model by a changed one, while no other command changes it.

    Parameters
    ----------
    model : str
        The path or address of the file.
    change : callable
        Returns the changed model.
    private, quiet : bool
        As on the command line.

    Raises
    ------
    OutputError
        If the file cannot be written, or another command replaced it meanwhile.
    UsageError
        If the file shall be private and is at an address.
    """
    started = time.perf_counter()
    stop_cleanly()
    from movierec.cli._output import progress_bar
    from movierec.cli.fit import summary_of
    from movierec.errors import OutputError
    from movierec.recommender import Recommender
    from movierec.store.stores import alone_with, refuse_private, store_for

    store = store_for(model)
    refuse_private(model, private=private)  # before the work, not after it
    store.check_target(model)
    tell = (lambda *lines: None) if quiet else say
    wait = f"waiting until another command has changed {model}"
    with alone_with(model, lambda: tell(wait)), progress_bar(quiet=quiet) as progress:
        before = store.identity(model)
        found = change(Recommender.load(model), progress)
        raise_if_stopped()
        if store.identity(model) != before:
            raise OutputError(
                f"another command replaced {model} meanwhile, so it was not changed",
                "run this command again",
            )
        found.save(model, private=private)
    tell(*summary_of(found.card, model, time.perf_counter() - started))
