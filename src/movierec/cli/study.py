"""``movierec study``: run the study that a file describes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from movierec.cli._app import say
from movierec.cli._options import OutputOptions
from movierec.cli._output import progress_bar


def study(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file; see docs/studies.md.")],
    keep: Annotated[
        Path | None,
        typer.Option(
            help="A folder for what each run measured.  [default: beside FILE, as study.kept]"
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a report: one page of HTML with tables and figures.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Write tables: .md for Markdown, .tex for LaTeX.")
    ] = None,
    output: OutputOptions,
) -> None:
    """Compare algorithms on several data sets, as a file says.

    What was done is kept by the content of data and parameters, and not done again: after an
    interruption, the same command goes on.

    \b
    Examples:
      movierec study study.toml --report report.html
      movierec study study.toml --table table.tex --json
    """  # noqa: D301 - the \b keeps the lines
    from movierec import run_study
    from movierec.cli._evaluation import print_study
    from movierec.evaluation.report import refuse_bad_report, write_report
    from movierec.evaluation.tables import refuse_bad_tables, write_tables

    if table is not None:
        refuse_bad_tables(table)
    if report is not None:
        refuse_bad_report(report)
    with progress_bar(quiet=False) as progress:
        found = run_study(file, keep=keep, progress=progress, tell=say)
    print_study(found, output)
    if table is not None:
        write_tables(found.evaluations, table)
    if report is not None:
        write_report(report, found.to_html())
