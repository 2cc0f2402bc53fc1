"""Train weights by JAX: Adam, averaged weights, early stopping, and checkpoints to resume from."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from movierec.algorithms._neural.compiling import Compiled, load_jax
from movierec.algorithms.base import Run
from movierec.errors import UsageError

F32 = npt.NDArray[np.float32]
Weights = Mapping[str, F32]

_WARM_UP = 100  # steps until the learning rate has its full value
_LEAST_RATE = 0.03  # of the learning rate, at the end
_PER_STEP = 0.005  # share of the current weights in the averaged ones
_FORGOTTEN = 0.98  # decay of the mean of squared gradients
_LONGEST_GRADIENT = 1.0


class Problem(Protocol):
    """What is trained."""

    @property
    def n_steps(self) -> int:
        """The number of batches of an epoch."""

    def batches(self, random: np.random.Generator) -> Iterator[Any]:
        """Yield the batches of one epoch: arrays, or tuples of arrays, of the same shapes."""

    def loss(self, weights: Any, batch: Any, key: Any) -> Any:
        """Return the mean loss of a batch, by JAX; `key` is for random numbers."""

    def validate(self, weights: Weights) -> float | None:
        """Return how good weights are, higher is better; None if nothing was held out."""


@dataclass(frozen=True)
class Schedule:
    """How long, and how fast.

    Attributes
    ----------
    n_epochs : int
        Most times that all data are seen.
    minutes : float
        Most time.
    learning_rate : float
    patience : int
        Number of epochs without a better validation after which training stops.
    seed : int
    """

    n_epochs: int
    minutes: float
    learning_rate: float
    patience: int
    seed: int


class Trainer:
    """Trains weights, and can be stopped and resumed after each epoch.

    An epoch takes its random numbers from the seed and its number, so that training which was
    resumed gives the same weights as training which was not stopped.

    Parameters
    ----------
    problem : Problem
    schedule : Schedule
    fingerprint : str
        Of the data and the parameters: a checkpoint with another one is ignored.
    run : Run

    Raises
    ------
    ModuleNotFoundError
        If JAX or Optax is not installed.
    """

    def __init__(self, problem: Problem, schedule: Schedule, fingerprint: str, run: Run) -> None:
        load_jax()  # a missing package is an error before any work
        import optax  # noqa: F401

        self._problem, self._schedule = problem, schedule
        self._fingerprint, self._run = fingerprint, run

    def train(self, initial: Weights) -> tuple[dict[str, F32], F32]:
        """Return the weights of the best epoch, and the curve.

        Parameters
        ----------
        initial : mapping of str to ndarray

        Returns
        -------
        weights : dict of str to ndarray
        curve : ndarray of shape (n_epochs, 3), float32
            Minutes, mean loss and validation of each epoch; 0 without validation.

        Raises
        ------
        UsageError
            If the loss is no longer a number.
        """
        import jax

        weights = {name: jax.numpy.asarray(value) for name, value in initial.items()}
        self._step, optimizer = _compiled_step(self._problem.loss, self._schedule.learning_rate)
        state = _State((weights, optimizer.init(weights), weights), dict(initial), [], 0.0)
        state = self._resumed(state)
        while not self._is_done(state):
            self._run_epoch(state)
            self._save(state)
        return state.best, np.asarray(state.curve, dtype=np.float32).reshape(-1, 3)

    def _run_epoch(self, state: _State) -> None:
        """Take all steps of an epoch, and measure the averaged weights."""
        import jax

        started, epoch = time.monotonic() - state.seconds, len(state.curve)
        random = np.random.default_rng((self._schedule.seed, epoch))
        keys = jax.random.key(int(random.integers(2**31)), impl="rbg")
        losses = []
        for number, batch in enumerate(self._problem.batches(random)):
            done = self._done(epoch, number, time.monotonic() - started)
            rate = np.float32(min(1.0, max(_LEAST_RATE, 2 * (1 - done))))
            key = jax.random.fold_in(keys, number)
            *state.trained, value = self._step(*state.trained, batch, key, rate)
            losses.append(float(value))
            self._run.progress(self._stage(state), min(done, 1.0))
            if done >= 1:
                break
        loss = float(np.mean(losses)) if losses else 0.0
        if not np.isfinite(loss):
            raise UsageError(
                "training diverged: its loss is no longer a number",
                f"learning_rate is {self._schedule.learning_rate:g}; take a lower one",
            )
        average = {name: np.asarray(value) for name, value in state.trained[2].items()}
        found = self._problem.validate(average)
        if found is None or found > max((row[2] for row in state.curve), default=-1.0):
            state.best = average
        state.seconds = time.monotonic() - started
        state.curve.append((state.seconds / 60, loss, found or 0.0))

    def _done(self, epoch: int, n_steps: int, seconds: float) -> float:
        """Return the share of the epochs, or of the time, that is over."""
        by_steps = (epoch + n_steps / self._problem.n_steps) / self._schedule.n_epochs
        return max(by_steps, seconds / 60 / self._schedule.minutes)

    def _stage(self, state: _State) -> str:
        best = max((row[2] for row in state.curve), default=0.0)
        return f"training, validation {best:.4f}" if best else "training"

    def _is_done(self, state: _State) -> bool:
        found = [row[2] for row in state.curve]
        n_since = len(found) - 1 - int(np.argmax(found)) if any(found) else 0
        is_over = self._done(len(found), 0, state.seconds) >= 1
        return is_over or n_since >= self._schedule.patience

    def _save(self, state: _State) -> None:
        """Write all that training needs to go on, under another name first."""
        import jax

        path = self._run.checkpoint
        if path is None:
            return
        arrays = {f"t{i}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(state.trained))}
        arrays |= {f"b{i}": x for i, x in enumerate(jax.tree.leaves(state.best))}
        arrays["fingerprint"] = np.frombuffer(self._fingerprint.encode(), np.uint8)
        arrays |= {"curve": np.asarray(state.curve), "seconds": np.asarray(state.seconds)}
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        try:
            with unfinished.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def _resumed(self, state: _State) -> _State:
        """Return the state of a checkpoint of this very training, or the state as it is.

        A checkpoint of other data or parameters is ignored, and so is a damaged one.
        """
        path = self._run.checkpoint
        if path is None or not path.exists():
            return state
        try:
            return self._read(path, state)
        except Exception:  # the parsers of a damaged file raise many kinds of errors
            return state

    def _read(self, path: Path, state: _State) -> _State:
        import jax

        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if stored["fingerprint"].tobytes() != self._fingerprint.encode():
                raise ValueError("another training")

            def read(letter: str, tree: Any) -> Any:
                leaves, form = jax.tree.flatten(tree)
                found = [stored[f"{letter}{i}"] for i in range(len(leaves))]
                pairs = zip(found, leaves, strict=True)
                if any(x.shape != y.shape or x.dtype != y.dtype for x, y in pairs):
                    raise ValueError("other shapes")
                return jax.tree.unflatten(form, found)

            curve = [tuple(row) for row in stored["curve"].reshape(-1, 3).tolist()]
            return _State(
                read("t", state.trained), read("b", state.best), curve, float(stored["seconds"])
            )


@dataclass
class _State:
    """What changes while training: weights, optimizer and averages; the best weights; the curve."""

    trained: Any
    best: dict[str, F32]
    curve: list[tuple[float, ...]]
    seconds: float


def _compiled_step(loss: Callable[..., Any], learning_rate: float) -> tuple[Any, Any]:
    """Return a compiled step of Adam that also updates the averages, and the optimizer."""
    import jax
    import optax

    optimizer = optax.chain(
        optax.clip_by_global_norm(_LONGEST_GRADIENT),
        optax.adam(
            lambda count: learning_rate * jax.numpy.minimum(1.0, (count + 1) / _WARM_UP),
            b2=_FORGOTTEN,
        ),
    )

    def step(weights: Any, state: Any, average: Any, batch: Any, key: Any, rate: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(weights, batch, key)
        updates, state = optimizer.update(gradients, state, weights)
        weights = jax.tree.map(lambda old, update: old + rate * update, weights, updates)
        average = jax.tree.map(lambda old, new: old + _PER_STEP * (new - old), average, weights)
        return weights, state, average, value

    return Compiled(step), optimizer
