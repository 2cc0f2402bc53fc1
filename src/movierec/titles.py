"""Finding the film that someone means, from an index that is never read in full.

The index maps every key of every name (see :mod:`movierec.aliases`) to the films that have it,
sorted, so that a question costs a few binary searches in a mapped file. Only suggestions for a
typo look at all keys.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from movierec import aliases
from movierec.catalog import Catalog
from movierec.columns import Array, ListColumn, TextColumn, offsets_of

# How a key belongs to a film, the surest first.
MAIN, ALTERNATIVE, MAIN_BARE, ALTERNATIVE_BARE, SQUEEZED = range(5)

_SIMILAR_TITLE = (
    0.75  # of normalised edit similarity: "toy stroy" has 0.89, "star wars"/"car wash" 0.67
)
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


def build_index(titles: Sequence[str], external_ids: Mapping[int, str]) -> dict[str, Array]:
    """Build the arrays of a :class:`TitleIndex`.

    Parameters
    ----------
    titles : sequence of str
        By ``item_index``, with their years.
    external_ids : mapping of int to str
        Further names that are no titles, such as ``tt0114709``, by ``item_index``.
    """
    kinds_by_key: dict[str, dict[int, int]] = defaultdict(dict)
    items_by_word: dict[str, set[int]] = defaultdict(set)
    for index, title in enumerate(titles):
        for key, kind in _keys(title):
            kinds_by_key[key].setdefault(index, kind)
            if kind <= ALTERNATIVE:
                for word in key.split():
                    items_by_word[word].add(index)
    for index, name in external_ids.items():
        kinds_by_key[name.casefold()].setdefault(index, MAIN)
    return _key_arrays(kinds_by_key) | _word_arrays(items_by_word)


def _keys(title: str) -> Iterator[tuple[str, int]]:
    """Yield each key of a title with its kind, the surest kinds first."""
    text, _ = aliases.split_year(title)
    main, *alternatives = aliases.names(text) or [text]
    yield aliases.fold(text), MAIN
    yield aliases.fold(main), MAIN
    for name in alternatives:
        yield aliases.fold(name), ALTERNATIVE
    bare = [aliases.fold(aliases.drop_article(name)) for name in (main, *alternatives)]
    yield bare[0], MAIN_BARE
    for key in bare[1:]:
        yield key, ALTERNATIVE_BARE
    for key in bare:
        yield aliases.squeeze(key), SQUEEZED


def _key_arrays(kinds_by_key: Mapping[str, Mapping[int, int]]) -> dict[str, Array]:
    keys = sorted(kinds_by_key)
    items = [index for key in keys for index in kinds_by_key[key]]
    kinds = [kind for key in keys for kind in kinds_by_key[key].values()]
    return {
        **TextColumn.of(keys).to_arrays("title_keys"),
        "title_items_offsets": offsets_of([len(kinds_by_key[key]) for key in keys]),
        "title_items": np.array(items, dtype=np.int32),
        "title_kinds": np.array(kinds, dtype=np.uint8),
    }


def _word_arrays(items_by_word: Mapping[str, set[int]]) -> dict[str, Array]:
    words = sorted(items_by_word)
    items = [index for word in words for index in sorted(items_by_word[word])]
    return {
        **TextColumn.of(words).to_arrays("title_words"),
        "word_items_offsets": offsets_of([len(items_by_word[word]) for word in words]),
        "word_items": np.array(items, dtype=np.int32),
    }


class TitleIndex:
    """The index of a catalogue's titles.

    Parameters
    ----------
    arrays : mapping of str to array
        What :func:`build_index` returned, in memory or in a file.
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
        of :meth:`_stages`; the first stage with a film of the right year decides.
        """
        text, own_year = aliases.split_year(query)
        readings = [(text, year or own_year)]
        bare_text, bare_year = aliases.split_bare_year(query)
        if bare_year and not own_year:
            readings.append((bare_text, year or bare_year))
        for reading, wanted in readings:
            for items, sure in self._stages(reading):
                matches = self._most_rated(self._of_year(items, wanted))
                if matches:
                    return Matches(matches, sure)
        return Matches([], sure=False)

    def search(self, query: str, limit: int) -> list[int]:
        """Return the films with all words of `query`, the last perhaps begun: best, most rated."""
        text, year = aliases.split_year(query)
        stages = [items for items, _ in self._stages(text)]
        stages.append(self._with_words(aliases.fold(text).split(), open_end=True))
        ranked = (self._most_rated(self._of_year(items, year)) for items in stages)
        return list(dict.fromkeys(index for stage in ranked for index in stage))[:limit]

    def suggest(self, query: str, limit: int = 5) -> list[int]:
        """Return the films whose names are nearest to a `query` that found nothing."""
        text, _ = aliases.split_year(query)
        other_year = self.find(text).indices
        near = other_year or [*self._near_titles(text), *self._with_corrected_words(text)]
        return list(dict.fromkeys(near))[:limit]

    def _stages(self, text: str) -> Iterator[tuple[set[int], bool]]:
        """Yield the films for each way to read `text`, the surest first, and whether it is sure."""
        as_typed = aliases.fold(text)
        full = aliases.fold(aliases.front_article(text))
        bare = aliases.fold(aliases.drop_article(aliases.front_article(text)))
        for key, kind in (
            (as_typed, MAIN),
            (full, MAIN),
            (full, ALTERNATIVE),
            (bare, MAIN_BARE),
            (bare, ALTERNATIVE_BARE),
            (aliases.squeeze(bare), SQUEEZED),
        ):
            yield self._with_key(key, kind), True
        # A number is a film's id where no film is called so; where some title begins with it
        # ("2001"), nobody can be sure which is meant.
        yield self._with_id(text) | self._beginning_with(full, bare), False
        yield self._with_words(bare.split()), False

    def _with_key(self, key: str, kind: int) -> set[int]:
        place = bisect_left(self._keys, key)
        found = place < len(self._keys) and self._keys[place] == key
        return self._items_of(place, place + found, kind)

    def _items_of(self, start: int, stop: int, kind: int) -> set[int]:
        """Return the films of the keys from `start` up to `stop` that belong at least as surely."""
        items, kinds = self._items.rows(start, stop), self._kinds.rows(start, stop)
        return set(items[kinds <= kind].tolist())

    def _with_id(self, text: str) -> set[int]:
        index = self._catalog.index_of(text)
        return set() if index is None else {index}

    def _beginning_with(self, *keys: str) -> set[int]:
        """Return the films of which a name begins with the whole words of one of `keys`."""
        found: set[int] = set()
        for key in keys:
            start = bisect_left(self._keys, key + " ")
            stop = bisect_left(self._keys, key + "!")  # the character after the blank
            found |= self._items_of(start, stop, ALTERNATIVE_BARE)
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
        return [item for item in items if year in (None, int(self._catalog.years[item]))]

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

    def _with_corrected_words(self, text: str) -> list[int]:
        """Return the films that have all words of `text` once each unknown word is corrected."""
        words = [self._corrected(word) for word in aliases.fold(text).split()]
        return self._most_rated(self._with_words([word for word in words if word]))

    def _corrected(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        place = bisect_left(self._words, word)
        known = place < len(self._words) and self._words[place] == word
        if known or len(word) < _LONG_WORD:
            return word
        slips = 1 if len(word) < 2 * _LONG_WORD else 2
        near = process.extractOne(
            word, self._words.tolist(), scorer=OSA.distance, score_cutoff=slips
        )
        return str(near[0]) if near else word
