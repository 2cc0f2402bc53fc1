"""Find movies by title in an index that is rarely read in full.

The index maps every key of every name (see :mod:`movierec.films.names`) to the movies that have
it. Its keys are sorted, so a query takes a few binary searches in a mapped file. Only suggestions
for a misspelled title read all keys.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from movierec.films.catalog import Catalog
from movierec.films.index import (
    ALTERNATIVE,
    ALTERNATIVE_BARE,
    LOOSE,
    MAIN,
    MAIN_BARE,
    SQUEEZED,
    TitleIndex,
)
from movierec.films.names import (
    drop_article,
    fold,
    full_and_bare,
    loosen,
    main_title,
    readings_of,
    split_year,
    squeeze,
)
from movierec.store.columns import Array, StringArray

# Normalized edit similarity: "toy stroy" has 0.89, "star wars" and "car wash" have 0.67.
_SIMILAR_TITLE = 0.75
_IMDB_ID = re.compile(r"tt\d+", re.IGNORECASE)
_LONG_WORD = 4  # shorter words are too similar to each other to be corrected
_MANY = 300  # movies
_MOST_NEAR = 20  # titles
_MOST_CORRECTED = 8  # unknown words of a query, each of which is compared to all words


class Matches(NamedTuple):
    """Movies that match a query equally well.

    Attributes
    ----------
    indices : list of int
        ``item_index`` of each movie, most rated first.
    is_certain : bool
        Whether the query is a full name of each movie, not only part of one.
    """

    indices: list[int]
    is_certain: bool


class TitleSearch:
    """Finds movies by their titles.

    Parameters
    ----------
    index : TitleIndex
    catalog : Catalog
    """

    def __init__(self, index: TitleIndex, catalog: Catalog) -> None:
        self._catalog = catalog
        self._index = index
        self._keys: Sequence[str] = index.keys
        self._items = index.items
        self._kinds = index.kinds
        self._words: Sequence[str] = index.words
        self._word_items = index.word_items

    def read_all(self) -> None:
        """Read all names now, which many lookups are worth: each is then ten times as fast."""
        self._keys, self._words = self._index.keys.tolist(), self._index.words.tolist()

    def find(self, query: str, year: int | None = None) -> Matches:
        """Return the movies that match a query best: one, several, or none.

        Full names are tried before parts of names, main names before alternative ones, and so on
        in the order of :meth:`_whole` and :meth:`_parts`. The first step that finds a movie of
        the year decides, but see :meth:`_rivals`.

        Parameters
        ----------
        query : str
        year : int, optional
            Takes precedence over a year in the query.
        """
        found = self.find_whole(query, year)
        if found.indices:
            return found
        for text, title_year in readings_of(query, year):
            if matches := self._in_part(text, title_year):
                return Matches(matches, is_certain=False)
        return Matches([], is_certain=False)

    def find_whole(self, query: str, year: int | None = None) -> Matches:
        """Return the movies of which a query is a full name; see :meth:`find`.

        Parameters
        ----------
        query : str
        year : int, optional
        """
        for text, title_year in readings_of(query, year):
            for items in self._whole(text):
                if matches := self._of_year(items, title_year):
                    rivals = self._rivals(text, matches, title_year)
                    return Matches(self._most_rated([*matches, *rivals]), is_certain=not rivals)
        return Matches([], is_certain=False)

    def search(self, query: str, limit: int) -> list[int]:
        """Return the movies with all words of a query, best matches first, then most rated.

        Parameters
        ----------
        query : str
            The last word may be incomplete.
        limit : int
            Maximum number of movies.
        """
        text, year = split_year(query)
        begun = self._with_words(fold(text).split(), open_end=True)
        stages = [*self._whole(text), *self._parts(text), begun]
        ranked = (self._of_year(items, year) for items in stages)
        return list(dict.fromkeys(index for stage in ranked for index in stage))[:limit]

    def suggest(self, query: str, limit: int = 5) -> list[int]:
        """Return the movies whose names are closest to a query that was not found.

        Parameters
        ----------
        query : str
        limit : int
            Maximum number of movies.
        """
        readings = [text for text, _ in readings_of(query, None)]
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
        """Yield the movies of which `text` is a full name, most certain kind of key first."""
        full, bare = full_and_bare(text)
        for key, kind in (
            (fold(text), MAIN),
            (full, MAIN),
            (full, ALTERNATIVE),
            (bare, MAIN_BARE),
            (bare, ALTERNATIVE_BARE),
            (squeeze(bare), SQUEEZED),
            (loosen(bare), LOOSE),
        ):
            yield self.with_key(key, kind)

    def _rivals(self, text: str, found: Sequence[int], year: int | None) -> list[int]:
        """Return other movies that a name without its article may mean.

        "lord of the rings" means a movie from 1978 less often than the trilogy: if several movies
        with this title before a colon are rated more often than those found, all may be meant.
        """
        full, bare = full_and_bare(text)
        exact = self.with_key(fold(text), ALTERNATIVE) | self.with_key(full, ALTERNATIVE)
        if exact & set(found):
            return []
        begun = self._beginning_with(full, bare, kinds=(MAIN, MAIN_BARE)) - set(found)
        rivals = self._of_year(self._with_main_title(bare, begun), year)
        most = max(int(self._catalog.n_ratings[item]) for item in found)
        n_more_rated = sum(int(self._catalog.n_ratings[item]) > most for item in rivals)
        return rivals if n_more_rated > 1 else []

    def _parts(self, text: str) -> Iterator[set[int]]:
        """Yield the movies of which `text` is part of a name, or the id."""
        full, bare = full_and_bare(text)
        by_id = self._with_id(text)
        main = self._beginning_with(full, bare, kinds=(MAIN, MAIN_BARE))
        for items in (self._with_main_title(bare, main), main):
            if len(items) == 1 and not by_id:
                yield items
        # A number that is not a full name may be an id. If titles also begin with it ("2001"),
        # the query is ambiguous.
        yield by_id | self._beginning_with(full, bare, kinds=range(SQUEEZED))
        yield self._with_words(bare.split())

    def _in_part(self, text: str, year: int | None) -> list[int]:
        """Return the movies of which `text` is part of a name.

        If `text` is the full name of movies from other years only, the year may be wrong. Movies
        without a known year are then accepted. If the year is off by one, nothing is returned, so
        that those movies are suggested. Otherwise only names that begin with `text` are accepted
        ("Star Trek (1979)").
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

    def with_key(self, key: str, kind: int) -> set[int]:
        """Return the movies that have a key as this kind or as a more certain one."""
        position = bisect_left(self._keys, key)
        if position == len(self._keys) or self._keys[position] != key:
            return set()
        return self._items_of(position, position + 1, kind)

    def _items_of(self, start: int, stop: int, kind: int) -> set[int]:
        """Return the movies that have some keys as this kind or as a more certain one."""
        return {item for item, item_kind in self._entries(start, stop) if item_kind <= kind}

    def _entries(self, start: int, stop: int) -> Iterable[tuple[int, int]]:
        """Return the movies of the keys from `start` up to `stop`, and the kinds of the keys."""
        columns = (self._items, self._kinds)
        return zip(*(column.rows(start, stop).tolist() for column in columns), strict=True)

    def _with_id(self, text: str) -> set[int]:
        index = self._catalog.index_of(text)
        return set() if index is None else {index}

    def _beginning_with(self, *keys: str, kinds: Container[int]) -> set[int]:
        """Return the movies with a name that begins with the whole words of one of `keys`."""
        found: set[int] = set()
        for key in keys:
            start = bisect_left(self._keys, key + " ")
            stop = bisect_left(self._keys, key + "!")  # the character after the space
            found.update(item for item, kind in self._entries(start, stop) if kind in kinds)
        return found

    def _with_main_title(self, bare: str, items: Iterable[int]) -> set[int]:
        """Return the movies of which the title before the colon has the key `bare`."""
        heads = ((item, main_title(self._catalog.titles[item])) for item in items)
        return {item for item, head in heads if full_and_bare(head)[1] == bare}

    def _with_words(self, words: Sequence[str], *, open_end: bool = False) -> set[int]:
        """Return the movies that have all `words`; with `open_end`, the last may be incomplete."""
        ends = {word: f"{word} " for word in words}
        if open_end and words and words.count(words[-1]) == 1:
            ends[words[-1]] = words[-1] + "\U0010ffff"
        found = []
        for word, end in ends.items():
            start, stop = bisect_left(self._words, word), bisect_left(self._words, end)
            found.append(set(self._word_items.rows(start, stop).tolist()))
        return set.intersection(*found) if found else set()

    def _of_year(self, items: Iterable[int], year: int | None) -> list[int]:
        """Return the movies of a year, or all if it is None, most rated first."""
        if year is not None:
            items = list(items)
            years = _values(self._catalog.years, len(items))
            items = [item for item in items if int(years[item]) == year]
        return self._most_rated(items)

    def _most_rated(self, items: Iterable[int]) -> list[int]:
        found = list(items)
        counts = _values(self._catalog.n_ratings, len(found))
        return sorted(found, key=lambda item: (-int(counts[item]), item))

    def _near_titles(self, text: str) -> list[int]:
        """Return the movies with a name that differs in few letters, closest first."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA  # counts two swapped letters as one edit

        key = fold(drop_article(text))
        near = [
            (score, start + position)
            for start, block in _blocks(self._index.keys)
            for _, score, position in process.extract(
                key,
                block,
                scorer=OSA.normalized_similarity,
                score_cutoff=_SIMILAR_TITLE,
                limit=_MOST_NEAR,
            )
        ]
        near.sort(key=lambda found: (-found[0], found[1]))
        scores: dict[int, float] = {}
        for score, position in near[:_MOST_NEAR]:
            for item in self._items_of(position, position + 1, ALTERNATIVE_BARE):
                scores.setdefault(item, score)
        return sorted(scores, key=lambda item: (-scores[item], -int(self._catalog.n_ratings[item])))

    def _run_together(self, text: str) -> list[int]:
        """Return the movies with a name that begins with `text` without spaces: "starwars"."""
        key = squeeze(fold(drop_article(text)))
        if len(key) < 2 * _LONG_WORD or key.isdigit():
            return []
        start, stop = bisect_left(self._keys, key), bisect_left(self._keys, key + "\U0010ffff")
        return self._most_rated(self._items_of(start, stop, SQUEEZED))

    def _with_corrected_words(self, text: str) -> list[int]:
        """Return the movies that have all words of `text`, after correcting typing errors."""
        words = dict.fromkeys(fold(text).split())
        if sum(map(self._is_corrected, words)) > _MOST_CORRECTED:
            return []
        found = [
            {item for near in self._near_words(word) for item in self._with_words([near])}
            for word in words
        ]
        return self._most_rated(set.intersection(*found)) if found else []

    def _is_corrected(self, word: str) -> bool:
        return len(word) >= _LONG_WORD and not self._with_words([word])

    def _near_words(self, word: str) -> list[str]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if not self._is_corrected(word):
            return [word]
        n_edits = 1 if len(word) < 2 * _LONG_WORD else 2
        return [
            str(near)
            for _, block in _blocks(self._index.words)
            for near, *_ in process.extract(
                word, block, scorer=OSA.distance, score_cutoff=n_edits, limit=None
            )
            if len(near) >= _LONG_WORD
        ]


def _values(column: Array, n: int) -> Sequence[int]:
    """Return a column of which `n` values are needed: one read takes as long as some hundred."""
    return column[:].tolist() if n > _MANY else column  # type: ignore[return-value]


def _blocks(texts: StringArray) -> Iterator[tuple[int, list[str]]]:
    """Yield blocks of texts with the place of the first.

    RapidFuzz lets no other thread of a server run until it has compared all that it was given.
    """
    start = 0
    for block in texts.blocks():
        yield start, block
        start += len(block)
