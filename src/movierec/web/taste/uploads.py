"""Read an export that was uploaded, within limits; its copy is private and removed at once."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from flask import request

from movierec.answers.personal import PersonalRatings
from movierec.errors import DataError, MovierecError
from movierec.recommender import Recommender

LARGEST_FORM = 2 * 1024 * 1024  # bytes of a request that may hold a file
_MOST_PARTS = 16_000  # of a form with a file: three for each movie
_MOST_FILES = 100  # in a zip
_MOST_BYTES = 16 * 1024 * 1024  # of its files
_MOST_LINES = 20_000
_MOST_OBJECTS = 60_000  # of JSON
_TEXTS = (".csv", ".tsv", ".txt", ".json", ".dat")
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PAR1", b"ARROW1", b"PK")
_BROKEN = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError),
    *(struct.error, zlib.error, OverflowError),
)
_FITTING = "CSV or JSON, or the zip of your export"


def allow_uploads() -> None:
    """Let requests to the taste page be larger than others."""
    if (request.endpoint or "").startswith("pages.taste"):
        request.max_content_length = request.max_form_memory_size = LARGEST_FORM
        request.max_form_parts = _MOST_PARTS


def read_upload(recommender: Recommender, name: str, content: bytes) -> PersonalRatings:
    """Return what an export says of movies of the model.

    Parameters
    ----------
    recommender : Recommender
    name : str
        Of the file, as the browser says.
    content : bytes

    Raises
    ------
    MovierecError
        If it cannot be read, or is larger than the export of any person. Messages name files as
        the person knows them.
    """
    with TemporaryDirectory(prefix="movierec-") as folder:
        path = Path(folder) / _plain_name(name)
        try:
            _write_checked(path, content)
            return recommender.read_ratings(str(path))
        except MovierecError as error:
            raise DataError(str(error).replace(f"{folder}/", "")) from error


def _plain_name(name: str) -> str:
    """Return the name of a file without what could leave its folder; its words matter."""
    plain = re.sub(r"[^\w.-]+", " ", PurePath(name.replace("\\", "/")).name, flags=re.ASCII)
    return plain.strip(" .-")[-60:] or "export"


def _write_checked(path: Path, content: bytes) -> None:
    """Write a file, or a zip of the texts in a zip, not compressed."""
    if not content.startswith(b"PK"):
        if not _is_text(content):
            raise DataError(f"{path.name} is no list of ratings: movierec reads {_FITTING}")
        _check_size(path.name, [content])
        path.write_bytes(content)
        return
    try:
        files = dict(_texts_in(content, path.name))
    except _BROKEN as error:
        raise DataError(f"{path.name} is a broken zip: {error}") from error
    if not files:
        raise DataError(f"{path.name} has no lists of ratings in it: movierec reads {_FITTING}")
    _check_size(path.name, list(files.values()))
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def _texts_in(content: bytes, shown: str) -> Iterator[tuple[str, bytes]]:
    """Yield the texts in a zip; what its directory says of their sizes is not believed."""
    left = _MOST_BYTES
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = [info for info in archive.infolist() if info.filename.lower().endswith(_TEXTS)]
        if len(infos) > _MOST_FILES:
            raise DataError(f"{shown} has {len(infos):,} lists in it, more than any export")
        for info in infos:
            with archive.open(info) as file:
                text = file.read(left + 1)
            left -= len(text)
            if left < 0:
                raise DataError(f"{shown} unpacks to more than {_MOST_BYTES >> 20} MB")
            if _is_text(text):
                yield info.filename, text


def _is_text(content: bytes) -> bool:
    """Tell whether bytes are text: what else is read would be unpacked once more."""
    return b"\0" not in content[: 1 << 16] and not content.startswith(_COMPRESSED)


def _check_size(shown: str, texts: list[bytes]) -> None:
    n_lines = sum(max(text.count(b"\n"), text.count(b"\r")) for text in texts)
    n_objects = sum(text.count(b"{") + text.count(b"[") for text in texts)
    if n_lines > _MOST_LINES or n_objects > _MOST_OBJECTS:
        raise DataError(f"{shown} has more lines than the ratings of one person")
