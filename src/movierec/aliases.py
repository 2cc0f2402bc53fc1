"""The names of a film: from a title as the file writes it to the keys it is found by.

MovieLens writes ``Matrix, The (1999)``, ``Seven (a.k.a. Se7en) (1995)`` and
``Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)``; people write none of these.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ARTICLES = (
    "the|a|an|le|la|les|un|une|el|los|las|una|il|lo|gli|i|der|die|das|den|ein|eine|"
    "o|os|as|um|uma|det|en|ett"
)
_TRAILING_ARTICLE = re.compile(rf"^(?P<title>.+), (?P<article>{_ARTICLES}|de|da|l['’])$", re.I)
_LEADING_ARTICLE = re.compile(rf"^(?:(?:{_ARTICLES})\s+|l['’])(?=\S)", re.I)
_YEAR = re.compile(r"""\s*\(\s*(?P<year>\d{4})(?:\s*[-–—]\s*(?:\d{4})?)?\s*\)[\s"”»]*$""")
_BARE_YEAR = re.compile(r"^(?P<title>.*[^\s,])[\s,]+(?P<year>(?:18|19|20)\d\d)$")
_GROUP = re.compile(r"\s*\((?P<name>[^()]*)\)\s*$")
_ALSO_KNOWN_AS = re.compile(r"^(?:a\.?k\.?a\.?|also known as)\s+", re.IGNORECASE)
_INITIAL = re.compile(r"\b(\w)\.(?=\W|\w\b|$)")
_APOSTROPHE = re.compile(r"['’‘`´ʼ]")
_NOT_WORD = re.compile(r"[\W_]+")

# Letters that NFKD does not take apart.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "&": " and "}
)
# Numerals that are no English word and no name: "Rocky II" is found as "Rocky 2".
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
# Those that are words or letters count where nothing else can be meant: "Rocky V", "Episode I".
_LAST_FIVE = re.compile(r"(?<=\w )v(?=\s*(?::|[-–—]\s|\(|$))")
_NUMBERED = re.compile(r"\b(episode|part|chapter|volume|vol)\b\.?\s+(i|v|x)\b")
_ONE_FIVE_TEN = {"i": "1", "v": "5", "x": "10"}
# Words that people swap for one another.
_SAME_WORDS = {
    **{"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"},
    **{"seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12"},
    **{"doctor": "dr", "mister": "mr", "saint": "st", "volume": "vol", "versus": "v", "vs": "v"},
}


@lru_cache(maxsize=64)  # the names of one title often fold to the same text
def fold(text: str) -> str:
    """Return `text` without case, accents or punctuation, numbers as digits, single spaces.

    Text that holds no letter or digit at all (``"?"``, ``"$"``) is its own key.
    """
    original = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in text if not unicodedata.combining(char))
    text = text.casefold().translate(_LETTERS)
    text = _NUMBERED.sub(lambda found: f"{found[1]} {_ONE_FIVE_TEN[found[2]]}", text)
    text = _APOSTROPHE.sub("", _INITIAL.sub(r"\1", _LAST_FIVE.sub("5", text)))
    words = _NOT_WORD.sub(" ", text).split()
    return " ".join(_NUMERALS.get(word, word) for word in words) or original.casefold()


def loosen(folded: str) -> str:
    """Return a folded text with one of the words that are often swapped: ``12 angry men``."""
    return " ".join(_SAME_WORDS.get(word, word) for word in folded.split())


def squeeze(folded: str) -> str:
    """Return a folded text without its blanks: ``spider man`` and ``spiderman`` are one."""
    return folded.replace(" ", "")


def split_year(title: str) -> tuple[str, int | None]:
    """Split ``Heat (1995)`` into the title and the (first) year, if there is one."""
    found = _YEAR.search(title)
    if found is None or found.start() == 0:
        return title.strip(), None
    return title[: found.start()].strip(), int(found["year"])


def split_bare_year(title: str) -> tuple[str, int | None]:
    """Split ``heat 1995``, as people type it, into the title and the year."""
    found = _BARE_YEAR.match(title.strip())
    return (found["title"], int(found["year"])) if found else (title, None)


def front_article(title: str) -> str:
    """Turn ``Matrix, The`` into ``The Matrix``."""
    found = _TRAILING_ARTICLE.match(title)
    if found is None:
        return title
    article = found["article"]
    return f"{article}{'' if article.endswith(('’', chr(39))) else ' '}{found['title']}"


def drop_article(title: str) -> str:
    """Turn ``The Matrix`` into ``Matrix``; a title that is an article alone stays."""
    return _LEADING_ARTICLE.sub("", title)


def names(title: str) -> list[str]:
    """Return the names in a title without its year: the main one first, articles in front.

    >>> names("Léon: The Professional (a.k.a. The Professional) (Léon)")
    ['Léon: The Professional', 'The Professional', 'Léon']
    """
    groups: list[str] = []
    rest = title.strip()
    while (found := _GROUP.search(rest)) and found.start() > 0:
        groups.insert(0, _ALSO_KNOWN_AS.sub("", found["name"].strip()))
        rest = rest[: found.start()]
    return [front_article(name) for name in (rest, *groups) if name]
