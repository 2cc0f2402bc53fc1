"""``movierec algorithms``: what there is to recommend with."""

from __future__ import annotations

from movierec.cli._output import Column, print_table


def algorithms() -> None:
    """List the algorithms of `fit --algorithm` and `evaluate`, with their parameters."""
    from movierec.algorithms._base import load, names, parameters_of

    rows = [
        {
            "name": name,
            "what": (load(name).__doc__ or "").split("\n")[0],
            "parameters": ", ".join(f"{n}={v}" for n, v in parameters_of(load(name)).items()),
        }
        for name in names()
    ]
    columns = (
        Column("name", lambda row: row["name"], "bold"),
        Column("what it does", lambda row: row["what"]),
        Column("parameters", lambda row: row["parameters"], "dim"),
    )
    print_table(rows, columns, "Algorithms")
