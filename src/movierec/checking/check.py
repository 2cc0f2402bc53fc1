"""Check a data set: read everything, stop at nothing, and say what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from movierec._checks import path_of, refusal, truth, whole_number
from movierec._progress import shows_progress
from movierec._util import Progress, no_progress
from movierec.checking.estimate import estimate
from movierec.checking.findings import SEVERITIES, CheckReport, Finding
from movierec.checking.fixing import check_folder, write_fixed
from movierec.checking.ids import id_findings
from movierec.checking.losses import dropped_ratings, loss_findings
from movierec.checking.movies import MovieTable, OtherTable
from movierec.checking.ratings import RatingTable
from movierec.checking.rows import row_findings
from movierec.checking.source import Source
from movierec.checking.times import time_findings
from movierec.checking.titles import title_findings
from movierec.checking.values import value_findings
from movierec.data.dataset import find_dataset
from movierec.data.formats.text import TextTable
from movierec.errors import UsageError
from movierec.model.parameters import Parameters

if TYPE_CHECKING:
    from movierec.data.table import Table

PathLike = str | os.PathLike[str]


@shows_progress
def check(
    ratings: PathLike | None = None,
    movies: PathLike | None = None,
    *,
    links: PathLike | None = None,
    tags: PathLike | None = None,
    genome: PathLike | None = None,
    content: PathLike | None = None,
    columns: Mapping[str, str] | None = None,
    min_ratings: int = Parameters.min_ratings,
    fix: PathLike | None = None,
    overwrite: bool = False,
    progress: Progress | bool | None = None,
) -> CheckReport:
    """Read text files of ratings and movies to their end, and report all that is wrong with them.

    The files are read line by line, by a reader of its own that is slow and simple; 25 million
    ratings take some minutes.

    Parameters
    ----------
    ratings, movies : path-like, optional
        As in :meth:`movierec.Recommender.fit`, but only text files, which may be compressed.
        Default: the sample data.
    links, tags, genome, content : path-like, optional
        IMDb ids, tags, the relevance of tags, and what else is known of the movies.
    columns : mapping of str to str, optional
        What the files call columns that are not recognized: ``{"user": "Reader"}``.
    min_ratings : int
        As in a fit, of which the report says what it would leave out.
    fix : path-like, optional
        A folder for cleaned files, which a fit reads as it reads the original ones, and for
        ``changes.csv``, the list of what was changed: file, line, what, old, new.
    overwrite : bool
        Whether files in that folder may be replaced.
    progress : callable or bool, optional
        Called with the name of a stage and the fraction done, from 0 to 1. True shows a bar, in a
        notebook or a terminal.

    Returns
    -------
    CheckReport

    Raises
    ------
    DataError
        If a file is missing or is not what it should be, so that no row can be read.
    UsageError
        If an argument is of another type, or a table is no text file.
    OutputError
        If the cleaned files cannot be written.

    Examples
    --------
    >>> import movierec
    >>> report = movierec.check()  # the sample data
    >>> report.has_errors, report.n_ratings
    (False, 56007)
    """
    whole_number("min_ratings", min_ratings, 1)
    truth("overwrite", overwrite)
    if progress is not None and not callable(progress):
        raise refusal("progress", progress, "a function of a text and a number")
    found = find_dataset(
        ratings, movies, links=links, tags=tags, genome=genome, content=content, columns=columns
    )
    tables = {kind: _text_table(table) for kind, table in found.items()}
    folder = None if fix is None else Path(path_of("fix", fix))
    if folder is not None:
        check_folder(folder, tables, overwrite=overwrite)
    data = _Data(tables, progress or no_progress)
    report = data.report(min_ratings)
    return report if folder is None else data.fixed(report, folder)


def _text_table(table: Table) -> TextTable:
    if not isinstance(table, TextTable):
        raise UsageError(
            f"{table.name} is not a text file, and check reads lines of text",
            "write it as CSV to check it; a fit checks the rows of other tables itself",
        )
    return table


class _Data:
    """The tables of a data set, read to their ends."""

    def __init__(self, tables: Mapping[str, TextTable], progress: Progress) -> None:
        self._progress = progress
        sources = {
            kind: Source(table, partial(progress, f"checking the {kind}"))
            for kind, table in tables.items()
        }
        self._movies = MovieTable(sources.pop("movies"))
        self._ratings = RatingTable(sources.pop("ratings"))
        self._others = {kind: OtherTable(source, kind) for kind, source in sources.items()}
        self._all: dict[str, RatingTable | MovieTable | OtherTable]
        self._all = {"ratings": self._ratings, "movies": self._movies, **self._others}
        for table in self._all.values():
            table.read()

    def report(self, min_ratings: int) -> CheckReport:
        """Return what was found.

        Parameters
        ----------
        min_ratings : int
        """
        self._progress("comparing", 0.0)
        dropped, error = dropped_ratings(self._ratings, self._movies, min_ratings)
        findings = [*self._findings(), *loss_findings(self._ratings, self._movies, error)]
        findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
        return CheckReport(
            findings=tuple(findings),
            files={kind: table.source.name for kind, table in self._all.items()},
            n_ratings=len(self._ratings),
            n_users=len(self._ratings.users),
            n_movies=len(self._movies.movies),
            dropped=dropped,
            estimate=estimate(len(self._ratings)),
        )

    def _findings(self) -> Iterator[Finding]:
        for table in self._all.values():
            yield from row_findings(table)
        yield from id_findings(self._ratings, self._movies, self._others)
        yield from title_findings(self._movies)
        yield from value_findings(self._ratings)
        yield from time_findings(self._ratings)

    def fixed(self, report: CheckReport, folder: Path) -> CheckReport:
        """Write cleaned files, and return the report with their names.

        Parameters
        ----------
        report : CheckReport
        folder : Path
        """
        written = write_fixed(folder, self._ratings, self._movies, self._others)
        return replace(report, written=written)
