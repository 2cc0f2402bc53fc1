"""Writing a model file, whole or not at all."""

from __future__ import annotations

import json
import mmap
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from movierec.artifact import pickling
from movierec.artifact.atomic import replacing
from movierec.artifact.layout import (
    ALIGNMENT,
    CHECKSUMS,
    FORMAT,
    LOCAL_HEADER,
    META,
    PAGE,
    PICKLE,
    page_checksum,
)
from movierec.errors import OutputError

_PADDING_FIELD = 0xD935  # the id under which zip tools know an extra field of padding
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of zip: the same model gives the same bytes


def write_artifact(
    path: str | os.PathLike[str],
    meta: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    pickled: Any,
    **documents: Any,
) -> None:
    """Write a model file in one stroke: whatever happens, `path` is the old file or the new one.

    Parameters
    ----------
    path : path-like
    meta : mapping
        What ``Artifact.meta`` returns, next to the format.
    arrays : mapping of str to ndarray
    pickled : object
        What ``Artifact.unpickle`` returns; every array in it is one of `arrays`.
    **documents : object
        Further members, kept as JSON.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    target = Path(path)
    refuse_bad_place(target)
    with replacing(target) as file, zipfile.ZipFile(file, "w") as archive:
        _add(archive, META, _json({"format": FORMAT, **meta}))
        for name, document in documents.items():
            _add(archive, f"{name}.json", _json(document))
        _add(archive, PICKLE, pickling.dumps(pickled, arrays))
        for name, array in arrays.items():
            _add_array(archive, f"{name}.npy", array)
        file.flush()
        _add_array(archive, CHECKSUMS, _checksums(file))


def refuse_bad_place(target: Path) -> None:
    """Raise an error if no model can be written to a place, or none should be.

    Raises
    ------
    OutputError
        If the folder is missing or may not be written, or if something else than a model is
        there: a slip must not cost somebody's data.
    """
    hint = "name another file with --model"
    try:
        start = _first_bytes(target)
        folder = target.resolve().parent
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}", hint) from error
    if target.is_dir():
        raise OutputError(f"{target} is a folder", hint)
    if start and META.encode() not in start:
        raise OutputError(f"{target} is there and not a model: it is not replaced", hint)
    if not os.access(folder, os.W_OK):
        why = "its folder may not be written" if folder.is_dir() else "No such folder"
        raise OutputError(f"cannot write {target}: {why}", hint)


def _first_bytes(path: Path) -> bytes:
    """Return how a file starts: a model with META's header; nothing where there is nothing."""
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
    """Return an extra field after which the file is aligned, if it starts at `position`."""
    field = struct.Struct("<HH")
    length = -(position + field.size) % ALIGNMENT
    return field.pack(_PADDING_FIELD, length) + bytes(length)


def _checksums(file: IO[bytes]) -> npt.NDArray[np.uint32]:
    covered = file.tell()
    with mmap.mmap(file.fileno(), covered, access=mmap.ACCESS_READ) as content:
        checksums = [page_checksum(content, page, covered) for page in range(-(-covered // PAGE))]
    return np.array(checksums, dtype=np.uint32)
