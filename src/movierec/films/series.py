"""Detect from titles which movies belong to the same series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from movierec.films.names import drop_article, fold, split_names, split_year

_BREAKS = (":", " - ", " – ", "/", " & ")  # followed by a subtitle or a second half
_COUNTING = frozenset(
    (
        *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
        *("eleven", "twelve", "thirteen", "i", "v", "x", "xi", "xii"),
        *("part", "episode", "ep", "chapter", "volume", "vol", "and", "the"),
    )
)
_LITTLE_WORDS = frozenset(
    (
        *("the", "a", "an", "of", "and", "in", "to", "on", "at", "for", "with", "from", "by", "is"),
        *("i", "it", "s", "de", "la", "le", "les", "el", "der", "die", "das", "und", "et", "il"),
    )
)
_MOST_WORDS = 50  # of a name that are compared; names of MovieLens have 28 at most
_RARE = 10  # maximum number of titles: "potter" and "bourne" are rare, "love" and "night" are not
_RARE_IN_PHRASE = 30
_ONE_WORD = 0.5  # a single shared word is often a coincidence: "Seven Samurai", "Seven Pounds"


class _Names(NamedTuple):
    """The names of a movie, as word stems."""

    names: list[list[str]]  #: the first words of each name, without its article
    wholes: list[str]  #: the names, also without subtitle and without number


def series_keys(titles: Sequence[str]) -> list[dict[str, float]]:
    """Return the keys that each movie may share with others of its series, with their weights.

    The keys are the title without year, article, subtitle and number (``rocky``); words at its
    start or end that are the whole title of another movie (``alien``, ``first blood``); phrases at
    its start that contain a word found in few titles (``harry potter``); and such words alone. A
    key has the weight 1, or 0.5 if it is a single word of a longer title. Many keys belong to only
    one movie, and a few to very many; callers should ignore both.

    Parameters
    ----------
    titles : sequence of str
        Including the years.
    """
    movies = [_names_of(title) for title in titles]
    wholes = {key for movie in movies for key in movie.wholes}
    counts = Counter(word for movie in movies for word in {*_words_of(movie)})
    return [_strongest(_keys_of(movie, wholes, counts)) for movie in movies]


def _strongest(keys: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return each key once, with its highest weight."""
    strongest: dict[str, float] = {}
    for key, weight in keys:
        strongest[key] = max(weight, strongest.get(key, 0.0))
    return strongest


def _names_of(title: str) -> _Names:
    text, _ = split_year(title)
    names = split_names(text) or [text]
    heads = [name.split(mark)[0] for name in names for mark in ("\0", *_BREAKS)]
    wholes = [key for head in dict.fromkeys(heads) for key in _with_and_without_number(head)]
    return _Names([_stems(name)[:_MOST_WORDS] for name in names], wholes)


def _stems(name: str) -> list[str]:
    """Return the words of a name without its article, and without the "s" of plurals."""
    words = fold(drop_article(name)).split()
    return [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in words
    ]


def _with_and_without_number(name: str) -> Iterator[str]:
    words = _stems(name)
    yield " ".join(words)
    yield " ".join(_without_number(words))


def _without_number(words: list[str]) -> list[str]:
    """Drop the numbering at the end: ``rocky 2``, ``dune part two``."""
    length = len(words)
    while length > 1 and (words[length - 1].isdigit() or words[length - 1] in _COUNTING):
        length -= 1
    return words[:length]


def _words_of(movie: _Names) -> Iterator[str]:
    return (word for name in movie.names for word in name)


def _keys_of(movie: _Names, wholes: set[str], counts: Counter[str]) -> Iterator[tuple[str, float]]:
    for whole in movie.wholes:
        yield whole, 1.0
    for words in movie.names:
        for length in range(1, len(words)):
            start, end = " ".join(words[:length]), " ".join(_without_number(words[length:]))
            if start in wholes or _is_telling(words[:length], counts):
                yield start, _ONE_WORD if length == 1 else 1.0
            if length < len(words) - 1 and end in wholes:
                yield end, 1.0
    for word in _words_of(movie):
        if counts[word] <= _RARE and len(word) > 2 and word not in _LITTLE_WORDS:
            yield f"{word} ", _ONE_WORD  # the space distinguishes it from the title of one word


def _is_telling(phrase: Sequence[str], counts: Counter[str]) -> bool:
    """Return whether a phrase is unlikely to occur in two titles by chance."""
    return (
        len(phrase) > 1
        and phrase[-1] not in _LITTLE_WORDS
        and min(counts[word] for word in phrase) <= _RARE_IN_PHRASE
    )
