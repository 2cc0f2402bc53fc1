"""Rows of databases as batches of Arrow, whose types are those of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from movierec.store.database_errors import not_a_query

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 1 << 17  # rows


def plain_batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a reader, at least one."""
    if not reader.schema.names:
        raise not_a_query()
    names = reader.schema.names
    yield from _or_header(names, (batch_of(names, batch.columns) for batch in reader))


def fetched(cursor: Any) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a cursor of Python's database API, in at least one batch."""
    if not cursor.description:
        raise not_a_query()
    names = [_as_text(column[0]) for column in cursor.description]
    yield from row_batches(names, _parts(cursor))


def _parts(cursor: Any) -> Iterator[Sequence[Any]]:
    while rows := cursor.fetchmany(BATCH):
        yield rows


def row_batches(names: Iterable[str], parts: Iterable[Sequence[Any]]) -> Iterator[pa.RecordBatch]:
    """Yield rows, in at least one batch.

    Parameters
    ----------
    names : iterable of str
        Of the columns.
    parts : iterable of sequence of sequence
        The rows of each batch.
    """
    names = list(names)
    yield from _or_header(names, (batch_of(names, list(zip(*rows, strict=True))) for rows in parts))


def _or_header(names: list[str], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches, or an empty one that has the names of the columns."""
    is_empty = True
    for batch in batches:
        is_empty = False
        yield batch
    if is_empty:
        yield batch_of(names, [()] * len(names))


def batch_of(names: Sequence[str], columns: Sequence[Any]) -> pa.RecordBatch:
    """Return a batch, in which what only some databases have is text.

    Parameters
    ----------
    names : sequence of str
    columns : sequence of pyarrow.Array or of sequence
        Values of Python may be of several types; they are text then.
    """
    import pyarrow as pa

    return pa.record_batch([_plain(column) for column in columns], names=list(names))


def _plain(values: Any) -> pa.Array:
    import pyarrow as pa

    try:
        array = values if isinstance(values, pa.Array) else pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array([_as_text(value) for value in values], pa.string())
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    is_extension = isinstance(array.type, pa.BaseExtensionType)  # exact numbers, UUIDs, JSON
    if is_extension and array.type.storage_type == pa.string():
        return array.storage
    if array.type == pa.binary(16):  # UUIDs, as pyarrow has them before version 18
        texts = [value and str(UUID(bytes=value)) for value in array.to_pylist()]
        return pa.array(texts, pa.string())
    if is_extension or array.type == pa.binary():
        return pa.array([_as_text(value) for value in array.to_pylist()], pa.string())
    return array


def _as_text(value: Any) -> Any:
    if not isinstance(value, bytes | bytearray | memoryview):
        return None if value is None else str(value)
    try:
        return bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        return bytes(value).hex()
