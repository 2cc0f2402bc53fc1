"""What a model holds of the data that it was fitted on, for a fit without the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._util import Progress
from movierec.algorithms.base import Updatable
from movierec.algorithms.registry import create, load_trusted
from movierec.data.changes import ChangedRows, in_order_of_time
from movierec.data.dataset import Dataset
from movierec.data.encode import EncodedData, counts_and_sums, make_catalog, recounted
from movierec.data.interactions import I64, RatingRows
from movierec.data.items import MovieRow
from movierec.data.left_out import LeftOut, joined_ids
from movierec.data.merging import EncodedRatings, Merged
from movierec.errors import ArtifactError, DataError, UsageError
from movierec.neighbors.sparse import column_counts
from movierec.store.columns import StringArray
from movierec.training.fit import fit_model
from movierec.training.local import LocalEngine
from movierec.training.partial import UpdatingEngine
from movierec.vocabulary import IdArray, Vocabulary, decode_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scipy.sparse import csr_matrix

    from movierec.model.histories import Histories
    from movierec.model.model import Model
    from movierec.model.ratings import ItemRatings
    from movierec.model.remainder import Remainder

_ALL_CHANGES = "one rating changes how all movies are compared"
_FIT_ANEW = "fit a model on all ratings: movierec fit ratings.csv movies.csv"


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

    def encoded(self, others: Iterable[IdArray] = ()) -> EncodedRatings | None:
        """Return all ratings by index, which is quicker than as rows with ids.

        None if changes may affect more than the ratings that they name: times decide the order of
        ratings, a movie may get too few, and ids that are text may all become numbers.

        Parameters
        ----------
        others : iterable of ndarray
            The ids in the changes.

        Raises
        ------
        ArtifactError
            If the parts of the model are of different ratings.
        """
        left, known = self.remainder.left_out(), (self.histories.users, self.model.catalog.items)
        users, items = (np.asarray(vocabulary.ids) for vocabulary in known)
        ids = [users, items, left.users, left.items, *others]
        are_numbers = all(each.dtype.kind == "i" for each in ids if len(each))
        is_plain = not self.histories.has_timestamps and self.model.parameters.min_ratings <= 1
        if not (is_plain and are_numbers):
            return None
        matrix, offsets = _ratings(self.model), np.asarray(self.histories.to_arrays()["offsets"])
        if not np.array_equal(column_counts(matrix), np.diff(offsets)):
            raise _damaged("its histories are of other ratings")
        rows = RatingRows(left.users, left.items, left.values)
        return EncodedRatings(matrix, Vocabulary(items), Vocabulary(users), rows)

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

    def movies(self, changed: Iterable[MovieRow] = ()) -> list[MovieRow]:
        """Return the movies, and new ones.

        Parameters
        ----------
        changed : iterable of MovieRow
            Of several with one id, the first counts, and before those of the model.
        """
        catalog = self.model.catalog
        genres = StringArray.named(catalog.to_arrays(), "genres").tolist()
        ids = (str(decode_id(value)) for value in np.asarray(catalog.item_ids))
        rows = zip(ids, catalog.titles.tolist(), genres, strict=True)
        known = {movie_id: MovieRow(movie_id, *texts) for movie_id, *texts in rows}
        return list((known | {movie.movie_id: movie for movie in reversed([*changed])}).values())

    def dataset(
        self, found: ChangedRows | Merged, movies: list[MovieRow], notes: list[str]
    ) -> Dataset:
        """Return the data set of other ratings and movies, with what is known of the movies.

        Parameters
        ----------
        found : ChangedRows or Merged
            If the ratings were merged, the data set has their number only.
        movies : list of MovieRow
        notes : list of str
        """
        try:
            known = self.remainder.known()
        except ValueError as error:
            raise _damaged(error) from error
        return Dataset(
            movies,
            found.rows,
            **known,
            files={"ratings": "the ratings"} | self.model.card["files"],
            notes=notes,
            n_movie_rows=self.model.load_summary()["movie_rows"],
            n_rating_rows=found.n_rows,
        )

    def fit(
        self,
        dataset: Dataset,
        found: ChangedRows | Merged,
        progress: Progress,
        *,
        same_movies: bool,
    ) -> Model:
        """Fit a model as this one was fitted.

        Parameters
        ----------
        dataset : Dataset
        found : ChangedRows or Merged
            Its ratings.
        progress : callable
        same_movies : bool
            Whether the movies are those of this model.
        """
        parameters, merged = self.model.parameters, found if isinstance(found, Merged) else None
        algorithm = create(load_trusted(parameters.algorithm), parameters.settings)
        engine, note = LocalEngine(), f"fitted {parameters.algorithm} anew: {_ALL_CHANGES}"
        if isinstance(algorithm, Updatable) and algorithm.is_updatable():
            engine = self._engine(merged)
        known = None if same_movies else dataset
        encoded = None if merged is None else self._with_catalog(merged, known)
        fitted = fit_model(
            dataset,
            parameters,
            engine,
            algorithm=algorithm,
            had_times=self.remainder.has_times,
            progress=progress,
            encoded=encoded,
        )
        fitted.card["notes"].append(getattr(engine, "note", None) or note)
        return fitted

    def _engine(self, merged: Merged | None) -> UpdatingEngine:
        model, ratings = self.model, _ratings(self.model)
        known = (model.neighbors, ratings, model.catalog.items, self.histories.users)
        return UpdatingEngine(*known, None if merged is None else merged.changed_items)

    def _with_catalog(self, merged: Merged, dataset: Dataset | None) -> EncodedData:
        """Return merged ratings with the catalog of a data set; None if that of the model holds."""
        found, model = merged.take_interactions(), self.model
        if dataset is None:
            catalog, titles = recounted(model.catalog, found), model.titles.in_memory()
        else:
            catalog, titles = make_catalog(dataset, *counts_and_sums(found))
        return EncodedData(found, catalog, titles, merged.users, merged.dropped, merged.sieve)


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
    matrix, n_users = vectors.matrix, vectors.n_leading
    return matrix if matrix.shape[1] == n_users else csr_matrix(matrix[:, :n_users])


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
