"""Downloading a public data set: all of it, checked, or nothing under its name."""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from movierec._checks import number, path_of, refusal, text, truth, whole_number
from movierec._progress import shows_progress
from movierec._util import Progress, no_progress
from movierec.data.public.fetch import Patience, check_md5, fetch, fetch_text
from movierec.data.public.responses import OTHER_PLACE
from movierec.data.public.sets import PublicSet, data_folder, named_set, place_of
from movierec.data.public.unpack import unpack as unpack_zip
from movierec.data.sources.base import PathLike
from movierec.errors import DataError, OutputError, UsageError
from movierec.store.atomic import lock

MOST_TRIES, LONGEST_TIMEOUT = 100, 86_400  # seconds
_MOST_TIMES = 3  # the published size, that a newer release may have
_LEAST = 64  # MB that any data set may have


@shows_progress
def download(
    name: str,
    folder: PathLike | None = None,
    *,
    accept_license: bool = False,
    unpack: bool = True,
    mirror: str | None = None,
    force: bool = False,
    timeout: float = Patience.timeout,
    tries: int = Patience.tries,
    progress: Progress | bool = no_progress,
) -> Path:
    """Download a public data set, unless it is there.

    Its files are checked by the checksum that its makers publish before they get their names. A
    download that fails or is interrupted is continued by the next call. Proxies are taken from the
    usual environment variables, such as ``HTTPS_PROXY``.

    Parameters
    ----------
    name : str
        Such as "ml-latest-small", "ml-32m" or "movietweetings".
    folder : path-like, optional
        Where to put it; made if it is missing. Default: the folder of data sets of this user, or
        the one that the environment variable ``MOVIEREC_DATA`` names. There,
        :meth:`Recommender.fit` and other functions find it by its name.
    accept_license : bool
        Whether you accept the license of the data set, which most of them require.
    unpack : bool
        Whether to unpack a zip. movierec reads both.
    mirror : str, optional
        The address of a folder on another server that has the files.
    force : bool
        Whether to replace a data set that is there, once the new one is complete.
    timeout : float
        Seconds for which the server may be silent.
    tries : int
        Number of times to ask for each file.
    progress : callable or bool, optional
        Called with what is done, as text, and the fraction of it that is done, 0 to 1. True shows
        a bar.

    Returns
    -------
    Path
        The folder of the data set, or its zip.

    Raises
    ------
    UsageError
        If no data set has this name, its license was not accepted, or an argument is not valid.
    DataError
        If it cannot be fetched, or is not what was published.
    OutputError
        If it cannot be written.
    """
    public = named_set(name)
    target = data_folder() if folder is None else Path(path_of("folder", folder))
    truth("accept_license", accept_license)
    truth("unpack", unpack)
    truth("force", force)
    if not callable(progress):  # True is a function by now: see shows_progress
        raise refusal("progress", progress, "a function of a text and a number, or True")
    if whole_number("tries", tries, 1) > MOST_TRIES:
        raise refusal("tries", tries, f"at most {MOST_TRIES}")
    patience = Patience(tries, number("timeout", timeout, 0.001, LONGEST_TIMEOUT))
    addresses = public.addresses if mirror is None else public.with_mirror(_checked(mirror))
    found = place_of(public, target)
    if found is not None and not force:
        return found
    if public.license.is_restricted and not accept_license:
        raise UsageError(
            f"{public.name} has a license that you must accept: {public.license.name}",
            "docs/data-sets.md has the licenses; if you accept it: --yes",
        )
    try:
        return _Download(public, target, addresses, patience, progress).run(unpack)
    except OSError as error:
        raise _unwritable(target, error) from error


def _checked(mirror: str) -> str:
    """Return the address of a mirror."""
    try:
        parts = urlsplit(text("mirror", mirror))
        is_address = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    is_plain = re.fullmatch(r"[!-~]+", mirror) and not set(mirror) & set("@?#")
    if not (is_address and is_plain):
        raise refusal("mirror", mirror, "the https:// address of a folder")
    return mirror


def _unwritable(target: Path, error: OSError) -> OutputError:
    what = error.filename or target
    return OutputError(
        f"cannot write {what}: {error.strerror or error}",
        "free some space, or name another folder (--to FOLDER); what came is kept",
    )


class _Download:
    """One download, which uses a folder beside the final one until all is there.

    The folder stays if anything fails, so that the next download continues.
    """

    def __init__(
        self,
        public: PublicSet,
        folder: Path,
        addresses: tuple[str, ...],
        patience: Patience,
        progress: Progress,
    ) -> None:
        self._public, self._folder, self._addresses = public, folder, addresses
        self._patience, self._progress = patience, progress
        self._unfinished = folder / f"{public.name}.part"
        self._most = _MOST_TIMES * max(public.megabytes, _LEAST) * 1_000_000

    def run(self, is_unpacked: bool) -> Path:
        """Return where the data set is then."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        with self._locked():
            files = self._fetched()
            if not self._public.is_zip:
                place = self._finish(files, self._public.name)
            elif is_unpacked:
                place = self._finish(self._unpacked(files / self._zip_name), self._public.name)
            else:
                place = self._finish(files / self._zip_name, f"{self._public.name}.zip")
        shutil.rmtree(self._unfinished, ignore_errors=True)
        return place

    @property
    def _zip_name(self) -> str:
        return posixpath.basename(self._addresses[0])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from the same files."""
        with (self._unfinished / "lock").open("w") as file:
            if not lock(file.fileno(), wait=False):
                raise OutputError(
                    f"{self._public.name} is being downloaded by another process",
                    "wait until it is done",
                )
            yield

    def _fetched(self) -> Path:
        """Return the folder with the files as they come, all of them complete and checked."""
        files = self._unfinished / "files"
        files.mkdir(exist_ok=True)
        for address in self._addresses:
            path = files / posixpath.basename(address)
            md5 = self._md5(address)
            if not path.exists():  # else a process was killed while it was unpacked
                fetch(address, path, self._most, self._patience, self._progress)
            if md5 is not None:
                self._progress(f"checking {path.name}", 1.0)
                check_md5(path, md5)
        return files

    def _md5(self, address: str) -> str | None:
        """Return the checksum of a file, if its makers publish one."""
        if not self._public.is_zip:
            return None
        return self._public.md5 or self._published_md5(address)

    def _published_md5(self, address: str) -> str:
        """Return the checksum that is published beside a file.

        Raises
        ------
        DataError
            If there is none.
        """
        published = fetch_text(f"{address}.md5", self._patience, self._progress, self._unfinished)
        found = re.search(r"\b[0-9a-f]{32}\b", published.casefold())
        if not found:
            raise DataError(f"{address}.md5 holds no checksum", OTHER_PLACE)
        return found[0]

    def _unpacked(self, path: Path) -> Path:
        unpacked = self._unfinished / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)  # of a process that was killed
        self._progress(f"unpacking {path.name}", 1.0)
        unpack_zip(path, unpacked)
        return unpacked

    def _finish(self, path: Path, name: str) -> Path:
        """Give what is complete its name. What it replaces comes back if that fails."""
        target = self._folder / name
        old = place_of(self._public, self._folder)
        aside = self._unfinished / "old"
        if old is not None:
            shutil.rmtree(aside, ignore_errors=True)
            old.replace(aside)
        try:
            return path.replace(target)
        except OSError:
            if old is not None:
                aside.replace(old)
            raise
