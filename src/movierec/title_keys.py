"""Building the index of titles: every key of every name, sorted, with the films that have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from movierec import aliases
from movierec.columns import Array, TextColumn, offsets_of

# How a key belongs to a film, the surest first.
MAIN, ALTERNATIVE, MAIN_BARE, ALTERNATIVE_BARE, SQUEEZED, LOOSE = range(6)


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
        text, _ = aliases.split_year(title)
        names = aliases.names(text) or [text]
        for key, kind in _keys(text, names):
            kinds_by_key[key].setdefault(index, kind)
        for word in " ".join(map(aliases.fold, names)).split():
            items_by_word[word].add(index)
    for index, name in external_ids.items():
        kinds_by_key[name.casefold()].setdefault(index, MAIN)
    return _key_arrays(kinds_by_key) | _word_arrays(items_by_word)


def _keys(text: str, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each key of a title without its year, with its kind, the surest kinds first."""
    yield aliases.fold(text), MAIN
    for place, name in enumerate(names):
        yield aliases.fold(name), ALTERNATIVE if place else MAIN
    bare = [aliases.fold(aliases.drop_article(name)) for name in names]
    for place, key in enumerate(bare):
        yield key, ALTERNATIVE_BARE if place else MAIN_BARE
    for key in bare:
        yield aliases.squeeze(key), SQUEEZED
    for key in bare:
        yield aliases.loosen(key), LOOSE


def _key_arrays(kinds_by_key: Mapping[str, Mapping[int, int]]) -> dict[str, Array]:
    import numpy as np

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
    import numpy as np

    words = sorted(items_by_word)
    items = [index for word in words for index in sorted(items_by_word[word])]
    return {
        **TextColumn.of(words).to_arrays("title_words"),
        "word_items_offsets": offsets_of([len(items_by_word[word]) for word in words]),
        "word_items": np.array(items, dtype=np.int32),
    }
