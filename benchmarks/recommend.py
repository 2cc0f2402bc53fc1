"""Measure the algorithms of movierec and of other libraries on one split; print a Markdown table.

    python benchmarks/recommend.py --train TRAIN.csv --test TEST.csv [--movies MOVIES.csv]
        [--repeats 3] [--python lenskit=PYTHON] [--python surprise=PYTHON] [--users N]
    python benchmarks/recommend.py --ratings RATINGS.csv --movies MOVIES.csv ...

TRAIN and TEST hold `userId,movieId,rating`; of RATINGS, a fifth of each user's ratings is held out,
and those of at least 4 are to be found. Only movierec is given the content of the movies. Every
recommender is fitted on the same rows, in its own process, on one processor with one thread, and
scores all movies for all users with test rows. The ten best of each list, without the training
movies and with ties in the order of their ids, are measured by movierec's own metrics. The table
shows these, the medians of the seconds of fitting and scoring (wall and CPU), and the peak memory
of the whole process. The rows are converted for each library before the clock starts; the lists
are made after it stops.

A row names the parameters that differ from the defaults. Each row of movierec starts a group; the
ratios are those of the wall times to that row. `--python` names the interpreter for a library that
is not installed here; movierec must be importable there as well. `--users` asks for the lists of a
random sample of the users. `--only NAME` runs one recommender and prints JSON; with `--neighbors`,
it also makes the 100 nearest items of each item.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
from systems import SYSTEMS, Indices, Scores, System

from movierec.algorithms.base import Algorithm, Run, TrainingData
from movierec.data.dataset import read_movie_file, read_rating_rows
from movierec.data.interactions import Interactions
from movierec.evaluation import metrics
from movierec.evaluation.protocol import EvaluationProtocol
from movierec.evaluation.runs import rank, users_to_test
from movierec.evaluation.tasks import Task, published_task, split_task

K = 10
N_NEIGHBORS = 100
LIKED = 4.0  # the least rating of a test row, where a split is made here
PASSED = ("train", "test", "ratings", "movies", "repeats", "users")
SHOWN = ("ndcg", "precision", "recall", "hit_rate", "coverage")
LIMITS = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMBA", "LK")}
HEAD = """
| | nDCG@10 | precision@10 | recall@10 | hit rate@10 | coverage | fit s | CPU s | × movierec \
| score s | CPU s | × movierec | peak MB |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""

# In the first group of ALS, the recommenders have the same number of factors and iterations, a
# rated item weighs as much as 11 others, and the regularization equals that of movierec for a user
# or item with a typical number of ratings.
GROUPS = """
movierec popular

movierec content

movierec bias

movierec mf

movierec rating_knn

movierec default
movierec default content_weight=0

movierec item_knn n_neighbors=100 weighting=none shrinkage=0 alpha=0.5
implicit CosineRecommender K=100
implicit CosineRecommender
lenskit ItemKNNScorer feedback=implicit save_nbrs=100
lenskit ItemKNNScorer feedback=implicit
surprise KNNBaseline name=pearson_baseline user_based=false

movierec item_knn n_neighbors=100 weighting=bm25 shrinkage=100
implicit BM25Recommender K=100
implicit BM25Recommender

movierec user_knn
lenskit UserKNNScorer feedback=implicit
surprise KNNBaseline

movierec ease
movierec ease l2=300
lenskit EASEScorer regularization=300
lenskit EASEScorer

movierec als n_factors=64 n_iterations=15 unobserved=0.1 l2=0.007
implicit AlternatingLeastSquares factors=64 iterations=15 alpha=11 regularization=15
lenskit ImplicitMFScorer embedding_size=64 epochs=15 weight=10 regularization=15

movierec als
implicit AlternatingLeastSquares
lenskit ImplicitMFScorer

movierec svd
surprise SVD
"""


Times = npt.NDArray[np.float64]  # wall and CPU seconds
T = TypeVar("T")


def parse_name(name: str) -> tuple[str, str, dict[str, Any]]:
    """Return the library, the recommender, and the parameters that a row names."""
    library, kind, *given = name.split()
    pairs = (word.split("=") for word in given)
    return library, kind, {key: _parsed(value) for key, value in pairs}


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:  # a word
        return value


def timed(call: Callable[[], T]) -> tuple[T, Times]:
    """Call a function; return its result and how long it took."""
    started, cpu_started = time.perf_counter(), time.process_time()
    result = call()
    return result, np.array([time.perf_counter() - started, time.process_time() - cpu_started])


class TimedScores(Algorithm):
    """Passes the scores of a system on, and measures how long scoring takes.

    Parameters
    ----------
    system : System
    users : ndarray of shape (n,), int64
        The users, in the order in which their scores are asked for.
    """

    SIMILARITY = "none"

    def __init__(self, system: System, users: Indices) -> None:
        self._system, self._left = system, users
        self.times = np.zeros(2)

    def score(self, users: Interactions) -> Scores:
        asked, self._left = np.split(self._left, [users.n_users])
        scores, times = timed(lambda: self._system.score(asked, users))
        self.times += times
        return scores

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        raise NotImplementedError

    def similarities(self, items: Indices) -> Scores:
        raise NotImplementedError


def quality(lists: Indices, task: Task, users: Indices) -> dict[str, float]:
    """Return the metrics of the lists of some users."""
    relevant = task.test.user_items[users]
    hits, n_relevant = metrics.hits_of(lists, relevant), np.diff(relevant.indptr)
    means = {name: float(of(hits, n_relevant).mean()) for name, of in metrics.METRICS.items()}
    return {**means, "coverage": metrics.coverage(lists, task.train.n_items)}


def run(
    name: str, task: Task, repeats: int, n_users: int | None = None, *, neighbors: bool = False
) -> dict[str, Any]:
    """Fit a recommender and score several times.

    Parameters
    ----------
    name : str
        As in a row of the table.
    task : Task
    repeats : int
    n_users : int, optional
        Number of users for whom items are scored. Default: all with test rows.
    neighbors : bool
        Whether to make a table of the nearest items, too.

    Returns
    -------
    dict
        The metrics, the median times and those of the first fit, the peak memory, and the versions.
    """
    library, kind, parameters = parse_name(name)
    system = SYSTEMS[library](kind, parameters, task.train, task.content)
    users, times = sampled(users_to_test(task), n_users), []
    for _ in range(repeats):
        _, fitting = timed(system.fit)
        scores = TimedScores(system, users)
        lists = np.vstack([*rank(scores, task, users, K)])
        times.append([fitting, scores.times])
    found = dict(zip(("fit", "score"), np.median(times, axis=0).tolist(), strict=True))
    found["first"] = times[0][0].tolist()
    if neighbors:
        found["neighbors"] = timed(lambda: system.neighbors(N_NEIGHBORS))[1].tolist()
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return quality(lists, task, users) | found | {"versions": versions(library)}


def sampled(users: Indices, n_users: int | None) -> Indices:
    """Return some of the users, drawn at random, ascending; all of them if there are no more."""
    if n_users is None or n_users >= len(users):
        return users
    return np.sort(np.random.default_rng(0).choice(users, n_users, replace=False))


def versions(library: str) -> str:
    names = (library.replace("surprise", "scikit-surprise"), "numpy", "scipy")
    return ", ".join(f"{name} {version(name)}" for name in names)


def run_apart(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run a recommender in its own process; a failure is returned as ``problem``."""
    pythons = dict(pair.split("=", 1) for pair in options.python)
    command = [pythons.get(parse_name(name)[0], sys.executable), __file__, "--only", name]
    for name_of, value in vars(options).items():
        if name_of in PASSED and value is not None:
            command += [f"--{name_of}", str(value)]
    command += ["--neighbors"] if options.neighbors else []
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run(command, env=os.environ | LIMITS, capture_output=True, check=False)
    if not done.returncode:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    problem = (done.stderr.decode().strip().splitlines() or ["failed"])[-1]
    return {"problem": problem.replace("ModuleNotFoundError", "not installed")}


def row_of(name: str, found: dict[str, Any], first: dict[str, Any]) -> str:
    """Return a row of the table.

    Parameters
    ----------
    name : str
    found : dict
        The results of :func:`run_apart`.
    first : dict
        Those of the first row of the group.
    """
    if "problem" in found:
        return f"| {name} | {found['problem']} {'|' * 12}"
    cells = [f"{found[measure]:.4f}" for measure in SHOWN]
    for step in ("fit", "score"):
        cells += [f"{seconds:.3f}" for seconds in found[step]]
        cells.append(f"{found[step][0] / first[step][0]:.2f}" if step in first else "-")
    return f"| {name} | {' | '.join(cells)} | {found['megabytes']:.0f} |"


def report(options: argparse.Namespace) -> None:
    """Run all recommenders and print the table."""
    machine = f"Python {platform.python_version()}, one of {os.cpu_count()} processors"
    print(f"{machine} ({'=1 '.join(LIMITS)}=1); medians of {options.repeats}\n{HEAD}")
    used = set()
    for group in GROUPS.strip().split("\n\n"):
        names = [
            row for row in group.splitlines() if not (options.without and options.without in row)
        ]
        results = [run_apart(name, options) for name in names]
        print("\n".join(map(row_of, names, results, results[:1] * len(names))), flush=True)
        used |= {found["versions"] for found in results if "versions" in found}
    print("", *sorted(used), sep="\n- ")


def task_of(options: argparse.Namespace) -> Task:
    """Return the published split, or one in which a fifth of each user's ratings is held out."""
    movies = None if options.movies is None else read_movie_file(options.movies)
    if options.ratings is None:
        return published_task(options.train, options.test, None, None, movies)
    protocol = EvaluationProtocol("random", threshold=LIKED)
    return split_task(read_rating_rows(options.ratings), protocol, movies)


def run_here(options: argparse.Namespace) -> None:
    """Run one recommender in this process, on one processor, and print its results as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    task = task_of(options)
    found = run(options.only, task, options.repeats, options.users, neighbors=options.neighbors)
    print(json.dumps(found))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--train")
    parser.add_argument("--test")
    parser.add_argument("--ratings")
    parser.add_argument("--movies")
    parser.add_argument("--without", default="", help="leave out rows that hold this text")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], metavar="LIBRARY=PYTHON")
    parser.add_argument("--users", type=int)
    parser.add_argument("--neighbors", action="store_true")
    parser.add_argument("--only", metavar="NAME", help="the name of a row of the table")
    options = parser.parse_args()
    (run_here if options.only else report)(options)


if __name__ == "__main__":
    main()
