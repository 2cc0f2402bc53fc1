"""Asks a recommender all kinds of questions; also a program that asks in other processes."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from movierec import Recommender

QUESTIONS: dict[str, Callable[[Recommender], Any]] = {
    "similar": lambda one: one.similar("Toy Story (1995)", 5),
    "beyond the table": lambda one: one.similar("Heat", 300),
    "several": lambda one: one.similar(["Heat", "Alien"], 5, less_like="Toy Story (1995)"),
    "next": lambda one: one.next("Alien", 5),
    "recommend": lambda one: one.recommend(5, likes=["Heat"], dislikes=["Alien"]),
    "user": lambda one: one.recommend(5, user=7),
    "predict": lambda one: one.predict(["Heat", "Alien"], user=7),
    "why": lambda one: one.why("Heat", "Alien"),
    "film": lambda one: one.film("Heat"),
    "search": lambda one: one.search("star", 5),
    "suggest": lambda one: one.suggest("Tpy Story"),
    "shelves": lambda one: one.shelves(5),
    "to_rate": lambda one: one.to_rate(5, known=["Heat"]),
    "compare": lambda one: one.compare({"Ann": {"Heat": 5}, "Bob": {"Heat": 1, "Alien": 5}}),
    "stats": lambda one: one.stats()["ratings"],
}


def answers(recommender: Recommender) -> dict[str, str]:
    """Return what it answers, as text that shows every digit."""
    return {name: repr(ask(recommender)) for name, ask in QUESTIONS.items()}


def answers_of_fork(recommender: Recommender) -> dict[str, str]:
    """Return what a forked child answers."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(answers(recommender), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found: dict[str, str] = pickle.load(pipe)
    os.waitpid(child, 0)
    return found


def fit_and_ask(number: int) -> dict[str, str]:
    """Fit in another process, which may have been forked after a fit."""
    return answers(Recommender.fit())


def main(way: str, path: str) -> None:
    """Ask in another process, before and after asking in this one, and compare."""
    recommender = Recommender.load(path) if path else Recommender.fit()
    if way == "os.fork":
        fresh = answers_of_fork(recommender)  # the child reads what nobody has read yet
        expected = answers(recommender)
        assert fresh == expected
        assert answers_of_fork(recommender) == expected
    else:
        with ProcessPoolExecutor(2, multiprocessing.get_context(way)) as pool:
            found = list(pool.map(answers, [recommender] * 3))
            expected = answers(recommender)
            assert found == [expected] * 3
            if way == "fork":
                assert list(pool.map(fit_and_ask, range(1))) == [expected]
    print(f"{len(expected)} answers")


if __name__ == "__main__":
    main(*sys.argv[1:])
