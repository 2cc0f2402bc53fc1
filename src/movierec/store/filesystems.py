"""Files at addresses: object stores, HDFS, and whatever else fsspec knows.

Nothing here is imported for a path. What fails, fails as a `RemoteError`, in words: the libraries
of the clouds raise some hundred kinds of errors, and many of them are no OSErrors.
"""

from __future__ import annotations

import logging
import os
import posixpath
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from movierec._util import without_secrets
from movierec.errors import UsageError
from movierec.store.failures import CREDENTIALS, RemoteError, in_words
from movierec.store.waiting import FIRST_ANSWER, transfer, within

ANONYMOUS = "MOVIEREC_ANONYMOUS"
_TRIES = 3  # to read a file that is replaced while it is read

# What an address needs: what is imported, what pip installs, and the extra that has it.
_NEEDS = {
    **dict.fromkeys(("s3", "s3a"), ("s3fs", "s3fs", "s3")),
    **dict.fromkeys(("gs", "gcs"), ("gcsfs", "gcsfs", "gcs")),
    **dict.fromkeys(("abfs", "abfss", "az"), ("adlfs", "adlfs", "azure")),
    **dict.fromkeys(("hdfs", "viewfs"), ("hdfs_native", "hdfs-native", "hdfs")),
    **dict.fromkeys(("http", "https"), ("aiohttp", "fsspec aiohttp", "")),
}
# A file put here is seen whole or not at all. Elsewhere it is put under another name, then renamed.
_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "s3fs": {
        "config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 2}}
    },
    "adlfs": {"connection_timeout": 5, "read_timeout": 30},
    # Without these, it tries for 40 seconds.
    "hdfs_native": {
        "dfs.client.failover.max.attempts": "1",
        "ipc.client.connect.max.retries": "1",
    },
}
_ANONYMOUSLY: dict[str, dict[str, Any]] = {
    "s3fs": {"anon": True},
    "adlfs": {"anon": True},
    "gcsfs": {"token": "anon"},
}
_MARKS = ("generation", "ETag", "etag", "modification_time", "mtime", "created", "Last-Modified")
# Their errors are reported once they are raised; the log would repeat them.
_TALKATIVE = ("aiobotocore", "asyncio", "azure", "botocore", "gcsfs", "google", "s3fs", "urllib3")


def is_anonymous() -> bool:
    """Tell whether addresses are read without credentials."""
    return os.environ.get(ANONYMOUS, "") not in ("", "0")


class Schemes(Collection[str]):
    """The schemes of all addresses that fsspec knows; listed are those that movierec installs."""

    def __contains__(self, scheme: object) -> bool:
        if scheme in _NEEDS:
            return True
        if not isinstance(scheme, str) or not scheme or find_spec("fsspec") is None:
            return False
        from fsspec.registry import known_implementations, registry

        return scheme in known_implementations or scheme in registry

    def __iter__(self) -> Iterator[str]:
        return iter(_NEEDS)

    def __len__(self) -> int:
        return len(_NEEDS)


@dataclass(frozen=True)
class Stat:
    """What is at an address.

    Attributes
    ----------
    is_folder : bool
    size : int
        Bytes.
    mark : str
        Differs for different content: the ETag, generation or time of the last change; empty if
        there is none.
    """

    is_folder: bool
    size: int
    mark: str


class RemoteFile:
    """A file or folder at an address. Methods raise a `RemoteError` if anything fails.

    Parameters
    ----------
    address : str
    anonymous : bool, optional
        Whether it is read without credentials. Default: what the environment says.

    Attributes
    ----------
    name : str
        The address for messages, without passwords and tokens.
    base_name : str
        Its last part.

    Raises
    ------
    UsageError
        If the library that its scheme needs is not installed.
    """

    def __init__(self, address: str, *, anonymous: bool | None = None) -> None:
        self.address = address
        self._is_anonymous = is_anonymous() if anonymous is None else anonymous
        self.name = without_secrets(address)
        self.base_name = posixpath.basename(self.name.rstrip("/"))
        self._scheme = address.partition("://")[0]

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """The file system, and the path in it."""
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        # Its other way of access takes a minute to notice that nobody is there.
        os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        try:
            for needed in ("fsspec", self._library):
                if find_spec(needed) is None:
                    raise ModuleNotFoundError(name=needed)
            from fsspec import get_filesystem_class
            from fsspec.core import url_to_fs

            get_filesystem_class(self._scheme)  # its import may take seconds
            options = {"skip_instance_cache": True, **self._options()}
            return within(FIRST_ANSWER, lambda: _found(url_to_fs, self.address, options))
        except TimeoutError as error:  # it asks in the network who it is
            raise RemoteError("no credentials were found in time", CREDENTIALS) from error
        except ImportError as error:
            _, package, extra = _NEEDS.get(self._scheme, ("", "fsspec", ""))
            problem = f"{self.name}: {self._scheme}:// needs {error.name or error}"
            named = f", which is in the extra {extra}" if extra else ""
            raise UsageError(problem, f"pip install {package}{named}") from error

    @property
    def _library(self) -> str:
        return _NEEDS.get(self._scheme, ("fsspec", "", ""))[0]

    def _options(self) -> dict[str, Any]:
        anonymously = _ANONYMOUSLY.get(self._library, {}) if self._is_anonymous else {}
        return {**_OPTIONS.get(self._library, {}), **anonymously}

    def stat(self) -> Stat:
        """Ask what is there now."""
        fs, path = self._opened
        with in_words():
            fs.invalidate_cache()
            return _stat(within(FIRST_ANSWER, lambda: fs.info(path)))

    def files(self) -> list[tuple[RemoteFile, Stat]]:
        """Return what is in a folder."""
        fs, path = self._opened
        with in_words():
            found = fs.ls(path, detail=True)
        base = self.address.rstrip("/")
        names = [(posixpath.basename(str(info["name"]).rstrip("/")), info) for info in found]
        return [
            (RemoteFile(f"{base}/{name}"), _stat(info))
            for name, info in sorted(names, key=lambda pair: pair[0])
            if name and str(info["name"]).strip("/") != path.strip("/")
        ]

    def head(self, size: int) -> bytes:
        """Return the first bytes of a file that is not empty.

        Parameters
        ----------
        size : int
            The most bytes to return.
        """
        return self.read(0, size)

    def read(self, start: int, stop: int) -> bytes:
        """Return some bytes of a file, fewer if it ends before.

        Parameters
        ----------
        start, stop : int
            The positions of the first byte, and of the one after the last.
        """
        fs, path = self._opened
        with in_words():
            found = transfer(fs, "cat_file", path, start=start, end=stop, size=stop - start)
        return bytes(found)

    def get(self, target: Path) -> Stat:
        """Copy the file to a path, all of it as it was at one time, and tell what it was.

        Parameters
        ----------
        target : Path
        """
        fs, path = self._opened
        for _ in range(_TRIES):
            before = self.stat()
            with in_words():
                transfer(fs, "get_file", path, str(target), size=before.size)
            if target.stat().st_size == before.size and self.stat() == before:
                return before
        raise RemoteError("it ends too early, or changes again and again", "try again")

    def put(self, source: Path) -> None:
        """Replace the file by one at a path, in one step.

        Parameters
        ----------
        source : Path
        """
        fs, path = self._opened
        with in_words():
            if self._scheme in _OBJECT_STORES:
                transfer(fs, "put_file", str(source), path, size=source.stat().st_size)
            else:
                self._put_beside(source)

    def _put_beside(self, source: Path) -> None:
        fs, path = self._opened
        folder, name = posixpath.split(path)
        new = posixpath.join(folder, f".{name}.{os.urandom(4).hex()}.tmp")
        overwriting = {"overwrite": True} if self._library == "hdfs_native" else {}
        try:
            fs.put_file(str(source), new)
            fs.mv(new, path, **overwriting)
        except BaseException:
            with suppress(Exception):
                within(FIRST_ANSWER, lambda: fs.rm_file(new))
            raise

    def check_parent(self) -> None:
        """Raise an error if there is no bucket for the file; elsewhere, folders are made."""
        fs, path = self._opened
        bucket = path.strip("/").split("/")[0]
        if self._scheme in _OBJECT_STORES - {"memory"}:
            try:
                with in_words():
                    within(FIRST_ANSWER, lambda: fs.info(bucket))
            except RemoteError as error:  # a bucket may hide itself, and yet take a file
                if error.is_missing:
                    raise RemoteError(f"there is no bucket {bucket}", "create it first") from error


def _stat(info: dict[str, Any]) -> Stat:
    mark = next((str(info[name]) for name in _MARKS if info.get(name)), "")
    size = info.get("size") or 0
    return Stat(info.get("type") == "directory", int(size), mark)


def _found(find: Callable[..., tuple[Any, str]], address: str, options: Any) -> tuple[Any, str]:
    with in_words():
        return find(address, **options)
