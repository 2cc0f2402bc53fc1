"""Measure movierec beside the libraries that do the same, and write ``docs/libraries.md``.

    python benchmarks/libraries.py [--sizes 0.1 1 5 25] [--python rectools=PYTHON]
        [--rows NAME ...] [--rounds 3]

Each row is run in a process of its own, and the rows of a group in turn, round after round, so that
a machine that slows down slows all of them. The table shows medians of wall and CPU time, the
highest peak of memory, ratios, and the quality of what was made. With MOVIEREC_REAL_DATA, the size
0.1 is the published split of MovieLens 100K; the others are simulated, as in ``run.py``.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from make_data import make
from recommend import run_apart
from report import machine
from results import CONTENDERS
from run import HERE, SHAPES, cost_of, run_contender

SMALL, ALL = ("0.1", "1"), ("0.1", "1", "5", "25")
N_USERS = 500  # whose lists are made where the data are simulated
LARGE = 5.0  # million ratings; from here on, fewer repeats
SCORES = ("fit", "first", "score")
REAL = "ml100k-split-75-25"
LIBRARIES = ("movierec", "implicit", "lenskit", "rectools", "scikit-surprise", "numpy", "scipy")
EVALUATED = "als,ease,item_knn,svd,user_knn"
ALS = "n_factors=64 n_iterations=15 unobserved=0.1 l2=0.007"
ALS_OF_IMPLICIT = "factors=64 iterations=15 alpha=11 regularization=15"


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


GROUPS = {
    "item_knn": Group(
        "`item_knn` with weights and shrinkage",
        (
            "movierec item_knn n_neighbors=100 weighting=bm25 shrinkage=100",
            "implicit BM25Recommender K=100",
            "rectools ImplicitItemKNNWrapperModel wraps=nearest_neighbours:BM25Recommender K=100",
            "lenskit ItemKNNScorer feedback=implicit save_nbrs=100",
        ),
    ),
    "cosine": Group(
        "`item_knn`, the plain cosine",
        (
            "movierec item_knn n_neighbors=100 weighting=none shrinkage=0 alpha=0.5",
            "implicit CosineRecommender K=100",
        ),
    ),
    "user_knn": Group(
        "`user_knn`",
        ("movierec user_knn", "lenskit UserKNNScorer feedback=implicit", "surprise KNNBaseline"),
        ("0.1", "1", "5"),
        only_small=("surprise KNNBaseline",),
    ),
    "ease": Group(
        "`ease`",
        (
            "movierec ease l2=300",
            "lenskit EASEScorer regularization=300",
            "rectools EASEModel regularization=300",
        ),
        SMALL,
    ),
    "als": Group(
        "`als` with 64 factors, and known people scored",
        (
            f"movierec als {ALS}",
            f"implicit AlternatingLeastSquares {ALS_OF_IMPLICIT}",
            f"rectools ImplicitALSWrapperModel wraps=als:AlternatingLeastSquares {ALS_OF_IMPLICIT}",
            "lenskit ImplicitMFScorer embedding_size=64 epochs=15 weight=10 regularization=15",
        ),
    ),
    "svd": Group(
        "`svd`",
        ("movierec svd", "rectools PureSVDModel factors=64", "surprise SVD"),
        only_small=("surprise SVD",),
    ),
    "neighbors": Group(
        "tables of the 100 nearest movies by factors",
        (f"movierec als {ALS}", f"implicit AlternatingLeastSquares {ALS_OF_IMPLICIT}"),
        steps=("neighbors",),
    ),
    "fit": Group(
        "a whole fit: files read, neighbors found, model saved",
        ("movierec", "movierec_cosine", "implicit_cosine", "lenskit_item_knn"),
        steps=("process",),
    ),
    "evaluate": Group(
        f"a whole evaluation of {EVALUATED}",
        ("movierec_evaluate", "lenskit_evaluate"),
        SMALL,
        ("process",),
    ),
}


def run_once(name: str, group: Group, size: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run a row once; the result has the wall and CPU seconds of each step.

    Parameters
    ----------
    name : str
    group : Group
    size : str
    options : argparse.Namespace
    """
    if group.steps != ("process",):
        return run_apart(name, recommending(name, group, size, options))
    data, out = options.work / f"{size}-data", options.work / f"{size}-{name}"
    agreement = ""
    if name in CONTENDERS:
        python = options.pythons.get("lenskit", sys.executable)
        result = run_contender(name, data, out, 1, python)
        cost, agreement = result.fit, result.agreement
    else:
        cost = cost_of(evaluation(name, data, options), 1)
    times = {"process": [cost.seconds, cost.cpu_seconds], "megabytes": cost.megabytes}
    return {**times, "agreement": agreement, **({"problem": cost.problem} if cost.problem else {})}


def recommending(
    name: str, group: Group, size: str, options: argparse.Namespace
) -> argparse.Namespace:
    """Return the options of ``recommend.py`` for a row at a size."""
    folder = Path(os.environ.get("MOVIEREC_REAL_DATA", ""), REAL)
    is_real = size == "0.1" and folder.exists()
    is_slow = float(size) >= LARGE or name.startswith("surprise")
    data = options.work / f"{size}-data"
    return argparse.Namespace(
        python=options.python,
        train=folder / "train.csv" if is_real else None,
        test=folder / "test.csv" if is_real else None,
        ratings=None if is_real else data / "ratings.csv",
        movies=None,
        users=None if is_real else N_USERS,
        repeats=1 if is_slow else 7 if size == SMALL[0] else 3,
        neighbors="neighbors" in group.steps,
    )


def evaluation(name: str, data: Path, options: argparse.Namespace) -> list[str | Path]:
    """Return the command of an evaluation."""
    if name == "lenskit_evaluate":
        script = HERE / "contenders" / f"{name}.py"
        return [options.pythons.get("lenskit", sys.executable), script, data]
    given = [f"als.{pair}" for pair in ALS.split()] + ["ease.l2=300", "item_knn.n_neighbors=100"]
    words = ["--split", "random", "--algorithm", EVALUATED]
    words += [word for pair in given for word in ("--set", pair)]
    return [sys.executable, "-m", "movierec", "evaluate", data / "ratings.csv", *words]


def combined(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the medians of the times, and the highest memory."""
    problems = [run for run in runs if "problem" in run]
    if problems:
        return problems[0]
    found = dict(runs[-1])
    for step in (*SCORES, "neighbors", "process"):
        if step in found:
            found[step] = [median(run[step][clock] for run in runs) for clock in (0, 1)]
    return found | {"megabytes": max(run["megabytes"] for run in runs)}


def table(group: Group, size: str, results: dict[str, dict[str, Any]]) -> list[str]:
    """Return the lines of a group at a size.

    Parameters
    ----------
    group : Group
    size : str
    results : dict of str to dict
        By name of the row, as :func:`combined` returns them.
    """
    heads = [head for step in group.steps for head in (f"{step} s", "CPU s", "CPU, × movierec")]
    heads = ["", *heads, "peak MB", "agreement" if group.steps == ("process",) else "nDCG@10"]
    first = next(iter(results.values()))
    lines = [f"\n## {size} M: {group.title}\n", f"| {' | '.join(heads)} |"]
    lines.append("|---" + "|--:" * (len(heads) - 1) + "|")
    lines += [
        f"| {name} | {' | '.join(cells(found, first, group.steps))} |"
        for name, found in results.items()
    ]
    return lines


def cells(found: dict[str, Any], first: dict[str, Any], steps: tuple[str, ...]) -> list[str]:
    """Return the figures of a row; the ratios are those of the CPU time to the first row."""
    if "problem" in found:
        return [f"failed: {found['problem'][:80]}", *[""] * (3 * len(steps) + 1)]
    figures = []
    for step in steps:
        wall, cpu = found[step]
        base = first.get(step, [0, 0])[1]
        figures += [f"{wall:.3f}", f"{cpu:.3f}", f"{cpu / base:.2f}" if base else "-"]
    quality = f"{found['ndcg']:.4f}" if "ndcg" in found else found["agreement"]
    return [*figures, f"{found['megabytes']:.0f}", quality]


_HEAD = """# Beside other libraries

    {command}

wrote this page; `benchmarks/README.md` lists what it needs. Every row ran in its own process, and
the rows of a table in turn, in {rounds} rounds, on one machine: {machine}. Times are medians of the
rounds, by the clock and of all processors together; ratios are those of CPU time to movierec's.
Memory is the highest peak of the process. Recommenders ran on one processor, whole commands on all.

*fit* is the median of the fits of a process, and *first* its first, with what is then loaded;
*score* is the time to score all movies for all users with test rows, of simulated data for
{n_users} of them. nDCG@10 is measured by the same code for all, on the same rows that were held
out. *Agreement* counts sampled movies whose ten neighbors are the nearest. 0.1 M is {small}; other
sizes are simulated by `benchmarks/make_data.py`.

Versions: {versions}.
"""


def write(path: Path, lines: list[str], options: argparse.Namespace) -> None:
    """Write the page with what was measured so far."""
    real = os.environ.get("MOVIEREC_REAL_DATA")
    sizes = " ".join(options.sizes)
    head = _HEAD.format(
        command=f"python benchmarks/libraries.py --sizes {sizes} --rounds {options.rounds}",
        rounds=options.rounds,
        machine=machine(),
        n_users=N_USERS,
        small="the published split of MovieLens 100K" if real else "simulated, too",
        versions=", ".join(filter(None, map(installed, LIBRARIES))),
    )
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def installed(library: str) -> str:
    """Return the name and version of a library, or nothing if it is not installed."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return ""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["0.1", "1", "5"], choices=SHAPES)
    parser.add_argument("--rows", nargs="+", default=list(GROUPS), choices=GROUPS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], metavar="LIBRARY=PYTHON")
    parser.add_argument("--work", type=Path, default=Path("/tmp/movierec-benchmarks"))
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "libraries.md")
    options = parser.parse_args()
    options.pythons = dict(pair.split("=", 1) for pair in options.python)
    options.work = options.work.resolve()
    return options


def main() -> None:
    options, lines = parse(), []
    for size in options.sizes:
        data = options.work / f"{size}-data"
        if not (data / "movies.csv").exists():
            make(data, *SHAPES[size])
        for group in (GROUPS[name] for name in options.rows):
            if size in ALL and size not in group.sizes:
                continue
            runs: dict[str, list[dict[str, Any]]] = {name: [] for name in group.at(size)}
            for _ in range(options.rounds):
                for name, found in runs.items():
                    print(f"{size} M: {name}", file=sys.stderr, flush=True)
                    found.append(run_once(name, group, size, options))
            lines += table(group, size, {name: combined(found) for name, found in runs.items()})
            write(options.out, lines, options)


if __name__ == "__main__":
    main()
