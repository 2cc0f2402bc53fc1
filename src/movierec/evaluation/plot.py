"""Plot accuracy against coverage, or errors, of each algorithm, and learning curves."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec.algorithms.base import CURVE, Algorithm
from movierec.algorithms.registry import name_of
from movierec.errors import OutputError, UsageError
from movierec.evaluation.names import METRIC_NAMES
from movierec.store.atomic import replacing, target_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCHES = (7, 5)
_DPI = 150


def refuse_bad_plot(path: Path, option: str = "--plot") -> None:
    """Raise an error if no plot can be written to a path.

    Parameters
    ----------
    path : Path
    option : str
        Which option names it.

    Raises
    ------
    UsageError
        If matplotlib is not installed, or cannot write the format of the file extension.
    OutputError
        If the folder is missing or not writable, or if the path is a folder.
    """
    extensions = _extensions()
    if path.suffix.casefold() not in extensions:
        raise UsageError(
            f"{path}: its extension is not an image format that can be written",
            f"use one of {', '.join(extensions)}",
        )
    hint = f"name another file with {option}"
    if path.is_dir():
        raise OutputError(f"{path} is a folder", hint)
    try:
        folder = target_of(path).parent
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}", hint) from error
    if not os.access(folder, os.W_OK):
        why = "its folder is not writable" if folder.is_dir() else "there is no such folder"
        raise OutputError(f"cannot write {path}: {why}", hint)


def _extensions() -> list[str]:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise _lacks_matplotlib() from error
    # PGF would need LaTeX.
    return sorted(f".{name}" for name in FigureCanvasAgg.filetypes if name != "pgf")


def draw(document: Mapping[str, Any]) -> Figure:
    """Draw a result of :func:`movierec.Evaluation.to_dict`.

    Returns
    -------
    matplotlib.figure.Figure
        nDCG, with its 95 % confidence interval, against coverage, of lists of ``protocol["k"]``.
    """
    figure, axes = _figure()
    how = document["protocol"]
    for result in document["results"]:
        if result["k"] == how["k"]:
            _add_point(axes, result)
    axes.set_xlabel(f"coverage: share of {how['films']:,} movies in any list of {how['k']}")
    axes.set_ylabel(f"nDCG@{how['k']}: mean of {how['users']:,} users, 95 % interval")
    axes.set_title(f"{how['split']} split: accuracy against coverage")
    axes.grid(alpha=0.3)
    axes.margins(x=0.15)  # space for the names
    return figure


def _add_point(axes: Axes, result: Mapping[str, Any]) -> None:
    place = result["metrics"]["coverage"], result["metrics"]["ndcg"]
    around = _around(place[1], *result["intervals"]["ndcg"])
    points = axes.errorbar(*place, yerr=around, fmt="o", capsize=3, label=result["algorithm"])
    axes.annotate(
        result["algorithm"], place, (6, 6), textcoords="offset points", color=points[0].get_color()
    )


def _around(value: float, low: float, high: float) -> list[list[float]]:
    """Return how far an interval goes, down and up; nowhere if it is endless."""
    if not math.isfinite(high - low):
        return [[0.0], [0.0]]
    # A mean may lie outside its interval by a rounding error.
    return [[max(value - low, 0.0)], [max(high - value, 0.0)]]


def draw_errors(document: Mapping[str, Any]) -> Figure:
    """Draw a result of :func:`movierec.RatingEvaluation.to_dict`.

    Returns
    -------
    matplotlib.figure.Figure
        RMSE and MAE, with their 95 % confidence intervals, the best RMSE at the top.
    """
    results = sorted(document["results"], key=lambda result: -result["rmse"])
    figure = new_figure((_INCHES[0], 1.4 + 0.4 * len(results)))
    for axes, metric in zip(figure.subplots(1, 2, sharey=True), ("rmse", "mae"), strict=True):
        for result in results:
            around = _around(result[metric], *result["intervals"][metric])
            axes.errorbar(result[metric], result["algorithm"], xerr=around, fmt="C0o", capsize=3)
        axes.locator_params("x", nbins=5)
        axes.set_xlabel(METRIC_NAMES[metric])
        axes.grid(alpha=0.3)
        axes.margins(y=0.5 / len(results))
    how = document["protocol"]
    figure.suptitle(f"{how['test_rows']:,} predicted ratings ({how['split']}), 95 % intervals")
    return figure


def refuse_without_curve(algorithm: type[Algorithm]) -> None:
    """Raise an error if an algorithm is not trained in epochs.

    Raises
    ------
    UsageError
    """
    if CURVE not in algorithm.SCHEMA:
        raise UsageError(
            f"{name_of(algorithm)} is not trained in epochs, so it has no learning curve",
            "choose another algorithm, such as sasrec",
        )


def draw_curve(curve: npt.NDArray[Any], algorithm: str) -> Figure:
    """Draw how training went.

    Parameters
    ----------
    curve : ndarray of shape (n_epochs, 3)
        See :meth:`movierec.Recommender.learning_curve`.
    algorithm : str

    Returns
    -------
    matplotlib.figure.Figure
        The loss and the validation after each epoch, in minutes.
    """
    figure, axes = _figure()
    minutes, losses, validation = curve.T
    axes.plot(minutes, validation, "o-", label="nDCG@10 on validation")
    axes.set_xlabel("minutes")
    axes.set_ylabel("nDCG@10 on validation")
    axes.set_title(f"{algorithm}: {len(curve)} epochs")
    axes.grid(alpha=0.3)
    of_loss = axes.twinx()
    of_loss.plot(minutes, losses, "--", color="gray", label="loss")
    of_loss.set_ylabel("loss (dashed)")
    return figure


def _figure() -> tuple[Figure, Axes]:
    figure = new_figure(_INCHES)
    return figure, figure.add_subplot()


def new_figure(inches: tuple[float, float], ground: str = "white") -> Figure:
    """Return a figure without content, which a notebook shows.

    Parameters
    ----------
    inches : tuple of float
        Width and height.
    ground : str
        The color behind everything.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        from movierec.evaluation.notebook_figure import NotebookFigure
    except ImportError as error:
        raise _lacks_matplotlib() from error
    return NotebookFigure(inches, ground)


def _lacks_matplotlib() -> UsageError:
    return UsageError("a plot needs matplotlib", "pip install matplotlib")


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the file extension.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : Path

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:].casefold(), dpi=_DPI)
