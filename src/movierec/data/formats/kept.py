"""Rows that a server sends once, kept in a temporary folder until nobody needs them.

A table is read more than once (its timestamps, or all of it if a row needs care). So it is the same
each time, and a connection that breaks is noticed before anything is computed.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from movierec.data.formats.columnar import ColumnarTable
from movierec.data.formats.content import Content
from movierec.errors import OutputError

if TYPE_CHECKING:
    import pyarrow as pa


class KeptTable(ColumnarTable):
    """A table of which a user need not know that it was kept in Arrow files."""

    @property
    def description(self) -> None:  # type: ignore[override]
        """Nothing."""


class _Folder:
    """Removed with the last of its files, or at the end of the program."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="movierec-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


def kept_table(name: str, batches: Iterable[pa.RecordBatch]) -> KeptTable:
    """Keep batches, and return them as a table.

    Parameters
    ----------
    name : str
        Of the table, in messages.
    batches : iterable of pyarrow.RecordBatch
        With the same columns; their types may differ, so each becomes a part of the table.

    Raises
    ------
    OutputError
        If there is no space for them.
    """
    contents = []
    folder = _Folder()
    for number, batch in enumerate(batches):
        path = folder.path / str(number)
        _write(path, batch, name)
        opener = partial(folder.open, path.name)
        contents.append(Content(name, path.stat().st_size, opener))
    return KeptTable(tuple(contents), name)


def _write(path: Path, batch: pa.RecordBatch, name: str) -> None:
    import pyarrow as pa

    try:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
    except OSError as error:
        raise OutputError(
            f"cannot keep {name} in a temporary file: {error.strerror or error}",
            f"free some space in {tempfile.gettempdir()}, or name another folder: TMPDIR=FOLDER",
        ) from error
