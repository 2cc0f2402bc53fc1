"""Fetching a file, again after failures, and from where an earlier try broke off."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from movierec._util import Progress
from movierec.data.public.responses import (
    OTHER_PLACE,
    NoSuchPart,
    TryAgain,
    given_up,
    in_words,
    request,
    too_large,
)
from movierec.errors import DataError, OutputError

_CHUNK = 1 << 18  # bytes
_LONGEST_PAUSE = 30.0  # seconds between two tries
_MB = 1_000_000


@dataclass(frozen=True)
class Patience:
    """How failures are met.

    Attributes
    ----------
    tries : int
        Number of times that a file is asked for.
    timeout : float
        Seconds for which a server may be silent.
    pause : float
        Seconds between the first two tries, which double with each.
    """

    tries: int = 6
    timeout: float = 30.0
    pause: float = 1.0

    def before(self, number: int) -> float:
        """Return the seconds to wait before a try; the second try is number 1."""
        return min(self.pause * 2.0 ** (number - 1), _LONGEST_PAUSE)


def fetch(address: str, path: Path, most: int, patience: Patience, progress: Progress) -> None:
    """Fetch a file to a path, or continue what an earlier call left there.

    What comes is appended to the file ``PATH.part``, which stays if anything fails, beside what
    tells its version. It gets the name `path` once it is complete.

    Parameters
    ----------
    address : str
    path : Path
    most : int
        Bytes; a larger file is not the right one.
    patience : Patience
    progress : callable

    Raises
    ------
    DataError
        If it cannot be fetched.
    OutputError
        If it cannot be written.
    """
    part = _Part(path)
    for number in range(patience.tries):
        try:
            _fetch_rest(address, part, most, patience.timeout, progress)
            break
        except TryAgain as error:
            if number + 1 == patience.tries:
                raise given_up(address, error) from error
            pause = patience.before(number + 1) if error.pause is None else error.pause
            progress(f"{path.name}: {error}; trying again in {pause:.0f} s", 0.0)
            time.sleep(pause)
    part.finish()


def fetch_text(address: str, patience: Patience, progress: Progress, folder: Path) -> str:
    """Return the text of a small file, such as a checksum.

    Parameters
    ----------
    address : str
    patience : Patience
    progress : callable
    folder : Path
        In which it is kept meanwhile.

    Raises
    ------
    DataError, OutputError
        As in :func:`fetch`.
    """
    path = folder / "small"
    _Part(path).discard()
    fetch(address, path, 1 << 16, patience, progress)
    text = path.read_text(encoding="utf-8", errors="replace")
    path.unlink()
    return text


class _Part:
    """What came of a file until now.

    Attributes
    ----------
    name : str
        Of the file, for messages.
    version : str
        What a server calls the version of the file that came; empty if that is not known.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path, self._final = path.with_name(f"{path.name}.part"), path
        self._version_path = path.with_name(f"{path.name}.version")
        known = self._version_path.exists() and self._path.exists()
        self.version = self._version_path.read_text(encoding="utf-8") if known else ""

    @property
    def size(self) -> int:
        """Number of bytes that can be continued."""
        return self._path.stat().st_size if self.version else 0

    def opened(self, start: int, version: str) -> IO[bytes]:
        """Open it to append to its first bytes, of a version."""
        file = self._path.open("r+b" if start else "wb")
        file.seek(start)  # shorter before the version is written, which never names other bytes
        file.truncate()
        self._version_path.write_text(version, encoding="utf-8")
        self.version = version
        return file

    def free(self) -> int:
        """Return the number of bytes for which there is space."""
        return shutil.disk_usage(self._path.parent).free

    def discard(self) -> None:
        """Remove what came."""
        self._path.unlink(missing_ok=True)
        self._version_path.unlink(missing_ok=True)
        self.version = ""

    def finish(self) -> None:
        """Give the file its name."""
        self._path.replace(self._final)
        self._version_path.unlink(missing_ok=True)


def _fetch_rest(address: str, part: _Part, most: int, timeout: float, progress: Progress) -> None:
    """Fetch what is missing of a file.

    Raises
    ------
    TryAgain
        If it is still not complete.
    """
    offset = part.size
    asked = {"Range": f"bytes={offset}-", "If-Range": part.version} if offset else {}
    with _asked_for(address, asked, part, timeout) as response:
        version = _version(response)
        start, total = _range(response)
        if start and (start != offset or version not in ("", part.version)):
            part.discard()
            raise TryAgain("the server sends another part than was asked for")
        if total is None and not response.chunked:
            raise DataError(f"the server does not say how long {address} is", OTHER_PLACE)
        _check_size(address, part, most, total, start)
        with part.opened(start, part.version if start else version) as file:
            _copy(response, file, _Meter(part.name, start, total, progress), most)
            if total is not None and file.tell() != total:
                raise TryAgain("the server broke off")
            os.fsync(file.fileno())


def _asked_for(
    address: str, asked: Mapping[str, str], part: _Part, timeout: float
) -> http.client.HTTPResponse:
    """Ask for a file or a part of it; if it has no such part, what came is of another file."""
    try:
        return request(address, asked, timeout)
    except NoSuchPart:
        part.discard()
        raise


def _version(response: http.client.HTTPResponse) -> str:
    """Return what tells one version of a file from another: its tag, or when it was changed."""
    tag = response.headers.get("ETag", "")
    is_strong = re.fullmatch(r'"[\x21\x23-\x7e]*"', tag)
    return tag if is_strong else response.headers.get("Last-Modified", "")


def _range(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """Return where the bytes of an answer start in the file, and how many the file has."""
    if response.status == http.client.PARTIAL_CONTENT:
        given = response.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", given)
        return (int(found[1]), int(found[2])) if found else (-1, None)
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"\d{1,15}", length) else None


def _check_size(address: str, part: _Part, most: int, total: int | None, start: int) -> None:
    if total is not None and total > most:
        raise too_large(address, total)
    missing = (total or 0) - start
    if missing > part.free():
        raise OutputError(
            f"{part.name} needs {missing / _MB:,.0f} MB, and {part.free() / _MB:,.0f} MB are free",
            "free some space, or name another folder: --to FOLDER",
        )


class _Meter:
    """Tells the progress of a file, with the rate at which it comes."""

    def __init__(self, name: str, start: int, total: int | None, progress: Progress) -> None:
        self.name, self._start, self._total, self._progress = name, start, total, progress
        self._began = time.monotonic()

    def show(self, done: int) -> None:
        """Show how many bytes of the file are there."""
        rate = (done - self._start) / max(time.monotonic() - self._began, 1e-3) / _MB
        of = f" of {self._total / _MB:,.1f}" if self._total else ""
        stage = f"{self.name}: {done / _MB:,.1f}{of} MB, {rate:,.1f} MB/s"
        self._progress(stage, done / self._total if self._total else 0.0)


def _copy(response: http.client.HTTPResponse, file: IO[bytes], meter: _Meter, most: int) -> None:
    """Append what a server sends to a file, until it ends.

    Raises
    ------
    TryAgain
        If the connection breaks. What came before is in the file.
    DataError
        If it sends too much.
    """
    while True:
        try:
            chunk = response.read1(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise TryAgain(in_words(error)) from error
        if not chunk:
            return
        file.write(chunk)
        file.flush()  # what came stays if the process is killed
        if file.tell() > most:
            raise too_large(meter.name, file.tell())
        meter.show(file.tell())


def check_md5(path: Path, expected: str) -> None:
    """Compare a file with its checksum, and remove it if it has another.

    Parameters
    ----------
    path : Path
    expected : str
        32 hexadecimal digits.

    Raises
    ------
    DataError
        If it is another.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != expected:
        path.unlink()
        raise DataError(
            f"{path.name} has the MD5 checksum {found}, and not {expected}, which is published",
            "it came damaged, or was replaced, and is removed: try again, or another --mirror URL",
        )
