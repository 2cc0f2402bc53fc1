"""The page of `libraries.py`: a summary, and a table for each group and size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from report import machine

SMALL, ALL = ("0.1", "1"), ("0.1", "1", "5", "25")  # million ratings
SCORES = ("fit", "first", "score")
OURS = "movierec"  # the first word of our rows
LIBRARIES = ("movierec", "implicit", "lenskit", "rectools", "scikit-surprise", "numpy", "scipy")
CPU = 1  # the place of CPU seconds in what was measured of a step; wall seconds come first
SUMMARIZED = ("fit", "score", "neighbors", "process")
LABELS = {"fit": ", fit", "score": ", people scored"}


@dataclass(frozen=True)
class Group:
    """What is compared: movierec first, then its peers.

    Attributes
    ----------
    title : str
    names : tuple of str
        Recommenders as in ``recommend.py``, or contenders of ``run.py``.
    sizes : tuple of str
        In millions of ratings.
    steps : tuple of str
        What is timed.
    only_small : tuple of str
        Those of `names` that take hours above 0.1 million ratings.
    """

    title: str
    names: tuple[str, ...]
    sizes: tuple[str, ...] = ALL
    steps: tuple[str, ...] = SCORES
    only_small: tuple[str, ...] = ()

    def at(self, size: str) -> tuple[str, ...]:
        """Return the names that are run at a size."""
        is_small = float(size) <= float(SMALL[0])
        return tuple(name for name in self.names if is_small or name not in self.only_small)


@dataclass(frozen=True)
class Measured:
    """One run of a row.

    Attributes
    ----------
    group, size, name : str
    found : dict
        The wall and CPU seconds of each step, ``megabytes``, and what tells how good it is; or
        ``problem``.
    """

    group: str
    size: str
    name: str
    found: dict[str, Any]


Rounds = Mapping[str, Sequence[Mapping[str, Any]]]  # what was found, by name


def write(path: Path, runs: Sequence[Measured], groups: Mapping[str, Group], n_users: int) -> None:
    """Write the page with all that was measured.

    Parameters
    ----------
    path : Path
    runs : sequence of Measured
    groups : mapping of str to Group
        In the order of the page.
    n_users : int
        For whom lists are made where the data are simulated.
    """
    sizes = sorted({run.size for run in runs}, key=float)
    found = {(size, name): _rounds(runs, name, size) for size in sizes for name in groups}
    found = {place: rounds for place, rounds in found.items() if rounds}
    lines = [_HEAD, *_summary(found, groups, sizes), _HOW.format(**_facts(n_users))]
    for (size, name), rounds in found.items():
        lines += _table(groups[name], size, rounds)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _rounds(runs: Sequence[Measured], group: str, size: str) -> Rounds:
    found: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        if (run.group, run.size) == (group, size):
            found.setdefault(run.name, []).append(run.found)
    return found


def _summary(
    found: Mapping[tuple[str, str], Rounds], groups: Mapping[str, Group], sizes: Sequence[str]
) -> Iterator[str]:
    """Yield the lines of a table of CPU time over that of the fastest peer."""
    yield f"| | {' | '.join(f'{size} M' for size in sizes)} |"
    yield "|---" + "|--:" * len(sizes) + "|"
    for name, group in groups.items():
        ours = [row for row in group.names if row.startswith(OURS)]
        for row, step in ((row, step) for row in ours for step in group.steps):
            if step not in SUMMARIZED:
                continue
            cells = [_beside_fastest(found.get((size, name), {}), row, step) for size in sizes]
            label = group.title + LABELS.get(step, "")
            if any(cells):
                yield f"| {label}{f': `{row}`' if len(ours) > 1 else ''} | {' | '.join(cells)} |"


def _beside_fastest(rounds: Rounds, row: str, step: str) -> str:
    peers = [name for name in rounds if not name.startswith(OURS)]
    ratios = []
    for number, ours in enumerate(rounds.get(row, ())):
        others = [rounds[name][number] for name in peers if number < len(rounds[name])]
        seconds = [other[step][CPU] for other in others if step in other]
        if step in ours and seconds:
            ratios.append(ours[step][CPU] / min(seconds))
    return _ratio(ratios)


def _ratio(ratios: Sequence[float]) -> str:
    """Return the median, with the lowest and the highest where they differ."""
    if not ratios:
        return ""
    low, middle, high = (f"{value:.2f}" for value in (min(ratios), median(ratios), max(ratios)))
    return middle if low == high else f"{middle} ({low}-{high})"


def _table(group: Group, size: str, rounds: Rounds) -> Iterator[str]:
    """Yield the lines of a group at a size."""
    heads = [head for step in group.steps for head in (f"{step} s", "CPU s", "CPU, × movierec")]
    heads = ["", *heads, "peak MB", "agreement" if group.steps == ("process",) else "nDCG@10"]
    first, n_rounds = next(iter(rounds.values())), max(map(len, rounds.values()))
    yield f"\n## {size} M: {group.title}\n"
    yield f"{n_rounds} round{'s' if n_rounds > 1 else ''}.\n"
    yield f"| {' | '.join(heads)} |"
    yield "|---" + "|--:" * (len(heads) - 1) + "|"
    for name, found in rounds.items():
        yield f"| {name} | {' | '.join(_cells(found, first, group.steps))} |"


def _cells(
    found: Sequence[Mapping[str, Any]], first: Sequence[Mapping[str, Any]], steps: Sequence[str]
) -> list[str]:
    """Return the figures of a row; the ratios are those of the CPU time to the first row."""
    problems = [run["problem"] for run in found if "problem" in run]
    if problems:
        return [f"failed: {problems[0][:80]}", *[""] * (3 * len(steps) + 1)]
    figures = []
    for step in steps:
        figures += [f"{median(run[step][clock] for run in found):.3f}" for clock in (0, CPU)]
        pairs = [(run, base) for run, base in zip(found, first, strict=False) if step in base]
        figures.append(_ratio([run[step][CPU] / base[step][CPU] for run, base in pairs]) or "-")
    quality = f"{found[-1]['ndcg']:.4f}" if "ndcg" in found[-1] else found[-1]["agreement"]
    return [*figures, f"{max(run['megabytes'] for run in found):.0f}", quality]


def _facts(n_users: int) -> dict[str, Any]:
    is_real = os.environ.get("MOVIEREC_REAL_DATA")
    return {
        "machine": machine(),
        "n_users": n_users,
        "small": "the published split of MovieLens 100K" if is_real else "simulated, too",
        "versions": ", ".join(filter(None, map(_installed, LIBRARIES))),
    }


def _installed(library: str) -> str:
    """Return the name and version of a library, or nothing if it is not installed."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return ""


_HEAD = """# Beside other libraries

In short, processor time of movierec over that of the fastest peer of each table: the median of the
rounds, with the lowest and the highest in brackets. Below 1, movierec is faster.
"""

_HOW = """
- **People scored.** `als` solves for the factors of each person from what they rated, so it answers
  people who were not in the fit or have rated more since, and a model holds nothing about single
  people. implicit looks up the factors that it kept from the fit; movierec's would not be exact,
  since the last step of a fit changes the movies. `item_knn` sums, for each movie, what its own
  nearest add; implicit sums what each rated movie gives to its nearest, which takes fewer sums,
  since a popular movie is among the nearest of many.
- **A whole fit** of 0.1 or 1 million ratings is mostly imports. A model holds a fitted object of
  scikit-learn, whose import takes half a second; implicit does not need it. The default algorithm
  also reads titles and genres, and learns from them.
- **Compiled loops** are loaded where that pays. A process that fits `item_knn` to 0.1 million
  ratings once does without; one that fits again and again loads them. The first run of a new
  installation compiles them, which explains a highest figure of many times the median.

`python benchmarks/libraries.py` measures all this and writes this page; `benchmarks/README.md`
lists what it needs. Every row ran in its own process, and the rows of a table in turn, round after
round, on one machine: {machine}. Times are medians of the rounds, by the clock and of all
processors together; ratios are those of CPU time to movierec's in the same round. Memory is the
highest peak of the process. Recommenders ran on one processor, whole commands on all. Tables may be
of different days, so only the rows of one are compared.

*fit* is the median of the fits of a process, and *first* its first, with what is then loaded;
*score* is the time to score all movies for all users with test rows, of simulated data for
{n_users} of them. nDCG@10 is measured by the same code for all, on the same rows that were held
out. *Agreement* counts sampled movies whose ten neighbors are the nearest. 0.1 M is {small}; other
sizes are simulated by `benchmarks/make_data.py`.

Versions: {versions}."""
