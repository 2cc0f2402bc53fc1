"""``movierec algorithms``: the algorithms there are."""

from __future__ import annotations

from movierec._util import one_line
from movierec.cli._output import Column, print_table


def algorithms() -> None:
    """List the algorithms for fit and evaluate, with their parameters.

    Installed packages can add algorithms to those that come with movierec.

    \b
    Examples:
      movierec algorithms
      movierec fit ratings.csv movies.csv --algorithm ease --set l2=300
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.algorithms.registry import names

    columns = (
        Column("name", lambda row: row["name"], "bold"),
        Column("what it does", lambda row: row["what"]),
        Column("parameters", lambda row: row["parameters"], "dim"),
    )
    print_table([_row(name) for name in names()], columns, "Algorithms")


def _row(name: str) -> dict[str, str]:
    from movierec.algorithms.base import parameters_of
    from movierec.algorithms.registry import load

    try:
        algorithm = load(name)
    except Exception as error:  # a broken package must not hide the other algorithms
        return {"name": name, "what": f"cannot be loaded: {one_line(str(error))}", "parameters": ""}
    first_line, *_ = (algorithm.__doc__ or "").strip().split("\n")
    parameters = parameters_of(algorithm).items()
    return {
        "name": name,
        "what": first_line,
        "parameters": ", ".join(f"{parameter}={value}" for parameter, value in parameters),
    }
