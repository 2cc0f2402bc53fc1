"""The title index: the sorted keys of all movie names, and the movies that have each key.

:mod:`movierec.films.names` makes the keys, and :mod:`movierec.films.search` looks them up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from movierec._schema import Column, Schema, text_columns
from movierec.films.names import drop_article, fold, loosen, split_names, split_year, squeeze
from movierec.store.columns import Array, RaggedArray, StringArray, offsets_of

# Kinds of keys, most certain first.
MAIN, ALTERNATIVE, MAIN_BARE, ALTERNATIVE_BARE, SQUEEZED, LOOSE = range(6)

KindsByKey = Mapping[str, Mapping[int, int]]
ItemsByWord = Mapping[str, set[int]]


class TitleIndex:
    """The sorted keys and words of all titles. The columns are in memory or mapped from a file.

    Attributes
    ----------
    keys : StringArray
        Sorted.
    items, kinds : RaggedArray
        For each key, the ``item_index`` of the movies that have it, and the kind of the key.
    words : StringArray
        Sorted.
    word_items : RaggedArray
        For each word, the ``item_index`` of the movies that have it, ascending.
    """

    NAME: ClassVar = "titles"
    OF_PEOPLE: ClassVar = False
    SCHEMA: ClassVar[Schema] = {
        **text_columns("keys", "keys"),
        "key_items": Column("i4", ("movies by key",), below="items"),
        "key_kinds": Column("u1", ("movies by key",)),
        "key_offsets": Column("i8", ("keys+1",), up_to="movies by key", ascends=True),
        **text_columns("words", "words"),
        "word_items": Column("i4", ("movies by word",), below="items"),
        "word_offsets": Column("i8", ("words+1",), up_to="movies by word", ascends=True),
    }

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.keys = StringArray.named(arrays, "keys")
        self.items = RaggedArray(arrays["key_offsets"], arrays["key_items"])
        self.kinds = RaggedArray(arrays["key_offsets"], arrays["key_kinds"])
        self.words = StringArray.named(arrays, "words")
        self.word_items = RaggedArray(arrays["word_offsets"], arrays["word_items"])
        self._arrays = arrays

    @classmethod
    def build(cls, titles: Sequence[str], external_ids: Mapping[int, str]) -> TitleIndex:
        """Index titles.

        Parameters
        ----------
        titles : sequence of str
            By ``item_index``, including the years.
        external_ids : mapping of int to str
            Additional names that are not titles, such as ``tt0114709``, by ``item_index``.
        """
        kinds_by_key: dict[str, dict[int, int]] = defaultdict(dict)
        items_by_word: dict[str, set[int]] = defaultdict(set)
        for index, title in enumerate(titles):
            text, _ = split_year(title)
            names = split_names(text) or [text]
            for key, kind in _keys(text, names):
                kinds_by_key[key].setdefault(index, kind)
            for word in " ".join(map(fold, names)).split():
                items_by_word[word].add(index)
        for index, name in external_ids.items():
            kinds_by_key[name.casefold()].setdefault(index, MAIN)
        return cls(_key_arrays(kinds_by_key) | _word_arrays(items_by_word))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> TitleIndex:
        """Build an index from the arrays that :meth:`to_arrays` returned."""
        return cls(arrays)

    def to_arrays(self) -> Mapping[str, Array]:
        """Return the arrays by name."""
        return self._arrays

    def in_memory(self) -> TitleIndex:
        """Return the index with its arrays in memory, checked."""
        import numpy as np

        return TitleIndex({name: np.array(array) for name, array in self._arrays.items()})


def _keys(text: str, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the keys of a title without its year, and their kinds, most certain kinds first."""
    yield fold(text), MAIN
    for position, name in enumerate(names):
        yield fold(name), ALTERNATIVE if position else MAIN
    bare = [fold(drop_article(name)) for name in names]
    for position, key in enumerate(bare):
        yield key, ALTERNATIVE_BARE if position else MAIN_BARE
    for key in bare:
        yield squeeze(key), SQUEEZED
    for key in bare:
        yield loosen(key), LOOSE


def _key_arrays(kinds_by_key: KindsByKey) -> dict[str, Array]:
    import numpy as np

    keys = sorted(kinds_by_key)
    items = [index for key in keys for index in kinds_by_key[key]]
    kinds = [kind for key in keys for kind in kinds_by_key[key].values()]
    return {
        **StringArray.of(keys).to_arrays("keys"),
        "key_offsets": offsets_of([len(kinds_by_key[key]) for key in keys]),
        "key_items": np.array(items, dtype=np.int32),
        "key_kinds": np.array(kinds, dtype=np.uint8),
    }


def _word_arrays(items_by_word: ItemsByWord) -> dict[str, Array]:
    import numpy as np

    words = sorted(items_by_word)
    items = [index for word in words for index in sorted(items_by_word[word])]
    return {
        **StringArray.of(words).to_arrays("words"),
        "word_offsets": offsets_of([len(items_by_word[word]) for word in words]),
        "word_items": np.array(items, dtype=np.int32),
    }
