"""The contract suite catches what it says: a broken algorithm for each check."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pytest

from movierec import Algorithm, Interactions, Range, Run, TrainingData
from movierec.algorithms.base import Indices, Scores
from movierec.testing import CHECKS, check_algorithm, example_data


class Pairs(Algorithm):
    """Counts how many users rated two items; the correct algorithm that others here break."""

    SIMILARITY: ClassVar = "share of the pairs"
    GRID: ClassVar = {"power": (1.0, 0.5)}

    counts_: npt.NDArray[np.float32]

    def __init__(self, *, power: Annotated[float, Range(0, 10)] = 1.0) -> None:
        self.power = power

    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        self.counts_ = self.count(data)
        return self

    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        present = np.zeros((data.interactions.n_users, data.interactions.n_items), np.float32)
        present[data.interactions.users, data.interactions.items] = 1
        counts: npt.NDArray[np.float32] = (present.T @ present) ** np.float32(self.power)
        return counts

    def score(self, users: Interactions) -> Scores:
        return np.asarray(users.user_items @ self.counts_)

    def similarities(self, items: Indices) -> Scores:
        return np.asarray(self.counts_[items] / max(self.counts_.max(), 1))


class ByTime(Pairs):
    """Counts next items: it needs the order of the ratings."""

    NEEDS: ClassVar = frozenset({"timestamps"})

    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        counts = np.zeros((data.interactions.n_items,) * 2, np.float32)
        offsets, items = data.interactions.histories
        for start, end in pairwise(offsets.tolist()):
            np.add.at(counts, (items[start : end - 1], items[start + 1 : end]), 1)
        return counts

    def score(self, users: Interactions) -> Scores:
        offsets, items = users.histories
        scores = np.zeros((users.n_users, users.n_items), np.float32)
        rated = np.flatnonzero(np.diff(offsets))
        scores[rated] = self.counts_[items[offsets[rated + 1] - 1]]
        return scores


class IgnoresSigns(Pairs):
    """Takes what people rated, however low, for what they like."""

    def score(self, users: Interactions) -> Scores:
        return np.asarray(abs(users.user_items) @ self.counts_)


class NoWords(Pairs):
    SIMILARITY: ClassVar = ""


class UnknownNeed(Pairs):
    NEEDS: ClassVar = frozenset({"time"})  # type: ignore[arg-type]


class Positional(Pairs):
    def __init__(self, power: Annotated[float, Range(0, 10)] = 1.0) -> None:
        super().__init__(power=power)


class WithoutDefault(Pairs):
    def __init__(self, *, power: Annotated[float, Range(0, 10)]) -> None:
        super().__init__(power=power)


class ChangesParameter(Pairs):
    def __init__(self, *, power: Annotated[float, Range(0, 10)] = 1.0) -> None:
        super().__init__(power=power + 1)


class ListParameter(Pairs):
    GRID: ClassVar = {}

    def __init__(self, *, powers: list[float] | tuple[float, ...] = (1.0,)) -> None:
        super().__init__()
        self.powers = powers


class WithoutRange(Pairs):
    def __init__(self, *, power: float = 1.0) -> None:
        super().__init__(power=power)


class WithoutAnnotation(Pairs):
    def __init__(self, *, power=1.0) -> None:  # type: ignore[no-untyped-def]
        super().__init__(power=power)


class DefaultOutOfRange(Pairs):
    def __init__(self, *, power: Annotated[float, Range(2, 10)] = 1.0) -> None:
        super().__init__(power=power)


class GridOutOfRange(Pairs):
    GRID: ClassVar = {"power": (1.0, 100.0)}


class GridOfNothing(Pairs):
    GRID: ClassVar = {"strength": (1.0,)}


class UndeclaredTime(Pairs):
    def score(self, users: Interactions) -> Scores:
        return super().score(users) + np.float32(len(users.timestamps) * 0)


class UndeclaredContent(Pairs):
    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        assert data.content is not None
        return super().count(data)


class ReturnsNothing(Pairs):
    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        super().fit(data, run)
        return None  # type: ignore[return-value]


class Float64Scores(Pairs):
    def score(self, users: Interactions) -> Scores:
        return super().score(users).astype(np.float64)


class NotANumberForNobody(Pairs):
    def score(self, users: Interactions) -> Scores:
        lengths = np.bincount(users.users, minlength=users.n_users).astype(np.float32)
        with np.errstate(invalid="ignore"):
            return super().score(users) / lengths[:, None]


class ScoresAsAShare(Pairs):
    def score(self, users: Interactions) -> Scores:
        scores = super().score(users)
        return np.asarray(scores / scores.max(initial=1))


class TooSimilar(Pairs):
    def similarities(self, items: Indices) -> Scores:
        return self.counts_[items]


class SimilaritiesAsAShare(Pairs):
    def similarities(self, items: Indices) -> Scores:
        part = self.counts_[items]
        return np.asarray(part / max(part.max(), 1))


class ContributesOneRow(Pairs):
    def contributions(self, items: Indices, rated: Indices) -> Scores:
        return self.counts_[items[:1]][:, rated]


class ContributesAShare(Pairs):
    def contributions(self, items: Indices, rated: Indices) -> Scores:
        part = self.counts_[items][:, rated]
        return np.asarray(part / max(part.sum(), 1))


class FortranOrder(Pairs):
    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        return np.asfortranarray(super().count(data))


class TextInState(Pairs):
    def state(self) -> dict[str, npt.NDArray[Any]]:
        return super().state() | {"names_": np.array(["power"])}


class OneAttributeWithoutUnderscore(Pairs):
    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        self.n_users = data.interactions.n_users
        return super().fit(data, run)

    def score(self, users: Interactions) -> Scores:
        return super().score(users) / np.float32(self.n_users)


class RoundsItsState(Pairs):
    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        return super().count(data) + np.float32(1 / 3)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        return {"counts_": np.ascontiguousarray(self.counts_.astype(np.float16))}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], parameters: Mapping[str, Any]) -> Self:
        return super().from_state({"counts_": state["counts_"].astype(np.float32)}, parameters)


class WritesIntoItsState(Pairs):
    def score(self, users: Interactions) -> Scores:
        self.counts_ *= 1
        return super().score(users)


class KeepsItsCache(Pairs):
    @cached_property
    def _total(self) -> np.float32:
        return max(self.counts_.sum(), np.float32(1))

    def score(self, users: Interactions) -> Scores:
        return super().score(users) / self._total


class AddsToTheFirstFit(Pairs):
    def fit(self, data: TrainingData, run: Run = Run()) -> Self:
        earlier = vars(self).get("counts_", np.float32(0))
        self.counts_ = earlier + self.count(data)
        return self


class WithoutSeed(Pairs):
    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        noise = np.random.default_rng().random(data.interactions.n_items)
        return super().count(data) + noise.astype(np.float32)


class CentersTheRatings(Pairs):
    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        ratings = data.interactions.ratings
        ratings -= ratings.mean()
        return super().count(data)


class NormalizesTheMatrix(Pairs):
    def score(self, users: Interactions) -> Scores:
        scores = super().score(users)
        users.user_items.data[:] = 1
        return scores


class SortsTheItems(Pairs):
    def similarities(self, items: Indices) -> Scores:
        found = super().similarities(items)
        items.sort()
        return found


class ByRow(ByTime):
    """Takes the last row for the last item."""

    def score(self, users: Interactions) -> Scores:
        scores = np.zeros((users.n_users, users.n_items), np.float32)
        for user, item in zip(users.users, users.items, strict=True):
            scores[user] = self.counts_[item]
        return scores


class ReadsItsParameterEarly(Pairs):
    def __init__(self, *, power: Annotated[float, Range(0, 10)] = 1.0) -> None:
        super().__init__(power=power)
        self._exponent = 2 * power

    def count(self, data: TrainingData) -> npt.NDArray[np.float32]:
        counts: npt.NDArray[np.float32] = super().count(data) ** np.float32(self._exponent)
        return counts


class LearnsInInit(Pairs):
    def __init__(self, *, power: Annotated[float, Range(0, 10)] = 1.0) -> None:
        super().__init__(power=power)
        self.counts_ = np.zeros((0, 0), np.float32)


class TakesAnyName(Pairs):
    def set_params(self, **parameters: Any) -> Self:
        vars(self).update(parameters)
        return self


class SetsNothing(Pairs):
    def set_params(self, **parameters: Any) -> Self:
        super().set_params(**parameters)
        return type(self)()


BROKEN: list[tuple[type[Algorithm], set[str], str]] = [
    (NoWords, {"is_described"}, "set SIMILARITY"),
    (UnknownNeed, {"is_described", "declares_needs"}, "NEEDS is"),
    (Positional, {"keeps_parameters"}, "make power keyword-only"),
    (ChangesParameter, {"keeps_parameters", "is_cloned"}, "keep parameters as given"),
    (ListParameter, {"keeps_parameters"}, "powers: parameters must be numbers"),
    (WithoutRange, {"has_ranges"}, r"annotate power as Annotated\[float"),
    (WithoutAnnotation, {"has_ranges"}, "annotate power with its type"),
    (DefaultOutOfRange, {"has_valid_values"}, "power=1.0, the default"),
    (LearnsInInit, {"is_cloned"}, "a clone has counts_"),
    (ReadsItsParameterEarly, {"sets_parameters"}, "score must follow from set_params"),
    (TakesAnyName, {"sets_parameters"}, "must refuse parameters that it does not know"),
    (SetsNothing, {"sets_parameters"}, "set_params must return self"),
    (GridOutOfRange, {"has_valid_values"}, "power=100.0"),
    (GridOfNothing, {"has_valid_values"}, "GRID has strength"),
    (UndeclaredTime, {"declares_needs"}, "no timestamps.*add to NEEDS"),
    (UndeclaredContent, {"declares_needs"}, "add to NEEDS"),
    (ReturnsNothing, {"fit_returns_self"}, "return self"),
    (Float64Scores, {"scores_all_items", "scores_new_users"}, "score must return an ndarray of f"),
    (NotANumberForNobody, {"scores_new_users"}, "score, for new users, must return finite"),
    (IgnoresSigns, {"respects_dislikes"}, "a lower preference for an item raises the score"),
    (ScoresAsAShare, {"scores_users_alone"}, "must not depend on the other users"),
    (TooSimilar, {"compares_items"}, "similarities must be at most 1"),
    (SimilaritiesAsAShare, {"compares_items_alone", "contributes_for_pairs"}, "other items"),
    (ContributesOneRow, {"contributes_for_pairs"}, r"shape \(25, 3\), not \(1, 3\)"),
    (ContributesAShare, {"contributes_for_pairs"}, "a contribution must not depend"),
    (FortranOrder, {"has_plain_state"}, "counts_ must be in C order"),
    (TextInState, {"has_plain_state"}, "names_ must be an array of numbers"),
    (OneAttributeWithoutUnderscore, {"restores_state"}, "n_users.*end the names"),
    (RoundsItsState, {"restores_state"}, "score must be equal to the bit"),
    (WritesIntoItsState, {"restores_state"}, "read-only"),
    (KeepsItsCache, {"forgets_earlier_fit"}, "score after a second fit"),
    (AddsToTheFirstFit, {"forgets_earlier_fit"}, "score after a second fit"),
    (WithoutSeed, {"repeats_itself", "forgets_earlier_fit", "sets_parameters"}, "score"),
    (CentersTheRatings, {"leaves_inputs_alone"}, "change an input"),
    (NormalizesTheMatrix, {"leaves_inputs_alone"}, "change an input"),
    (SortsTheItems, {"leaves_inputs_alone"}, "change an input"),
    (ByRow, {"orders_by_time"}, "not on the order of rows"),
]


def failing(algorithm: type[Algorithm]) -> dict[str, str]:
    """Return the messages of the checks that fail, by name."""
    messages = {}
    for name, check in CHECKS.items():
        try:
            check(algorithm, {})
        except AssertionError as error:
            messages[name] = str(error)
    return messages


@pytest.mark.parametrize("algorithm", [Pairs, ByTime])
def test_a_correct_algorithm_passes(algorithm: type[Algorithm]) -> None:
    check_algorithm(algorithm)
    check_algorithm(algorithm, power=0.5)


@pytest.mark.parametrize(
    ("algorithm", "expected", "message"), BROKEN, ids=[case[0].__name__ for case in BROKEN]
)
def test_a_broken_algorithm_fails_the_check_of_what_it_breaks(
    algorithm: type[Algorithm], expected: set[str], message: str
) -> None:
    messages = failing(algorithm)
    assert set(messages) == expected
    with pytest.raises(AssertionError, match=message):
        check_algorithm(algorithm)


def test_a_parameter_needs_a_default() -> None:
    with pytest.raises(AssertionError, match="give power a default"):
        CHECKS["keeps_parameters"](WithoutDefault, {"power": 1.0})


def test_needs_must_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("movierec.testing.checks.check_needs", lambda algorithm, data: None)
    assert failing(ByTime) == {
        "declares_needs": "data without timestamps must be refused with a DataError"
    }


def test_no_check_is_without_a_broken_algorithm() -> None:
    assert set().union(*(names for _, names, _ in BROKEN)) == set(CHECKS)


def test_example_data_are_the_same_each_time_and_not_in_order_of_time() -> None:
    first, second = example_data().interactions, example_data().interactions
    np.testing.assert_array_equal(first.timestamps, second.timestamps)
    assert len(set(first.timestamps.tolist())) == len(first)
    by_time = first.histories[1].tolist()
    assert by_time != first.items.tolist()
