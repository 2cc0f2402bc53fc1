"""Put movierec's algorithms beside those of its peers on one split, and print a table in Markdown.

    python benchmarks/recommend.py --train TRAIN.csv --test TEST.csv
        [--repeats 3] [--python lenskit=PYTHON] [--python surprise=PYTHON]

TRAIN and TEST hold `userId,movieId,rating`. Every system is fitted on the same rows, in a process
of its own with one processor and one thread, and scores all films for all users that have test
rows. Of each list, the ten best, training films left out and equals in the order of their ids, are
measured by movierec's own measures. The table gives those, medians of the seconds of fitting and
scoring (wall, and CPU), and the peak of memory of the whole process. What a library wants its rows
in is made before the clock runs, and the lists after.

A row names the parameters that are not the defaults. Each row of movierec begins a group; the
quotients are of wall time, next to that row. `--python` names the interpreter of a library that is
not installed here; movierec has to be importable there as well. `--only NAME` runs one system and
prints JSON.
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
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms.base import load
from movierec.evaluation import metrics
from movierec.evaluation.tasks import published_task
from movierec.evaluation.runs import Task, rank

K = 10
SEED = 0
UNSCORED = -1e30  # the score of a film that a library has none for: it comes last
SHOWN = ("ndcg", "precision", "recall", "hit_rate", "coverage")
LIMITS = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMBA", "LK")}
HEAD = """
| | nDCG@10 | precision@10 | recall@10 | hit rate@10 | coverage | fit s | CPU s | x movierec \
| score s | CPU s | x movierec | peak MB |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""

Indices = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Times = npt.NDArray[np.float64]


def parse_name(name: str) -> tuple[str, str, dict[str, Any]]:
    """Return a library, what of it, and the parameters that are not the defaults."""
    library, kind, *given = name.split()
    pairs = (word.split("=") for word in given)
    return library, kind, {key: _parsed(value) for key, value in pairs}


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:  # a word
        return value


class Wrapper(ABC):
    """Fits a system to the rows it was made with, and scores films for some of their users."""

    def __init__(self, kind: str, parameters: dict[str, Any], train: Any) -> None:
        self.kind, self.parameters, self.train = kind, parameters, train

    @abstractmethod
    def fit(self) -> None: ...

    @abstractmethod
    def score(self, users: Indices) -> Scores: ...

    def frame(self) -> Any:
        """Return the rows as a data frame of users, films and ratings."""
        rows = self.train.tocoo()
        columns = {"user_id": rows.row, "item_id": rows.col, "rating": rows.data}
        return import_module("pandas").DataFrame(columns)


class Movierec(Wrapper):
    def fit(self) -> None:
        self.model = load(self.kind)(**self.parameters).fit(self.train)

    def score(self, users: Indices) -> Scores:
        return self.model.score(self.train[users])


class Implicit(Wrapper):
    """Its neighbours take ratings, and are the better for it; ALS here takes a 1 for each."""

    def __init__(self, kind: str, parameters: dict[str, Any], train: Any) -> None:
        self.is_als = kind == "AlternatingLeastSquares"
        super().__init__(kind, parameters, train.sign() if self.is_als else train)
        self.module = import_module(f"implicit.{'als' if self.is_als else 'nearest_neighbours'}")

    def fit(self) -> None:
        seed = {"random_state": SEED} if self.is_als else {}
        self.model = getattr(self.module, self.kind)(**self.parameters, **seed)
        self.model.fit(self.train, show_progress=False)

    def score(self, users: Indices) -> Scores:
        if self.is_als:
            return np.asarray(self.model.user_factors[users] @ self.model.item_factors.T)
        return np.asarray((self.train[users] @ self.model.similarity).toarray())


class LensKit(Wrapper):
    """Asked for one user at a time, with what they rated: it takes no more at once."""

    def __init__(self, kind: str, parameters: dict[str, Any], train: Any) -> None:
        super().__init__(kind, parameters, train)
        self.module = import_module(f"lenskit.{'als' if 'MF' in self.kind else 'knn'}")
        self.data = import_module("lenskit.data")
        self.rows = self.data.from_interactions_df(self.frame())
        self.items = self.data.ItemList(item_ids=np.unique(train.indices))

    def fit(self) -> None:
        self.model = getattr(self.module, self.kind)(**self.parameters)
        self.model.train(self.rows, import_module("lenskit.training").TrainingOptions(rng=SEED))

    def score(self, users: Indices) -> Scores:
        scores = np.full((len(users), self.train.shape[1]), np.nan, dtype=np.float32)
        for row, user in zip(scores, users.tolist(), strict=True):
            query = self.data.RecQuery(user_id=user, history_items=self.rows.user_row(user))
            scored = self.model(query, self.items)
            row[scored.ids()] = scored.scores()
        return np.nan_to_num(scores, nan=UNSCORED)


class Surprise(Wrapper):
    """Ranks films by the ratings it predicts, not cut off at the ends of the scale."""

    def __init__(self, kind: str, parameters: dict[str, Any], train: Any) -> None:
        super().__init__(kind, parameters, train)
        self.module = import_module("surprise")
        reader = self.module.Reader(rating_scale=(train.data.min(), train.data.max()))
        self.rows = self.module.Dataset.load_from_df(self.frame(), reader).build_full_trainset()

    def fit(self) -> None:
        seeded = {**self.parameters, "random_state": SEED}
        given = {"sim_options": self.parameters} if self.kind.startswith("KNN") else seeded
        self.model = getattr(self.module, self.kind)(verbose=False, **given).fit(self.rows)

    def score(self, users: Indices) -> Scores:
        predict, films = self.model.predict, range(self.train.shape[1])
        rows = [[predict(user, film, clip=False).est for film in films] for user in users.tolist()]
        return np.array(rows, dtype=np.float32)


WRAPPERS = {wrapper.__name__.lower(): wrapper for wrapper in Wrapper.__subclasses__()}
# The first group of ALS has equal factors and rounds, a rated film weighs as much as 11 others, and
# the regularisation is what movierec's comes to for a user or film of the usual number of ratings.
GROUPS = """
movierec popular

movierec item_knn n_neighbors=100 weighting=none shrinkage=0 alpha=0.5
implicit CosineRecommender K=100
implicit CosineRecommender
lenskit ItemKNNScorer feedback=implicit save_nbrs=100
lenskit ItemKNNScorer feedback=implicit
surprise KNNBaseline name=pearson_baseline user_based=false

movierec item_knn n_neighbors=100
implicit BM25Recommender K=100
implicit BM25Recommender

movierec user_knn
lenskit UserKNNScorer feedback=implicit
surprise KNNBaseline

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


def timed(call: Callable[..., Any], *arguments: Any) -> tuple[Any, Times]:
    """Return a result, and the seconds it took: wall and CPU."""
    started, cpu_started = time.perf_counter(), time.process_time()
    result = call(*arguments)
    return result, np.array([time.perf_counter() - started, time.process_time() - cpu_started])


def ask(wrapper: Wrapper, task: Task, users: Indices) -> tuple[Indices, Times]:
    """Return the best films for some users, and what scoring them took."""
    spent, done = np.zeros(2), 0

    def score(known: Any) -> Scores:
        nonlocal spent, done
        asked = users[done : done + known.shape[0]]  # the next users, in turn
        scores, times = timed(wrapper.score, asked)
        spent, done = spent + times, done + len(asked)
        return np.asarray(scores)

    return np.vstack([*rank(score, task, users, K)]), spent


def quality(lists: Indices, task: Task, users: Indices) -> dict[str, Any]:
    hits, n_relevant = metrics.hits_of(lists, task.test[users]), np.diff(task.test.indptr)[users]
    means = {name: float(of(hits, n_relevant).mean()) for name, of in metrics.MEASURES.items()}
    return {**means, "coverage": metrics.coverage(lists, task.train.shape[1])}


def run(name: str, task: Task, repeats: int) -> dict[str, Any]:
    """Fit and ask a system several times; return medians, and how good its lists are."""
    library, kind, parameters = parse_name(name)
    wrapper = WRAPPERS[library](kind, parameters, task.train)
    users, times = np.flatnonzero(np.diff(task.test.indptr)), []
    for _ in range(repeats):
        _, fitting = timed(wrapper.fit)
        lists, scoring = ask(wrapper, task, users)
        times.append([fitting, scoring])
    found = dict(zip(("fit", "score"), np.median(times, axis=0).tolist(), strict=True))
    found["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return quality(lists, task, users) | found | {"versions": versions(library)}


def versions(library: str) -> str:
    names = (library.replace("surprise", "scikit-surprise"), "numpy", "scipy")
    return ", ".join(f"{name} {version(name)}" for name in names)


def run_apart(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run a system in a process of its own; what went wrong is its `problem`."""
    pythons = dict(pair.split("=", 1) for pair in options.python)
    command = [pythons.get(parse_name(name)[0], sys.executable), __file__, "--only", name]
    command += ["--train", options.train, "--test", options.test, "--repeats", str(options.repeats)]
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run(command, env=os.environ | LIMITS, capture_output=True, check=False)
    if not done.returncode:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    problem = (done.stderr.decode().strip().splitlines() or ["failed"])[-1]
    return {"problem": problem.replace("ModuleNotFoundError", "not installed")}


def row_of(name: str, own: dict[str, Any], first: dict[str, Any]) -> str:
    if "problem" in own:
        return f"| {name} | {own['problem']} {'|' * 12}"
    cells = [f"{own[measure]:.4f}" for measure in SHOWN]
    for step in ("fit", "score"):
        cells += [f"{seconds:.3f}" for seconds in own[step]]
        cells.append(f"{own[step][0] / first[step][0]:.2f}" if step in first else "-")
    return f"| {name} | {' | '.join(cells)} | {own['megabytes']:.0f} |"


def report(options: argparse.Namespace) -> None:
    machine = f"Python {platform.python_version()}, one of {os.cpu_count()} processors"
    print(f"{machine} ({'=1 '.join(LIMITS)}=1); medians of {options.repeats}\n{HEAD}")
    found = set()
    for group in GROUPS.strip().split("\n\n"):
        names = group.splitlines()
        results = [run_apart(name, options) for name in names]
        print("\n".join(map(row_of, names, results, results[:1] * len(names))), flush=True)
        found |= {own["versions"] for own in results if "versions" in own}
    print("", *sorted(found), sep="\n- ")


def run_here(options: argparse.Namespace) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    task = published_task(options.train, options.test, None, None)
    print(json.dumps(run(options.only, task, options.repeats)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], help="LIBRARY=PYTHON")
    parser.add_argument("--only", metavar="NAME", help="a row of the table")
    options = parser.parse_args()
    (run_here if options.only else report)(options)


if __name__ == "__main__":
    main()
