"""Interactions with the ids of their users and items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.data.encode import encode_ratings
from movierec.data.interactions import Interactions, RatingRows
from movierec.vocabulary import IdArray, Vocabulary


class Encoded(NamedTuple):
    """Interactions with the ids of their users and items."""

    interactions: Interactions
    users: Vocabulary
    items: Vocabulary

    def select(self, rows: npt.NDArray[Any]) -> Encoded:
        """Return the interactions in some rows, with the same vocabularies."""
        return self._replace(interactions=self.interactions.select(rows))

    def only(self, rows: npt.NDArray[np.bool_]) -> Encoded:
        """Return the interactions in some rows, without users and items that have no others."""
        if rows.all():
            return self
        kept = self.select(rows)
        users, items = (Vocabulary.encode(ids)[0] for ids in (kept.user_ids, kept.item_ids))
        return Encoded(kept.over(users, items), users, items)

    def with_ones(self) -> Encoded:
        """Return them with a 1 for each rating."""
        ones = np.ones_like(self.interactions.ratings)
        return self._replace(interactions=replace(self.interactions, ratings=ones))

    @property
    def user_ids(self) -> IdArray:
        """The ids of the users with ratings."""
        return np.asarray(self.users.ids)[np.unique(self.interactions.users)]

    @property
    def item_ids(self) -> IdArray:
        """The ids of the items with ratings."""
        return np.asarray(self.items.ids)[np.unique(self.interactions.items)]

    def over(self, users: Vocabulary, items: Vocabulary) -> Interactions:
        """Return the interactions with the indices of larger vocabularies.

        Parameters
        ----------
        users, items : Vocabulary
            They have all ids of these interactions.
        """
        new_users = users.indices_of(np.asarray(self.users.ids))
        new_items = items.indices_of(np.asarray(self.items.ids))
        return replace(
            self.interactions,
            users=new_users[self.interactions.users],
            items=new_items[self.interactions.items],
            n_users=len(users),
            n_items=len(items),
        )


def encode(rows: RatingRows) -> Encoded:
    """Convert the ids of rows to indices."""
    items = Vocabulary.encode(rows.items)[0]
    interactions, users, _ = encode_ratings(rows, items)
    return Encoded(interactions, users, items)
