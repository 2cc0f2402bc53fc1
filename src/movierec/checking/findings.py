"""What a check finds: the records of findings, and how they are collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from movierec._util import one_line, pluralize
from movierec.films.catalog import Listing, Record

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "note"]
"""An error stops a fit; a warning is probably a mistake in the data; a note is good to know."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
_N_LISTED = 5  # lines that a finding names
_LONGEST = 200  # characters of a text of the data in a message


@dataclass(frozen=True)
class Finding(Record):
    """Something that a check found.

    Attributes
    ----------
    severity : {"error", "warning", "note"}
    kind : str
        A name that stays the same, such as ``repeated-ratings``.
    file : str
        The name of the file.
    lines : tuple of int
        The numbers of the first five lines, from 1; empty if it is about no line.
    count : int
        How often it was found.
    message : str
        What was found, in one line.
    hint : str
        What to do about it, or what a fit does.
    """

    severity: Severity
    kind: str
    file: str
    lines: tuple[int, ...]
    count: int
    message: str
    hint: str


class Findings(Listing[Finding]):
    """Findings as a table."""

    RECORD = Finding


@dataclass(frozen=True)
class Estimate(Record):
    """What a fit with the default algorithm would take; see docs/checking-data.md.

    Attributes
    ----------
    seconds : float
        On two processors of 2020.
    megabytes : float
        The most memory at once.
    """

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class CheckReport(Record):
    """The result of :func:`movierec.check`.

    Attributes
    ----------
    findings : tuple of Finding
        Errors first, then warnings, then notes.
    files : dict of str to str
        The names of the files by their kind, such as "ratings".
    n_ratings, n_users, n_movies : int
        Usable rows of ratings, their users, and movies that are listed.
    dropped : dict of str to int
        Ratings that a fit would leave out, by reason.
    estimate : Estimate
        The time and memory of a fit.
    written : dict of str to str
        The files that were written, by their kind; "changes" is the list of changes.
    """

    findings: tuple[Finding, ...]
    files: dict[str, str]
    n_ratings: int
    n_users: int
    n_movies: int
    dropped: dict[str, int]
    estimate: Estimate
    written: dict[str, str] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        """Whether something stops a fit."""
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def has_warnings(self) -> bool:
        """Whether something is probably a mistake in the data."""
        return any(finding.severity == "warning" for finding in self.findings)

    def exit_code(self, *, strict: bool = False) -> int:
        """Return the exit code of ``movierec check``: 3 if something is wrong, else 0.

        Parameters
        ----------
        strict : bool
            Whether warnings count, too.
        """
        return 3 if self.has_errors or (strict and self.has_warnings) else 0

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each finding."""
        return Findings(self.findings).to_frame()

    def to_dict(self) -> dict[str, object]:
        """Return the report as values of JSON."""
        findings = [dict(finding) | {"lines": [*finding.lines]} for finding in self.findings]
        return {**dict(self), "findings": findings, "estimate": dict(self.estimate)}


@dataclass
class Tally:
    """How often something was found, and where first.

    Attributes
    ----------
    count : int
    lines : list of int
        The first ones.
    example : str
        What was wrong in the first of them.
    """

    count: int = 0
    lines: list[int] = field(default_factory=list)
    example: str = ""

    def add(self, line: int, example: str = "") -> None:
        """Count a line.

        Parameters
        ----------
        line : int
        example : str
        """
        if not self.count:
            self.example = quoted(example, _LONGEST)
        if len(self.lines) < _N_LISTED:
            self.lines.append(int(line))
        self.count += 1

    def finding(
        self, severity: Severity, kind: str, file: str, message: str, hint: str = ""
    ) -> list[Finding]:
        """Return the finding, or nothing if nothing was found.

        Parameters
        ----------
        severity, kind, file, message, hint
            As in :class:`Finding`.
        """
        if not self.count:
            return []
        return [
            Finding(severity, kind, file, tuple(self.lines), self.count, one_line(message), hint)
        ]

    def of(self, noun: str) -> str:
        """Return the count with a noun in the singular, such as ``3 rows``."""
        return pluralize(self.count, noun)

    @property
    def be(self) -> str:
        """The verb that fits the count."""
        return "is" if self.count == 1 else "are"


def quoted(text: str, longest: int = 80) -> str:
    """Return a text of the data for a message: in one line, and short.

    Parameters
    ----------
    text : str
    longest : int
        Characters that are shown.
    """
    text = one_line(text)
    return text if len(text) <= longest else f"{text[:longest]}..."
