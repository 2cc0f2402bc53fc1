"""Engines by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from movierec._checks import one_of, text
from movierec.errors import UsageError

if TYPE_CHECKING:
    from movierec.training.engine import Engine

EngineName = Literal["local", "spark"]


def engine_of(name: EngineName, master: str | None = None) -> Engine:
    """Return an engine.

    Parameters
    ----------
    name : {"local", "spark"}
    master : str, optional
        Of Spark.

    Raises
    ------
    UsageError
        If there is no such engine, or it has no master.
    """
    one_of("engine", name, get_args(EngineName))
    if name == "spark":
        from movierec.training.spark.engine import SparkEngine

        return SparkEngine(None if master is None else text("master", master))
    if master is not None:
        raise UsageError("a master was named for the local engine", "use the engine spark")
    from movierec.training.local import LocalEngine

    return LocalEngine()
