"""Findings on times: in the future, in milliseconds, unreadable, and too many in a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from movierec._util import parts_of
from movierec.checking.findings import Finding, Tally
from movierec.checking.ids import tally_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec.checking.ratings import RatingTable
    from movierec.data.interactions import I32, I64

MILLISECONDS = 1e11  # seconds reach this in the year 5138, milliseconds reached it in 1973
_DAY = 86_400  # seconds that a clock may be ahead, and by which time zones differ
_MANY = 1000  # ratings that nobody gives within a minute
_MINUTE = 60
_LONGEST = 1 << 34  # seconds, of a key


def time_findings(ratings: RatingTable) -> Iterator[Finding]:
    """Yield what is odd about the times of ratings.

    Parameters
    ----------
    ratings : RatingTable
    """
    if not ratings.has_times or not len(ratings):
        return
    name, times = ratings.source.name, ratings.times
    tally = tally_of(ratings, np.flatnonzero(times >= MILLISECONDS))
    message = f"{tally.of('time')} in milliseconds, not in seconds"
    hint = "divide them by 1,000; check --fix does that"
    yield from tally.finding("warning", "milliseconds", name, message, hint)
    ahead = (times > time.time() + _DAY) & (times < MILLISECONDS)
    tally = tally_of(ratings, np.flatnonzero(ahead))
    message = f"{tally.of('time')} in the future"
    hint = "with --recency, they count as the newest"
    yield from tally.finding("warning", "future", name, message, hint)
    odd = ratings.odd_times
    message = f"{odd.of('time')} that cannot be read: {odd.example}"
    hint = "they count as the oldest"
    yield from odd.finding("warning", "unreadable-time", name, message, hint)
    yield from _scripts(ratings)


def _scripts(ratings: RatingTable) -> Iterator[Finding]:
    """Find users with very many ratings in any sixty seconds.

    A rating becomes a number: the user, then the second. Sorted, one is compared with the one that
    comes a thousand places later.
    """
    keys, n_known = np.empty(len(ratings), np.int64), 0
    for part in parts_of(len(ratings)):
        found = _keys(ratings.user_codes[part], ratings.times[part])
        keys[n_known : n_known + len(found)] = found
        n_known += len(found)
    keys = keys[:n_known]
    keys.sort()
    last = keys[_MANY - 1 :]
    users = np.unique(last[last - keys[: len(last)] < _MINUTE] // _LONGEST)
    tally = Tally()
    for user in users:
        tally.add(ratings.users.first_lines[user], ratings.users.texts[user])
    message = f"{tally.of('user')} with {_MANY:,} ratings or more within a minute: {tally.example}"
    hint = "likely a script or an import; leave them out if they are not people"
    yield from tally.finding("warning", "script", ratings.source.name, message, hint)


def _keys(users: I32, times: npt.NDArray[np.float64]) -> I64:
    """Return one number for the user and the second of each rating whose time is known."""
    known = np.isfinite(times)
    seconds = np.where(times >= MILLISECONDS, times / 1000, times)[known]
    whole = np.clip(seconds, 0, _LONGEST - 1).astype(np.int64)
    return users[known].astype(np.int64) * _LONGEST + whole
