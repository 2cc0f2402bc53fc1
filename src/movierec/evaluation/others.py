"""Lists that other systems made, to be measured beside those of algorithms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import isnan
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec._checks import shown
from movierec.data.discover import only_table
from movierec.data.report import RowReport
from movierec.data.sources.files import only_file
from movierec.errors import DataError, UsageError
from movierec.evaluation.runs import Listed, users_to_test
from movierec.vocabulary import clean_id, decode_id

if TYPE_CHECKING:
    from movierec.data.sources.base import Place
    from movierec.evaluation.tasks import Task

TREC = (".trec", ".run")
_COLUMNS = "userId, movieId, and rank or score; perhaps algorithm"

Entry = tuple[str, str, float]  # user, item, and what lists are sorted by, ascending


@dataclass(frozen=True)
class OtherLists:
    """The lists of one system.

    Attributes
    ----------
    name : str
        Of the system.
    source : str
        Of the file, for messages.
    entries : list of tuple
        For each listed item: the user id and the item id as text, and its rank.
    """

    name: str
    source: str
    entries: list[Entry]

    def listed(self, task: Task, k: int) -> Listed:
        """Return the lists of the users to test.

        Items that are not in the task keep their place, and are found for nobody.

        Parameters
        ----------
        task : Task
        k : int
            Length of the lists; later items are left out.

        Raises
        ------
        DataError
            If an item is listed twice for a user, or nobody to be tested has a list.
        """
        users = users_to_test(task)
        row_of = {_text(task.user_ids, user): row for row, user in enumerate(users)}
        item_of = {_text(task.item_ids, item): item for item in range(task.train.n_items)}
        ranked = np.full((len(users), k), -1, dtype=np.int64)
        places = np.zeros(len(users), dtype=np.int64)
        for user, item, _ in sorted(self.entries, key=lambda entry: entry[2]):
            row = row_of.get(user)
            if row is None:
                continue
            if places[row] < k:
                ranked[row, places[row]] = item_of.get(item, -1)
            places[row] += 1
        self._check(places, ranked)
        return Listed({"lists": self.source}, ranked)

    def _check(self, places: npt.NDArray[np.int64], ranked: npt.NDArray[np.int64]) -> None:
        if not places.any():
            raise DataError(
                f"{self.source} has lists for none of the {len(places)} people who are tested",
                "are its ids those of the ratings?",
            )
        in_order = np.sort(ranked, axis=1)
        if ((in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)).any():
            raise DataError(f"{self.source} lists a movie twice for one user", "leave one out")

    def notes(self, task: Task, ranked: npt.NDArray[np.int64]) -> Iterator[str]:
        """Yield what a reader should know: who has no list, and what nobody should list.

        Parameters
        ----------
        task : Task
        ranked : ndarray of shape (n_users, k), int64
        """
        users = users_to_test(task)
        n_without = int((ranked < 0).all(axis=1).sum())
        if n_without:
            yield f"{self.name} has no list for {n_without:,} of {len(users):,} people"
        known = task.known.user_items[users]
        rows, columns = np.nonzero(ranked >= 0)
        seen = float(np.mean(known[rows, ranked[rows, columns]] != 0)) if len(rows) else 0.0
        if seen:
            yield f"{seen:.1%} of the movies that {self.name} lists were rated before"


def _text(ids: Any, index: int) -> str:
    return str(index if ids is None else decode_id(ids[index]))


def read_lists(given: Place | Sequence[Place] | Mapping[str, Place]) -> list[OtherLists]:
    """Read lists of other systems.

    Parameters
    ----------
    given : path-like, table, or sequence or mapping of these
        Each a table with the columns userId, movieId, and rank or score (else in the order of the
        rows), or a TREC run (``.trec``, ``.run``). A system is named by the column
        ``algorithm`` or the tag of the run, else by the key in the mapping or the file.

    Raises
    ------
    DataError
        If a file is missing, or not one of lists.
    """
    if isinstance(given, Mapping):
        return [lists for name, place in given.items() for lists in _read(name, place)]
    places: Any = given if isinstance(given, list | tuple) else [given]
    return [lists for place in places for lists in _read(None, place)]


def _read(name: str | None, place: Place) -> Iterator[OtherLists]:
    is_file = isinstance(place, str | PurePath)
    source = str(place) if is_file else "the table of lists"
    stem = PurePath(str(place)).stem if is_file else "lists"
    is_trec = is_file and PurePath(str(place)).suffix.casefold() in TREC
    by_system: dict[str, list[Entry]] = {}
    for system, *entry in _trec(source) if is_trec else _rows(place):
        by_system.setdefault(name or system or stem, []).append(tuple(entry))  # type: ignore[arg-type]
    if not by_system:
        raise DataError(f"{source} holds no lists", f"its columns must be {_COLUMNS}")
    for system, entries in by_system.items():
        yield OtherLists(system, source, entries)


def _rows(place: Place) -> Iterator[tuple[str, str, str, float]]:
    table = only_table(place, "lists")
    header = [text.strip().casefold() for text in table.header]
    if not {"user", "item"} <= table.columns.keys():
        raise DataError(
            f"{table.name} has no columns for user and movie; {table.describe_header()}",
            f"lists have the columns {_COLUMNS}",
        )
    user, item = table.columns["user"], table.columns["item"]
    sign, order = _order(header)
    system = header.index("algorithm") if "algorithm" in header else None
    report = RowReport(table.name, skip=False, unit=table.unit, can_skip=False)
    for number, fields in table.rows(report):
        rank = float(number) if order is None else sign * _number(fields[order], table.name, number)
        name = "" if system is None else fields[system].strip()
        yield name, clean_id(fields[user]), clean_id(fields[item]), rank


def _order(header: Sequence[str]) -> tuple[int, int | None]:
    """Return the column that sorts lists, and whether up (1) or down (-1)."""
    for name, sign in (("rank", 1), ("score", -1), ("rating", -1)):
        if name in header:
            return sign, header.index(name)
    return 1, None


def _number(text: str, name: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if isnan(value):
        raise DataError(f"{name}, row {line}: {shown(text)} is no rank or score", "correct it")
    return value


def _trec(path: str) -> Iterator[tuple[str, str, str, float]]:
    """Yield the rows of a TREC run: user, "Q0", item, rank, score and the name of the system."""
    with only_file(path).open() as content:
        for number, line in enumerate(content, 1):
            fields = line.decode("utf-8", "replace").split()
            if not fields:
                continue
            if len(fields) != 6:
                raise DataError(
                    f"{path}, line {number}: it has {len(fields)} fields, and a TREC run has 6",
                    "a line is: user Q0 movie rank score name",
                )
            yield fields[5], fields[0], fields[2], _number(fields[3], path, number)


def labeled(lists: Sequence[OtherLists], taken: Sequence[str]) -> dict[str, OtherLists]:
    """Return lists by names that no algorithm has, and no other lists.

    Parameters
    ----------
    lists : sequence of OtherLists
    taken : sequence of str
        The names of the algorithms.
    """
    found: dict[str, OtherLists] = {}
    for one in lists:
        name = one.name if one.name not in taken else f"{one.name} (lists)"
        if name in found:
            name = next(other for n in count(2) if (other := f"{name} ({n})") not in found)
        found[name] = one
    return found


def refuse_for_several_runs(lists: Mapping[str, OtherLists], n_runs: int) -> None:
    """Raise an error for lists of other systems if several splits are measured.

    Raises
    ------
    UsageError
    """
    if lists and n_runs > 1:
        raise UsageError(
            f"the lists of {', '.join(lists)} are for one split, but {n_runs} are measured",
            "leave out --repeats and --split folds, or the lists",
        )
