"""Small files, and streams, that would fill memory or disk; and zips that are not what they say."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import struct
import subprocess
import sys
import threading
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec import DataError, OutputError, Recommender
from movierec.data.dataset import read_rating_rows
from movierec.data.formats import content
from movierec.data.sources import files
from tests.cli.conftest import MOVIES, RATINGS, posix_only
from tests.cli.inputs import zip_of
from tests.conftest import Run

MEGABYTE = 1 << 20


def refused(path: Path, named: str) -> None:
    """Expect an error, without much memory before it."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=named) as caught:
            read_rating_rows(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.name in str(caught.value)
    assert caught.value.hint
    assert peak < 100 * MEGABYTE, f"{peak:,} bytes"


def deflated(content: bytes) -> bytes:
    return gzip.compress(content, 1)


@pytest.mark.parametrize("pack", [deflated, bz2.compress, lambda data: zip_of(a=data)])
@pytest.mark.parametrize("start", [b"", b"userId,movieId,rating\n", b"1,10,4\n1,20,"], ids=ascii)
def test_one_line_of_endless_length_is_refused(
    tmp_path: Path, start: bytes, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "r").write_bytes(pack(start + b"1" * (20 * MEGABYTE)))
    refused(tmp_path / "r", "longer than|does not|no columns")


def test_a_long_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(b"userId,movieId,rating\n1,10,4\n1,10,3" + b"0" * MEGABYTE)
    refused(tmp_path / "r", "line 3: longer than 1,048,576 characters")


@pytest.mark.parametrize("pack", [deflated, bz2.compress, lambda data: zip_of(a=data)])
def test_what_expands_as_no_ratings_do_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(content, "_ALWAYS_READ", 2 * MEGABYTE)
    rows = b"userId,movieId,rating\n" + b"1,10,4\n" * (5 * MEGABYTE // 7)
    (tmp_path / "r").write_bytes(pack(rows))
    refused(tmp_path / "r", "expands to more than 100 times its size")


def test_what_expands_less_or_to_little_is_read(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(lzma.compress(RATINGS + b"1,10,4,1\n" * 200_000))
    assert len(read_rating_rows(tmp_path / "r")) == 200_007


def changed_headers(packed: bytes, offsets: tuple[int, int], value: bytes) -> bytes:
    """Replace a field of a zip of one file, in its local header and in the central directory."""
    changed = bytearray(packed)
    for start, offset in zip((0, packed.index(b"PK\1\2")), offsets, strict=True):
        changed[start + offset : start + offset + len(value)] = value
    return bytes(changed)


@pytest.mark.parametrize(
    ("offsets", "value", "named"),
    [
        pytest.param((6, 8), b"\1\0", "is encrypted", id="encrypted"),
        pytest.param((8, 10), b"\x09\0", "compressed in a way .*Deflate64", id="deflate64"),
        pytest.param((8, 10), b"\x63\0", "compressed in a way", id="unknown-method"),
        pytest.param(
            (22, 24), struct.pack("<I", 30), "broken: it does not have the size", id="less"
        ),
        pytest.param(
            (22, 24), struct.pack("<I", 999), "broken: it does not have the size", id="more"
        ),
        pytest.param((22, 24), b"\xff\xff\xff\x7f", "broken: it does not have", id="huge"),
    ],
)
def test_zip_that_is_not_what_it_says(
    tmp_path: Path, offsets: tuple[int, int], value: bytes, named: str
) -> None:
    (tmp_path / "r.zip").write_bytes(changed_headers(zip_of(ratings=RATINGS), offsets, value))
    refused(tmp_path / "r.zip", rf"r.zip:ml-tiny/ratings.csv .*{named}")


def test_zip_whose_checksum_agrees_with_a_wrong_size(tmp_path: Path) -> None:
    """zipfile alone would read the first rows, and find the checksum of these right."""
    n_bytes = RATINGS.index(b"2,10")
    packed = changed_headers(zip_of(ratings=RATINGS), (22, 24), struct.pack("<I", n_bytes))
    checksum = struct.pack("<I", zlib.crc32(RATINGS[:n_bytes]))
    (tmp_path / "r.zip").write_bytes(changed_headers(packed, (14, 16), checksum))
    with zipfile.ZipFile(tmp_path / "r.zip") as archive:
        assert archive.read("ml-tiny/ratings.csv") == RATINGS[:n_bytes]
    refused(tmp_path / "r.zip", "broken")


@posix_only
def test_endless_standard_input_is_refused(tmp_path: Path, movierec: Run) -> None:
    (tmp_path / "movies.csv").write_bytes(MOVIES)
    with Path("/dev/zero").open("rb") as endless:
        result = movierec("fit", "-", "movies.csv", stdin=endless)
    assert result.returncode == 3
    assert "standard input is not a text file" in result.stderr


@posix_only
def test_a_stream_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_LONGEST_STREAM", 3 * MEGABYTE)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as stream:
        source = subprocess.Popen(
            [sys.executable, "-c", "while True: print('1,10,4')"],
            stdout=write_end,
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        monkeypatch.setattr(sys, "stdin", type("Stream", (), {"buffer": stream}))
        with pytest.raises(DataError, match="standard input is longer than 3,145,728 bytes"):
            read_rating_rows("-")
    source.wait(timeout=60)


@posix_only
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_read_whole(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """Opening it a second time would get only what was not read at first."""
    os.mkfifo(tmp_path / "pipe")
    rows = RATINGS + b"7,10,4,1\n" * 50_000
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(pack(rows)))
    writer.start()
    found = read_rating_rows(tmp_path / "pipe")
    writer.join(timeout=60)
    assert len(found) == 50_007


def test_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=20))
    with (tmp_path / "r").open("wb+") as stream:
        stream.write(RATINGS)
        stream.seek(0)
        monkeypatch.setattr(sys, "stdin", type("Stream", (), {"buffer": stream}))
        with pytest.raises(OutputError, match=r"cannot keep standard input.*half of the free"):
            read_rating_rows("-")


def test_high_ratings_can_be_asked_with(tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(RATINGS.replace(b"1,20,5,", b"1,20,2e9,"))
    (tmp_path / "m").write_bytes(MOVIES)
    (tmp_path / "mine").write_text("movieId,rating\n10,2e9\n")
    recommender = Recommender.fit(tmp_path / "r", tmp_path / "m")
    assert 10 not in [movie.movie_id for movie in recommender.recommend(ratings=tmp_path / "mine")]
    (tmp_path / "mine").write_text("movieId,rating\n10,2e15\n")
    with pytest.raises(DataError, match='line 2: "2e15" is no rating'):
        recommender.recommend(ratings=tmp_path / "mine")
