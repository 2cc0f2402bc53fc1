"""Forge models that are wrong in one or several ways, with right checksums."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PAGE = 1 << 14
TYPES = ("<i1", "<i2", "<i4", "<i8", "<u4", "<u8", "<f2", "<f4", "<f8", ">i4", "|S4", "|b1")
ODD_NUMBERS = (0, 1, -1, 2, 5, 127, -128, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 10**6)
ODD_JSON: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, 2**70, "", "\x1b[31m", "a" * 5000, [], {}, [[]], {"a": []}, "nan"),
)
ODD_HEADERS = (
    b"-" * 60_000,
    b"(" * 60_000,
    b"{'descr': '<i4', 'fortran_order': True, 'shape': (5, 4), }",
    b"{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999, 0), }",
    b"{'descr': '|S0', 'fortran_order': False, 'shape': (9999999999999999,), }",
    b"{'descr': '|O8', 'fortran_order': False, 'shape': (5,), }",
    b"{'descr': __import__('os'), 'fortran_order': False, 'shape': (5,), }",
)

Members = dict[str, bytes]
Random = np.random.Generator


def members_of(path: Path) -> Members:
    """Return the content of a model file by the names of its members."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, members: Members, compressed: str = "") -> None:
    """Write a model file with right checksums; one member may be compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            if name != "checksums.npy":
                kind = zipfile.ZIP_DEFLATED if name == compressed else zipfile.ZIP_STORED
                archive.writestr(name, content, kind)
        archive.writestr("checksums.npy", array_bytes(checksums(buffer.getvalue())))
    path.write_bytes(buffer.getvalue())


def checksums(content: bytes) -> npt.NDArray[np.uint32]:
    pages = range(0, len(content), PAGE)
    return np.array([zlib.crc32(content[page : page + PAGE]) for page in pages], np.uint32)


def array_bytes(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def array_of(content: bytes) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return array.copy()


def forge(members: Members, rng: Random) -> tuple[Members, str]:
    """Return members that are wrong in one to three ways, and a description."""
    changed, told = dict(members), []
    for _ in range(int(rng.integers(1, 4))):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        told.append(f"{change.__name__.strip('_')} {change(changed, rng)}")
    return changed, "; ".join(told)


def _pick(members: Members, rng: Random, ending: str = ".npy") -> str:
    names = [name for name in members if name.endswith(ending) and name != "checksums.npy"]
    return names[int(rng.integers(len(names)))] if names else next(iter(members))


def _odd(rng: Random) -> int:
    return ODD_NUMBERS[int(rng.integers(len(ODD_NUMBERS)))]


def _array(change: Callable[[npt.NDArray[Any], Random], npt.NDArray[Any]]) -> Any:
    def changed(members: Members, rng: Random) -> str:
        name = _pick(members, rng)
        try:
            array = array_of(members[name])
        except (ValueError, MemoryError):  # it was changed before
            return name
        with np.errstate(all="ignore"):
            members[name] = array_bytes(change(array, rng))
        return name

    changed.__name__ = change.__name__
    return changed


def _values(array: npt.NDArray[Any], rng: Random) -> npt.NDArray[Any]:
    """Replace some values by odd ones, or all by one."""
    places = rng.random(array.shape) < rng.choice([0.02, 0.3, 1.0])
    if array.dtype.kind == "f":
        array[places] = rng.choice([np.nan, np.inf, -np.inf, -1.0, 0.0, 1e38, 1e-38])
    elif array.dtype.kind in "iu":
        limits = np.iinfo(array.dtype)
        array[places] = min(max(_odd(rng), limits.min), limits.max)
    return array


def _wrap(array: npt.NDArray[Any], rng: Random) -> npt.NDArray[Any]:
    """Let integers ascend past the highest, so that their differences wrap to positive ones."""
    if array.dtype.kind == "i" and array.ndim == 1 and len(array) > 4:
        limits = np.iinfo(array.dtype)
        array[-4:-1] = (limits.max, limits.min, -1)
    return array


def _type(array: npt.NDArray[Any], rng: Random) -> npt.NDArray[Any]:
    return array.astype(TYPES[int(rng.integers(len(TYPES)))])


def _length(array: npt.NDArray[Any], rng: Random) -> npt.NDArray[Any]:
    more = int(rng.choice([-1, 1, 1, 7]))
    if array.ndim == 0 or not len(array):
        return np.zeros(3, array.dtype)
    return array[:more] if more < 0 else np.concatenate([array, array[:1].repeat(more, axis=0)])


def _shape(array: npt.NDArray[Any], rng: Random) -> npt.NDArray[Any]:
    return array.reshape(1, -1) if array.ndim == 1 else array.reshape(-1)


def _shuffled(array: npt.NDArray[Any], rng: Random) -> npt.NDArray[Any]:
    return rng.permutation(array.reshape(-1)).reshape(array.shape)


def _swapped(members: Members, rng: Random) -> str:
    first, second = _pick(members, rng), _pick(members, rng)
    members[first], members[second] = members[second], members[first]
    return f"{first} {second}"


def _deleted(members: Members, rng: Random) -> str:
    name = _pick(members, rng, "")
    del members[name]
    return name


def _header(members: Members, rng: Random) -> str:
    name = _pick(members, rng)
    header = ODD_HEADERS[int(rng.integers(len(ODD_HEADERS)))] + b"\n"
    members[name] = b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header + bytes(80)
    return name


def _bytes(members: Members, rng: Random) -> str:
    """Change some bytes of any member."""
    name = _pick(members, rng, "")
    content = bytearray(members[name])
    for _ in range(int(rng.integers(1, 6))):
        if content:
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
    members[name] = bytes(content)
    return name


def _document(members: Members, rng: Random) -> str:
    """Change, add or delete something in a JSON document."""
    name = _pick(members, rng, ".json")
    try:
        document = place = json.loads(members[name])
    except (ValueError, RecursionError):
        return name
    where = name
    while isinstance(place, (dict, list)) and place:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = keys[int(rng.integers(len(keys)))]
        where += f"/{key}"
        if rng.random() < 0.6 or not isinstance(place[key], (dict, list)):
            if rng.random() < 0.3:
                del place[key]
            else:
                place[key] = ODD_JSON[int(rng.integers(len(ODD_JSON)))]
            break
        place = place[key]
    members[name] = json.dumps(document).encode()
    return where


def _nested(members: Members, rng: Random) -> str:
    name = _pick(members, rng, ".json")
    members[name] = [b"[" * 300_000, b'{"a":' * 100_000, b"[" + b"{}," * 900_000 + b"{}]"][
        int(rng.integers(3))
    ]
    return name


def _pickled(members: Members, rng: Random) -> str:
    deep = b"\x80\x05}" + b")" + b"\x85" * 200_000 + b"K\x01s."
    members["model.pkl"] = [deep, b"\x80\x05" + b"N2" * 400_000 + b".", b"r\xff\xff\xff\x7f."][
        int(rng.integers(3))
    ]
    return "model.pkl"


CHANGES: tuple[Callable[[Members, Random], str], ...] = (
    *(_array(change) for change in (_values, _values, _values, _wrap, _type, _length, _shape)),
    *(_array(_shuffled), _swapped, _deleted, _header, _bytes, _bytes, _document, _document),
    *(_nested, _pickled),
)
