"""Telling from titles which films belong to one series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from movierec import aliases

_BREAKS = (":", " - ", " – ", "/", " & ")  # a subtitle, or a second half, follows
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
_RARE = 10  # titles with a word; "potter" and "bourne" are rarer, "love" and "night" are not
_RARE_IN_PHRASE = 30
_ONE_WORD = 0.5  # one word in common is often chance: "Seven Samurai", "Seven Pounds"


class _Names(NamedTuple):
    """The names of a film, in stems."""

    names: list[list[str]]  #: of each name, the words without an article
    wholes: list[str]  #: what may stand for the whole: names, without subtitle, without number


def series_keys(titles: Sequence[str]) -> list[dict[str, float]]:
    """Return what each film may share with others of its series, and how much that tells.

    That is the title without year, article, subtitle and number (``rocky``); the words at its
    start or end that are another film's whole title (``alien``, ``first blood``); phrases at its
    start with a word that few titles have (``harry potter``); and such words themselves. A key
    counts 1, but 0.5 where it is one word of a longer title. Many keys belong to one film alone,
    and a few to very many: who counts them should leave those out.

    Parameters
    ----------
    titles : sequence of str
        With their years.
    """
    films = [_names_of(title) for title in titles]
    wholes = {key for film in films for key in film.wholes}
    counts = Counter(word for film in films for word in {*_words_of(film)})
    return [_strongest(_keys_of(film, wholes, counts)) for film in films]


def _strongest(keys: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return each key once, with the highest of its weights."""
    strongest: dict[str, float] = {}
    for key, weight in keys:
        strongest[key] = max(weight, strongest.get(key, 0.0))
    return strongest


def _names_of(title: str) -> _Names:
    text, _ = aliases.split_year(title)
    names = aliases.names(text) or [text]
    heads = [name.split(mark)[0] for name in names for mark in ("\0", *_BREAKS)]
    wholes = [key for head in dict.fromkeys(heads) for key in _with_and_without_number(head)]
    return _Names([_stems(name) for name in names], wholes)


def _stems(name: str) -> list[str]:
    """Return the words of a name without its article and without the s of a plural."""
    words = aliases.fold(aliases.drop_article(name)).split()
    return [
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
        for word in words
    ]


def _with_and_without_number(name: str) -> Iterator[str]:
    words = _stems(name)
    yield " ".join(words)
    yield " ".join(_without_number(words))


def _without_number(words: list[str]) -> list[str]:
    """Return words without those at their end that count: ``rocky 2``, ``dune part two``."""
    length = len(words)
    while length > 1 and (words[length - 1].isdigit() or words[length - 1] in _COUNTING):
        length -= 1
    return words[:length]


def _words_of(film: _Names) -> Iterator[str]:
    return (word for name in film.names for word in name)


def _keys_of(film: _Names, wholes: set[str], counts: Counter[str]) -> Iterator[tuple[str, float]]:
    for whole in film.wholes:
        yield whole, 1.0
    for words in film.names:
        for length in range(1, len(words)):
            start, end = " ".join(words[:length]), " ".join(_without_number(words[length:]))
            if start in wholes or _is_telling(words[:length], counts):
                yield start, _ONE_WORD if length == 1 else 1.0
            if length < len(words) - 1 and end in wholes:
                yield end, 1.0
    for word in _words_of(film):
        if counts[word] <= _RARE and len(word) > 2 and word not in _LITTLE_WORDS:
            yield f"{word} ", _ONE_WORD  # with a blank: to have a word is not to be called so


def _is_telling(phrase: Sequence[str], counts: Counter[str]) -> bool:
    """Tell whether a phrase is unlikely to stand in two titles by chance."""
    return (
        len(phrase) > 1
        and phrase[-1] not in _LITTLE_WORDS
        and min(counts[word] for word in phrase) <= _RARE_IN_PHRASE
    )
