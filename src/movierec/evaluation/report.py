"""A report of evaluations: one page of HTML that needs no other file, and no network."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec._util import printable
from movierec.errors import OutputError, UsageError
from movierec.evaluation import cells
from movierec.evaluation.groups import By
from movierec.evaluation.section_figures import measure
from movierec.evaluation.sections import cost, introduction, outcome, section
from movierec.store.atomic import replacing

if TYPE_CHECKING:
    from movierec.evaluation.tables import Outcome

_FORBIDDING = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def html(
    title: str,
    evaluations: Mapping[str, Outcome],
    *,
    by: Sequence[By] = (),
    source: str | None = None,
) -> str:
    """Return the page.

    Parameters
    ----------
    title : str
    evaluations : mapping of str to Evaluation, or to RatingEvaluation
        By the name of the data set, which may be blank.
    by : sequence of str
        The groups that are shown; see :meth:`movierec.Evaluation.by`.
    source : str, optional
        What describes the study.
    """
    static = files("movierec.evaluation").joinpath("static")
    style, script = (static.joinpath(f"report.{end}").read_text("utf-8") for end in ("css", "js"))
    first = next(iter(evaluations.values()))
    drawn = any(one.protocol.get("search", "grid") != "grid" for one in evaluations.values())
    sections = (section(name, found, by) for name, found in evaluations.items())
    body = "".join(part for parts in sections for part in parts)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_FORBIDDING}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{cells.text(title)}</title>
<style>
{style}</style>
<h1>{cells.text(title)}</h1>
{introduction(first)}
{_overview(evaluations)}{body}{_ending(source, drawn)}
<script>
{script}</script>
</html>
"""


def write_report(path: str | os.PathLike[str], page: str) -> None:
    """Write a page.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with replacing(Path(path)) as file:
        file.write(page.encode("utf-8", "replace"))


def refuse_bad_report(path: Path) -> None:
    """Raise an error if a page cannot be written to a path.

    Raises
    ------
    UsageError
        If its extension is not that of a page.
    OutputError
        If there is no such folder.
    """
    if path.suffix.casefold() not in (".html", ".htm"):
        raise UsageError(f"{path}: a report is written as .html", "such as report.html")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no such folder", "create it first")


def _overview(evaluations: Mapping[str, Outcome]) -> str:
    """Return the main measure by algorithm and data set, if there are several data sets."""
    if len(evaluations) < 2:
        return ""
    values = {
        (one.algorithm, name): one
        for name, found in evaluations.items()
        for one in found.results
        if one.k == found.results[0].k
    }
    first = next(iter(evaluations))
    metric = evaluations[first].METRIC
    best_first = sorted(values, key=lambda at: (at[1] != first, cost(values[at], metric)))
    header = ["<algorithm"]
    for name, found in evaluations.items():
        header += [f"{name}: {measure(found)}", "interval", "<"]
    rows = [
        [
            cells.word(algorithm),
            *(outcome(values.get((algorithm, name)), metric) for name in evaluations),
        ]
        for algorithm in dict.fromkeys(algorithm for algorithm, _ in best_first)
    ]
    return "<h2>All data sets</h2>" + cells.table(header, rows)


def _ending(source: str | None, drawn: bool) -> str:
    packages = ["movierec", "numpy", "scipy", "pandas", "scikit-learn"]
    packages += ["optuna"] if drawn else []  # another one may draw other parameters
    versions: dict[str, Any] = {name: version(name) for name in packages}
    versions |= {"Python": platform.python_version(), "system": platform.system()}
    study = "" if source is None else f"<h3>The study</h3><pre>{_source(source)}</pre>"
    return f"<h2>How this was made</h2>{study}<h3>Versions</h3>{cells.pairs_of_values(versions)}"


def _source(text: str) -> str:
    return "\n".join(escape(printable(line)) for line in text.splitlines())
