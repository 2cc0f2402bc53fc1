"""Tables in Parquet and Arrow files, read by pyarrow a batch of rows at a time.

Their values are read as those of data frames are, so that a file of either kind, a data frame and
a CSV of the same rows give the same model. Several files can be the parts of one table, as Spark,
Dask and databases write them.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from movierec._util import pluralize
from movierec.data.columns import kind_of, known_columns
from movierec.data.formats.content import Content
from movierec.data.sources.frames import BATCH, SeriesTable
from movierec.data.table import Done
from movierec.errors import DataError, MovierecError, UsageError

if TYPE_CHECKING:
    import narwhals as nw

MAGICS = {b"PAR1": "Parquet", b"ARROW1": "Arrow"}
_ALWAYS_READ = 1 << 26  # rows that any file may hold
_MOST_TIMES = 100  # its bytes, that a larger one may: few bytes can say that a row comes again


@dataclass(frozen=True)
class ColumnarTable(SeriesTable):
    """Parquet or Arrow files as a table; see :class:`movierec.data.table.Table`.

    They are opened when it is first asked what it holds.

    Attributes
    ----------
    contents : tuple of Content
        Its parts, in their order.
    name : str
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`.
    """

    contents: tuple[Content, ...]
    name: str
    named: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def header(self) -> Sequence[str]:  # type: ignore[override]
        """Names of the columns."""
        with opened(self.contents[0].in_parts()) as file:
            return file.header

    @cached_property
    def columns(self) -> Mapping[str, int]:  # type: ignore[override]
        """Position of each column that is known."""
        return known_columns([name.strip() for name in self.header], self.named)

    @property
    def kind(self) -> str:
        """What it holds."""
        return kind_of(self.columns, len(self.header))

    @property
    def description(self) -> str:
        """How it was read."""
        parts = f", {pluralize(len(self.contents), 'part')}" if len(self.contents) > 1 else ""
        return f"{self.kind}, {columnar_format(self.contents[0])}{parts}"

    def _parts(
        self, positions: Sequence[int], progress: Done | None
    ) -> Iterator[tuple[int, list[nw.Series[Any]]]]:
        import narwhals as nw

        names, start = [self.header[position] for position in positions], 0
        for number, content in enumerate(self.contents):
            with opened(content) as file:
                self.check(content, file.header)
                for done, batch in file.batches(names):
                    yield start, [nw.from_native(batch)[name] for name in names]
                    start += len(batch)
                    if progress:
                        progress(min((number + done) / len(self.contents), 1.0))

    def check(self, content: Content, header: Sequence[str]) -> None:
        """Raise an error if a part has other columns than the table."""
        if list(header) != list(self.header):
            raise DataError(
                f"{content.name} has other columns than {self.contents[0].name}: "
                f"{', '.join(header[:8])[:120]}",
                "the parts of a table must have the same; name the files to read",
            )


def columnar_format(content: Content) -> str | None:
    """Return "Parquet" or "Arrow" if a content begins as one, or None.

    Parameters
    ----------
    content : Content
    """
    try:
        head = content.head()
    except MovierecError:  # it is said when it is read
        return None
    return next((name for magic, name in MAGICS.items() if head.startswith(magic)), None)


class ColumnarFile:
    """An open file of either format."""

    def __init__(self, content: Content, stream: IO[bytes]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        is_parquet = stream.read(4) == b"PAR1"
        stream.seek(0)
        self._stream = stream
        reader: Any = pq.ParquetFile(stream) if is_parquet else pa.ipc.open_file(stream)
        self._parquet = reader if is_parquet else None
        self.header = list((reader.schema_arrow if is_parquet else reader.schema).names)
        if len(set(self.header)) < len(self.header):
            raise DataError(
                f"two columns of {content.name} have the same name", "rename one of them"
            )
        self._check_size(content)

    def _check_size(self, content: Content) -> None:
        if self._parquet is None:
            return
        n_rows = self._parquet.metadata.num_rows
        if n_rows > max(_ALWAYS_READ, _MOST_TIMES * content.size):
            raise DataError(
                f"{content.name} says that it has {n_rows:,} rows, which cannot fit its size",
                "is it the right file?",
            )

    @property
    def row_groups(self) -> list[int]:
        """The number of rows of each row group; empty for formats without them."""
        if self._parquet is None:
            return []
        found = self._parquet.metadata
        return [found.row_group(number).num_rows for number in range(found.num_row_groups)]

    def batches(
        self, names: Sequence[str], groups: Sequence[int] | None = None
    ) -> Iterator[tuple[float, Any]]:
        """Yield some columns as tables of at most a batch of rows, with the fraction done.

        Parameters
        ----------
        names : sequence of str
        groups : sequence of int, optional
            The row groups to read. Default: all.
        """
        import pyarrow as pa

        n_read = 0
        for n_rows, batch in self._record_batches(names, groups):
            n_read += len(batch)
            yield n_read / max(n_rows, 1), pa.Table.from_batches([batch])

    def _record_batches(
        self, names: Sequence[str], groups: Sequence[int] | None
    ) -> Iterator[tuple[int, Any]]:
        import pyarrow as pa

        if self._parquet:
            n_rows = self._parquet.metadata.num_rows
            columns = list(dict.fromkeys(names))
            for batch in self._parquet.iter_batches(BATCH, row_groups=groups, columns=columns):
                yield n_rows, batch
            return
        self._stream.seek(0)
        fields = sorted({self.header.index(name) for name in names})
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        with pa.ipc.open_file(self._stream, options=options) as reader:
            n_batches = reader.num_record_batches
            for number in range(n_batches):
                whole = reader.get_batch(number)
                for start in range(0, len(whole), BATCH):
                    yield len(whole) * n_batches, whole.slice(start, BATCH)


@contextmanager
def opened(content: Content) -> Iterator[ColumnarFile]:
    """Open a file.

    Raises
    ------
    UsageError
        If pyarrow is not installed.
    DataError
        If it is broken, also when that is found only while it is being read.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise UsageError(
            f"{content.name}: reading Parquet and Arrow needs pyarrow",
            "pip install pyarrow, which is in the extra parquet",
        ) from error
    with _seekable(content) as stream:
        try:
            yield ColumnarFile(content, stream)
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"{content.name} is broken: {error}", "download or export the file again"
            ) from error


@contextmanager
def _seekable(content: Content) -> Iterator[IO[bytes]]:
    """Open a content at its start; of one that is packed, a copy."""
    with content.opener() as stored:
        if stored.seekable() and stored.read(8).startswith(tuple(MAGICS)):
            stored.seek(0)
            yield io.BufferedReader(stored) if isinstance(stored, io.RawIOBase) else stored
            return
    with tempfile.TemporaryFile() as copy, content.open() as unpacked:
        shutil.copyfileobj(unpacked, copy)
        copy.seek(0)
        yield copy
