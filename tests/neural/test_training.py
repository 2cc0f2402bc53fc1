"""Training: what an interrupted fit resumes from, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec import Algorithm, Interactions, Run, TrainingData, UsageError
from movierec.algorithms._neural.answers import Validation, fingerprint_of
from movierec.algorithms._neural.training import Schedule, Trainer
from movierec.algorithms.registry import load
from movierec.testing import example_data
from tests.networks import NETWORKS, needs_jax, small

pytestmark = [needs_jax, pytest.mark.usefixtures("few_steps")]

DATA = example_data()
RATINGS = DATA.interactions


class StoppedError(Exception):
    """Somebody pressed Ctrl-C, or the machine went down."""


def stopping_after(share: float) -> Any:
    """Return a progress that stops the training once this share of it is done."""

    def progress(stage: str, done: float) -> None:
        assert 0 <= done <= 1
        if stage.startswith("training") and done >= share:
            raise StoppedError

    return progress


def fit(name: str, run: Run = Run(), data: TrainingData = DATA, **parameters: Any) -> Algorithm:
    usual = {"n_epochs": 4, "minutes": 1e5}  # so that the speed of the machine does not matter
    return load(name)(**small(name) | usual | parameters).fit(data, run)


def same(first: Algorithm, second: Algorithm) -> bool:
    """Tell whether all that was learned is equal to the bit, but for the minutes it took."""
    one, other = (
        algorithm.state() | {"curve_": algorithm.state()["curve_"][:, 1:]}
        for algorithm in (first, second)
    )
    assert one.keys() == other.keys()
    return all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_resumed_fit_is_that_which_was_not_interrupted(name: str, tmp_path: Path) -> None:
    path, steps = tmp_path / "checkpoint", []

    def counting(stage: str, done: float) -> None:
        if stage.startswith("training"):
            steps.append(done)

    for _ in range(2):  # in the third epoch, and again in the third epoch when it is resumed
        with pytest.raises(StoppedError):
            fit(name, Run(progress=stopping_after(0.6), checkpoint=path))
        assert [each.name for each in tmp_path.iterdir()] == ["checkpoint"]
    resumed = fit(name, Run(progress=counting, checkpoint=path))
    n_left = len(steps)
    steps.clear()
    whole = fit(name, Run(progress=counting))
    assert n_left == len(steps) / 2
    assert same(resumed, whole)
    assert len(resumed.state()["curve_"]) == 4


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The content of a checkpoint after two of four epochs."""
    path = tmp_path_factory.mktemp("stopped") / "checkpoint"
    with pytest.raises(StoppedError):
        fit("gru4rec", Run(progress=stopping_after(0.6), checkpoint=path))
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole() -> Algorithm:
    return fit("gru4rec")


def n_epochs_left(path: Path, data: TrainingData = DATA, **parameters: Any) -> int:
    """Return how many epochs of a training are still to do, given a checkpoint."""

    def stop(trainer: Trainer, state: Any) -> None:
        raise StoppedError(4 - len(state.curve))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "_run_epoch", stop)
        with pytest.raises(StoppedError) as caught:
            fit("gru4rec", Run(checkpoint=path), data, **parameters)
    return int(caught.value.args[0])


def test_a_checkpoint_of_another_training_is_ignored(stopped: bytes, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(stopped)
    assert n_epochs_left(path) == 2
    shuffled = RATINGS.select(np.random.default_rng(0).permutation(len(RATINGS)))
    assert n_epochs_left(path, TrainingData(shuffled)) == 2
    assert n_epochs_left(path, learning_rate=0.003) == 4
    assert n_epochs_left(path, seed=1) == 4
    assert n_epochs_left(path, TrainingData(RATINGS.select(np.arange(len(RATINGS) - 1)))) == 4
    backwards = replace(RATINGS, read_timestamps=lambda: -RATINGS.timestamps)
    assert n_epochs_left(path, TrainingData(backwards)) == 4


def test_the_item_that_is_held_out_tells_trainings_apart() -> None:
    split = Validation.of(RATINGS, 0, by_time=True)
    other = replace(split, targets=(split.targets + 1) % RATINGS.n_items)
    algorithm = load("gru4rec")()
    found = fingerprint_of(algorithm, split)
    assert fingerprint_of(load("gru4rec")(), split) == found
    assert fingerprint_of(algorithm, other) != found
    assert fingerprint_of(load("nextitnet")(), split) != found


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_checkpoint_is_ignored(stopped: bytes, tmp_path: Path, seed: int) -> None:
    """Cut it off, or change bytes in the header of its first array or in its directory."""
    random, content = np.random.default_rng(seed), bytearray(stopped)
    if seed % 3 == 0:
        del content[int(random.integers(len(content))) :]
    else:
        start = content.index(b"\x93NUMPY") if seed % 3 == 1 else content.index(b"PK\x01\x02")
        for place in random.integers(start, start + 60, 8):
            content[place] ^= int(random.integers(1, 256))
    (tmp_path / "checkpoint").write_bytes(content)
    assert n_epochs_left(tmp_path / "checkpoint") == 4


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"not a checkpoint"])
def test_what_is_no_checkpoint_is_replaced(
    content: bytes, whole: Algorithm, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(content)
    assert same(fit("gru4rec", Run(checkpoint=path)), whole)
    # The checkpoint of the whole training: nothing is left to do.
    assert same(fit("gru4rec", Run(progress=stopping_after(0), checkpoint=path)), whole)


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        fit("gru4rec", Run(checkpoint=tmp_path / "folder"))
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


# When training ends


class Slope:
    """A problem of one weight, which each epoch makes smaller; what validation finds is given."""

    n_steps = 5

    def __init__(self, found: list[float | None], factor: float = 1) -> None:
        self._found, self._factor = iter(found), np.float32(factor)

    def batches(self, random: np.random.Generator) -> Any:
        return iter([self._factor] * self.n_steps)

    def loss(self, weights: Any, batch: Any, key: Any) -> Any:
        return weights["w"] * batch

    def validate(self, weights: Any) -> float | None:
        return next(self._found)


def trained(problem: Slope, **schedule: Any) -> tuple[float, Any]:
    """Return the weight, and the curve."""
    usual = {"n_epochs": 50, "minutes": 10.0, "learning_rate": 0.1, "patience": 3, "seed": 0}
    trainer = Trainer(problem, Schedule(**usual | schedule), "", Run())
    weights, curve = trainer.train({"w": np.zeros((), np.float32)})
    return float(weights["w"]), curve


def test_training_stops_when_validation_is_no_better_and_keeps_the_best() -> None:
    found = [0.1, 0.3, 0.2, 0.35, 0.3, 0.35, 0.1, 0.9]
    best, curve = trained(Slope([*found]))
    np.testing.assert_allclose(curve[:, 2], found[:7], rtol=1e-6)
    kept = [trained(Slope([*found[:place], 1.0, 0, 0, 0]))[0] for place in range(7)]
    assert best == kept[3]
    assert kept == sorted(kept, reverse=True)
    assert len(set(kept)) == 7


def test_without_validation_the_last_weights_are_kept() -> None:
    last, curve = trained(Slope([None] * 6), n_epochs=6, patience=2)
    best_at_last, _ = trained(Slope([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), n_epochs=6, patience=2)
    assert len(curve) == 6
    assert not curve[:, 2].any()
    assert last == best_at_last < 0


def test_training_stops_when_its_time_is_over() -> None:
    _, curve = trained(Slope([None] * 99), n_epochs=99, minutes=1e-9)
    assert len(curve) == 1


def test_training_that_diverges_says_so() -> None:
    with pytest.raises(UsageError, match="diverged") as caught:
        trained(Slope([0.1] * 9, factor=np.nan))
    assert "learning_rate is 0.1" in str(caught.value.hint)


@pytest.mark.parametrize("name", NETWORKS)
def test_people_who_rated_one_film_each(name: str) -> None:
    """There is no next film, nothing to find by others, and nothing to validate on."""
    users, items = np.arange(6, dtype=np.int32), np.array([0, 1, 1, 2, 2, 2], np.int32)
    times, ones = np.arange(6), np.ones(6, np.float32)
    alone = Interactions(users, items, ones, 6, 4, lambda: times)
    scores = fit(name, data=TrainingData(alone), n_epochs=1).score(alone)
    assert np.isfinite(scores).all()
    assert (scores > 0).all()
