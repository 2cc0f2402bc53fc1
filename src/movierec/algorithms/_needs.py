"""Fit an algorithm after checking its requirements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions

from movierec.algorithms.base import Algorithm, Run, TrainingData
from movierec.algorithms.registry import name_of
from movierec.errors import DataError, UsageError


def check_needs(algorithm: Algorithm, data: TrainingData) -> None:
    """Check that the data have what an algorithm needs.

    Parameters
    ----------
    algorithm : Algorithm
    data : TrainingData

    Raises
    ------
    DataError
        If the algorithm needs timestamps or content that the data lack.
    """
    name = name_of(type(algorithm))
    if "timestamps" in algorithm.NEEDS and not data.interactions.has_timestamps:
        raise DataError(
            f"{name} needs the time of each rating, but the ratings have no timestamps",
            "add a timestamp column, or choose another algorithm",
        )
    if "content" in algorithm.NEEDS and data.content is None:
        raise DataError(
            f"{name} needs movies with genres, years, tags or titles, but there are none",
            "give a movies file, or choose another algorithm",
        )


def fit_algorithm(algorithm: Algorithm, data: TrainingData, run: Run) -> None:
    """Fit an algorithm, or raise an error that names what is missing.

    Parameters
    ----------
    algorithm : Algorithm
    data : TrainingData
    run : Run

    Raises
    ------
    DataError
        If the data lack what the algorithm needs, or it cannot be fitted on them.
    UsageError
        If a package in the ``EXTRA`` of the algorithm is not installed.
    """
    check_needs(algorithm, data)
    with reporting_missing_packages(algorithm):
        algorithm.fit(data, run)


@contextmanager
def reporting_missing_packages(algorithm: Algorithm) -> Iterator[None]:
    """Name the extra that brings a package which an algorithm fails to import.

    Raises
    ------
    UsageError
        If a package in the ``EXTRA`` of the algorithm is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if algorithm.EXTRA is None:
            raise
        package = type(algorithm).__module__.partition(".")[0]
        distribution = packages_distributions().get(package, [package])[0]
        raise UsageError(
            f"{name_of(type(algorithm))} needs {error.name}, which is not installed",
            f"pip install '{distribution}[{algorithm.EXTRA}]'",
        ) from error
