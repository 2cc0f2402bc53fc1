"""The map as a document for programs and for the script of the page: columns of equal length."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec._util import printable
from movierec.films.catalog import HIDDEN
from movierec.films.names import display_title
from movierec.maps.layout import HIGHEST

if TYPE_CHECKING:
    from movierec.maps.film_map import FilmMap
    from movierec.model.model import Model

Document = Mapping[str, Any]

_N_LINES = 10  # neighbors of a movie in an exported page


def document_of(model: Model, film_map: FilmMap, *, neighbors: bool = False) -> dict[str, Any]:
    """Return the map of a model as JSON can hold it.

    Parameters
    ----------
    model : Model
    film_map : FilmMap
    neighbors : bool
        Whether to add the ten nearest movies of each, for a page that can ask no server.

    Returns
    -------
    dict
        ``films`` has columns: ``movie_id``, ``title`` (as people say it), ``year``, ``genres``
        (numbers of ``genres``), ``n_ratings``, ``mean_rating``, ``x`` and ``y`` (from 0 to
        ``highest``). ``neighbors`` has the positions of the nearest movies of each.
    """
    catalog = model.catalog
    texts = catalog.genre_texts()
    genres = sorted({genre for text in texts for genre in text.split("|") if genre})
    number_of = {genre: number for number, genre in enumerate(genres)}
    means = np.asarray(catalog.mean_ratings[:]).tolist()
    counts = np.asarray(catalog.n_ratings[:]).tolist()
    x, y = film_map.places.T.tolist()
    films = {
        "movie_id": [catalog.movie_id(item) for item in range(len(catalog))],
        "title": [printable(display_title(title)) for title in catalog.titles.tolist()],
        "year": [year or None for year in np.asarray(catalog.years[:]).tolist()],
        "genres": [[number_of[name] for name in text.split("|") if name] for text in texts],
        "n_ratings": [
            None if mean == HIDDEN else count for mean, count in zip(means, counts, strict=True)
        ],
        "mean_rating": [
            round(mean, 2) if count and math.isfinite(mean) else None
            for mean, count in zip(means, counts, strict=True)
        ],
        "x": x,
        "y": y,
    }
    found = {
        "highest": HIGHEST,
        "genres": [printable(genre) for genre in genres],
        "films": films,
        "regions": [dict(region) | {"name": printable(region.name)} for region in film_map.regions],
        "share_kept": film_map.share_kept,
        "trustworthiness": film_map.trustworthiness,
    }
    if neighbors:
        nearest = np.asarray(model.neighbors.neighbors)[:, :_N_LINES]
        found["neighbors"] = [[item for item in row if item >= 0] for row in nearest.tolist()]
    return found


def as_json(document: Document) -> str:
    """Return a document as JSON that may also stand in a page: no ``<`` ends or starts a tag.

    Parameters
    ----------
    document : dict
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def truth_in_words(film_map: FilmMap) -> str:
    """Return how true a map is, in a sentence for people."""
    if film_map.share_kept is None:
        return "No movie has a neighbor, so places mean nothing."
    words = f"{film_map.share_kept:.0%} of each movie's 10 nearest are among its 50 nearest here"
    if film_map.trustworthiness is None:
        return f"{words}."
    return f"{words}; the trustworthiness is {film_map.trustworthiness:.3f}."
