"""A study: several data sets and algorithms, described by a file that repeats it."""

from __future__ import annotations

import inspect
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from movierec._checks import one_of, path_of
from movierec._progress import shows_progress
from movierec._util import Progress
from movierec.errors import DataError, UsageError
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.groups import NO_AGES, By
from movierec.evaluation.plan import Plan
from movierec.evaluation.rating_plan import RatingPlan
from movierec.evaluation.ratings import evaluate_ratings
from movierec.evaluation.report import html
from movierec.evaluation.tables import latex, markdown, notebook_html

if TYPE_CHECKING:
    import pandas as pd

    from movierec.evaluation.outcome import Evaluation
    from movierec.evaluation.rating_outcome import RatingEvaluation

_PLACES = ("ratings", "movies", "train", "test", "negatives", "lists")
_CALLS = {"keep", "progress", "tell"}
_OF_STUDY = {"title", "task", "by", "data"}


class _Task(NamedTuple):
    """What a study measures: how, what is checked before, and what it is called."""

    evaluate: Callable[..., Evaluation | RatingEvaluation]
    plan: type[Plan | RatingPlan]
    words: str

    @property
    def defaults(self) -> dict[str, Any]:
        parameters = inspect.signature(self.evaluate).parameters
        return {name: each.default for name, each in parameters.items() if name not in _CALLS}


_TASKS = {
    "lists": _Task(evaluate, Plan, "lists"),
    "rating": _Task(evaluate_ratings, RatingPlan, "predicted ratings"),
}


@dataclass(frozen=True, eq=False)
class Study:
    """The outcome of a study.

    Attributes
    ----------
    title : str
    evaluations : dict of str to Evaluation, or to RatingEvaluation
        By the name of the data set.
    by : tuple of str
        The groups that the report shows.
    source : str
        The text of the file that describes it.
    """

    title: str
    evaluations: dict[str, Evaluation | RatingEvaluation]
    by: tuple[By, ...]
    source: str

    def to_dict(self) -> dict[str, object]:
        """Return the title and all evaluations, as JSON values."""
        found = {name: each.to_dict() for name, each in self.evaluations.items()}
        return {"title": self.title, "data": found}

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each data set, algorithm and k; see :meth:`Evaluation.to_frame`."""
        import pandas as pd

        frames = {name: found.to_frame() for name, found in self.evaluations.items()}
        joined = pd.concat(frames, names=["data"]).reset_index(level="data")
        return joined.reset_index(drop=True)

    def to_markdown(self) -> str:
        """Return a table in Markdown for each data set."""
        return markdown(self.evaluations)

    def to_latex(self) -> str:
        """Return a table in LaTeX for each data set, for the package booktabs."""
        return latex(self.evaluations)

    def _repr_html_(self) -> str:
        return notebook_html(self.evaluations)

    def to_html(self) -> str:
        """Return a report: one page that needs no other file, and no network."""
        return html(self.title, self.evaluations, by=self.by, source=self.source)


@shows_progress
def run_study(
    path: str | os.PathLike[str],
    *,
    keep: str | os.PathLike[str] | None = None,
    progress: Progress | bool | None = None,
    tell: Callable[[str], object] | None = None,
) -> Study:
    """Run the study that a TOML file describes, or the rest of it if it was interrupted.

    Parameters
    ----------
    path : path-like
        A file with arguments of :func:`movierec.evaluate`, or with ``task = "rating"`` of
        :func:`movierec.evaluate_ratings`, and for each data set a table ``[data.NAME]`` with its
        own ones. Paths are relative to the file.
    keep : path-like, optional
        Where what was measured is kept. Default: a folder beside the file, named after
        it: ``study.kept`` for ``study.toml``.
    progress : callable or bool, optional
        As in :func:`movierec.evaluate`.
    tell : callable, optional
        As well.

    Raises
    ------
    DataError
        If the file is missing, is not TOML, or a data set cannot be used. All of them are read
        before the first one is measured.
    UsageError
        If an argument in it is unknown or not valid.
    """
    file = Path(path_of("path", path))
    source, content = _read(file)
    common = {name: value for name, value in content.items() if name not in _OF_STUDY}
    kept = file.with_suffix(".kept") if keep is None else keep
    task = _TASKS[one_of(f"{file}: task", content.get("task", "lists"), tuple(_TASKS))]
    data = {
        name: _arguments(file, name, task, common | own) for name, own in content["data"].items()
    }
    by = tuple(content.get("by", ()))
    for arguments in data.values():  # a mistake in the last one must not show after hours
        _check(task, arguments, by)
    found = {}
    for name, arguments in data.items():
        if tell is not None:
            tell(f"data set {name}")
        found[name] = task.evaluate(**arguments, keep=kept, progress=progress, tell=tell)
    return Study(str(content.get("title", file.stem)), found, by, source)


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        source = file.read_text(encoding="utf-8")
        content = tomllib.loads(source)
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror}", "is the name right?") from error
    except ValueError as error:  # also of text that is not UTF-8
        raise DataError(f"{file} is not TOML: {error}", "see docs/studies.md") from error
    data = content.get("data")
    if not isinstance(data, Mapping) or not data:
        raise DataError(f"{file} names no data", 'add a table [data.NAME] with ratings = "..."')
    for name, table in data.items():
        if not isinstance(table, Mapping):
            raise DataError(f"{file}: data.{name} is no table", f"write [data.{name}]")
    if not isinstance(content.get("by", []), list):
        raise DataError(f"{file}: by is no list", 'such as by = ["activity"]')
    return source, content


def _arguments(file: Path, name: str, task: _Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an evaluation, with paths that start at the folder of the file."""
    for key in given:
        if key == "task":
            raise UsageError(f"{file}: data set {name} has a task", "name one for all, at the top")
        if key not in task.defaults:
            known = ", ".join(sorted(task.defaults))
            raise UsageError(
                f'{file}: no option is called "{key}" (data set {name})',
                f"the options for {task.words} are {known}; and title, task and by",
            )
    return {key: _place(file, value) if key in _PLACES else value for key, value in given.items()}


def _check(task: _Task, arguments: Mapping[str, Any], by: Sequence[By]) -> None:
    """Plan an evaluation, which raises what is wrong with it, and check its groups."""
    plan = task.plan.of({**task.defaults, **arguments})
    for what in by:
        one_of("by", what, get_args(By))
    if "age" in by and not plan.known.has_timestamps:
        raise DataError(*NO_AGES)


def _place(file: Path, value: Any) -> Any:
    """Return a path that is relative to a file; names of data sets and addresses stay."""
    if isinstance(value, list):
        return [_place(file, each) for each in value]
    if isinstance(value, Mapping):
        return {name: _place(file, each) for name, each in value.items()}
    if isinstance(value, str):
        with suppress(OSError, ValueError):  # what cannot be a path is not one beside the file
            beside = file.parent / value
            return str(beside) if beside.exists() else value
    return value
