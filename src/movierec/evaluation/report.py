"""A report of evaluations: one page of HTML that needs no other file, and no network."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec._util import one_line, printable
from movierec.errors import OutputError, UsageError
from movierec.evaluation.figures import Dot, dots, lines, points
from movierec.evaluation.groups import By
from movierec.evaluation.trials import in_words
from movierec.store.atomic import replacing

if TYPE_CHECKING:
    from movierec.evaluation.outcome import Evaluation
    from movierec.evaluation.results import Result

_FORBIDDING = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_COLUMNS = {
    "hit_rate": "hit rate", "precision": "precision", "recall": "recall", "ndcg": "nDCG",
    "mrr": "MRR", "map": "MAP", "coverage": "coverage", "gini": "Gini", "novelty": "novelty",
    "popularity_bias": "popularity", "diversity": "diversity", "serendipity": "serendipity",
    "miscalibration": "miscalibration", "ndcg_gap": "gap",
}  # fmt: skip
_CARD = {
    "users": "people measured", "films": "movies", "training_rows": "training ratings",
    "test_rows": "test ratings", "test_rows_of_new_films": "of them, of new movies",
}  # fmt: skip
_BY = {
    "activity": "number of known ratings", "fame": "fame of the movies to be found",
    "age": "age of the account",
}  # fmt: skip


def html(
    title: str,
    evaluations: Mapping[str, Evaluation],
    *,
    by: Sequence[By] = (),
    source: str | None = None,
) -> str:
    """Return the page.

    Parameters
    ----------
    title : str
    evaluations : mapping of str to Evaluation
        By the name of the data set, which may be blank.
    by : sequence of str
        The groups that are shown; see :meth:`movierec.Evaluation.by`.
    source : str, optional
        What describes the study.
    """
    static = files("movierec.evaluation").joinpath("static")
    style, script = (static.joinpath(f"report.{end}").read_text("utf-8") for end in ("css", "js"))
    sections = (_section(name, found, by) for name, found in evaluations.items())
    body = "".join(part for section in sections for part in section)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_FORBIDDING}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title>
<style>
{style}</style>
<h1>{_text(title)}</h1>
<p class="quiet">Click on the head of a column to sort by it. <em>Best</em> is the highest nDCG;
<em>tied</em> is what cannot be told from it (paired t-test over people, Holm's correction).</p>
{body}{_ending(source)}
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


def _section(name: str, found: Evaluation, by: Sequence[By]) -> Iterator[str]:
    k = found.results[0].k
    if name:
        yield f"<h2>{_text(name)}</h2>"
    yield _card(found)
    yield _notes(found)
    yield _figures([result for result in found.results if result.k == k], k)
    yield "<h3>Results</h3>" + _results(found.results)
    if len(found.protocol["cutoffs"]) > 1:
        yield _lengths(found)
    yield f"<h3>Differences in nDCG@{k}, over the same people</h3>" + _pairs(found)
    for what in by:
        yield _groups(found, what)
    yield _tuning(found)
    yield _details("Protocol", _pairs_of_values(found.protocol))
    yield _details("Parameters", _parameters(found))


def _card(found: Evaluation) -> str:
    facts = [(words, f"{found.protocol[name]:,}") for name, words in _CARD.items()]
    if found.new_users:
        facts.append(("people without history", f"{found.new_users['users']:,}"))
    facts.append(("split", found.protocol["split"]))
    shown = "".join(f"<div><dt>{_text(a)}</dt><dd>{_text(b)}</dd></div>" for a, b in facts)
    return f'<dl class="card">{shown}</dl>'


def _notes(found: Evaluation) -> str:
    items = "".join(f"<li>{_text(note)}</li>" for note in found.notes)
    return f'<ul class="notes">{items}</ul>' if items else ""


def _figures(results: Sequence[Result], k: int) -> str:
    rows = [
        Dot(one.algorithm, one.metrics["ndcg"], *one.intervals["ndcg"], one.versus_best)
        for one in results
    ]
    places = {one.algorithm: (one.metrics["coverage"], one.metrics["ndcg"]) for one in results}
    left = _figure(dots(rows, f"nDCG@{k}"), f"nDCG@{k}, with its 95 % interval over people")
    right = _figure(
        points(places, "coverage", f"nDCG@{k}"),
        f"nDCG@{k} (up) against coverage (across): the share of the movies in any list",
    )
    return f'<div class="figures">{left}{right}</div>'


def _figure(svg: str, words: str) -> str:
    return f"<figure>{svg}<figcaption>{_text(words)}</figcaption></figure>"


def _lengths(found: Evaluation) -> str:
    cutoffs = sorted(found.protocol["cutoffs"])
    values = {(each.algorithm, each.k): each.metrics["ndcg"] for each in found.results}
    names = dict.fromkeys(each.algorithm for each in found.results)
    series = {name: [values[name, k] for k in cutoffs] for name in names}
    return _figure(lines([str(k) for k in cutoffs], series, "nDCG"), "nDCG by length of the lists")


def _results(results: Sequence[Result]) -> str:
    there = [name for name in _COLUMNS if name in results[0].metrics]
    others = [name for name in there if name != "ndcg"]
    header = ["algorithm", "k", "nDCG", "95 %", "", *(_COLUMNS[name] for name in others), "fit s"]
    rows = []
    for one in results:
        low, high = one.intervals["ndcg"]
        cells = [_word(one.algorithm, one.versus_best), _number(one.k, 0)]
        cells += [_number(one.metrics["ndcg"], 4), _word(f"{low:.3f} to {high:.3f}")]
        cells.append(_word(one.versus_best, one.versus_best, "text"))
        cells += [_number(one.metrics[name], 4) for name in others]
        rows.append([*cells, _number(one.fit_seconds, 2)])
    return _table(header, rows)


def _pairs(found: Evaluation) -> str:
    header = ["better", "than", "by", "95 %", "p, corrected", "", "runs ahead"]
    rows = [
        [
            _word(pair.first), _word(pair.second, css="text"), _number(pair.difference, 4),
            _word(f"{pair.low:.4f} to {pair.high:.4f}"), _p_value(pair.p_holm),
            _word("clear" if pair.is_clear else "not clear"),
            _word(f"{pair.runs_ahead}/{pair.n_runs}"),
        ]
        for pair in found.pairs()
    ]  # fmt: skip
    return _table(header, rows)


def _groups(found: Evaluation, what: By) -> str:
    rows = found.by(what).to_dict("records")
    groups = list(dict.fromkeys(row["group"] for row in rows))
    names = list(dict.fromkeys(row["algorithm"] for row in rows))
    values = {(row["algorithm"], row["group"]): row["ndcg"] for row in rows}
    series = {name: [values.get((name, group)) for group in groups] for name in names}
    cells = [
        [
            _word(str(row["group"])), _number(row["users"], 0), _word(str(row["algorithm"])),
            _number(row["ndcg"], 4), _word(f"{row['low']:.3f} to {row['high']:.3f}"),
            _word(str(row["versus_best"]), str(row["versus_best"])),
        ]
        for row in rows
    ]  # fmt: skip
    table = _table(["group", "people", "algorithm", "nDCG", "95 %", ""], cells)
    figure = _figure(lines(groups, series, "nDCG"), f"nDCG by {_BY[what]}")
    return f"<h3>By {_BY[what]}</h3>{figure}" + _details("Figures", table)


def _tuning(found: Evaluation) -> str:
    runs = {one.algorithm: one.runs for one in found.results}
    rows = [
        [
            _word(name), _number(number, 0), _number(run["tuning"]["trials"], 0),
            _number(run["tuning"]["start"], 4), _number(run["tuning"]["validation"], 4),
            _word(in_words(run["tuning"]["parameters"]), css="text"),
            _number(run["tuning"]["tune_seconds"], 1),
        ]
        for name, own in runs.items()
        for number, run in enumerate(own, 1)
        if run["tuning"]
    ]  # fmt: skip
    if not rows:
        return ""
    header = ["algorithm", "run", "trials", "start", "chosen", "parameters", "seconds"]
    words = f"nDCG on held-out training ratings; search: {found.protocol['search']}"
    return f'<h3>Tuning</h3><p class="quiet">{_text(words)}</p>' + _table(header, rows)


def _parameters(found: Evaluation) -> str:
    first = {one.algorithm: one.parameters for one in found.results}
    return _pairs_of_values(
        {
            name: ", ".join(f"{key}={value}" for key, value in each.items()) or "none"
            for name, each in first.items()
        }
    )


def _ending(source: str | None) -> str:
    packages = ("movierec", "numpy", "scipy", "pandas", "scikit-learn")
    versions: dict[str, Any] = {name: version(name) for name in packages}
    versions |= {"Python": platform.python_version(), "system": platform.system()}
    study = "" if source is None else f"<h3>The study</h3><pre>{_source(source)}</pre>"
    return f"<h2>How this was made</h2>{study}<h3>Versions</h3>{_pairs_of_values(versions)}"


def _source(text: str) -> str:
    return "\n".join(escape(printable(line)) for line in text.splitlines())


def _details(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>{content}</details>"


def _pairs_of_values(values: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><td>{_text(name)}</td><td class="text">{_text(value)}</td></tr>'
        for name, value in values.items()
    )
    return f'<div class="wide"><table><tbody>{rows}</tbody></table></div>'


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{_text(text)}</th>" for text in header)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    table = f'<table class="sorts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="wide" tabindex="0">{table}</div>'


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return '<td data-value=""></td>'
    return f'<td data-value="{value!r}">{value:.{digits}f}</td>'


def _p_value(p: float) -> str:
    shown = f"{p:.4f}" if p >= 0.0001 else "< 0.0001"
    return f'<td data-value="{p!r}">{_text(shown)}</td>'


def _word(text: str, mark: str = "", css: str = "") -> str:
    names = " ".join(filter(None, (css, "best" if mark == "best" else "")))
    style = f' class="{names}"' if names else ""
    return f"<td{style}>{_text(text)}</td>"


def _text(value: object) -> str:
    return escape(one_line(str(value)))
