"""movierec: a private, fast and honest movie recommender.

The names below are imported when they are first used, so that importing one costs no more than
it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from movierec.algorithms.base import Algorithm, Explains, HasNeighbors, Range, Run, TrainingData
    from movierec.answers.explain import Lovers, Why
    from movierec.answers.film import Film
    from movierec.answers.filters import Filter
    from movierec.answers.next import NextMovie, NextMovies
    from movierec.answers.personal import PersonalRatings
    from movierec.answers.predict import PredictedRating, PredictedRatings
    from movierec.answers.recommendation import Recommendation, Recommendations
    from movierec.answers.records import Neighbor, Neighbors
    from movierec.answers.shelves import Shelf
    from movierec.answers.tastes import TasteComparison, TasteMovie
    from movierec.checking.check import check
    from movierec.checking.findings import CheckReport, Estimate, Finding
    from movierec.data.interactions import Interactions
    from movierec.data.public.download import download
    from movierec.errors import (
        AlgorithmNotFoundError,
        AmbiguousTitleError,
        ArtifactError,
        DataError,
        MovieNotFoundError,
        MovierecError,
        NothingFoundError,
        OutputError,
        ServerError,
        UsageError,
    )
    from movierec.evaluation.certainty import Pair
    from movierec.evaluation.evaluate import evaluate
    from movierec.evaluation.outcome import Evaluation
    from movierec.evaluation.rating_outcome import RatingEvaluation
    from movierec.evaluation.ratings import evaluate_ratings
    from movierec.evaluation.studies import Study, run_study
    from movierec.films.catalog import Movie
    from movierec.maps.film_map import FilmMap
    from movierec.maps.regions import Region
    from movierec.neighbors.table import NeighborTable
    from movierec.neighbors.top_k import NeighborSpec
    from movierec.recommender import Recommender

__version__ = "0.1.0"
DEFAULT_MODEL = "movierec.model"  # in the current folder

_MODULES = {
    "algorithms.base": ("Algorithm", "Explains", "HasNeighbors", "Range", "Run", "TrainingData"),
    "answers.explain": ("Lovers", "Why"),
    "answers.film": ("Film",),
    "answers.filters": ("Filter",),
    "answers.next": ("NextMovie", "NextMovies"),
    "answers.personal": ("PersonalRatings",),
    "answers.predict": ("PredictedRating", "PredictedRatings"),
    "answers.recommendation": ("Recommendation", "Recommendations"),
    "answers.records": ("Neighbor", "Neighbors"),
    "answers.shelves": ("Shelf",),
    "answers.tastes": ("TasteComparison", "TasteMovie"),
    "checking.check": ("check",),
    "checking.findings": ("CheckReport", "Estimate", "Finding"),
    "data.interactions": ("Interactions",),
    "data.public.download": ("download",),
    "errors": (
        *(
            "AlgorithmNotFoundError",
            "AmbiguousTitleError",
            "ArtifactError",
            "DataError",
            "MovieNotFoundError",
        ),
        *("MovierecError", "NothingFoundError", "OutputError", "ServerError", "UsageError"),
    ),
    "evaluation.certainty": ("Pair",),
    "evaluation.evaluate": ("evaluate",),
    "evaluation.outcome": ("Evaluation",),
    "evaluation.rating_outcome": ("RatingEvaluation",),
    "evaluation.ratings": ("evaluate_ratings",),
    "evaluation.studies": ("Study", "run_study"),
    "films.catalog": ("Movie",),
    "maps.film_map": ("FilmMap",),
    "maps.regions": ("Region",),
    "neighbors.table": ("NeighborTable",),
    "neighbors.top_k": ("NeighborSpec",),
    "recommender": ("Recommender",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "Algorithm",
    "AlgorithmNotFoundError",
    "AmbiguousTitleError",
    "ArtifactError",
    "CheckReport",
    "DataError",
    "Estimate",
    "Evaluation",
    "Explains",
    "Film",
    "FilmMap",
    "Filter",
    "Finding",
    "HasNeighbors",
    "Interactions",
    "Lovers",
    "Movie",
    "MovieNotFoundError",
    "MovierecError",
    "Neighbor",
    "NeighborSpec",
    "NeighborTable",
    "Neighbors",
    "NextMovie",
    "NextMovies",
    "NothingFoundError",
    "OutputError",
    "Pair",
    "PersonalRatings",
    "PredictedRating",
    "PredictedRatings",
    "Range",
    "RatingEvaluation",
    "Recommendation",
    "Recommendations",
    "Recommender",
    "Region",
    "Run",
    "ServerError",
    "Shelf",
    "Study",
    "TasteComparison",
    "TasteMovie",
    "TrainingData",
    "UsageError",
    "Why",
    "__version__",
    "check",
    "download",
    "evaluate",
    "evaluate_ratings",
    "run_study",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"movierec.{_MODULE_OF[name]}"), name)
