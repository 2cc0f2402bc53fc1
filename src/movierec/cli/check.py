"""``movierec check``: a doctor for data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._fit_options import parse_columns
from movierec.cli._options import JsonOption
from movierec.cli._output import (
    Column,
    print_json,
    print_pairs,
    print_table,
    print_text,
    progress_bar,
)
from movierec.cli._signals import raise_if_stopped, stop_cleanly

if TYPE_CHECKING:
    from movierec.checking.findings import CheckReport, Finding


def check(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="A rating file (- for standard input), or a MovieLens folder or zip with both "
            "ratings and movies. Default: the sample data.",
        ),
    ] = None,
    movies: Annotated[
        str | None, typer.Argument(metavar="[MOVIES]", help="A file of movies.")
    ] = None,
    links: Annotated[
        str | None, typer.Option(metavar="<path>", help="links.csv: IMDb ids.")
    ] = None,
    tags: Annotated[
        str | None, typer.Option(metavar="<path>", help="tags.csv: tags given to movies.")
    ] = None,
    genome: Annotated[
        str | None,
        typer.Option(metavar="<path>", help="genome-scores.csv: relevance of each tag."),
    ] = None,
    content: Annotated[
        str | None,
        typer.Option(metavar="<path>", help="A table of what else is known of the movies."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=NAME,...",
            help="What your files call columns, such as user=Reader,item=Book.",
        ),
    ] = None,
    min_ratings: Annotated[
        int, typer.Option(min=1, help="As in fit: say what it would leave out.")
    ] = 1,
    fix: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Write cleaned files into this folder, and changes.csv, which lists what was "
            "changed: file, line, what, old, new.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Let --fix replace files in its folder.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 on warnings, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a data set: list what is wrong with it, with the lines.

    Exits with 3 if there are errors, which stop a fit. Warnings are probably mistakes, and notes
    are good to know. It reads slowly: a million ratings take some seconds.

    \b
    Examples:
      movierec check ratings.csv movies.csv
      movierec check ratings.csv movies.csv --strict --json
      movierec check ratings.csv movies.csv --fix cleaned
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    stop_cleanly()
    import movierec

    with progress_bar(quiet=False) as progress:
        report = movierec.check(
            ratings,
            movies,
            links=links,
            tags=tags,
            genome=genome,
            content=content,
            columns=parse_columns(columns),
            min_ratings=min_ratings,
            fix=fix,
            overwrite=overwrite,
            progress=progress,
        )
    raise_if_stopped()
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report)
    if report.written:
        say(f"cleaned files and {report.written['changes']}, the list of changes, are written")
    raise typer.Exit(report.exit_code(strict=strict))


def _print(report: CheckReport) -> None:
    for file in dict.fromkeys([*report.files.values()]):
        found = [finding for finding in report.findings if finding.file == file]
        if found:
            rows = [dict(finding) for finding in found]
            print_table(rows, _COLUMNS, f"{file}: {_counts(found)}")
    print_pairs("Data", _data(report))
    print_text(_counts(report.findings) if report.findings else "nothing is wrong")


def _counts(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(pluralize(n, severity) for severity, n in counts.items())


def _lines(row: Mapping[str, Any]) -> str:
    rest = ", ..." if row["count"] > len(row["lines"]) > 0 else ""
    return f"{', '.join(map(str, row['lines']))}{rest}"


def _what(row: Mapping[str, Any]) -> str:
    return f"{row['message']}; {row['hint']}" if row["hint"] else str(row["message"])


_COLUMNS = (
    Column("", lambda row: row["severity"]),
    Column("lines", _lines, shrinks=1, wraps=True),
    Column("what", _what, shrinks=2, wraps=True),
)


def _data(report: CheckReport) -> list[tuple[str, str]]:
    by = f"{pluralize(report.n_users, 'user')}, {pluralize(report.n_movies, 'movie')} listed"
    left_out = [(f"left out {reason}", f"{n:,}") for reason, n in report.dropped.items()]
    expected = f"about {report.estimate.seconds:,.0f} s and {report.estimate.megabytes:,.0f} MB"
    return [
        ("usable ratings", f"{report.n_ratings:,} by {by}"),
        *left_out,
        ("a fit takes", expected),
    ]
