"""Turn columns of text into features: lists, categories, numbers, and running text."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from movierec.films.names import fold

Row = Mapping[str, float]

_SEPARATORS = ("|", ";", ", ")  # of lists, the most telling first
_OFTEN = 0.1  # share of the texts that have a separator, so that it is one
_WORDS_OF_ITEM = 4  # the most that an item of a list has on average
_WORDS_OF_TEXT = 8  # the least that running text has on average
_FEW_NUMBERS = 10  # different numbers that are categories
_N_BINS = 10
_MOST_WORDS = 4000


def features_of_column(texts: Sequence[str]) -> list[Row]:
    """Return the features of each movie; what only one movie has is left out.

    Parameters
    ----------
    texts : sequence of str
        The text of each movie, empty where nothing is known.

    Returns
    -------
    list of mapping of str to float
        The items of lists and the categories, weighted by how rare they are; the tenth of
        all movies in which a number is; or the words of running text by tf-idf.
    """
    known = [text for text in texts if text]
    if not known:
        return [{} for _ in texts]
    if _are_numbers(known) and len(set(known)) > _FEW_NUMBERS:
        return _binned([float(text) if text else None for text in texts])
    if (split := _splitter(known)) is not None:
        return _by_rarity([[fold(item) for item in split(text)] for text in texts])
    if _mean_words(known) >= _WORDS_OF_TEXT:
        return _by_words(texts)
    return _by_rarity([[fold(text)] if text else [] for text in texts])


def _are_numbers(texts: Sequence[str]) -> bool:
    try:
        return all(math.isfinite(float(text)) for text in texts)
    except ValueError:
        return False


def _mean_words(texts: Sequence[str]) -> float:
    return fmean(len(text.split()) for text in texts)


def _splitter(texts: Sequence[str]) -> Callable[[str], list[str]] | None:
    """Return what splits lists into their items, or None if the texts are not lists."""
    if all(text.startswith("[") for text in texts):
        return _json_items
    for separator in _SEPARATORS:
        parts = [text.split(separator) for text in texts]
        often = sum(len(items) > 1 for items in parts) >= _OFTEN * len(texts)
        if often and _mean_words([item for items in parts for item in items]) <= _WORDS_OF_ITEM:
            return lambda text: text.split(separator)
    return None


def _json_items(text: str) -> list[str]:
    """Return the items of a JSON list: texts, or objects with a name, as TMDB writes them."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # a thousand brackets in brackets cause the latter
        return text.strip("[]").replace("'", "").replace('"', "").split(",")
    items = (item.get("name", "") if isinstance(item, dict) else item for item in found)
    return [str(item) for item in items]


def _by_rarity(items: Sequence[Sequence[str]]) -> list[Row]:
    counts = Counter(item for of_movie in items for item in {*of_movie} if item)
    n_known = sum(map(bool, items))
    return [
        {item: math.log(1 + n_known / counts[item]) for item in of_movie if counts[item] > 1}
        for of_movie in items
    ]


def _binned(numbers: Sequence[float | None]) -> list[Row]:
    ranked = sorted(number for number in numbers if number is not None)
    place = {number: rank for rank, number in enumerate(ranked)}
    return [
        {} if number is None else {str(_N_BINS * place[number] // len(ranked)): 1.0}
        for number in numbers
    ]


def _by_words(texts: Sequence[str]) -> list[Row]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        stop_words="english", min_df=2, max_df=0.2, max_features=_MOST_WORDS, sublinear_tf=True
    )
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:  # no word is left
        return [{} for _ in texts]
    words = vectorizer.get_feature_names_out()
    rows = ((words[row.indices].tolist(), row.data.tolist()) for row in matrix)
    return [dict(zip(*row, strict=True)) for row in rows]
