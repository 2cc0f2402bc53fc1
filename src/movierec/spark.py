"""Fit models on a cluster, by Spark.

`fit` takes data frames of Spark or paths, and works on the session that is active. The module is
also what `spark-submit` runs, with the arguments of `movierec fit`::

    spark-submit --master yarn spark.py ratings.parquet movies.csv --model movies.model

Every machine of the cluster needs movierec. docs/scale.md says when Spark is worth it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypedDict, Unpack

from movierec.recommender import Recommender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from movierec._util import Progress
    from movierec.algorithms.base import Algorithm, ParameterValue
    from movierec.data.dataset import OnError
    from movierec.data.sources.base import PathLike, Place
    from movierec.neighbors.weighting import Weighting


class FitOptions(TypedDict, total=False):
    """What :meth:`movierec.Recommender.fit` takes, too; some of it only to refuse it clearly."""

    links: Place | None
    tags: Place | None
    genome: Place | None
    content: Place | None
    n_neighbors: int
    min_support: int
    min_ratings: int
    content_weight: float
    prior: float
    weighting: Weighting
    content_parts: Mapping[str, float] | None
    algorithm: str | Algorithm | type[Algorithm]
    settings: Mapping[str, ParameterValue] | None
    columns: Mapping[str, str] | None
    query: str | None
    movies_query: str | None
    on_error: OnError
    with_ratings: bool | None
    min_raters: int | None
    epsilon: float | None
    delta: float | None
    scale: Sequence[float] | None
    master: str | None
    progress: Progress | bool | None
    checkpoint: PathLike | None


def fit(
    ratings: Place | None = None, movies: Place | None = None, **parameters: Unpack[FitOptions]
) -> Recommender:
    """Fit a model on the active Spark session, or a new one.

    Parameters
    ----------
    ratings, movies : path-like or data frame, optional
        Data frames of Spark, or as in :meth:`movierec.Recommender.fit`. Ratings stay on the
        cluster.
    **parameters
        As in :meth:`movierec.Recommender.fit`.

    Returns
    -------
    Recommender
        Without ratings, unless `with_ratings` is given.

    Raises
    ------
    DataError, UsageError
        As :meth:`movierec.Recommender.fit` does, and if Spark or Java is missing.
    """
    return Recommender.fit(ratings, movies, engine="spark", **parameters)


if __name__ == "__main__":
    from movierec.cli._main import main

    sys.argv[1:] = ["fit", "--engine", "spark", *sys.argv[1:]]
    main()
