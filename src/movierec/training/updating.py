"""Change the ratings and movies of a model, without the files that it was fitted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from movierec._util import Progress, no_progress, pluralize
from movierec.data.changes import ChangedRows, Changes, changed_rows, without_users
from movierec.data.merging import Merged
from movierec.errors import NothingFoundError
from movierec.training.held import Held
from movierec.vocabulary import IdArray, Vocabulary, as_ids

if TYPE_CHECKING:
    from movierec.model.model import Model


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
    new, movies = held.comparable(changes.ratings), held.movies(changes.movies)
    items = np.sort(as_ids([movie.movie_id for movie in movies]))
    known = held.encoded([new.users, new.items, items])
    found = known.changed(new, Vocabulary(items)) if known else changed_rows(held.rows(), new)
    n_new = len(movies) - len(model.catalog)
    notes = [*changes.notes, *_notes(found.counts, n_new, keeps_times=held.keeps_times)]
    dataset = held.dataset(found, movies, notes)
    dataset.n_movie_rows += changes.n_movie_rows
    return held.fit(dataset, found, progress, same_movies=not changes.movies)


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
    progress("merging the ratings", 0.0)
    found: ChangedRows | Merged
    if known := held.encoded():
        gone = _known_ids(known.all_users, users)
        found, n_before = known.without(gone), known.n_rows
    else:
        rows = held.rows()
        gone = _known_ids(Vocabulary.encode(rows.users)[0], users)
        found, n_before = ChangedRows(without_users(rows, gone), {}), len(rows)
    people = "1 person" if len(gone) == 1 else f"{len(gone):,} people"
    note = f"forgot {people} and {pluralize(n_before - found.n_rows, 'rating')}"
    dataset = held.dataset(found, held.movies(), [note])
    return held.fit(dataset, found, progress, same_movies=True)


def _known_ids(known: Vocabulary, users: Sequence[int | str]) -> IdArray:
    """Return the ids of users as they are stored, each once."""
    indices = [known.index_of(user) for user in users]
    unknown = [str(user) for user, index in zip(users, indices, strict=True) if index is None]
    if unknown:
        raise NothingFoundError(
            f"the model has no ratings by {', '.join(unknown)}",
            "ids are those of the ratings file; nobody was forgotten",
        )
    found: IdArray = np.asarray(known.ids)[np.unique(np.array(indices, dtype=np.int64))]
    return found


def _notes(counts: Mapping[str, int], n_new_movies: int, *, keeps_times: bool) -> list[str]:
    """Say what an update changed."""
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
