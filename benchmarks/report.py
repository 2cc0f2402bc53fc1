"""From measurements to a page: tables, a plot, and whether the answers agree."""

from __future__ import annotations

import json
import os
import platform
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from run import Cost, Result

TOLERANCE = 2e-5  # several contenders work in float32
NAMES = {
    "movierec": "movierec",
    "movierec_cosine": "movierec, by ratings alone",
    "scikit_learn": "scikit-learn, one film at a time",
    "implicit_cosine": "implicit, CosineRecommender",
    "sparse_dot_topn_cosine": "sparse_dot_topn",
    "lenskit_item_knn": "LensKit, ItemKNNScorer",
    "classic": "the classic script",
}


@cache
def _ratings(data: Path) -> tuple[csr_matrix, np.ndarray[Any, Any]]:
    frame = pd.read_csv(data / "ratings.csv", usecols=["userId", "movieId", "rating"])
    movies, rows = np.unique(frame["movieId"], return_inverse=True)
    users, columns = np.unique(frame["userId"], return_inverse=True)
    shape = (len(movies), len(users))
    matrix = csr_matrix((frame["rating"].to_numpy(np.float64), (rows, columns)), shape=shape)
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(norms, np.diff(matrix.indptr))
    return matrix, movies


def most_rated(data: Path) -> int:
    matrix, movies = _ratings(data)
    return int(movies[np.argmax(np.diff(matrix.indptr))])


def agreement(data: Path, sample: Path) -> str:
    """Tell how many of the sampled films have the ten nearest neighbours, by float64."""
    if not sample.exists():
        return "-"
    matrix, movies = _ratings(data)
    answers = json.loads(sample.read_text(encoding="utf-8"))
    right = 0
    for movie, found in answers.items():
        row = int(np.searchsorted(movies, int(movie)))
        exact = np.asarray((matrix @ matrix[row].T).todense()).ravel()
        exact[row] = 0
        best = np.sort(exact)[::-1][: len(found)]
        claimed = exact[np.searchsorted(movies, [other for other, _ in found])]
        scores = [score for _, score in found]
        right += bool(
            np.allclose(claimed, best, atol=TOLERANCE) and np.allclose(scores, best, atol=TOLERANCE)
        )
    return f"{right} of {len(answers)}"


def write(
    folder: Path,
    results: dict[str, dict[str, Result]],
    costs: dict[str, list[Cost]],
    cold: Cost,
) -> None:
    """Write ``benchmarks.md`` and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    plotted = _plot(folder / "benchmarks.svg", results)
    parts = [_HEAD.format(machine=_machine())]
    parts += ["![fit and query time by size](benchmarks.svg)\n"] if plotted else []
    parts += [_size_table(size, by_name) for size, by_name in results.items()]
    parts.append(_start_table(costs))
    size, by_name = list(results.items())[-1]
    warm = by_name["movierec"].fit
    parts.append(
        _COLD.format(
            size=size, cold=cold.seconds, cold_cpu=cold.cpu_seconds, warm=warm.seconds,
            warm_cpu=warm.cpu_seconds,
        )
    )  # fmt: skip
    (folder / "benchmarks.md").write_text("\n".join(parts), encoding="utf-8")


_HEAD = """# Benchmarks

    python benchmarks/run.py

wrote this page; `benchmarks/README.md` says what it needs. Every figure
is of a whole process, the median of its runs: wall time, CPU time (of all processors together) and
the peak of its memory. *Fit* goes from the CSV file to a saved model with 100 neighbours of each
film; *ask* starts a program, loads the model and lists ten neighbours of the most rated film.
*Right* counts sampled films whose ten neighbours are the nearest, checked in float64. All
contenders ran one after another on one machine: {machine}. Absolute figures are worth little
elsewhere: look at the ratios.

movierec compares films by ratings and content; *by ratings alone* (`--content-weight 0`) it has
the neighbours of its peers. LensKit centres ratings and so has others. scikit-learn finds none
while fitting: each question multiplies the whole matrix. The classic script starts from the CSV
files at every question.
"""

_COLD = """
## Compiling

The first fit that needs the compiled loops, on an installation that never had them, took
{cold:.1f} s ({cold_cpu:.1f} s of CPU) on {size} million ratings; later ones {warm:.1f} s
({warm_cpu:.1f} s of CPU).
"""


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    return f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}"


def _size_table(size: str, results: dict[str, Result]) -> str:
    ours = results["movierec"]
    lines = [
        f"\n## {size} million ratings\n",
        "| | fit s | CPU s | peak MB | x ours | model MB | ask s | ask MB | x ours | right |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, result in results.items():
        fit, ask = result.fit, result.query
        if fit.problem or ask.problem:
            lines.append(f"| {NAMES[name]} | failed: {(fit.problem or ask.problem)[:80]} |||||||||")
            continue
        ratio, ask_ratio = fit.seconds / ours.fit.seconds, ask.seconds / ours.query.seconds
        figures = ["-"] * 4
        if name != "classic":
            figures = [f"{fit.seconds:.1f}", f"{fit.cpu_seconds:.1f}", f"{fit.megabytes:.0f}"]
            figures.append(f"{ratio:.2f}")
        figures += [f"{result.model_megabytes:.1f}", f"{ask.seconds:.2f}", f"{ask.megabytes:.0f}"]
        figures += [f"{ask_ratio:.1f}", result.agreement]
        lines.append(f"| {NAMES[name]} | {' | '.join(figures)} |")
    return "\n".join(lines)


def _start_table(costs: dict[str, list[Cost]]) -> str:
    rounds = len(costs["python, for help"])
    lines = [
        "\n## Starting up\n",
        "What a question costs next to `import typer, rich.table, rich.console, numpy`, and help",
        "next to `import typer, rich.console, rich.table`: what Python with these costs anyway.",
        f"All commands ran in turn, {rounds} rounds; medians, also of the ratios of each round.\n",
        "| | wall s | CPU s | peak MB | wall, x python | CPU, x python |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, own in costs.items():
        base = costs["python, for help" if "help" in name else "python, for a question"]
        figures = [
            f"{median(cost.seconds for cost in own):.3f}",
            f"{median(cost.cpu_seconds for cost in own):.3f}",
            f"{max(cost.megabytes for cost in own):.0f}",
            f"{median(a.seconds / b.seconds for a, b in zip(own, base, strict=True)):.2f}",
            f"{median(a.cpu_seconds / b.cpu_seconds for a, b in zip(own, base, strict=True)):.2f}",
        ]
        lines.append(f"| {name} | {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def _plot(path: Path, results: dict[str, dict[str, Result]]) -> bool:
    """Draw time against size; without matplotlib there is no plot."""
    try:
        from matplotlib import pyplot
    except ImportError:
        return False
    figure, panels = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for panel, step, title in zip(panels, ("fit", "query"), ("fit", "ask"), strict=True):
        for name, label in NAMES.items():
            points = [
                (float(size), getattr(by_name[name], step).seconds)
                for size, by_name in results.items()
                if name in by_name and not getattr(by_name[name], step).problem
            ]
            if points and not (name == "classic" and step == "fit"):
                panel.loglog(*zip(*points, strict=True), "o-", label=label)
        panel.set(title=title, xlabel="million ratings", ylabel="seconds, whole process")
        panel.grid(alpha=0.3)
    panels[1].legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})
    return True
