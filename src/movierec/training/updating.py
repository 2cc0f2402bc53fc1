"""Change the ratings and movies of a model, without the files that it was fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import Progress, no_progress, pluralize
from movierec.algorithms.base import Updatable
from movierec.algorithms.registry import create, load_trusted
from movierec.data.changes import (
    ChangedRows,
    Changes,
    changed_rows,
    in_order_of_time,
    without_users,
)
from movierec.data.dataset import Dataset
from movierec.data.interactions import I64, RatingRows
from movierec.data.items import MovieRow
from movierec.data.left_out import LeftOut, joined_ids
from movierec.errors import ArtifactError, DataError, NothingFoundError, UsageError
from movierec.store.columns import StringArray
from movierec.training.fit import fit_model
from movierec.training.local import LocalEngine
from movierec.training.partial import UpdatingEngine
from movierec.vocabulary import IdArray, Vocabulary, decode_id

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from movierec.model.histories import Histories
    from movierec.model.model import Model
    from movierec.model.ratings import ItemRatings
    from movierec.model.remainder import Remainder

_ALL_CHANGES = "one rating changes how all movies are compared"
_FIT_ANEW = "fit a model on all ratings: movierec fit ratings.csv movies.csv"


def updated(model: Model, changes: Changes, progress: Progress = no_progress) -> Model:
    """Return the model that a fit on the old and the new data would give.

    Parameters
    ----------
    model : Model
    changes : Changes
    progress : callable

    Raises
    ------
    UsageError
        If the model does not hold its ratings.
    ArtifactError
        If it was made by a version that did not keep what this needs, or is damaged.
    DataError
        If the new ratings have times and the old ones have none, or no rating is left.
    """
    held = Held.of(model)
    progress("merging the ratings", 0.0)
    found = changed_rows(held.rows(), held.comparable(changes.ratings))
    movies = held.movies() | {movie.movie_id: movie for movie in reversed(changes.movies)}
    n_new = len(movies) - len(model.catalog)
    notes = [*changes.notes, *_notes(found, n_new, keeps_times=held.keeps_times)]
    dataset = held.dataset(found.rows, list(movies.values()), notes)
    dataset.n_movie_rows += changes.n_movie_rows
    return held.fit(dataset, progress)


def forgotten(model: Model, users: Sequence[int | str], progress: Progress = no_progress) -> Model:
    """Return the model that a fit without some users would give.

    Parameters
    ----------
    model : Model
    users : sequence of int or str
        Their ids.
    progress : callable

    Raises
    ------
    NothingFoundError
        If an id is unknown.
    UsageError, ArtifactError
        As :func:`updated` does.
    DataError
        If no rating is left.
    """
    held = Held.of(model)
    rows = held.rows()
    known = Vocabulary.encode(rows.users)[0]
    indices = [known.index_of(user) for user in users]
    unknown = [str(user) for user, index in zip(users, indices, strict=True) if index is None]
    if unknown:
        raise NothingFoundError(
            f"the model has no ratings by {', '.join(unknown)}",
            "ids are those of the ratings file; nobody was forgotten",
        )
    left = without_users(rows, known.ids[np.unique(np.array(indices, dtype=np.int64))])
    n_people = len(set(indices))
    people = "1 person" if n_people == 1 else f"{n_people:,} people"
    note = f"forgot {people} and {pluralize(len(rows) - len(left), 'rating')}"
    return held.fit(held.dataset(left, list(held.movies().values()), [note]), progress)


@dataclass(frozen=True)
class Held:
    """What a model holds of the data that it was fitted on.

    Attributes
    ----------
    model : Model
    histories : Histories
    ratings : ItemRatings
    remainder : Remainder
    """

    model: Model
    histories: Histories
    ratings: ItemRatings
    remainder: Remainder

    @classmethod
    def of(cls, model: Model) -> Held:
        """Return what a model holds, or raise an error if it does not hold everything."""
        histories, ratings, remainder = model.histories, model.ratings, model.remainder
        if histories is None or ratings is None:
            raise UsageError(
                "the model was fitted without ratings, so they cannot be changed", _FIT_ANEW
            )
        if remainder is None:
            raise ArtifactError(
                "the model was made by an older movierec, which did not keep what an update needs",
                _FIT_ANEW,
            )
        return cls(model, histories, ratings, remainder)

    @property
    def keeps_times(self) -> bool:
        """Whether the model knows when people rated, or there is nothing to know."""
        return self.histories.has_timestamps or not self.remainder.has_times

    def rows(self) -> RatingRows:
        """Return all ratings, those of each user in their order by time.

        Raises
        ------
        ArtifactError
            If the parts of the model are of different ratings.
        """
        left, (users, items, values) = self.remainder.left_out(), self._used()
        rows = RatingRows(
            joined_ids([left.users, users]),
            joined_ids([left.items, items]),
            np.concatenate([left.values, values]),
        )
        if not self.histories.has_timestamps:
            return rows
        times = np.asarray(self.histories.to_arrays()["timestamps"])
        if len(left):
            order = _interleaved(Vocabulary.encode(rows.users)[1], left)
            rows = rows.select(order)
            times = np.concatenate([_needed(left.timestamps), times])[order]
        return replace(rows, read_timestamps=lambda: times)

    def _used(self) -> tuple[IdArray, IdArray, npt.NDArray[np.float32]]:
        """Return user, movie and value of the ratings in use, in the order of the histories."""
        arrays = self.histories.to_arrays()
        offsets, items = (np.asarray(arrays[name]) for name in ("offsets", "items"))
        by_user = _ratings(self.model).tocsc()
        users = np.repeat(np.arange(len(offsets) - 1, dtype=np.int32), np.diff(offsets))
        order = np.lexsort((items, users)) if self.histories.has_timestamps else slice(None)
        if not np.array_equal(by_user.indptr, offsets) or (items[order] != by_user.indices).any():
            raise _damaged("its histories are of other ratings")
        values = np.empty(len(items), np.float32)
        values[order] = by_user.data
        ids = (
            np.asarray(arrays["user_ids"])[users],
            np.asarray(self.model.catalog.item_ids)[items],
        )
        return *ids, values

    def comparable(self, new: RatingRows) -> RatingRows:
        """Return new rows with times if the old ones have them, else in the order of their times.

        Parameters
        ----------
        new : RatingRows

        Raises
        ------
        DataError
            If only the new ones have times.
        """
        if self.histories.has_timestamps or new.read_timestamps is None:
            return new
        if not self.remainder.has_times:
            raise DataError(
                "the new ratings have times, but those of the model have none",
                "leave the column of times out, or fit a model on all ratings",
            )
        return in_order_of_time(new)

    def movies(self) -> dict[str, MovieRow]:
        """Return the movies by id."""
        catalog = self.model.catalog
        genres = StringArray.named(catalog.to_arrays(), "genres").tolist()
        ids = (str(decode_id(value)) for value in np.asarray(catalog.item_ids))
        rows = zip(ids, catalog.titles.tolist(), genres, strict=True)
        return {movie_id: MovieRow(movie_id, *texts) for movie_id, *texts in rows}

    def dataset(self, rows: RatingRows, movies: list[MovieRow], notes: list[str]) -> Dataset:
        """Return the data set of other ratings and movies, with what is known of the movies.

        Parameters
        ----------
        rows : RatingRows
        movies : list of MovieRow
        notes : list of str
        """
        try:
            known = self.remainder.known()
        except ValueError as error:
            raise _damaged(error) from error
        return Dataset(
            movies,
            rows,
            **known,
            files={"ratings": "the ratings"} | self.model.card["files"],
            notes=notes,
            n_movie_rows=self.model.load_summary()["movie_rows"],
            n_rating_rows=len(rows),
        )

    def fit(self, dataset: Dataset, progress: Progress) -> Model:
        """Fit a model as this one was fitted.

        Parameters
        ----------
        dataset : Dataset
        progress : callable
        """
        parameters = self.model.parameters
        algorithm = create(load_trusted(parameters.algorithm), parameters.settings)
        engine, note = LocalEngine(), f"fitted {parameters.algorithm} anew: {_ALL_CHANGES}"
        if isinstance(algorithm, Updatable) and algorithm.is_updatable():
            engine = self._engine()
        fitted = fit_model(
            dataset,
            parameters,
            engine,
            algorithm=algorithm,
            had_times=self.remainder.has_times,
            progress=progress,
        )
        fitted.card["notes"].append(getattr(engine, "note", None) or note)
        return fitted

    def _engine(self) -> UpdatingEngine:
        model, ratings = self.model, _ratings(self.model)
        return UpdatingEngine(model.neighbors, ratings, model.catalog.items, self.histories.users)


def _ratings(model: Model) -> csr_matrix:
    """Return all ratings of a model as CSR of shape (n_items, n_users)."""
    from scipy.sparse import csr_matrix

    ratings, vectors = model.ratings, model.vectors
    if ratings is not None and ratings.is_stored:
        try:
            data, indices, indptr, n_users = ratings.rows
        except ValueError as error:
            raise _damaged(error) from error
        return csr_matrix((data, indices, indptr), shape=(len(model.catalog), n_users))
    assert vectors is not None
    return csr_matrix(vectors.matrix[:, : vectors.n_leading])


def _interleaved(users: npt.NDArray[np.int32], left: LeftOut) -> I64:
    """Return the order by user of rows of which the first were left out and have places in it."""
    n_left, places = len(left), _needed(left.places)
    n_rows = np.bincount(users)
    slots = (np.cumsum(n_rows) - n_rows)[users[:n_left]] + places
    if (places >= n_rows[users[:n_left]]).any() or len(np.unique(slots)) < n_left:
        raise _damaged("ratings that were left out have no places")
    order = np.full(len(users), -1)
    order[slots] = np.arange(n_left)
    order[order < 0] = np.argsort(users[n_left:], kind="stable") + n_left
    return order


def _needed(column: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    if column is None:
        raise _damaged("ratings that were left out have no times")
    return column


def _damaged(what: object) -> ArtifactError:
    return ArtifactError(f"the model is damaged ({what})", _FIT_ANEW)


def _notes(found: ChangedRows, n_new_movies: int, *, keeps_times: bool) -> list[str]:
    """Say what an update changed."""
    counts = found.counts
    said = ", ".join(f"{counts[kind]:,} {kind}" for kind in ("added", "changed", "withdrawn"))
    notes = [
        f"ratings: {said}; new people: {counts['new users']:,}; new movies: {n_new_movies:,}",
    ]
    if counts["unknown"]:
        withdrawn = pluralize(counts["unknown"], "withdrawn rating")
        notes.append(f"left out {withdrawn} that the model does not have")
    if counts["changed"] and not keeps_times:
        notes.append(
            "new ratings count as later than those of the model, which does not keep their times"
        )
    return notes
