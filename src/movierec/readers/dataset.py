"""From what a user names on the command line to films and ratings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from movierec.errors import DataError, UsageError
from movierec.ratings import RatingRows
from movierec.readers.genome import read_genome
from movierec.readers.layout import Layout, recognise
from movierec.readers.movies import MovieRow, read_links, read_movies, read_tags
from movierec.readers.ratings import read_ratings
from movierec.readers.source import Source, holds_files, sources_at
from movierec.readers.text import RowReport, as_ids
from movierec.wording import counted

PathLike = str | os.PathLike[str]
T = TypeVar("T")
_KINDS = ("ratings", "movies", "links", "tags", "genome")
_USUAL_NAMES = (*_KINDS, "genome-scores", "u")  # u.data and u.item are MovieLens 100K


@dataclass
class Dataset:
    """What was read.

    Attributes
    ----------
    movies : list of MovieRow
    ratings : RatingRows
    links : mapping of str to str
        IMDb ids by film id.
    tags : mapping of str to list of str
        Tags by film id, the most given first.
    genome : mapping of str to mapping of str to float
        The relevance of tags, by film id.
    files : dict of str to str
        The names of the files, by their kind.
    notes : list of str
        What a user should know: how each file was read, and what was left out.
    n_movie_rows, n_rating_rows : int
        As counted in the files.
    """

    movies: list[MovieRow]
    ratings: RatingRows
    links: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, list[str]] = field(default_factory=dict)
    genome: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    n_movie_rows: int = 0
    n_rating_rows: int = 0

    def take_ratings(self) -> RatingRows:
        """Hand over the ratings and forget them, so that they can be freed once arranged."""
        rows, self.ratings = self.ratings, RatingRows.none()
        return rows


def sample_folder() -> Path:
    """Return the folder of the sample data: in the package, or in the checkout it runs from."""
    here = Path(__file__).resolve().parent.parent
    packaged = here / "sample"
    return packaged if packaged.is_dir() else here.parent.parent / "data"


def read_dataset(
    ratings: PathLike | None = None,
    movies: PathLike | None = None,
    *,
    links: PathLike | None = None,
    tags: PathLike | None = None,
    genome: PathLike | None = None,
    skip_bad_rows: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Dataset:
    """Read a rating file and a movie file, or a folder or zip that holds both.

    Parameters
    ----------
    ratings : path-like, optional
        A file, ``-`` for standard input, or alone, a folder or zip in which films, links, tags
        and the tag genome are found too. Without it, the sample is read.
    movies, links, tags, genome : path-like, optional
    skip_bad_rows : bool
        Whether rows that cannot be used are counted instead of being an error.
    progress : callable, optional
        Called with the fraction of the rating file that is read.

    Raises
    ------
    DataError
        If a file is missing, broken, not what it should be, or has a row that cannot be used.
    """
    found = _find_sample() if ratings is None else _find(ratings, movies)
    for kind, path in (("links", links), ("tags", tags), ("genome", genome)):
        if path is not None:
            found[kind] = _only(sources_at(path), kind, os.fspath(path))
    files = _Files(found, skip_bad_rows)
    films, n_repeated = files.read("movies", read_movies)
    if not films:
        raise DataError(f"{found['movies'][0].name} holds no films", "is it the right file?")
    if n_repeated:
        files.notes.append(
            f"left out {counted(n_repeated, 'row')} of a film that was listed before"
        )
    text_ids = as_ids([film.movie_id for film in films]).dtype.kind == "S"
    rating_reader = partial(read_ratings, text_ids=text_ids, progress=progress)
    rows = files.read("ratings", rating_reader)
    return Dataset(
        movies=films,
        ratings=rows,
        links=files.read("links", read_links) if "links" in found else {},
        tags=files.read("tags", read_tags) if "tags" in found else {},
        genome=files.read("genome", read_genome) if "genome" in found else {},
        files={kind: source.name for kind, (source, _) in found.items()},
        notes=files.notes,
        n_movie_rows=len(films) + n_repeated,
        n_rating_rows=len(rows),
    )


Found = dict[str, tuple[Source, Layout]]


def _find_sample() -> Found:
    """Find the files of the sample, which goes by its name wherever it is installed."""
    found = _find(sample_folder(), None)
    return {
        kind: (replace(source, name=f"sample {Path(source.name).name}"), layout)
        for kind, (source, layout) in found.items()
    }


def _find(ratings: PathLike, movies: PathLike | None) -> Found:
    place = os.fspath(ratings)
    sources = sources_at(ratings)
    if movies is not None:
        return {
            "ratings": _only(sources, "ratings", place),
            "movies": _only(sources_at(movies), "movies", os.fspath(movies)),
        }
    if not holds_files(place):
        raise UsageError(
            f"{place} is one file; ratings and films are two",
            "movierec fit ratings.csv movies.csv, or name a folder or zip that holds both",
        )
    found = {kind: _choose(sources, kind) for kind in _KINDS}
    for kind in ("ratings", "movies"):
        if found[kind] is None:
            raise _nothing_of(kind, place, sources)
    return {kind: source for kind, source in found.items() if source is not None}


def _choose(sources: Sequence[Source], kind: str) -> tuple[Source, Layout] | None:
    """Return the source of a kind; where there are several, the one of the usual name."""
    recognised = [(source, layout) for source in sources if (layout := _recognised(source))]
    fitting = [(source, layout) for source, layout in recognised if layout.kind == kind]
    usual = [pair for pair in fitting if _stem(pair[0]) in _USUAL_NAMES]
    best = usual if len(usual) == 1 else fitting
    if len(best) > 1:
        names = ", ".join(source.name for source, _ in best)
        raise DataError(f"several files hold {kind}: {names}", "name the two files to read")
    return best[0] if best else None


def _nothing_of(kind: str, place: str, sources: Sequence[Source]) -> DataError:
    """Return the error for a folder or zip without a kind of file, naming those that are broken."""
    problems = []
    for source in sources:
        try:
            recognise(source)
        except DataError as error:
            problems.append(str(error))
    because = f" ({'; '.join(problems)})" if problems else ""
    return DataError(
        f"{place} holds no {kind} file that movierec knows{because}",
        "see README.md for the formats",
    )


def _recognised(source: Source) -> Layout | None:
    try:
        return recognise(source)
    except DataError:  # in a folder, a file that is no text is none of ours
        return None


def _stem(source: Source) -> str:
    return Path(source.name.replace(":", "/")).name.split(".")[0].casefold()


def _only(sources: Sequence[Source], kind: str, place: str) -> tuple[Source, Layout]:
    """Return the source that is to be of a kind, or say what it is instead."""
    if len(sources) > 1:
        chosen = _choose(sources, kind)
        if chosen is None:
            raise _nothing_of(kind, place, sources)
        return chosen
    if not sources:
        raise DataError(f"{place} is empty", "is it the right folder?")
    layout = recognise(sources[0])
    if layout.kind != kind:
        raise DataError(*_mismatch(place, kind, layout))
    return sources[0], layout


def _mismatch(place: str, kind: str, layout: Layout) -> tuple[str, str]:
    if layout.kind != "unknown":
        return (
            f"{place} holds {layout.kind}, not {kind}",
            "name the ratings, then the movies: movierec fit ratings.csv movies.csv",
        )
    needed = {
        "ratings": "userId, movieId and rating",
        "movies": "movieId, title and genres",
        "links": "movieId and imdbId",
        "tags": "userId, movieId and tag",
        "genome": "movieId, tagId and relevance",
    }[kind]
    shown = ", ".join(layout.header[:8])[:120]
    return (
        f"{place} does not have the columns of {kind}; its first line is: {shown}",
        f"it needs columns for {needed}; see README.md for the formats",
    )


class _Files:
    """The files that were found, and what a user should know of them once they are read."""

    def __init__(self, found: Found, skip_bad_rows: bool) -> None:
        self._found = found
        self._skip = skip_bad_rows
        self.notes: list[str] = []

    def read(self, kind: str, read: Callable[[Source, Layout, RowReport], T]) -> T:
        """Read the file of a kind."""
        source, layout = self._found[kind]
        report = RowReport(source.name, skip=self._skip)
        content = read(source, layout, report)
        self.notes += [f"{source.name}: {layout.description}", *report.notes()]
        return content
