"""A recommender gives the same answers in other processes and to several threads at once."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from movierec import Recommender
from tests.asking import QUESTIONS, answers

N_THREADS = 8
_HANG = 300  # seconds
WAYS = [  # and whether the model is loaded, or fitted by the process
    ("os.fork", True), ("os.fork", False), ("fork", False), ("spawn", True), ("spawn", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, sample: Recommender) -> Path:
    path = tmp_path_factory.mktemp("model") / "sample.model"
    sample.__copy__().save(path)
    return path


@pytest.fixture(scope="module")
def expected(saved: Path) -> dict[str, str]:
    return answers(Recommender.load(saved))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize(("way", "is_loaded"), WAYS)
def test_other_processes_give_the_same_answers(way: str, is_loaded: bool, saved: Path) -> None:
    program = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.asking", way]
    run = subprocess.run(
        [*program, str(saved) if is_loaded else ""],
        cwd=Path(__file__).parents[1],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=_HANG,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout == f"{len(QUESTIONS)} answers\n"


@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "pickled"])
def test_eight_threads_at_once_get_the_answers_that_one_gets(
    is_loaded: bool, saved: Path, sample: Recommender, expected: dict[str, str]
) -> None:
    content = pickle.dumps(Recommender(sample._model))
    start = Barrier(N_THREADS)

    def ask(recommender: Recommender, number: int) -> dict[str, str]:
        start.wait(_HANG)
        return answers_from(recommender, number)

    for _ in range(3):  # each time, nothing of the file was read yet
        fresh = Recommender.load(saved) if is_loaded else pickle.loads(content)
        with ThreadPoolExecutor(N_THREADS) as pool:
            found = list(pool.map(ask, [fresh] * N_THREADS, range(N_THREADS)))
        assert [each == expected for each in found] == [True] * N_THREADS


def answers_from(recommender: Recommender, number: int) -> dict[str, str]:
    """Return the answers, starting with another question in each thread."""
    names = list(QUESTIONS)
    return {name: repr(QUESTIONS[name](recommender)) for name in names[number:] + names[:number]}


def test_threads_may_fit_at_the_same_time(expected: dict[str, str]) -> None:
    with ThreadPoolExecutor(2) as pool:
        fitted = list(pool.map(lambda number: Recommender.fit(), range(2)))
    assert [answers(each) == expected for each in fitted] == [True, True]
