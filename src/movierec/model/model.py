"""A fitted model: its parts, and how it is loaded and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from movierec._schema import Schema, Sizes, check_arrays, check_form
from movierec._util import without_secrets
from movierec.films.catalog import Catalog
from movierec.films.index import TitleIndex
from movierec.model.forms import CARD, SUMMARY
from movierec.model.histories import Histories
from movierec.model.origin import origin
from movierec.model.parameters import Parameters
from movierec.model.ratings import ItemRatings
from movierec.model.remainder import Remainder
from movierec.model.stars import Stars
from movierec.model.vectors import ItemVectors
from movierec.neighbors.table import NeighborTable
from movierec.store.stores import store_for

if TYPE_CHECKING:
    from movierec.algorithms._preferences import RatingScale
    from movierec.algorithms.base import Algorithm
    from movierec.store.base import Arrays, Part, StoredModel

    P = TypeVar("P", bound=Part)

COSINE = "cosine"  # in a model card: the similarity is the cosine of the item vectors
ALGORITHM = "algorithm"  # the part that holds the state of the algorithm

_MAY_BE_NONE = (
    "ratings_per_user",
    "activity",
)  # parts of the summary, where they are not to be told
_OF_THE_FILE = frozenset({"path", "bytes", "format"})  # on the card of a model in a file


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model, in memory or in a file. A part that is None was left out deliberately.

    Attributes
    ----------
    card : dict
        Algorithm, parameters, versions, counts, creation time and input files.
    parameters : Parameters
    catalog : Catalog
    titles : TitleIndex
    neighbors : NeighborTable
    vectors : ItemVectors or None
        By which items are compared. If they would begin with ratings that were left out, they hold
        the content alone.
    ratings : ItemRatings or None
        None in a model of which only the table is to be asked; it then has no `histories` either.
    histories : Histories or None
        The items that each user rated.
    stars : Stars or None
        What predicts ratings; None if all ratings are equal.
    load_algorithm : callable
        Returns the fitted :class:`movierec.algorithms.base.Algorithm`.
    load_summary : callable
        Returns the result of :func:`movierec.data.summary.summarize`.
    remainder : Remainder or None
        What else a fit without the files needs; None in older models and in those without ratings.
    """

    card: dict[str, Any]
    parameters: Parameters
    catalog: Catalog
    titles: TitleIndex
    neighbors: NeighborTable
    vectors: ItemVectors | None
    ratings: ItemRatings | None
    histories: Histories | None
    stars: Stars | None
    load_algorithm: Callable[[], Algorithm]
    load_summary: Callable[[], dict[str, Any]]
    remainder: Remainder | None = None

    @property
    def is_cosine(self) -> bool:
        """Whether the similarity of two items is the cosine of their vectors."""
        return bool(self.card["similarity"] == COSINE)

    @property
    def is_private(self) -> bool:
        """Whether it was fitted with differential privacy, which hides who rated what."""
        return "privacy" in self.card

    @property
    def scale(self) -> RatingScale:
        """The lowest and the highest rating."""
        from movierec.algorithms._preferences import RatingScale

        return RatingScale(self.card["lowest_rating"], self.card["highest_rating"])

    def shown_support(self, support: int) -> int | None:
        """Return how many people rated both of two items, or None if that is not to be told."""
        return support or (None if self.parameters.min_raters or self.is_private else 0)

    def without_ratings(self) -> Model:
        """Return the model without what people rated: its table, and what it needs to recommend."""
        from movierec.model.card import fingerprint_without_ratings

        vectors, ratings = self.vectors, self.ratings
        if vectors is not None and ratings is not None and not ratings.is_stored:
            vectors = vectors.without_leading()
        left_out = dict.fromkeys(name for name, part in self.parts.items() if part.OF_PEOPLE)
        fingerprint = fingerprint_without_ratings(self.catalog, self.neighbors)
        card = self._stored_card() | {"fingerprint": fingerprint}
        summary = self.load_summary() | {"activity": None}  # when people rated
        kept = replace(self, card=card, vectors=vectors, load_summary=lambda: summary)
        return replace(kept, **left_out)  # type: ignore[arg-type]  # these parts may be None

    @property
    def parts(self) -> dict[str, Part]:
        """The parts that were not left out, by the name of their field; not the algorithm."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if hasattr(value, "OF_PEOPLE")}

    def _stored_card(self) -> dict[str, Any]:
        """Return the card without what is true only of the file that it was read from."""
        return {name: value for name, value in self.card.items() if name not in _OF_THE_FILE}

    def save(self, path: str | os.PathLike[str], *, private: bool = False) -> None:
        """Write the model; see :func:`movierec.store.writing.write_artifact`.

        Parameters
        ----------
        path : path-like
        private : bool
            Whether only its owner may read and write the file.
        """
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        parts = {part.NAME: part.to_arrays() for part in self.parts.values()}
        parts[ALGORITHM] = self.load_algorithm().state()
        arrays = {
            name: {key: np.asarray(array) for key, array in part.items()}
            for name, part in parts.items()
        }
        card = self._stored_card()
        if self.ratings is None:
            card["notes"] = []  # they quote rows
        if self.parameters.min_raters:
            card["dropped"] = {}
        with ThreadPoolExecutor(1) as background:  # importing scikit-learn takes a second
            pickled = background.submit(self._pickled, arrays)
            store_for(os.fspath(path)).write(
                os.fspath(path),
                card,
                arrays,
                pickled=pickled.result,
                documents={"summary": self.load_summary()},
                private=private,
            )

    def content(self) -> bytes:
        """Return the content of the file that :meth:`save` writes."""
        with _temporary_file() as file:
            self.save(file, private=True)
            return file.read_bytes()

    def _pickled(self, arrays: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """Return the estimator and the id mappings, which hold arrays of the parts."""
        from movierec.model.estimator import fit_estimator

        pickled: dict[str, Any] = {"item_ids": arrays[Catalog.NAME]["item_ids"]}
        if self.histories is not None:
            pickled["user_ids"] = arrays[Histories.NAME]["user_ids"]
        if self.vectors is not None and self.vectors.n_leading:
            n_neighbors = self.parameters.n_neighbors
            pickled["estimator"] = fit_estimator(self.vectors.matrix, n_neighbors)
        return pickled


def load_model(path: str | os.PathLike[str]) -> Model:
    """Open a model file; see :class:`movierec.store.reading.Artifact`."""
    stored = store_for(os.fspath(path)).open(os.fspath(path))
    with stored.reporting_damage():
        check_form(stored.meta, CARD, "its card")
        parameters = Parameters(**stored.meta["parameters"])
        parameters.check(has_columns=True)
        card = stored.meta | {"parameters": asdict(parameters)}  # all of them
        card |= origin(card["files"], card["notes"])  # older models hold whole paths
        card |= {"path": without_secrets(str(path)), "bytes": stored.size}
        parts = _Parts(stored)
        catalog = parts.required(Catalog)
        titles, table = parts.required(TitleIndex), parts.required(NeighborTable)
        vectors, ratings = parts.optional(ItemVectors), parts.optional(ItemRatings)
        histories, stars = parts.optional(Histories), parts.optional(Stars)
        if ratings is None and vectors is not None and histories is not None:
            # The vectors begin with the ratings.
            parts.agree("users", vectors.n_leading)
            ratings = ItemRatings.within(vectors)
        parts.check_card(card)
        return Model(
            card,
            parameters,
            catalog,
            titles,
            table,
            vectors,
            ratings,
            histories,
            stars,
            load_algorithm=cache(lambda: _load_algorithm(parts, parameters, table, catalog)),
            load_summary=cache(partial(_load_summary, stored, catalog, histories)),
            remainder=parts.optional(Remainder),
        )


def model_of_content(content: bytes) -> Model:
    """Return the model whose :meth:`Model.content` this is; it is in no file."""
    with _temporary_file() as file:
        file.write_bytes(content)
        model = load_model(file)  # maps it: it is read although it is removed
    return replace(model, card=model._stored_card())


@contextmanager
def _temporary_file() -> Iterator[Path]:
    """Provide a path in a folder of its own, which nobody else may read."""
    from tempfile import TemporaryDirectory

    # Windows does not remove what is mapped.
    with TemporaryDirectory(prefix="movierec-", ignore_cleanup_errors=True) as folder:
        yield Path(folder, "model")


class _Parts:
    """The parts of a stored model, which must agree on the number of items and all other sizes."""

    def __init__(self, stored: StoredModel) -> None:
        self.stored = stored
        self._sizes: Sizes = {}

    def required(self, part: type[P]) -> P:
        """Return a part."""
        return part.from_arrays(self.arrays(part.NAME, part.SCHEMA))

    def optional(self, part: type[P]) -> P | None:
        """Return a part, or None if it was left out."""
        return self.required(part) if self.stored.has_part(part.NAME) else None

    def arrays(self, name: str, schema: Schema) -> Arrays:
        """Return the arrays of a part, whose values are checked when they are read."""
        arrays = self.stored.part(name)
        check_arrays(name, arrays, schema, self._sizes, self.stored.size)
        return arrays

    def agree(self, name: str, size: int) -> None:
        """Check a size that stands elsewhere."""
        if self._sizes.setdefault(name, size) != size:
            raise ValueError(f"there are {size} {name}, or {self._sizes[name]}")

    def check_card(self, card: Mapping[str, Any]) -> None:
        """Check the sizes on the card, and the ends of the parts of the content."""
        self.agree("items", card["n_items"])
        self.agree("users", card["n_users"])
        ends = list(card["content_parts"].values())
        n_features = self._sizes.get("columns", 0) - self._sizes.get("leading columns", 0)
        if [0, *ends] != sorted([0, *ends]) or max(ends, default=0) > n_features:
            raise ValueError("the parts of the content do not fit the vectors")


def _load_summary(
    stored: StoredModel, catalog: Catalog, histories: Histories | None
) -> dict[str, Any]:
    with stored.reporting_damage():
        summary = dict(stored.read_json("summary"))
        summary.setdefault("tied_ratings", None)  # older models lack it
        if "activity" not in summary:  # and this
            summary |= _over_time(summary.get("years"), catalog, histories)
        absent = [name for name in _MAY_BE_NONE if summary.get(name, 0) is None]
        check_form(summary, SUMMARY | dict.fromkeys(absent), "its summary")
        return summary


def _over_time(years: Any, catalog: Catalog, histories: Histories | None) -> dict[str, Any]:
    """Return what the summary of an older model lacks, as far as the model knows it."""
    from movierec.data.over_time import by_year

    known = years if isinstance(years, dict) else {}
    facts = {} if histories is None else histories.facts_of_times()
    return {"activity": None, **facts, "years": {**known, "by_year": by_year(catalog)}}


def _load_algorithm(
    parts: _Parts, parameters: Parameters, table: NeighborTable, catalog: Catalog
) -> Algorithm:
    """Return the algorithm in a model file, after checking that it scores the model's items."""
    import numpy as np

    from movierec.algorithms._calls import reporting_missing_packages
    from movierec.algorithms.registry import create, load_trusted
    from movierec.data.interactions import Interactions

    found, stored = load_trusted(parameters.algorithm), parts.stored
    with stored.reporting_damage():
        settings = create(found, parameters.settings).parameters()
        state = parts.arrays(ALGORITHM, found.SCHEMA)
        algorithm = restored(found, settings, state, table, catalog)
    indices = np.empty(0, np.int32)
    ratings, times = np.empty(0, np.float32), np.empty(0)
    new_user = Interactions(indices, indices, ratings, 1, len(catalog), lambda: times)
    with reporting_missing_packages(algorithm), stored.reporting_damage():
        if algorithm.score(new_user).shape != (1, len(catalog)):
            raise ValueError("its algorithm does not fit its movies")
    return algorithm


def restored(
    algorithm: type[Algorithm],
    settings: Mapping[str, Any],
    state: Mapping[str, Any],
    table: NeighborTable,
    catalog: Catalog,
) -> Algorithm:
    """Restore a fitted algorithm from the content of a model.

    Parameters
    ----------
    algorithm : type
    settings : mapping of str to object
        Its parameters.
    state : mapping of str to array
        The learned arrays, in memory or mapped from a file.
    table : NeighborTable
        The table of the model, for algorithms that use it.
    catalog : Catalog
    """
    import numpy as np

    from movierec.algorithms.base import HasNeighbors

    found = algorithm.from_state(state, settings)
    if isinstance(found, HasNeighbors):
        found.set_neighbors(table, np.asarray(catalog.n_ratings))
    return found
