"""Results as tables of text: Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from movierec import _html
from movierec._util import one_line
from movierec.errors import OutputError, UsageError
from movierec.evaluation.names import METRIC_NAMES
from movierec.store.atomic import replacing

if TYPE_CHECKING:
    import os

    from movierec.evaluation.outcome import Evaluation
    from movierec.evaluation.rating_outcome import RatingEvaluation, RatingResult
    from movierec.evaluation.results import Result

    Outcome: TypeAlias = Evaluation | RatingEvaluation
    AnyResult: TypeAlias = Result | RatingResult

ENDINGS = (".md", ".tex")
_SHOWN = (
    *("ndcg", "recall", "precision", "mrr", "coverage", "novelty", "diversity", "serendipity"),
    *("miscalibration", "rmse", "mae"),
)
_NOTES = {
    "ndcg": "best nDCG in bold; * not clearly below it",
    "rmse": "best RMSE in bold; * not clearly above it",
}
_SPECIAL = {
    "\\": r"\textbackslash{}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def markdown(evaluations: Mapping[str, Outcome]) -> str:
    """Return a table in Markdown for each data set.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation or RatingEvaluation
        By the name of the data set, which may be blank.
    """
    parts = []
    for name, found in evaluations.items():
        rows = [_markdown_row(row) for row in _rows(found, "**{}**".format, _plain)]
        rows.insert(1, "|---|" + "--:|" * (rows[0].count("|") - 2))
        heading = [f"## {_plain(name)}", ""] if name else []
        parts.append("\n".join([*heading, *rows, "", _note(found), ""]))
    return "\n".join(parts)


def latex(evaluations: Mapping[str, Outcome]) -> str:
    """Return a table in LaTeX, for the package booktabs, for each data set.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation or RatingEvaluation
        By the name of the data set, which may be blank.
    """
    parts = []
    for name, found in evaluations.items():
        header, *rows = _rows(found, r"\textbf{{{}}}".format, _escaped)
        body = [" & ".join(row) + r" \\" for row in rows]
        parts += [
            *([f"% {_escaped(name)}"] if name else []),
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule", " & ".join(header) + r" \\", r"\midrule", *body, r"\bottomrule",
            r"\end{tabular}", f"% {_note(found)}", "",
        ]  # fmt: skip
    return "\n".join(parts)


def notebook_html(evaluations: Mapping[str, Outcome]) -> str:
    """Return what a notebook shows: a table for each data set, and what a reader should know.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation or RatingEvaluation
        By the name of the data set, which may be blank.
    """
    parts = []
    for name, found in evaluations.items():
        header, *rows = _rows(found, "<b>{}</b>".format, _html.text)
        about = found.subject
        styles = [_html.LEFT, *[""] * (len(header) - 1)]
        parts.append(_html.heading(f"{name}: {about}" if name else about.capitalize()))
        parts.append(_html.table_of_cells(header, rows, styles))
        parts.append(_html.notes([_note(found), *found.notes]))
    return "".join(parts)


def write_tables(evaluations: Mapping[str, Outcome], path: str | os.PathLike[str]) -> None:
    """Write tables as Markdown or LaTeX, by the file extension.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation or RatingEvaluation
    path : path-like
        ``.md`` or ``.tex``.

    Raises
    ------
    UsageError
        If the extension is another one.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    refuse_bad_tables(path)
    text = markdown(evaluations) if path.suffix.casefold() == ".md" else latex(evaluations)
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


def refuse_bad_tables(path: Path) -> None:
    """Raise an error if tables cannot be written to a path.

    Raises
    ------
    UsageError
        If its extension is not one of tables.
    OutputError
        If there is no such folder.
    """
    if path.suffix.casefold() not in ENDINGS:
        raise UsageError(f"{path}: tables are written as .md or .tex", "such as table.md")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no such folder", "create it first")


def _rows(
    found: Outcome, bold: Callable[[str], str], escape: Callable[[str], str]
) -> list[list[str]]:
    """Return the header and the cells of each row."""
    several = len({result.k for result in found.results}) > 1
    there = [name for name in _SHOWN if name in found.results[0].metrics]
    rows = [["algorithm", *(["k"] if several else []), *(METRIC_NAMES[name] for name in there)]]
    for result in found.results:
        cells = [f"{result.metrics[name]:.4f}" for name in there]
        cells[0] = bold(cells[0]) if result.versus_best == "best" else cells[0]
        cells[0] += "*" if result.versus_best == "tied" else ""
        rows.append([escape(result.algorithm), *([str(result.k)] if several else []), *cells])
    return rows


def _note(found: Outcome) -> str:
    return _NOTES[found.METRIC]


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(char, char) for char in one_line(text))
