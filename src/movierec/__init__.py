"""movierec: a private, fast and honest film recommender.

The names below are imported when they are first used, so that importing one costs no more than
it needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from movierec.answers import Neighbor, Neighbors, Recommendation, Recommendations
    from movierec.catalog import Movie
    from movierec.errors import (
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
    from movierec.recommender import Recommender

__version__ = "0.1.0"
DEFAULT_MODEL = "movierec.model"  # in the current folder

_HOMES = {
    "Movie": "catalog",
    "Neighbor": "answers",
    "Neighbors": "answers",
    "Recommendation": "answers",
    "Recommendations": "answers",
    "Recommender": "recommender",
    "AmbiguousTitleError": "errors",
    "ArtifactError": "errors",
    "DataError": "errors",
    "MovieNotFoundError": "errors",
    "MovierecError": "errors",
    "NothingFoundError": "errors",
    "OutputError": "errors",
    "ServerError": "errors",
    "UsageError": "errors",
}

__all__ = [
    "AmbiguousTitleError",
    "ArtifactError",
    "DataError",
    "Movie",
    "MovieNotFoundError",
    "MovierecError",
    "Neighbor",
    "Neighbors",
    "NothingFoundError",
    "OutputError",
    "Recommendation",
    "Recommendations",
    "Recommender",
    "ServerError",
    "UsageError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"movierec.{_HOMES[name]}"), name)
