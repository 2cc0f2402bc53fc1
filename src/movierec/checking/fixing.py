"""Write cleaned files, and a list of what was changed in them.

What is written is what a fit reads of the original files: rows that cannot be used or that a fit
leaves out are not written, ids and titles are written as they are read. So both fit the same. One
thing is corrected: times in milliseconds become seconds.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec._util import csv_cell
from movierec.checking.movies import MovieTable, OtherTable
from movierec.checking.reader import id_of, number_of, shown
from movierec.checking.times import MILLISECONDS
from movierec.data.columns import column_name
from movierec.data.interactions import Interactions, last_of_each
from movierec.errors import OutputError, UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec.checking.ratings import RatingTable
    from movierec.checking.source import Source
    from movierec.data.formats.text import TextTable

CHANGES = "changes.csv"
_FILES = {
    "ratings": "ratings.csv",
    "movies": "movies.csv",
    "links": "links.csv",
    "tags": "tags.csv",
    "genome": "genome-scores.csv",
    "content": "content.csv",
}
# The columns of MovieLens.
_HEADERS = {
    "user": "userId", "item": "movieId", "rating": "rating", "timestamp": "timestamp",
    "title": "title", "genres": "genres", "year": "year", "imdb": "imdbId", "tmdb": "tmdbId",
    "tag": "tag", "tag_id": "tagId", "relevance": "relevance",
}  # fmt: skip
Note = Callable[..., None]
Clean = Callable[[int, Sequence[str], list[str]], "str | None"]
"""Takes a line and its fields, and changes the new fields in place, or says why it is left out."""


def check_folder(folder: Path, sources: Mapping[str, TextTable], *, overwrite: bool) -> None:
    """Raise an error if cleaned files cannot or should not be written to a folder.

    Parameters
    ----------
    folder : Path
    sources : mapping of str to TextTable
        What will be read, by its kind.
    overwrite : bool
        Whether the folder may have files.

    Raises
    ------
    OutputError
        If it has files that may not be replaced, or is none.
    UsageError
        If a cleaned file would replace the one that is read.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is not a folder", "name another one")
    if not folder.parent.is_dir():
        raise OutputError(f"there is no folder {folder.parent}", "create it first")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise OutputError(f"{folder} is not empty", "name another folder, or add --overwrite")
    for kind, table in sources.items():
        if (folder / _FILES[kind]).resolve() == Path(table.name).resolve():
            raise UsageError(
                f"{table.name} would be replaced by its cleaned copy", "name another folder"
            )


def write_fixed(
    folder: Path, ratings: RatingTable, movies: MovieTable, others: Mapping[str, OtherTable]
) -> dict[str, str]:
    """Write cleaned files and the list of changes; return their names by kind.

    Parameters
    ----------
    folder : Path
        Created if it is not there. Files of the same names in it are replaced once all are
        complete; others stay.
    ratings : RatingTable
    movies : MovieTable
    others : mapping of str to OtherTable

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    tables: dict[str, tuple[Source, Clean]] = {
        "ratings": (ratings.source, _RatingFixes(ratings, movies)),
        "movies": (movies.source, _MovieFixes(movies)),
        **{kind: (table.source, _OtherFixes(table)) for kind, table in others.items()},
    }
    with _appearing(folder) as new, _changes(new / CHANGES) as note:
        for kind, (source, clean) in tables.items():
            _write(new / _FILES[kind], source, clean, note)
    names = {kind: str(folder / _FILES[kind]) for kind in tables}
    return names | {"changes": str(folder / CHANGES)}


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Yield a new folder that becomes `folder`, or whose files replace those in it, if complete."""
    folder = folder.resolve()
    new = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}.tmp")
    try:
        new.mkdir()
        yield new
        if folder.is_dir() and any(folder.iterdir()):
            for file in new.iterdir():
                file.replace(folder / file.name)
        else:
            with suppress(FileNotFoundError):
                folder.rmdir()
            new.rename(folder)
    except OSError as error:
        raise OutputError(
            f"cannot write {folder}: {error.strerror or error}", "choose another folder"
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _writing(path: Path) -> Iterator[Any]:
    """Yield a writer of CSV to a file that is on disk at the end."""
    with path.open("w", encoding="utf-8", newline="") as file:
        yield csv.writer(file, lineterminator="\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _changes(path: Path) -> Iterator[Note]:
    with _writing(path) as writer:
        writer.writerow(("file", "line", "what", "old", "new"))
        yield lambda *cells: writer.writerow(map(csv_cell, cells))


def _write(path: Path, source: Source, clean: Clean, note: Note) -> None:
    """Write the rows of a table that are kept, and note what is changed."""
    table, name = source.table, source.name
    positions, header = _columns(table)
    if source.not_utf_8.count:
        note(name, "", "encoding", "latin-1", "UTF-8")

    def bad(kind: str, line: int, problem: str, text: str) -> None:
        note(name, line, f"removed: {problem}", text, "")

    with _writing(path) as writer:
        writer.writerow(header)
        for line, fields in source.rows(bad):
            old = [*fields, *[""] * (max(positions) + 1 - len(fields))]
            new = [*old]
            if removed := clean(line, fields, new):
                note(name, line, removed, table.layout.separator.join(fields), "")
                continue
            for position, column in zip(positions, header, strict=True):
                if old[position] != new[position]:
                    note(name, line, column, old[position], new[position])
            if rest := [field for field in old[max(positions) + 1 :] if field]:
                note(name, line, "cut: after the last column", "|".join(rest), "")
            writer.writerow([new[position] for position in positions])


def _columns(table: TextTable) -> tuple[list[int], list[str]]:
    """Return the positions of the columns that are written, and their names in MovieLens."""
    known = {position: name for name, position in table.columns.items()}
    if not table.header:
        positions = sorted(known)
        return positions, [_HEADERS[known[position]] for position in positions]
    names = []
    for position, header in enumerate(table.header):
        other = f"other {header}" if column_name(header) in table.columns else header
        names.append(_HEADERS[known[position]] if position in known else other)
    return [*range(len(names))], names


class _RatingFixes:
    """Tells which ratings are written, and how."""

    def __init__(self, ratings: RatingTable, movies: MovieTable) -> None:
        self._ratings = ratings
        self._columns = ratings.source.table.columns
        self._is_listed = np.array([name in movies.movies for name in ratings.items.texts], bool)
        self._is_last = _last_ratings(ratings)
        self._row = 0  # the next of those that can be used

    def __call__(self, line: int, fields: Sequence[str], new: list[str]) -> str | None:
        ratings = self._ratings
        if fault := ratings.fault(fields):
            return f"removed: {fault[1]}"
        row, self._row = self._row, self._row + 1
        if not self._is_listed[ratings.item_codes[row]]:
            return "removed: of a movie that is not listed"
        if not self._is_last[row]:
            return "removed: rated again"
        for name in ("user", "item"):
            new[self._columns[name]] = id_of(fields[self._columns[name]]) or ""
        if "rating" in self._columns:
            new[self._columns["rating"]] = new[self._columns["rating"]].strip()
        if ratings.has_times:
            at = self._columns["timestamp"]
            new[at] = _in_seconds(new[at])
        return None


def _last_ratings(ratings: RatingTable) -> npt.NDArray[np.bool_]:
    """Return which rows have the last rating of a user and a movie, by the rule of a fit."""
    times = ratings.fit_times if ratings.has_times else None
    rows = Interactions(
        ratings.user_codes,
        ratings.item_codes,
        ratings.values,
        len(ratings.users),
        len(ratings.items),
        times,
    )
    is_last = np.zeros(len(ratings), bool)
    is_last[last_of_each(rows)] = True
    return is_last


def _in_seconds(text: str) -> str:
    number = number_of(text)
    if not number >= MILLISECONDS:
        return text
    return f"{number / 1000:.3f}".rstrip("0").rstrip(".")


class _MovieFixes:
    """Tells which movies are written, and how."""

    def __init__(self, movies: MovieTable) -> None:
        self._movies = movies
        self._columns = movies.source.table.columns

    def __call__(self, line: int, fields: Sequence[str], new: list[str]) -> str | None:
        found, fault = self._movies.movie(line, fields)
        if fault:
            return f"removed: {fault[1]}"
        if self._movies.movies[found.movie_id].line != line:
            return "removed: a movie that was listed before"
        new[self._columns["item"]] = found.movie_id
        for name in ("title", "genres"):
            if name in self._columns:
                new[self._columns[name]] = shown(fields[self._columns[name]])
        return None


class _OtherFixes:
    """Tells which rows of links, tags, the genome and other content are written."""

    def __init__(self, table: OtherTable) -> None:
        self._table = table

    def __call__(self, line: int, fields: Sequence[str], new: list[str]) -> str | None:
        fault = self._table.fault(fields)
        return f"removed: {fault[1]}" if fault else None
