"""The members of a zip, each checked against what the zip says of it."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

from movierec.data.formats.content import Content
from movierec.errors import DataError

_ENCRYPTED = 1  # a flag
# What zipfile raises of a zip that is broken, or was made to look so.
_BROKEN = (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error)
_METHODS = {9: "Deflate64"}  # that Windows uses above 2 GB; zipfile does not have it
_UNPACK = "unpack the zip, and name the files or their folder"


def members_of(path: Path, shown: str | None = None) -> list[Content]:
    """Return the files in a zip.

    Parameters
    ----------
    path : Path
    shown : str, optional
        What messages call the zip. Default: its path.

    Raises
    ------
    DataError
        If it is broken.
    """
    shown = shown or str(path)
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise DataError(f"{shown} is broken: {error}", "download the zip again") from error
    with archive:
        # Not is_dir(): it fails where a name is empty.
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    return [
        Content(
            name := f"{shown}:{info.filename}",
            info.file_size,
            partial(_Member, path, info, name),  # type: ignore[arg-type]
            min(info.compress_size, path.stat().st_size),
        )
        for info in infos
        if not Path(info.filename).name.startswith(".") and "__MACOSX" not in info.filename
    ]


class _Member(io.RawIOBase):
    """The bytes of a member, which must be as many as the zip says."""

    def __init__(self, path: Path, info: zipfile.ZipInfo, name: str) -> None:
        if info.flag_bits & _ENCRYPTED:
            raise DataError(f"{name} is encrypted", _UNPACK)
        whole = copy(info)
        whole.file_size = sys.maxsize  # zipfile would stop where the zip says that it ends
        self._n_left = info.file_size
        self._archive = zipfile.ZipFile(path)
        try:
            self._content = self._archive.open(whole)
        except NotImplementedError as error:
            self._archive.close()
            method = _METHODS.get(info.compress_type, f"method {info.compress_type}")
            problem = f"{name} is compressed in a way that movierec cannot read: {method}"
            raise DataError(problem, _UNPACK) from error
        except BaseException:
            self._archive.close()
            raise

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            n_bytes: int = self._content.readinto(buffer)  # type: ignore[attr-defined]
        except (ValueError, struct.error) as error:
            raise zipfile.BadZipFile(str(error)) from error
        self._n_left -= n_bytes
        if self._n_left < 0 or (self._n_left and buffer and not n_bytes):
            raise zipfile.BadZipFile("it does not have the size that the zip says")
        return n_bytes

    def close(self) -> None:
        if not self.closed:
            self._content.close()
            self._archive.close()
        super().close()
