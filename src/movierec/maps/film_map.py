"""The map of a model: made, stored beside it, and read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec import __version__
from movierec._schema import Column, Schema, check_arrays, check_form
from movierec._util import Progress
from movierec.errors import ArtifactError, OutputError
from movierec.films.catalog import Record
from movierec.maps.layout import HIGHEST, Places, lay_out
from movierec.maps.regions import Region, find_regions
from movierec.maps.truth import share_kept, similarities_of, trustworthiness
from movierec.store.stores import store_for

if TYPE_CHECKING:
    from movierec.model.model import Model

_PART = "map"
_SCHEMA: Schema = {"places": Column("u2", ("items", 2))}
_META = {
    "of": str,
    "regions": [{"name": str, "x": int, "y": int, "level": int, "n_movies": int}],
    "share_kept": (float, None),
    "trustworthiness": (float, None),
}
_N_LEVELS = 3
_LONGEST_NAME = 200
_AGAIN = "make it again with: movierec map --again"


@dataclass(frozen=True, eq=False)
class FilmMap(Record):
    """The map of all movies of a model.

    Attributes
    ----------
    places : ndarray of shape (n_items, 2), uint16
        x from the left and y from the top, of each movie by ``item_index``.
    regions : list of Region
        The large ones first.
    share_kept : float or None
        The share of each movie's 10 nearest that are among its 50 nearest on the map; None if no
        movie has a neighbor.
    trustworthiness : float or None
        As in ``sklearn.manifold.trustworthiness``, at 10 neighbors, of up to 500 movies among all;
        None if the model was saved without what this needs, or for less than 21 movies.
    """

    places: Places
    regions: list[Region]
    share_kept: float | None
    trustworthiness: float | None


def address_of(model_address: str) -> str:
    """Return the address of the map of a model."""
    return f"{model_address}.map"


def make_map(model: Model, progress: Progress) -> FilmMap:
    """Lay out the movies of a model; see :func:`movierec.maps.layout.lay_out`.

    Parameters
    ----------
    model : Model
    progress : callable

    Raises
    ------
    UsageError
        If umap-learn is not installed.
    """
    table = model.neighbors.in_memory()
    places = lay_out(table, progress)
    progress("naming regions", 0.8)
    regions = find_regions(model.catalog, places)
    progress("measuring", 0.9)
    similarities = similarities_of(model)
    return FilmMap(
        places,
        regions,
        share_kept(table.neighbors, places),
        None if similarities is None else trustworthiness(similarities, places),
    )


def check_target(address: str) -> None:
    """Raise an error if a map cannot or should not be written to an address.

    Raises
    ------
    OutputError
    """
    try:
        store_for(address).check_target(address)
    except OutputError as error:
        raise OutputError(str(error), "or do not store the map: --no-store") from error


def save_map(film_map: FilmMap, model: Model, address: str) -> None:
    """Write a map, completely or not at all, in the format of a model file.

    Parameters
    ----------
    film_map : FilmMap
    model : Model
        The model that it is of; a map of another is not used.
    address : str

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    meta = {
        "of": identity_of(model),
        "regions": [dict(region) for region in film_map.regions],
        "share_kept": film_map.share_kept,
        "trustworthiness": film_map.trustworthiness,
        "versions": {"movierec": __version__},
    }
    parts = {_PART: {"places": film_map.places}}
    store_for(address).write(address, meta, parts, pickled=dict, documents={})


def stored_map(model: Model, address: str) -> FilmMap | None:
    """Return the map at an address, or None if there is none, or only that of another model.

    Parameters
    ----------
    model : Model
    address : str

    Raises
    ------
    ArtifactError
        If the file is damaged, or not a map.
    """
    store = store_for(address)
    if store.identity(address) is None:
        return None
    try:
        stored = store.open(address)
        with stored.reporting_damage():
            check_form(stored.meta, _META, "the map")
            if stored.meta["of"] != identity_of(model):
                return None
            arrays = stored.part(_PART)
            check_arrays(_PART, arrays, _SCHEMA, {"items": len(model.catalog)}, stored.size)
            return _checked(stored.meta, np.asarray(arrays["places"]))
    except ArtifactError as error:
        raise ArtifactError(str(error), _AGAIN) from error


def _checked(meta: Mapping[str, Any], places: Places) -> FilmMap:
    names = ("name", "x", "y", "level", "n_movies")
    regions = [Region(**{name: each[name] for name in names}) for each in meta["regions"]]
    for region in regions:
        if not (
            0 <= region.x <= HIGHEST
            and 0 <= region.y <= HIGHEST
            and 0 <= region.level < _N_LEVELS
            and 0 < region.n_movies <= len(places)
            and len(region.name) <= _LONGEST_NAME
        ):
            raise ValueError("a region is not on the map")
    shares = [meta["share_kept"], meta["trustworthiness"]]
    if not all(share is None or 0 <= share <= 1 for share in shares):
        raise ValueError("a share is not from 0 to 1")
    return FilmMap(places, regions, *shares)


def identity_of(model: Model) -> str:
    """Return a SHA-256 that differs between models that were fitted after one another."""
    facts = {name: model.card.get(name) for name in ("fingerprint", "created", "parameters")}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
