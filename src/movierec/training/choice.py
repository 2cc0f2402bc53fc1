"""What a fit is to do: the algorithm, its parameters, and the content that is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.algorithms.base import Algorithm, HasNeighbors
from movierec.algorithms.registry import create, load, name_of
from movierec.errors import UsageError
from movierec.films.content import catalog_features
from movierec.model.parameters import Parameters
from movierec.neighbors.weighting import CORRECTED

if TYPE_CHECKING:
    from movierec.data.dataset import Dataset
    from movierec.films.catalog import Catalog
    from movierec.neighbors.content import Content
    from movierec.privacy.terms import Terms

# Parameters that an algorithm with a table shares with its model: table and content are the same.
_SHARED = ("n_neighbors", "min_support", "content_weight", "prior", "weighting")
# As the algorithm of a model, item_knn uses the plain cosine, as scikit-learn's estimator.
_PLAIN = {"weighting": "none", "shrinkage": 0.0, "feedback": "value"}
_OF_MODELS: Mapping[str, Mapping[str, Any]] = {"default": {}, "item_knn": _PLAIN}


def chosen_algorithm(
    algorithm: str | Algorithm | type[Algorithm], settings: Mapping[str, Any]
) -> tuple[str, Algorithm | None]:
    """Return the name of an algorithm, and the object if one was given.

    Parameters
    ----------
    algorithm : str, Algorithm, or subclass of Algorithm
    settings : mapping of str to object
        Parameters for a name or a class; an object already has its parameters.

    Raises
    ------
    UsageError
        If settings are given for an object, or `algorithm` is not an algorithm.
    """
    if isinstance(algorithm, str):
        return algorithm, None
    if isinstance(algorithm, type) and issubclass(algorithm, Algorithm):
        return name_of(algorithm), None
    if not isinstance(algorithm, Algorithm):
        raise UsageError(
            f"algorithm has the type {type(algorithm).__name__}",
            "give a name, or a subclass or an object of movierec.Algorithm",
        )
    if settings:
        raise UsageError(
            "settings cannot be given for an algorithm object, which has its parameters already",
            "pass them when you create the object",
        )
    create(type(algorithm), algorithm.parameters())  # raises if a value is not valid
    return name_of(type(algorithm)), algorithm


def algorithm_of(parameters: Parameters) -> Algorithm:
    """Create the algorithm that the parameters name."""
    settings: dict[str, Any] = {}
    if parameters.algorithm in _OF_MODELS:
        settings = {name: getattr(parameters, name) for name in _SHARED}
        settings |= _OF_MODELS[parameters.algorithm]
    return create(load(parameters.algorithm), settings | dict(parameters.settings))


def completed(parameters: Parameters, algorithm: Algorithm) -> Parameters:
    """Return the parameters, completed with the name and the parameters of the algorithm.

    Parameters
    ----------
    parameters : Parameters
    algorithm : Algorithm
    """
    name = name_of(type(algorithm))
    # Made anew, so that they are plain numbers, as JSON has them.
    settings = create(type(algorithm), algorithm.parameters()).parameters()
    shared: dict[str, Any] = {}
    if isinstance(algorithm, HasNeighbors):
        shared = {key: settings[key] for key in _SHARED if key in settings}
        if shared.get("weighting", CORRECTED) != CORRECTED:
            shared["weighting"] = "none"  # or what item_knn calls the weighting of its ratings
    return replace(parameters, algorithm=name, settings=settings, **shared)


def terms_of(epsilon: object, delta: object, scale: object) -> Terms | None:
    """Return the terms of a differentially private fit, or None if the fit is not to be one.

    Parameters
    ----------
    epsilon, delta, scale : object
        As in :meth:`movierec.Recommender.fit`.

    Raises
    ------
    UsageError
        If one is not valid, or `epsilon` is missing.
    """
    if epsilon is not None:
        from movierec.privacy.terms import Terms

        return Terms.checked(epsilon, delta, scale)
    for name, value in (("delta", delta), ("scale", scale)):
        if value is not None:
            raise UsageError(f"{name} is given without epsilon", "add --epsilon, or leave it out")
    return None


def content_of(catalog: Catalog, dataset: Dataset, parameters: Parameters) -> Content | None:
    """Return the content of the movies that may be compared.

    Parameters
    ----------
    catalog : Catalog
    dataset : Dataset
    parameters : Parameters
    """
    from scipy.sparse import csr_matrix, diags

    if parameters.content_weight == 0:
        return None
    content = catalog_features(
        catalog,
        dataset.tags,
        dataset.genome,
        dataset.features,
        parameters.content_parts,
    )
    if content is None or parameters.min_ratings <= 1:
        return content
    enough = np.asarray(catalog.n_ratings) >= parameters.min_ratings
    chosen = csr_matrix(diags(enough.astype(np.float32), format="csr"))
    chosen.eliminate_zeros()
    return content.of_items(chosen)


def check_can_be_without_ratings(algorithm: Algorithm) -> None:
    """Check that what an algorithm learns holds nothing of single people.

    Parameters
    ----------
    algorithm : Algorithm

    Raises
    ------
    UsageError
        If it does.
    """
    if algorithm.HOLDS_RATINGS:
        raise UsageError(
            f"{name_of(type(algorithm))} learns by keeping what people rated",
            "choose another algorithm, or fit with ratings",
        )
