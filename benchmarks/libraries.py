"""Measure movierec beside the libraries that do the same, and write ``docs/libraries.md``.

    python benchmarks/libraries.py [--sizes 0.1 1 5 25] [--python rectools=PYTHON]
        [--rows NAME ...] [--rounds 3] [--keep FILE]

Each row is run in a process of its own, and the rows of a group in turn, round after round, so that
a machine that slows down slows all of them. Each run is added to a file of JSON lines as it ends:
the same command goes on after an interruption, and the page shows all that the file holds. With
MOVIEREC_REAL_DATA, the size 0.1 is the published split of MovieLens 100K; the others are simulated,
as in ``run.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from libraries_page import ALL, SMALL, Group, Measured, write
from make_data import make
from recommend import run_apart
from results import CONTENDERS, read_lines
from run import HERE, SHAPES, cost_of, run_contender

N_USERS = 500  # whose lists are made where the data are simulated
LARGE = 5.0  # million ratings; from here on, fewer repeats
REAL = "ml100k-split-75-25"
EVALUATED = "als,ease,item_knn,svd,user_knn"
ALS = "n_factors=64 n_iterations=15 unobserved=0.1 l2=0.007"
ALS_OF_IMPLICIT = "factors=64 iterations=15 alpha=11 regularization=15"


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
        "`als` with 64 factors",
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
        "the 100 nearest of each movie by factors",
        (f"movierec als {ALS}", f"implicit AlternatingLeastSquares {ALS_OF_IMPLICIT}"),
        steps=("neighbors",),
    ),
    "fit": Group(
        "a whole fit, from files to the saved model",
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


def measure(options: argparse.Namespace) -> None:
    """Run what the file does not hold yet, and write the page after each group."""
    runs = read(options.keep)
    for size in options.sizes:
        data = options.work / f"{size}-data"
        if not (data / "movies.csv").exists():
            make(data, *SHAPES[size])
        for row in options.rows:
            if size in ALL and size not in GROUPS[row].sizes:
                continue
            runs += run_group(row, size, runs, options)
            write(options.out, runs, GROUPS, N_USERS)


def run_group(
    row: str, size: str, runs: list[Measured], options: argparse.Namespace
) -> list[Measured]:
    """Run the rounds of a group that are missing; keep and return them.

    Parameters
    ----------
    row : str
        The name of the group.
    size : str
    runs : list of Measured
        What was run before.
    options : argparse.Namespace
    """
    group, found = GROUPS[row], []
    known = Counter(run.name for run in runs if (run.group, run.size) == (row, size))
    for number in range(options.rounds):
        for name in group.at(size):
            if known[name] > number:
                continue
            print(f"{size} M: {name}", file=sys.stderr, flush=True)
            found.append(Measured(row, size, name, run_once(name, group, size, options)))
            with options.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(found[-1])) + "\n")
    return found


def read(kept: Path) -> list[Measured]:
    """Return the runs in a file that did not fail."""
    runs = [Measured(**line) for line in read_lines(kept)]
    return [run for run in runs if "problem" not in run.found]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["0.1", "1", "5"], choices=SHAPES)
    parser.add_argument("--rows", nargs="+", default=list(GROUPS), choices=GROUPS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], metavar="LIBRARY=PYTHON")
    parser.add_argument("--work", type=Path, default=Path("/tmp/movierec-benchmarks"))
    parser.add_argument("--keep", type=Path, help="default: libraries.jsonl in the work folder")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "libraries.md")
    options = parser.parse_args()
    options.pythons = dict(pair.split("=", 1) for pair in options.python)
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    options.keep = options.keep or options.work / "libraries.jsonl"
    return options


def main() -> None:
    measure(parse())


if __name__ == "__main__":
    main()
