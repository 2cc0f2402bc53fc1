"""The bars of the stats page, which share one scale, and what a model cannot show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_Pairs = list[tuple[str, int]]


class Bar(NamedTuple):
    """One bar: what it is of, how many there are, and which share of all.

    Attributes
    ----------
    label : str
    number : int
    share : float
    length : float
        From 0 to 1; bars of equal shares are equally long in all charts.
    """

    label: str
    number: int
    share: float
    length: float


class Chart(NamedTuple):
    """Bars, one below the other.

    Attributes
    ----------
    caption : str
    bars : list of Bar
    """

    caption: str
    bars: list[Bar]


def charts_of(found: Mapping[str, Any]) -> list[Chart]:
    """Return the distributions that a model knows.

    Parameters
    ----------
    found : mapping
        See :meth:`movierec.Recommender.stats`.
    """
    decades = found["years"]["films_per_decade"]
    counted = {
        "Ratings given": [
            (f"{bar['rating']:g}", bar["count"]) for bar in found["rating_histogram"]
        ],
        "Movies by number of ratings": _ranges(found["ratings_per_film"]["bars"]),
        "People by number of ratings": _ranges((found["ratings_per_user"] or {"bars": ()})["bars"]),
        "Movies by decade": [(f"{row['decade']}s", row["count"]) for row in decades],
    }
    return _on_one_scale({caption: pairs for caption, pairs in counted.items() if pairs})


def missing_in(found: Mapping[str, Any]) -> list[str]:
    """Return what a model cannot show, and why, in sentences.

    Parameters
    ----------
    found : mapping
        See :meth:`movierec.Recommender.stats`.
    """
    sentences = []
    if not found["rating_histogram"]:
        sentences.append("How often each rating was given is hidden, to protect people.")
    if not (found["ratings_per_user"] or {"bars": ()})["bars"]:
        sentences.append("How many ratings each person gave is hidden, to protect them.")
    if not found["activity"]:
        sentences.append("When people rated is not known: " + _why_no_times(found["people"]))
    return sentences


def _why_no_times(people: Mapping[str, Any]) -> str:
    if people["n_people"]:
        return "the ratings have no times, or are too many for a model to keep their times."
    return "this model was made to hold nothing about single people."


def _on_one_scale(counted: Mapping[str, _Pairs]) -> list[Chart]:
    totals = {caption: sum(count for _, count in pairs) for caption, pairs in counted.items()}
    shares = {
        caption: [count / max(totals[caption], 1) for _, count in pairs]
        for caption, pairs in counted.items()
    }
    longest = max((max(some) for some in shares.values()), default=0) or 1
    return [
        Chart(
            caption,
            [
                Bar(label, count, share, share / longest)
                for (label, count), share in zip(pairs, shares[caption], strict=True)
            ],
        )
        for caption, pairs in counted.items()
    ]


def _ranges(bars: Iterable[Mapping[str, int]]) -> _Pairs:
    def name(low: int, high: int) -> str:
        return f"{low:,}" if low == high else f"{low:,} to {high:,}"

    return [(name(bar["from"], bar["to"]), bar["count"]) for bar in bars]
