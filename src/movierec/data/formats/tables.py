"""Which tables some files are: text files are one each, columnar files perhaps parts of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from movierec.data.formats.columnar import ColumnarTable, columnar_format
from movierec.data.formats.content import Content
from movierec.data.formats.text import TextTable

# What differs in the names of parts: numbers, and the ids of those who wrote them.
_VARIES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")


def tables_of(contents: Sequence[Content]) -> list[TextTable | ColumnarTable]:
    """Return files as tables; text is recognized only when it is asked what it holds.

    Columnar files of one folder are parts of one table if their names differ in numbers alone, as
    in ``part-00000.parquet`` and ``part-00001.parquet``.

    Parameters
    ----------
    contents : sequence of Content
    """
    tables: list[TextTable | ColumnarTable] = []
    parts: dict[str, list[Content]] = {}
    for content in contents:
        if columnar_format(content):
            parts.setdefault(_pattern(content.name), []).append(content)
        else:
            tables.append(TextTable(content))
    for found in parts.values():
        ordered = sorted(found, key=lambda content: _number(content.name))
        name = found[0].name if len(found) == 1 else re.split(r"[/\\][^/\\]*$", found[0].name)[0]
        tables.append(ColumnarTable(tuple(ordered), name))
    return tables


def _pattern(name: str) -> str:
    """Return the folder as it is, and what stays of the name."""
    path = PurePath(name)
    return f"{path.parent}\0{_VARIES.sub('#', path.name)}"


def _number(name: str) -> list[tuple[int, str]]:
    """Return what orders part 2 before part 10."""
    return [(int(text), text) for text in re.findall(r"\d+", PurePath(name).name)]
