"""Findings on ratings: off the scale, all alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from movierec.checking.findings import Finding, Tally
from movierec.checking.ids import tally_of
from movierec.data.outliers import outside_scale

if TYPE_CHECKING:
    from movierec.checking.ratings import RatingTable

_MANY = 20  # ratings of a user that are not alike by chance


def value_findings(ratings: RatingTable) -> Iterator[Finding]:
    """Yield what is odd about the ratings.

    Parameters
    ----------
    ratings : RatingTable
    """
    name, values = ratings.source.name, ratings.values
    if not ratings.has_values or not len(values):
        return
    if (values == values[0]).all():
        all_rows = Tally(len(values))
        message = f"all {all_rows.of('rating')} are {values[0]:g}"
        hint = "a fit then knows who watched what, and nobody's taste; is it the right column?"
        yield from all_rows.finding("warning", "all-alike", name, message, hint)
        return
    yield from _outside(ratings)
    yield from _users_alike(ratings)


def _outside(ratings: RatingTable) -> Iterator[Finding]:
    found = outside_scale(ratings.values)
    if found is None:
        return
    tally = tally_of(ratings, found.rows)
    message = (
        f"{tally.of('rating')} outside the scale of the others, {found.lowest:g} to "
        f"{found.highest:g}: the first is {ratings.values[found.rows[0]]:g}"
    )
    hint = "correct them: a fit takes them as they are"
    yield from tally.finding("warning", "off-scale", ratings.source.name, message, hint)


def _users_alike(ratings: RatingTable) -> Iterator[Finding]:
    codes, values, n_users = ratings.user_codes, ratings.values, len(ratings.users)
    first = np.full(n_users, np.nan, np.float32)
    first[codes[::-1]] = values[::-1]
    differs = np.zeros(n_users, bool)
    differs[codes[values != first[codes]]] = True
    alike = np.flatnonzero(~differs & (np.bincount(codes, minlength=n_users) >= _MANY))
    tally = Tally()
    for user in alike:
        tally.add(ratings.users.first_lines[user], ratings.users.texts[user])
    message = f"{tally.of('user')} with {_MANY} ratings or more, all alike, such as {tally.example}"
    hint = "their ratings say nothing but what they watched"
    yield from tally.finding("note", "user-all-alike", ratings.source.name, message, hint)
