"""Unpacking a zip that was downloaded, with the limits that hold for every zip."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from movierec.data.formats.content import BROKEN, Content, most_bytes
from movierec.data.sources.zips import members_of
from movierec.errors import DataError, OutputError

# Names such as ml-10M100K/README.html: relative, not hidden, and the same on every system.
_NAME = re.compile(r"\w[\w.+-]*(/\w[\w.+-]*)*")
_REPORT = "the zip is not the one that its makers published; do not use it"


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a zip to a new folder, without the folder that all of them are in.

    Parameters
    ----------
    path : Path
    folder : Path

    Raises
    ------
    DataError
        If the zip is broken, names a file elsewhere, or expands to more than data sets do.
    OutputError
        If there is not enough space.
    """
    members = {_safe_name(path, each): each for each in members_of(path)}
    _check_size(path, folder.parent, sum(each.size for each in members.values()))
    tops = {name.parts[0] for name in members}
    is_nested = len(tops) == 1 and all(len(name.parts) > 1 for name in members)
    folder.mkdir()
    for name, content in members.items():
        target = folder.joinpath(*name.parts[is_nested:])
        target.parent.mkdir(parents=True, exist_ok=True)
        with _stored(content) as stored, target.open("xb") as file:
            shutil.copyfileobj(stored, file)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _stored(content: Content) -> Iterator[IO[bytes]]:
    """Open a file of a zip as it is, also if it is compressed itself."""
    try:
        with content.opener() as stored:
            yield stored
    except BROKEN as error:
        raise DataError(f"{content.name} is broken: {error}", "download it again") from error


def _safe_name(path: Path, content: Content) -> PurePosixPath:
    """Return the name of a file in a zip, which may only be one in the folder."""
    name = content.name.removeprefix(f"{path}:")
    if not _NAME.fullmatch(name):
        raise DataError(f'{path.name} holds a file with the name "{name}"', _REPORT)
    return PurePosixPath(name)


def _check_size(path: Path, folder: Path, size: int) -> None:
    if size > most_bytes(path.stat().st_size):
        raise DataError(f"{path.name} expands to {size / 1e6:,.0f} MB, as no data does", _REPORT)
    free = shutil.disk_usage(folder).free
    if size > free:
        raise OutputError(
            f"unpacking {path.name} needs {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free",
            "free some space, name another folder (--to FOLDER), or keep the zip: --no-unpack",
        )
