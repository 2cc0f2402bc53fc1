"""Algorithms from outside: one in an installed package, and one in a single unpublished file."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet

from movierec import TrainingData
from movierec.algorithms.registry import TRUSTED, load
from movierec.data.interactions import Interactions
from movierec.errors import DataError
from movierec.testing import CHECKS, check_algorithm, example_data

PACKAGE = Path(__file__).parents[1] / "examples" / "movierec-slim"
PIP = "install --quiet --no-deps --no-index --no-build-isolation --disable-pip-version-check"
NEXT_MOVIE = "next_movie:NextMovie"

Program = Callable[..., subprocess.CompletedProcess[str]]
Answer = Callable[..., Any]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the example package is installed, without a network."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", *PIP.split(), "--target", str(target), str(PACKAGE)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def slim(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the class of the example package."""
    monkeypatch.syspath_prepend(installed)
    yield import_module("movierec_slim").Slim
    sys.modules.pop("movierec_slim")


@pytest.fixture
def run(movierec: Program, tmp_path: Path) -> Program:
    """Run the program where only what `path` and `trusted` name is added."""

    def run(
        *arguments: str | Path, path: Path | None = None, trusted: str = ""
    ) -> subprocess.CompletedProcess[str]:
        dropped = {"MOVIEREC_MODEL", "PYTHONPATH", TRUSTED}
        environment = {key: value for key, value in os.environ.items() if key not in dropped}
        environment["PYTHONSAFEPATH"] = "1"  # the current folder is not importable of itself
        if path is not None:
            environment["PYTHONPATH"] = str(path)
        if trusted:
            environment[TRUSTED] = trusted
        return movierec(*arguments, env=environment)

    return run


@pytest.fixture
def answer(run: Program) -> Answer:
    """Run the program, which must succeed, and return the document that it prints."""

    def answer(*arguments: str | Path, **options: Any) -> Any:
        done = run(*arguments, "--json", **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return answer


@pytest.mark.parametrize("name", CHECKS)
def test_the_example_keeps_the_contract(name: str, slim: Any) -> None:
    CHECKS[name](slim, {"l2": 2.0})


def test_slim_is_an_elastic_net_of_each_item(slim: Any) -> None:
    data = example_data()
    fitted = slim(l1=1.5, l2=3.0, n_iterations=1000, tolerance=0.0).fit(data)
    weights = fitted.weights_
    present = (data.interactions.user_items.toarray() > 0).astype(float)
    assert not weights[:, ~present.any(axis=0)].any()  # of items that nobody rated
    for item in np.flatnonzero(present.any(axis=0)):
        others = present.copy()
        others[:, item] = 0
        net = ElasticNet(
            alpha=(1.5 + 3.0) / len(present),  # its loss is a mean over the users
            l1_ratio=1.5 / (1.5 + 3.0),
            positive=True,
            fit_intercept=False,
            tol=1e-9,
            max_iter=100_000,
        ).fit(others, present[:, item])
        np.testing.assert_allclose(weights[:, item], net.coef_, atol=1e-4)
    assert (weights == 0).mean() > 0.5


def test_slim_refuses_more_items_than_fit_in_memory(slim: Any) -> None:
    one = np.zeros(1, np.int32)
    many = Interactions(one, one, np.ones(1, np.float32), 1, 20_001)
    with pytest.raises(DataError, match="at most 20,000 movies, and there are 20,001"):
        slim().fit(TrainingData(many))


def test_an_installed_algorithm_works_in_every_command(
    run: Program, answer: Answer, installed: Path
) -> None:
    assert {"slim", "item_knn"} <= set(run("algorithms", path=installed).stdout.split())
    done = run("fit", "--algorithm", "slim", path=installed)
    assert done.returncode == 0, done.stderr
    neighbors = answer("similar", "Toy Story (1995)", "-k", "3", path=installed)["neighbors"]
    assert neighbors[0]["title"] == "Toy Story 2 (1999)"
    assert 0 < neighbors[2]["similarity"] <= neighbors[0]["similarity"] < 1
    liked = answer("recommend", "--like", "Toy Story (1995)", path=installed)
    assert liked["recommendations"][0]["because"] == ["Toy Story (1995)"]
    known = answer("recommend", "--user", "1", path=installed)
    assert known["rated"] > 1
    assert len(known["recommendations"]) == 10


def test_an_installed_algorithm_is_evaluated(
    answer: Answer, installed: Path, sample_ratings: Path
) -> None:
    found = answer("evaluate", sample_ratings, "--algorithm", "slim,item_knn", path=installed)
    ndcg = {result["algorithm"]: result["metrics"]["ndcg"] for result in found["results"]}
    assert set(ndcg) == {"random", "popular", "slim", "item_knn"}
    assert ndcg["slim"] > 2 * ndcg["popular"]


def test_a_model_of_an_algorithm_that_is_not_installed_names_it(
    run: Program, answer: Answer, installed: Path
) -> None:
    assert run("fit", "--algorithm", "slim", path=installed).returncode == 0
    done = run("recommend", "--like", "Toy Story (1995)")
    assert done.returncode == 3
    assert 'the algorithm "slim", which is not installed' in done.stderr
    assert "Traceback" not in done.stderr
    # The table of neighbors is in the model: lists of similar movies need no algorithm.
    neighbors = answer("similar", "Toy Story (1995)")["neighbors"]
    assert neighbors[0]["title"] == "Toy Story 2 (1999)"


@pytest.fixture(scope="session")
def sample_ratings() -> Path:
    return Path(__file__).parents[1] / "data" / "ratings.csv"


SOURCE = '''
"""The next movie, given the last one."""

import numpy as np

from movierec import Algorithm, Run


class NextMovie(Algorithm):
    """Score an item by how often users rated it right after the last item of a user."""

    SIMILARITY = "share of the users who rated it next"
    NEEDS = frozenset({"timestamps"})

    def fit(self, data, run=Run()):
        offsets, items = data.interactions.histories
        users = np.repeat(np.arange(data.interactions.n_users), np.diff(offsets))
        follows = users[1:] == users[:-1]
        self.counts_ = np.zeros((data.interactions.n_items,) * 2, np.float32)
        np.add.at(self.counts_, (items[:-1][follows], items[1:][follows]), 1)
        return self

    def score(self, users):
        offsets, items = users.histories
        scores = np.zeros((users.n_users, users.n_items), np.float32)
        rated = np.flatnonzero(np.diff(offsets))
        scores[rated] = self.counts_[items[offsets[rated + 1] - 1]]
        return scores

    def similarities(self, items):
        rows = self.counts_[items]
        return rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
'''

# What 62 users saw, in this order. After 1 most saw 2, after 3 most saw 4.
SEEN = [*[(1, 2, 5)] * 20, *[(3, 4, 6)] * 20, *[(3, 1, 2)] * 10, *[(1, 3, 4)] * 10]
LAST_IS_1, LAST_IS_3 = 901, 902
TITLES = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta")


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """Return the current folder of the program, with the algorithm and ratings in it.

    The rows of the ratings are shuffled, except that both users asked about have the movie that
    they saw last first: only the times tell the order.
    """
    (tmp_path / "next_movie.py").write_text(SOURCE, encoding="utf-8")
    rows = [
        f"{user},{movie},4,{1000 * user + place}"
        for user, seen in enumerate(SEEN, start=1)
        for place, movie in enumerate(seen)
    ]
    random.Random(0).shuffle(rows)
    rows += [f"{LAST_IS_1},1,4,200", f"{LAST_IS_1},3,4,100"]
    rows += [f"{LAST_IS_3},3,4,200", f"{LAST_IS_3},1,4,100"]
    _write(tmp_path / "ratings.csv", ["userId,movieId,rating,timestamp", *rows])
    movies = [f"{number},{title} (2001),Drama" for number, title in enumerate(TITLES, start=1)]
    _write(tmp_path / "movies.csv", ["movieId,title,genres", *movies])
    return tmp_path


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _first(document: Any) -> str:
    return str(document["recommendations"][0]["title"])


def test_the_algorithm_in_a_file_keeps_the_contract(
    workshop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workshop)
    check_algorithm(load(NEXT_MOVIE))
    sys.modules.pop("next_movie")


def test_an_algorithm_in_a_file_recommends_by_the_last_movie(
    workshop: Path, run: Program, answer: Answer
) -> None:
    done = run("fit", "ratings.csv", "movies.csv", "--algorithm", NEXT_MOVIE)
    assert done.returncode == 0, done.stderr

    for user, expected in ((LAST_IS_1, "Beta (2001)"), (LAST_IS_3, "Delta (2001)")):
        found = answer("recommend", "--user", str(user), trusted=NEXT_MOVIE)
        assert _first(found) == expected

    header = "movieId,rating,timestamp"
    for first, second, expected in ((200, 100, "Beta (2001)"), (100, 200, "Delta (2001)")):
        mine = _write(workshop / "mine.csv", [header, f"1,4,{first}", f"3,4,{second}"])
        assert _first(answer("recommend", "--ratings", mine, trusted=NEXT_MOVIE)) == expected

    header = "Date,Name,Year,Letterboxd URI,Rating"
    alpha, gamma = "Alpha,2001,,4", "Gamma,2001,,4"
    for day, expected in (("2024-02-02", "Beta (2001)"), ("2023-12-31", "Delta (2001)")):
        mine = _write(workshop / "mine.csv", [header, f"{day},{alpha}", f"2024-02-01,{gamma}"])
        assert _first(answer("recommend", "--ratings", mine, trusted=NEXT_MOVIE)) == expected

    found = answer("similar", "Alpha (2001)")
    assert found["neighbors"][0]["title"] == "Beta (2001)"


def test_an_algorithm_in_a_file_is_evaluated_by_the_last_movie(
    workshop: Path, answer: Answer
) -> None:
    """The last movie of each user is held back; 20 of 62 went on as most others did."""
    found = answer("evaluate", "ratings.csv", "--algorithm", NEXT_MOVIE, "-k", "1")
    hit_rates = {row["algorithm"]: row["metrics"]["hit_rate"] for row in found["results"]}
    assert hit_rates[NEXT_MOVIE] == pytest.approx(20 / 62)


def test_a_model_does_not_have_its_algorithm_imported_unless_trusted(
    workshop: Path, run: Program
) -> None:
    assert run("fit", "ratings.csv", "movies.csv", "--algorithm", NEXT_MOVIE).returncode == 0
    marker = workshop / "imported"
    (workshop / "next_movie.py").write_text(f"open({str(marker)!r}, 'w').close()\n{SOURCE}")
    done = run("recommend", "--user", str(LAST_IS_1))
    assert done.returncode == 3
    assert f"{TRUSTED}={NEXT_MOVIE}" in done.stderr
    assert not marker.exists()
    assert run("recommend", "--user", str(LAST_IS_1), trusted=NEXT_MOVIE).returncode == 0
    assert marker.exists()


@pytest.mark.parametrize("command", ["fit", "evaluate"])
def test_an_algorithm_that_needs_times_refuses_ratings_without(
    command: str, workshop: Path, run: Program
) -> None:
    rows = [f"{user},{movie},4" for user in range(20) for movie in (1, 2, 3)]
    _write(workshop / "ratings.csv", ["userId,movieId,rating", *rows])
    done = run(command, "ratings.csv", "movies.csv", "--algorithm", NEXT_MOVIE)
    assert done.returncode == 3
    assert f"{NEXT_MOVIE} needs the time of each rating" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("next_movie:Nothing", "cannot be imported"),
        ("nowhere:NextMovie", "cannot be imported"),
        ("json:JSONDecoder", "is not an algorithm"),
    ],
)
def test_an_address_that_is_no_algorithm_is_refused(
    name: str, problem: str, workshop: Path, run: Program
) -> None:
    done = run("fit", "ratings.csv", "movies.csv", "--algorithm", name)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
