"""Bars of progress: in a notebook as HTML, in a terminal by rich on stderr, elsewhere none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from movierec._util import Progress, no_progress, one_line

if TYPE_CHECKING:
    P = ParamSpec("P")
    T = TypeVar("T")


def shows_progress(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function take ``progress=True``, for which a bar is shown while it runs.

    Parameters
    ----------
    function : callable
        It has an argument `progress`, a callable, that must be named.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        given: Any = kwargs.get("progress")
        if not isinstance(given, bool):
            return function(*args, **kwargs)
        with progress_bar() if given else _none() as progress:
            kwargs["progress"] = progress
            return function(*args, **kwargs)

    return call


def progress_bar() -> AbstractContextManager[Progress]:
    """Return what shows a bar and removes it at the end."""
    if _is_notebook():
        return _notebook_bar()
    return _terminal_bar() if sys.stderr.isatty() else _none()


@contextmanager
def _none() -> Iterator[Progress]:
    yield no_progress


def _is_notebook() -> bool:
    """Tell whether IPython runs as the kernel of a notebook, not in a terminal."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython, "get_ipython") and hasattr(ipython.get_ipython(), "kernel")  # type: ignore[union-attr]


@contextmanager
def _notebook_bar() -> Iterator[Progress]:
    from html import escape
    from importlib import import_module

    ipython: Any = import_module("IPython.display")
    handle = ipython.display(ipython.HTML(""), display_id=True)
    shown = ("", -1)

    def update(stage: str, done: float) -> None:
        nonlocal shown
        now = (one_line(stage), int(100 * done))
        if now != shown:  # a message for each percent, at most
            shown = now
            bar = f'<progress value="{now[1]}" max="100"></progress>'
            handle.update(ipython.HTML(f"{bar} {escape(now[0])}"))

    try:
        yield update
    finally:
        handle.update(ipython.HTML(""))


@contextmanager
def _terminal_bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=1.0)
        yield lambda stage, done: bars.update(task, description=one_line(stage), completed=done)
