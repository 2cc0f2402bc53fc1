"""Fit a model that is differentially private for each person.

The ratings are used by one function, :func:`movierec.privacy.release.release`. All the rest of the
model is made of what that returns, of the movies file and of the parameters.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.algorithms._private import Private
from movierec.algorithms.default import Default
from movierec.data.encode import encode_ratings, make_catalog
from movierec.data.summary import summarize_released
from movierec.errors import UsageError
from movierec.model.card import CardFacts, make_card
from movierec.model.model import COSINE, Model, restored
from movierec.model.parameters import Parameters
from movierec.model.vectors import ItemVectors
from movierec.neighbors.weighting import CORRECTED
from movierec.privacy.release import MOST_RATINGS, PrivateSums, release
from movierec.privacy.terms import Terms
from movierec.training.choice import algorithm_of, completed, content_of
from movierec.vocabulary import Vocabulary, as_ids

if TYPE_CHECKING:
    from movierec.data.dataset import Dataset
    from movierec.films.catalog import Catalog
    from movierec.training.engine import Task

_BY_PEOPLE = ("tags", "genome")


def check_can_be_private(task: Task) -> None:
    """Check that nothing is asked for that noisy sums cannot give.

    Parameters
    ----------
    task : Task

    Raises
    ------
    UsageError
        If something is.
    """
    given = task.parameters
    is_default = task.algorithm is None and given.algorithm == Parameters.algorithm
    reasons = {
        "it is for the algorithm default, without settings": not is_default or given.settings,
        "its models hold no ratings": task.with_ratings,
        f"it is for the weighting {CORRECTED}": given.weighting != CORRECTED,
        "noise hides how many ratings a movie has, so there is no min_ratings and no min_support": (
            given.min_ratings > 1 or given.min_support > 0
        ),
        "with noise, it does not matter how few people a figure rests on": given.min_raters,
        "tags and the tag genome come from people, too": any(
            task.sources.get(name) is not None for name in _BY_PEOPLE
        ),
    }
    for reason, is_asked in reasons.items():
        if is_asked:
            raise UsageError(
                f"differential privacy cannot be combined with this: {reason}",
                "leave out --epsilon, or the other option",
            )


def fit_private(dataset: Dataset, task: Task, terms: Terms) -> Model:
    """Fit a model whose sums of ratings are noisy.

    Parameters
    ----------
    dataset : Dataset
        Its ratings are removed from it, and tags and the tag genome, which people gave too.
    task : Task
        As checked by :func:`check_can_be_private`.
    terms : Terms

    Raises
    ------
    DataError
        If no rating can be used.
    """
    dataset.tags, dataset.genome = {}, {}
    task.progress("adding noise to sums of ratings", 0.0)
    sums = _released(dataset, terms)
    task.progress("comparing the movies", 0.0)
    return _model(sums, dataset, task.parameters, terms)


def _released(dataset: Dataset, terms: Terms) -> PrivateSums:
    item_ids = np.sort(as_ids([movie.movie_id for movie in dataset.movies]), kind="stable")
    name = dataset.files["ratings"]
    found, _, _ = encode_ratings(dataset.take_ratings(), Vocabulary(item_ids), name=name)
    return release(found.user_items, terms)


def _model(sums: PrivateSums, dataset: Dataset, parameters: Parameters, terms: Terms) -> Model:
    catalog, titles = make_catalog(dataset, sums.n_ratings, sums.mean_ratings * sums.n_ratings)
    default = algorithm_of(parameters)
    parameters = completed(parameters.with_columns(dataset.features), default)
    content = content_of(catalog, dataset, parameters)
    algorithm = Private(
        n_neighbors=parameters.n_neighbors,
        content_weight=parameters.content_weight,
        prior=parameters.prior,
    )
    matrix, n_factors = algorithm.learn(sums, content)
    table, state = algorithm.get_neighbors(), algorithm.state()
    card = _card(sums, catalog, parameters, terms) | {
        "files": {name: file for name, file in dataset.files.items() if name not in _BY_PEOPLE},
        "content_parts": {} if content is None else content.ends,
    }
    counts = {"movie_rows": dataset.n_movie_rows, "movies_with_links": len(dataset.links)}
    return Model(
        card,
        parameters,
        catalog,
        titles,
        table,
        ItemVectors.build(matrix, n_factors),
        None,
        None,
        None,
        load_algorithm=cache(
            partial(restored, Default, default.parameters(), state, table, catalog)
        ),
        load_summary=partial(summarize_released, catalog, sums.n_people, counts),
    )


def _card(
    sums: PrivateSums, catalog: Catalog, parameters: Parameters, terms: Terms
) -> dict[str, Any]:
    n_ratings = int(sums.n_ratings.sum())
    counts = len(catalog), sums.n_people, n_ratings
    facts = CardFacts(sums.fingerprint, {}, *counts, *terms.scale)
    return make_card(facts, parameters) | {
        "notes": [],
        "similarity": COSINE,
        "privacy": {
            "epsilon": terms.epsilon,
            "delta": terms.delta,
            "unit": "person",
            "most_ratings": MOST_RATINGS,
        },
    }
