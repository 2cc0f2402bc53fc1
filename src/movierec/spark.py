"""Fit models on a cluster, by Spark.

`fit` takes data frames of Spark or paths, and works on the session that is active. The module is
also what `spark-submit` runs, with the arguments of `movierec fit`::

    spark-submit --master yarn spark.py ratings.parquet movies.csv --model movies.model

Every machine of the cluster needs movierec. docs/scale.md says when Spark is worth it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from movierec.recommender import Recommender

if TYPE_CHECKING:
    from movierec.data.sources.base import Place


def fit(
    ratings: Place | None = None, movies: Place | None = None, **parameters: Any
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
