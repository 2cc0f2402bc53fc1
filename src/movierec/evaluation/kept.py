"""Keep runs by the content of data and parameters, so that interrupted work goes on."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from movierec._checks import path_of
from movierec.algorithms.registry import name_of
from movierec.errors import OutputError
from movierec.evaluation.frames import TIMES
from movierec.evaluation.rating_runs import Predicted
from movierec.evaluation.runs import Listed
from movierec.evaluation.trials import Tuning
from movierec.store.atomic import replacing

if TYPE_CHECKING:
    from movierec.algorithms.base import Algorithm
    from movierec.data.interactions import Interactions
    from movierec.evaluation.tasks import Task


class KeptRuns:
    """A folder of lists, and of errors of predicted ratings. What cannot be read is missing.

    Parameters
    ----------
    folder : path-like
        Created if it is missing.

    Raises
    ------
    OutputError
        If it cannot be created.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(path_of("keep", folder))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot keep runs in {self.folder}: {error.strerror}", "name another folder"
            ) from error
        self._digests: dict[int, tuple[Task, str]] = {}

    def key(self, algorithm: Algorithm, task: Task, **how: Any) -> str:
        """Return a name that differs where the outcome may differ.

        Parameters
        ----------
        algorithm : Algorithm
            Its name, its parameters, and its source if it is not one of movierec.
        task : Task
            All its arrays.
        **how
            JSON values: what else it depends on.
        """
        from movierec import __version__

        about = [name_of(type(algorithm)), algorithm.parameters(), _source_of(type(algorithm))]
        text = json.dumps([__version__, about, how, self._digest(task)], default=repr)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]

    def _digest(self, task: Task) -> str:
        known = self._digests.get(id(task))
        if known is None or known[0] is not task:
            found = hashlib.sha256()
            for part in _parts_of(task):
                found.update(part)
            known = self._digests[id(task)] = (task, found.hexdigest())
        return known[1]

    def trials(self, key: str) -> Path:
        """Return the file for what a search measures.

        Parameters
        ----------
        key : str
        """
        return self.folder / f"{key}.trials.jsonl"

    def listed(self, key: str, task: Task, k: int) -> Listed | None:
        """Return lists that were kept, or None.

        Parameters
        ----------
        key : str
        task : Task
            Of which all listed items must be.
        k : int
            Length of the lists.
        """
        found = self._read(key, "ranked", np.int64)
        if found is None or found[0].ndim != 2 or found[0].shape[1] != k or not found[0].size:
            return None
        return Listed(ranked=found[0], **found[1]) if found[0].max() < task.train.n_items else None

    def predicted(self, key: str, task: Task) -> Predicted | None:
        """Return errors of predicted ratings that were kept, or None.

        Parameters
        ----------
        key : str
        task : Task
            There must be an error for each of its test rows.
        """
        found = self._read(key, "errors", np.float64)
        is_whole = found is not None and found[0].shape == (len(task.test),)
        return Predicted(errors=found[0], **found[1]) if found and is_whole else None

    def _read(
        self, key: str, name: str, kind: type[np.generic]
    ) -> tuple[npt.NDArray[Any], dict[str, Any]] | None:
        """Return an array that was kept, and what else was measured; None if it is not whole."""
        try:
            path = self.folder / f"{key}.npz"
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return arrays[name].astype(kind), _facts(json.loads(str(arrays["about"])))
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile, zlib.error):
            return None

    def put(self, key: str, made: Listed | Predicted) -> None:
        """Keep a run; the file is complete or not there.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        about = {name: getattr(made, name) for name in ("parameters", "tuning", *TIMES)}
        text = np.array(json.dumps(about, default=repr))
        with replacing(self.folder / f"{key}.npz") as file:
            if isinstance(made, Predicted):
                np.savez_compressed(file, errors=made.errors, about=text)
            else:
                np.savez_compressed(file, ranked=made.ranked.astype(np.int32), about=text)


def _facts(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters and times of a run, and how it was tuned, as they were kept.

    Raises
    ------
    TypeError, KeyError, ValueError
        If they are anything else.
    """
    seconds = {name: float(about[name]) for name in TIMES}
    return {"parameters": dict(about["parameters"]), "tuning": _tuning(about), **seconds}


def _tuning(about: Mapping[str, Any]) -> Tuning | None:
    """Return how parameters were chosen, as it was kept.

    Raises
    ------
    TypeError, KeyError, ValueError
        If it is anything else.
    """
    found = about["tuning"]
    if found is None:
        return None
    return Tuning(
        search=str(found["search"]),
        trials=int(found["trials"]),
        stopped_early=int(found["stopped_early"]),
        failed=int(found["failed"]),
        metric=str(found["metric"]),
        start=float(found["start"]),
        validation=float(found["validation"]),
        parameters=dict(found["parameters"]),
        tune_seconds=float(found["tune_seconds"]),
    )


def _source_of(algorithm: type) -> str:
    if algorithm.__module__.startswith("movierec."):
        return ""
    try:
        return inspect.getsource(algorithm)
    except (OSError, TypeError):  # such as a class of a notebook
        return repr(sorted(vars(algorithm)))


def _parts_of(task: Task) -> Iterator[bytes]:
    """Yield all that lists depend on, each with a mark of its kind and length."""
    for name in ("train", "test", "history"):
        yield from _of_interactions(name, getattr(task, name))
    yield repr((task.recency, task.train.n_users, task.train.n_items)).encode()
    for name in ("user_ids", "item_ids", "queries"):
        yield from _of_array(name, getattr(task, name))
    matrices = {"candidates": task.candidates}
    if task.content is not None:
        yield repr(dict(task.content.weights)).encode()
        yield from _of_array("years", task.content.years)
        matrices |= dict(task.content.parts)
    for name, matrix in matrices.items():
        for part in () if matrix is None else (matrix.indptr, matrix.indices, matrix.data):
            yield from _of_array(name, part)


def _of_interactions(name: str, rows: Interactions | None) -> Iterator[bytes]:
    if rows is None:
        return
    for column in ("users", "items", "ratings"):
        yield from _of_array(f"{name}.{column}", getattr(rows, column))
    if rows.has_timestamps:
        yield from _of_array(f"{name}.timestamps", rows.timestamps)


def _of_array(name: str, array: npt.NDArray[Any] | None) -> Iterator[bytes]:
    if array is not None:
        yield f"{name} {array.dtype.str} {array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()
