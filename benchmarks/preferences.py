"""Compare rules for what a rating says, and how fast it loses weight; print Markdown tables.

    python benchmarks/preferences.py FOLDER

FOLDER holds `ml-latest-small`, `ml100k-split-75-25`, `ml-100k` and `movietweetings-100k`. The
default algorithm is fitted once for each split and scores the same users by each rule. The tables
show nDCG@10 and, in brackets, the mean difference to the first row with half its 95 % interval,
over the same users. "4+" splits hold out a fifth of each user's ratings, of which those of at
least 4 are to be found; "calendar" holds out the latest fifth of all ratings.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from movierec.algorithms._preferences import RatingScale, preferences
from movierec.algorithms.base import TrainingData
from movierec.algorithms.default import Default
from movierec.data.dataset import read_rated
from movierec.data.interactions import Interactions
from movierec.evaluation import metrics
from movierec.evaluation.protocol import EvaluationProtocol
from movierec.evaluation.runs import users_to_test
from movierec.evaluation.tasks import Task, published_task, split_task

K = 10
Rule = Callable[[Interactions, RatingScale], Interactions]
PerUser = npt.NDArray[np.float64]


def _less(people: Interactions, level: PerUser | float) -> Interactions:
    return replace(people, ratings=(people.ratings - level).astype(np.float32))


def _means(people: Interactions, scale: RatingScale, n_neutral: float = 5.0) -> PerUser:
    """Return the mean of each person for each rating, shrunk to the middle of the scale."""
    sums = np.bincount(people.users, weights=people.ratings, minlength=people.n_users)
    counts = np.bincount(people.users, minlength=people.n_users)
    shrunk = (sums + n_neutral * sum(scale) / 2) / (counts + n_neutral)
    return np.asarray(shrunk[people.users])


RULES: Mapping[str, Rule] = {
    "the rule of movierec": preferences,
    "the rating": lambda people, scale: people,
    "1": lambda people, scale: replace(people, ratings=np.ones_like(people.ratings)),
    "rating - middle of the scale": lambda people, scale: _less(people, sum(scale) / 2),
    "rating - 2.5": lambda people, scale: _less(people, 2.5),
    "rating - own mean": lambda people, scale: _less(people, _means(people, scale)),
}
RECENCIES: Mapping[str, Rule] = {
    str(age): lambda people, scale, age=age: preferences(people, scale, age)  # type: ignore[misc]
    for age in (0, 1, 2, 4, 8, 16, 32)
}


def ndcg_of(algorithm: Default, task: Task, rule: Rule) -> PerUser:
    """Return the nDCG of each user with training rows and test rows."""
    users, scale = users_to_test(task), RatingScale.of(task.train)
    found = []
    for block in np.array_split(users, max(1, len(users) // 500)):
        known = task.train.for_users(block)
        scores = algorithm.score(rule(known, scale))
        scores[known.users, known.items] = -np.inf
        lists = np.argsort(-scores, axis=1, kind="stable")[:, :K]
        relevant = task.test.user_items[block]
        hits = metrics.hits_of(lists, relevant)
        found.append(metrics.METRICS["ndcg"](hits, np.diff(relevant.indptr)))
    return np.concatenate(found)


def table(tasks: Mapping[str, Task], rules: Mapping[str, Rule], title: str) -> Iterator[str]:
    """Yield the lines of a table: a row for each rule, a column for each task."""
    yield f"| {title} | {' | '.join(tasks)} |"
    yield f"|---|{'--:|' * len(tasks)}"
    fitted = {
        name: Default().fit(TrainingData.of(task.train, task.content))
        for name, task in tasks.items()
    }
    found = {
        (rule, name): ndcg_of(fitted[name], task, rules[rule])
        for name, task in tasks.items()
        for rule in rules
    }
    first = next(iter(rules))
    for rule in rules:
        cells = [_cell(found[rule, name], found[first, name]) for name in tasks]
        yield f"| {rule} | {' | '.join(cells)} |"


def _cell(values: PerUser, reference: PerUser) -> str:
    if values is reference:
        return f"{values.mean():.4f}"
    differences = values - reference
    half = 1.96 * differences.std() / np.sqrt(len(differences))
    return f"{values.mean():.4f} ({differences.mean():+.4f} ± {half:.4f})"


def main() -> None:
    folder = Path(sys.argv[1])
    small, tweets, ml100k = (
        read_rated(folder / name) for name in ("ml-latest-small", "movietweetings-100k", "ml-100k")
    )
    split = folder / "ml100k-split-75-25"
    published = published_task(split / "train.csv", split / "test.csv", None, None, ml100k[1])
    liked = EvaluationProtocol("random", threshold=4.0)
    last, calendar = EvaluationProtocol("leave-one-out"), EvaluationProtocol("temporal")
    by_rule = {
        "100K 75/25": published,
        "latest-small 4+": split_task(small[0], replace(liked, seed=1), small[1]),
        "another part of it": split_task(small[0], replace(liked, seed=2), small[1]),
        "latest-small, last": split_task(small[0], last, small[1]),
        "100K 4+": split_task(ml100k[0], liked, ml100k[1]),
    }
    by_age = {
        "MovieTweetings, calendar": split_task(tweets[0], calendar, tweets[1]),
        "MovieTweetings, last": split_task(tweets[0], last, tweets[1]),
        "latest-small, calendar": split_task(small[0], calendar, small[1]),
        "100K, calendar": split_task(ml100k[0], calendar, ml100k[1]),
    }
    print(*table(by_rule, RULES, "a rating counts"), "", sep="\n")
    print(*table(by_age, RECENCIES, "`--recency`"), sep="\n")


if __name__ == "__main__":
    main()
