"""Finding the film that someone means, from an index that is never read in full.

The index maps every key of every name (see :mod:`movierec.aliases`) to the films that have it,
sorted, so that a question costs a few binary searches in a mapped file. Only suggestions for a
typo look at all keys.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from movierec import aliases
from movierec.catalog import Catalog
from movierec.columns import Array, ListColumn, TextColumn
from movierec.title_keys import (
    ALTERNATIVE,
    ALTERNATIVE_BARE,
    LOOSE,
    MAIN,
    MAIN_BARE,
    SQUEEZED,
)

_SIMILAR_TITLE = (
    0.75  # of normalised edit similarity: "toy stroy" has 0.89, "star wars"/"car wash" 0.67
)
_IMDB_ID = re.compile(r"tt\d+", re.IGNORECASE)
_LONG_WORD = 4  # shorter words are too near each other to be corrected


@dataclass(frozen=True)
class Matches:
    """Films that answer to a query equally well.

    Attributes
    ----------
    indices : list of int
        ``item_index`` of each, most rated first.
    sure : bool
        Whether the query is a whole name of each, not just a part of it.
    """

    indices: list[int]
    sure: bool


class TitleIndex:
    """The index of a catalogue's titles.

    Parameters
    ----------
    arrays : mapping of str to array
        What :func:`movierec.title_keys.build_index` returned, in memory or in a file.
    catalog : Catalog
    """

    def __init__(self, arrays: Mapping[str, Array], catalog: Catalog) -> None:
        self._catalog = catalog
        self._keys = TextColumn.named(arrays, "title_keys")
        self._items = ListColumn(arrays["title_items_offsets"], arrays["title_items"])
        self._kinds = ListColumn(arrays["title_items_offsets"], arrays["title_kinds"])
        self._words = TextColumn.named(arrays, "title_words")
        self._word_items = ListColumn(arrays["word_items_offsets"], arrays["word_items"])

    def find(self, query: str, year: int | None = None) -> Matches:
        """Return the films that answer best to `query`: one, several, or none.

        A whole name beats a part of one, a main title an alternative, and so on down the order
        of :meth:`_whole` and :meth:`_parts`; the first stage with a film of the right year decides.
        """
        readings = _readings(query, year)
        for text, wanted in readings:
            for items in self._whole(text):
                if matches := self._of_year(items, wanted):
                    return Matches(matches, sure=True)
        for text, wanted in readings:
            if matches := self._in_part(text, wanted):
                return Matches(matches, sure=False)
        return Matches([], sure=False)

    def search(self, query: str, limit: int) -> list[int]:
        """Return the films with all words of `query`, the last perhaps begun: best, most rated."""
        text, year = aliases.split_year(query)
        begun = self._with_words(aliases.fold(text).split(), open_end=True)
        stages = [*self._whole(text), *self._parts(text), begun]
        ranked = (self._of_year(items, year) for items in stages)
        return list(dict.fromkeys(index for stage in ranked for index in stage))[:limit]

    def suggest(self, query: str, limit: int = 5) -> list[int]:
        """Return the films whose names are nearest to a `query` that found nothing."""
        readings = [text for text, _ in _readings(query, None)]
        near = [index for text in readings for index in self.find(text).indices if text != query]
        if not near and not _IMDB_ID.fullmatch(query.strip()):
            text = readings[-1]
            near = [
                *self._near_titles(text),
                *self._run_together(text),
                *self._with_corrected_words(text),
            ]
        return list(dict.fromkeys(near))[:limit]

    def _whole(self, text: str) -> Iterator[set[int]]:
        """Yield the films of which `text` is a whole name, the surest way to read it first."""
        full, bare = _full_and_bare(text)
        for key, kind in (
            (aliases.fold(text), MAIN),
            (full, MAIN),
            (full, ALTERNATIVE),
            (bare, MAIN_BARE),
            (bare, ALTERNATIVE_BARE),
            (aliases.squeeze(bare), SQUEEZED),
            (aliases.loosen(bare), LOOSE),
        ):
            yield self._with_key(key, kind)

    def _parts(self, text: str) -> Iterator[set[int]]:
        """Yield the films of which `text` is a part of a name, or the id."""
        full, bare = _full_and_bare(text)
        own_id = self._with_id(text)
        main = self._beginning_with(full, bare, kinds=(MAIN, MAIN_BARE))
        if len(main) == 1 and not own_id:
            yield main
        # A number is a film's id where no film is called so; where some title begins with it
        # ("2001"), nobody can be sure which is meant.
        yield own_id | self._beginning_with(full, bare, kinds=range(SQUEEZED))
        yield self._with_words(bare.split())

    def _in_part(self, text: str, year: int | None) -> list[int]:
        """Return the films that `text` names in part.

        If it is the whole name of films of other years only, the year may be a slip: then one
        without a known year is taken, one a year off rules out all guesses, and of the others
        only a name that begins so may be meant ("Star Trek (1979)").
        """
        named = set().union(*self._whole(text)) if year else set()
        years = {int(self._catalog.years[item]) for item in named}
        if 0 in years:
            return self._of_year(named, 0)
        if year and years & {year - 1, year + 1}:
            return []
        stages = list(self._parts(text))
        for items in stages[:-1] if named else stages:
            if matches := self._of_year(items, year):
                return matches
        return []

    def _with_key(self, key: str, kind: int) -> set[int]:
        place = bisect_left(self._keys, key)
        found = place < len(self._keys) and self._keys[place] == key
        return self._items_of(place, place + found, kind)

    def _items_of(self, start: int, stop: int, kind: int) -> set[int]:
        """Return the films of the keys from `start` up to `stop` that belong at least as surely."""
        return {item for item, own in self._entries(start, stop) if own <= kind}

    def _entries(self, start: int, stop: int) -> Iterable[tuple[int, int]]:
        """Return the films of the keys from `start` up to `stop`, each with the kind of its key."""
        columns = (self._items, self._kinds)
        return zip(*(column.rows(start, stop).tolist() for column in columns), strict=True)

    def _with_id(self, text: str) -> set[int]:
        index = self._catalog.index_of(text)
        return set() if index is None else {index}

    def _beginning_with(self, *keys: str, kinds: Container[int]) -> set[int]:
        """Return the films of which a name begins with the whole words of one of `keys`."""
        found: set[int] = set()
        for key in keys:
            start = bisect_left(self._keys, key + " ")
            stop = bisect_left(self._keys, key + "!")  # the character after the blank
            found.update(item for item, own in self._entries(start, stop) if own in kinds)
        return found

    def _with_words(self, words: Sequence[str], *, open_end: bool = False) -> set[int]:
        """Return the films that have all `words`; with `open_end`, the last may be begun only."""
        found = []
        for place, word in enumerate(words, start=1):
            end = word + "\U0010ffff" if open_end and place == len(words) else word + " "
            start, stop = bisect_left(self._words, word), bisect_left(self._words, end)
            found.append(set(self._word_items.rows(start, stop).tolist()))
        return set.intersection(*found) if found else set()

    def _of_year(self, items: Iterable[int], year: int | None) -> list[int]:
        """Return the films of a year, or all, the most rated first."""
        own = [item for item in items if year in (None, int(self._catalog.years[item]))]
        return self._most_rated(own)

    def _most_rated(self, items: Iterable[int]) -> list[int]:
        return sorted(items, key=lambda item: (-int(self._catalog.n_ratings[item]), item))

    def _near_titles(self, text: str) -> list[int]:
        """Return the films with a name a few letters away, the nearest first, then most rated."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA  # counts two letters changed over as one slip

        key = aliases.fold(aliases.drop_article(text))
        near = process.extract(
            key,
            self._keys.tolist(),
            scorer=OSA.normalized_similarity,
            score_cutoff=_SIMILAR_TITLE,
            limit=20,
        )
        scores: dict[int, float] = {}
        for _, score, place in near:
            for item in self._items_of(place, place + 1, ALTERNATIVE_BARE):
                scores.setdefault(item, score)
        return sorted(scores, key=lambda item: (-scores[item], -int(self._catalog.n_ratings[item])))

    def _run_together(self, text: str) -> list[int]:
        """Return the films of which a name begins with `text` but for its blanks: "starwars"."""
        key = aliases.squeeze(aliases.fold(aliases.drop_article(text)))
        if len(key) < 2 * _LONG_WORD or key.isdigit():
            return []
        start, stop = bisect_left(self._keys, key), bisect_left(self._keys, key + "\U0010ffff")
        return self._most_rated(self._items_of(start, stop, SQUEEZED))

    def _with_corrected_words(self, text: str) -> list[int]:
        """Return the films that have all words of `text`, or words a slip away from them."""
        found = [
            {item for near in self._near_words(word) for item in self._with_words([near])}
            for word in aliases.fold(text).split()
        ]
        return self._most_rated(set.intersection(*found)) if found else []

    def _near_words(self, word: str) -> list[str]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        place = bisect_left(self._words, word)
        known = place < len(self._words) and self._words[place] == word
        if known or len(word) < _LONG_WORD:
            return [word]
        slips = 1 if len(word) < 2 * _LONG_WORD else 2
        near = process.extract(
            word, self._words.tolist(), scorer=OSA.distance, score_cutoff=slips, limit=None
        )
        return [str(candidate) for candidate, *_ in near if len(candidate) >= _LONG_WORD]


def _readings(query: str, year: int | None) -> list[tuple[str, int | None]]:
    """Return the ways to read a query as a title and a year."""
    text, own_year = aliases.split_year(query)
    bare_text, bare_year = aliases.split_bare_year(query)
    readings = [(text, year or own_year)]
    return readings if own_year or not bare_year else [*readings, (bare_text, year or bare_year)]


def _full_and_bare(text: str) -> tuple[str, str]:
    """Return the keys of `text` with its article in front, and without."""
    name = aliases.front_article(text)
    return aliases.fold(name), aliases.fold(aliases.drop_article(name))
