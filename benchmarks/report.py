"""Write the page: tables, a plot, and how many neighbors are correct."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from results import BARE_HELP, BARE_QUERY, CONTENDERS, NOT_FITTED, Cost, Result
from scipy.sparse import csr_matrix

TOLERANCE = 2e-5  # several contenders work in float32
PROBLEM_LENGTH = 80  # characters of a message in a table


@cache
def _ratings(data: Path) -> tuple[csr_matrix, npt.NDArray[Any]]:
    """Return the ratings as rows of length 1, shape (n_movies, n_users), and the movie ids."""
    frame = pd.read_csv(data / "ratings.csv", usecols=["userId", "movieId", "rating"])
    movies, rows = np.unique(frame["movieId"], return_inverse=True)
    users, columns = np.unique(frame["userId"], return_inverse=True)
    shape = (len(movies), len(users))
    matrix = csr_matrix((frame["rating"].to_numpy(np.float64), (rows, columns)), shape=shape)
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(norms, np.diff(matrix.indptr))
    return matrix, movies


def most_rated(data: Path) -> int:
    """Return the id of the movie with the most ratings."""
    matrix, movies = _ratings(data)
    return int(movies[np.argmax(np.diff(matrix.indptr))])


def agreement(data: Path, sample: Path) -> str:
    """Count the sampled movies whose neighbors are the nearest, computed in float64.

    Parameters
    ----------
    data : Path
        The folder of ``ratings.csv``.
    sample : Path
        By movie id, a list of ids and similarities.
    """
    if not sample.exists():
        return "-"
    answers = json.loads(sample.read_text(encoding="utf-8"))
    n_correct = sum(_is_correct(data, int(movie), found) for movie, found in answers.items())
    return f"{n_correct} of {len(answers)}"


def _is_correct(data: Path, movie: int, found: list[tuple[int, float]]) -> bool:
    matrix, movies = _ratings(data)
    row = int(np.searchsorted(movies, movie))
    exact = np.asarray((matrix @ matrix[[row]].T).todense()).ravel()
    exact[row] = 0
    best = np.sort(exact)[::-1][: len(found)]
    of_found = exact[np.searchsorted(movies, [other for other, _ in found])]
    scores = [score for _, score in found]
    return all(np.allclose(values, best, atol=TOLERANCE) for values in (of_found, scores))


def write(
    folder: Path,
    results: dict[str, dict[str, Result]],
    costs: dict[str, list[Cost]],
    cold: Cost,
) -> None:
    """Write ``benchmarks.md`` and the plot.

    Parameters
    ----------
    folder : Path
    results : dict of str to dict of str to Result
        By size, in millions of ratings, and by contender.
    costs : dict of str to list of Cost
        The rows of the start-up table, with the cost of each round.
    cold : Cost
        The cost of a fit that compiles first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    plotted = _plot(folder / "benchmarks.svg", results)
    parts = [_HEAD.format(machine=machine())]
    parts += ["![fit and query time by size](benchmarks.svg)\n"] if plotted else []
    parts += [_size_table(size, by_name) for size, by_name in results.items()]
    parts.append(_start_table(costs))
    size, by_name = list(results.items())[-1]
    parts.append(_COLD.format(size=size, cold=cold, warm=by_name["movierec"].fit))
    (folder / "benchmarks.md").write_text("\n".join(parts), encoding="utf-8")


_HEAD = """# Benchmarks

    python benchmarks/run.py

wrote this page; `benchmarks/README.md` lists the requirements. Every figure is for a whole
process. Wall time and CPU time (the sum over all processors) are medians of its runs, and memory
is the highest peak. *Fit* goes from the CSV file to a saved model with the 100 nearest neighbors of
each movie. *Query* starts a program, loads the model and lists the ten nearest neighbors of the
movie with the most ratings. *Correct* counts the sampled movies whose ten neighbors are the
nearest, checked in float64. All contenders ran one after another on one machine: {machine}.
Absolute figures mean little on another machine; compare the ratios.

movierec compares movies by corrected ratings and content. *By ratings alone*
(`--content-weight 0 --weighting none`), it has the same neighbors as the other libraries, except
LensKit, which centers the ratings and therefore has different neighbors. scikit-learn computes no
neighbors during the fit: each query multiplies the whole matrix. The classic script starts from the
CSV files at every query.
"""

_START = """
## Start-up

The cost of a query, compared with `import typer, rich.table, rich.console, numpy`, and of `--help`,
compared with `import typer, rich.console, rich.table`: Python with these imports costs that much in
any case. All commands ran in turn, in {rounds} rounds. The times are medians, memory is the highest
peak, and the ratios are medians of the ratios of each round.
"""

_COLD = """
## Compilation

The first fit that needs the compiled loops, on a new installation, took {cold.seconds:.1f} s
({cold.cpu_seconds:.1f} s of CPU) on {size} million ratings; later fits took {warm.seconds:.1f} s
({warm.cpu_seconds:.1f} s of CPU).
"""


def machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}"


def _size_table(size: str, results: dict[str, Result]) -> str:
    lines = [
        f"\n## {size} million ratings\n",
        "| | fit s | CPU s | peak MB | × movierec | model MB | query s | query MB | × movierec "
        "| correct |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [_size_row(name, result, results["movierec"]) for name, result in results.items()]
    return "\n".join(lines)


def _size_row(name: str, result: Result, ours: Result) -> str:
    fit, query = result.fit, result.query
    if problem := fit.problem or query.problem:
        return f"| {CONTENDERS[name]} | failed: {problem[:PROBLEM_LENGTH]} |||||||||"
    figures = ["-"] * 4
    if name != NOT_FITTED:
        figures = [f"{fit.seconds:.1f}", f"{fit.cpu_seconds:.1f}", f"{fit.megabytes:.0f}"]
        figures.append(f"{fit.seconds / ours.fit.seconds:.2f}")
    figures += [f"{result.model_megabytes:.1f}", f"{query.seconds:.2f}", f"{query.megabytes:.0f}"]
    figures += [f"{query.seconds / ours.query.seconds:.1f}", result.agreement]
    return f"| {CONTENDERS[name]} | {' | '.join(figures)} |"


def _start_table(costs: dict[str, list[Cost]]) -> str:
    lines = [
        _START.format(rounds=len(costs[BARE_HELP])),
        "| | wall s | CPU s | peak MB | wall, × Python | CPU, × Python |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, own in costs.items():
        base = costs[BARE_HELP if "help" in name else BARE_QUERY]
        lines.append(f"| {name} | {' | '.join(_start_figures(own, base))} |")
    return "\n".join(lines) + "\n"


def _start_figures(own: list[Cost], base: list[Cost]) -> list[str]:
    rounds = list(zip(own, base, strict=True))
    return [
        f"{median(cost.seconds for cost in own):.3f}",
        f"{median(cost.cpu_seconds for cost in own):.3f}",
        f"{max(cost.megabytes for cost in own):.0f}",
        f"{median(cost.seconds / bare.seconds for cost, bare in rounds):.2f}",
        f"{median(cost.cpu_seconds / bare.cpu_seconds for cost, bare in rounds):.2f}",
    ]


def _plot(path: Path, results: dict[str, dict[str, Result]]) -> bool:
    """Draw time against size, if matplotlib is installed; return whether it is."""
    try:
        from matplotlib import pyplot
    except ImportError:
        return False
    figure, panels = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for panel, step in zip(panels, ("fit", "query"), strict=True):
        for name, label in CONTENDERS.items():
            points = [
                (float(size), getattr(by_name[name], step).seconds)
                for size, by_name in results.items()
                if name in by_name and not getattr(by_name[name], step).problem
            ]
            if points and not (name == NOT_FITTED and step == "fit"):
                panel.loglog(*zip(*points, strict=True), "o-", label=label)
        panel.set(title=step, xlabel="million ratings", ylabel="seconds, whole process")
        panel.grid(alpha=0.3)
    panels[1].legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    return True
