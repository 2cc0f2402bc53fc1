"""Write a model file, completely or not at all."""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from movierec.errors import OutputError
from movierec.store import pickling
from movierec.store.atomic import replacing, target_of
from movierec.store.base import Arrays
from movierec.store.layout import (
    ALIGNMENT,
    CHECKSUMS,
    FORMAT,
    LOCAL_HEADER,
    META,
    PAGE,
    PICKLE,
)

_PADDING_FIELD = 0xD935  # the id that zip tools use for an extra field of padding
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of zip, so that the same model gives the same bytes


def write_artifact(
    path: str | os.PathLike[str],
    meta: Mapping[str, Any],
    parts: Mapping[str, Arrays],
    *,
    pickled: Callable[[], Any],
    documents: Mapping[str, Any],
    private: bool = False,
) -> None:
    """Write a model file atomically: `path` is always the old file or the new one.

    Parameters
    ----------
    path : path-like
    meta : mapping
        The content of ``Artifact.meta``, without the format.
    parts : mapping of str to mapping of str to array
        The arrays of each part, by the name of the part.
    pickled : callable
        Returns what ``Artifact.unpickle`` will return; every array in it must be one of those in
        `parts`. Called after the parts are written.
    documents : mapping of str to object
        Additional members, stored as JSON.
    private : bool
        As in :func:`movierec.store.atomic.replacing`.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    target = Path(path)
    check_target(target)
    arrays = {
        f"{part}/{name}": np.asarray(array)
        for part, part_arrays in parts.items()
        for name, array in part_arrays.items()
    }
    with replacing(target, private=private) as file, zipfile.ZipFile(file, "w") as archive:
        _add(archive, META, _json({"format": FORMAT, **meta}))
        for name, document in documents.items():
            _add(archive, f"{name}.json", _json(document))
        for name, array in arrays.items():
            _add_array(archive, f"{name}.npy", array)
        _add(archive, PICKLE, pickling.dumps(pickled(), arrays))
        file.flush()
        _add_array(archive, CHECKSUMS, _checksums(file))


def check_target(target: Path) -> None:
    """Raise an error if a model cannot or should not be written to a path.

    Raises
    ------
    OutputError
        If the folder is missing or not writable, or if the path holds something other than a
        model, which a typing error must not destroy.
    """
    hint = "name another file with --model"
    try:
        folder = target_of(target).parent
        start = _first_bytes(target)
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}", hint) from error
    if target.is_dir():
        raise OutputError(f"{target} is a folder", hint)
    if start and META.encode() not in start:
        raise OutputError(f"{target} exists and is not a model, so it is not replaced", hint)
    if not os.access(folder, os.W_OK):
        why = "its folder is not writable" if folder.is_dir() else "No such folder"
        raise OutputError(f"cannot write {target}: {why}", hint)


def _first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file, which contain META in a model; none if it is missing."""
    if not path.exists():
        return b""
    if not path.is_file():
        return b"a folder or a device"
    with path.open("rb") as file:
        return file.read(64)


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8")


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)


def _add_array(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.file_size = array.nbytes  # lets zipfile choose the header that the size needs
    info.extra = _padding(archive.start_dir + LOCAL_HEADER.size + len(name))
    with archive.open(info, "w") as member:
        np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)


def _padding(position: int) -> bytes:
    """Return an extra field that starts at `position` and ends at an aligned offset."""
    field = struct.Struct("<HH")
    length = -(position + field.size) % ALIGNMENT
    return field.pack(_PADDING_FIELD, length) + bytes(length)


def _checksums(file: IO[bytes]) -> npt.NDArray[np.uint32]:
    file.seek(0)
    pages = iter(lambda: file.read(PAGE), b"")
    return np.array([zlib.crc32(page) for page in pages], dtype=np.uint32)
