"""Convert the titles in a file to the keys by which movies are found.

MovieLens writes ``Matrix, The (1999)``, ``Seven (a.k.a. Se7en) (1995)`` and
``Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)``; people type none of these.

Texts come from outside and may be long, so each function takes time in proportion to their length:
no pattern has two neighboring parts that match the same characters, or is searched for from every
start of a run of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LONGEST_TITLE = 500  # characters, as `normalized_length` counts them; MovieLens has up to 158

_ARTICLES = frozenset(
    (
        *("the", "a", "an", "le", "la", "les", "un", "une", "el", "los", "las", "una"),
        *("il", "lo", "gli", "i", "der", "die", "das", "den", "ein", "eine"),
        *("o", "os", "as", "um", "uma", "det", "en", "ett"),
    )
)
_TRAILING_ONLY = frozenset(("de", "da"))  # prepositions at the start of a title
_MOST_GROUPS = 20  # names in parentheses at the end of a title; titles of MovieLens have 3

# Patterns are compiled at first use, because a query needs few of them.
_YEAR = r"""\(\s*(?P<year>\d{4})(?:\s*[-–—](?:\s*\d{4})?)?\s*\)[\s"”»]*$"""
_BARE_YEAR = r"^(?P<title>.*[^\s,])[\s,]+(?P<year>(?:18|19|20)\d\d)$"
_GROUP = r"\(([^()]*)\)"
_ALSO_KNOWN_AS = r"(?i)^(?:a\.?k\.?a\.?|also known as)\s+"
_INITIAL = r"\b(\w)\.(?=\W|\w\b|$)"
_NOT_WORD = r"[\W_]+"

# Apostrophes are removed; letters that NFKD does not decompose are spelled out.
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("'’‘`´ʼ", ""),
        **{"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "&": " and "},
    }
)
# Roman numerals that are neither English words nor names: "Rocky II" is found as "Rocky 2".
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
# Numerals that are also words or letters, where they are unambiguous: "Rocky V", "Episode I".
_LAST_FIVE = r"(?<=\w )v(?=\s*(?::|[-–—]\s|\(|$))"
_NUMBERED = r"\b(episode|part|chapter|volume|vol)\b\.?\s+(i|v|x)\b"
_ONE_FIVE_TEN = {"i": "1", "v": "5", "x": "10"}
# Words that people use interchangeably.
_SAME_WORDS = {
    **{"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"},
    **{"seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12"},
    **{"doctor": "dr", "mister": "mr", "saint": "st", "volume": "vol", "versus": "v", "vs": "v"},
}


@lru_cache(maxsize=64)  # the names of one title often fold to the same text
def fold(text: str) -> str:
    """Return `text` without case, accents or punctuation, with digits and single spaces.

    Text without any letter or digit (``"?"``, ``"$"``) is its own key.
    """
    original = text.strip()
    if not text.isascii():
        text = "".join(char for char in _decomposed(text) if not unicodedata.combining(char))
    text = text.casefold()
    if " i" in text or " v" in text or " x" in text:
        text = re.sub(_NUMBERED, lambda found: f"{found[1]} {_ONE_FIVE_TEN[found[2]]}", text)
        text = re.sub(_LAST_FIVE, "5", text)
    if "." in text:
        text = re.sub(_INITIAL, r"\1", text)
    words = re.sub(_NOT_WORD, " ", text.translate(_LETTERS)).split()
    return " ".join(_NUMERALS.get(word, word) for word in words) or original.casefold()


def _decomposed(text: str) -> Iterator[str]:
    """Yield the characters of the NFKD form, but combining marks in the order of the text.

    Python sorts a run of combining marks in time that is quadratic in its length, so characters
    are decomposed one by one.
    """
    return (part for char in text for part in unicodedata.normalize("NFKD", char))


def normalized_length(text: str) -> int:
    """Return the number of characters of the NFKD form, such as 18 of U+FDFA."""
    return len(text) if text.isascii() else sum(1 for _ in _decomposed(text))


def loosen(folded: str) -> str:
    """Replace interchangeable words: ``twelve angry men`` becomes ``12 angry men``."""
    return " ".join(_SAME_WORDS.get(word, word) for word in folded.split())


def squeeze(folded: str) -> str:
    """Remove the spaces, so that ``spider man`` and ``spiderman`` are equal."""
    return folded.replace(" ", "")


def split_year(title: str) -> tuple[str, int | None]:
    """Split ``Heat (1995)`` into the title and the (first) year, or None if it has no year."""
    name, parenthesis, rest = title.rpartition("(")
    found = re.match(_YEAR, parenthesis + rest)
    if found is None or not name.strip():
        return title.strip(), None
    return name.strip(), int(found["year"])


def split_bare_year(title: str) -> tuple[str, int | None]:
    """Split ``heat 1995``, as people type it, into the title and the year."""
    found = re.match(_BARE_YEAR, title.strip())
    return (found["title"], int(found["year"])) if found else (title, None)


def front_article(title: str) -> str:
    """Turn ``Matrix, The`` into ``The Matrix``."""
    name, _, article = title.rpartition(", ")
    word = article.casefold()
    if name and word in ("l'", "l’"):
        return f"{article}{name}"
    return f"{article} {name}" if name and word in _ARTICLES | _TRAILING_ONLY else title


def drop_article(title: str) -> str:
    """Turn ``The Matrix`` into ``Matrix``; keep a title that is only an article."""
    if title[:2].casefold() in ("l'", "l’") and title[2:].strip():
        return title[2:]
    first, _, rest = title.partition(" ")
    return rest.lstrip() if first.casefold() in _ARTICLES and rest.strip() else title


def split_names(title: str) -> list[str]:
    """Return the names in a title without a year: the main name first, articles in front.

    >>> split_names("Léon: The Professional (a.k.a. The Professional) (Léon)")
    ['Léon: The Professional', 'The Professional', 'Léon']
    """
    groups: list[str] = []
    rest = title.strip()
    while len(groups) < _MOST_GROUPS and (start := rest.rfind("(")) > 0:
        if (found := re.fullmatch(_GROUP, rest[start:])) is None:
            break
        groups.append(re.sub(_ALSO_KNOWN_AS, "", found[1].strip()))
        rest = rest[:start].rstrip()
    return [front_article(name) for name in (rest, *reversed(groups)) if name]


def display_title(title: str) -> str:
    """Return a title as people say it: ``The Matrix`` for ``Matrix, The (1999)``."""
    text, _ = split_year(title)
    return (split_names(text) or [text])[0]


def dated_title(title: str) -> str:
    """Return a title as people say it, with its year: ``The Matrix (1999)``."""
    _, year = split_year(title)
    return f"{display_title(title)} ({year})" if year else display_title(title)


def other_titles(title: str) -> list[str]:
    """Return the other names in a title, such as the original one."""
    text, _ = split_year(title)
    first, *others = split_names(text) or [text]
    return [name for name in dict.fromkeys(others) if name != first]


def main_title(title: str) -> str:
    """Return the main name of a title up to its colon, such as ``Alien`` of ``Alien: Covenant``."""
    return display_title(title).partition(":")[0]


def full_and_bare(text: str) -> tuple[str, str]:
    """Return the keys of `text` with its article in front, and without an article."""
    name = front_article(text)
    return fold(name), fold(drop_article(name))


def readings_of(query: str, year: int | None) -> list[tuple[str, int | None]]:
    """Return the ways to split a query into a title and a year.

    Parameters
    ----------
    query : str
    year : int, optional
        Takes precedence over a year in the query.
    """
    text, text_year = split_year(query)
    bare_text, bare_year = split_bare_year(query)
    readings = [(text, year or text_year)]
    return readings if text_year or not bare_year else [*readings, (bare_text, year or bare_year)]
