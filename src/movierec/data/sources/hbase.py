"""Tables of HBase, ``hbase://host:9090/table``, by its Thrift server: for small data.

Columns are called as in HBase, ``family:qualifier``; the key of a row is called ``:key``. What they
hold is text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from movierec._util import without_secrets
from movierec.data.columns import kind_of, known_columns
from movierec.data.formats.kept import KeptTable, kept_table
from movierec.data.sources.base import Source
from movierec.data.sources.frames import BATCH, SeriesTable
from movierec.errors import DataError, UsageError
from movierec.store.database_errors import ADDRESS, in_words, needed
from movierec.store.database_rows import batch_of
from movierec.store.failures import RemoteError
from movierec.store.waiting import FIRST_ANSWER, within

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

    from movierec.data.table import Done, Table

KEY = ":key"
_PORT = 9090
_FIRST_ROWS = 1000  # in which columns are looked for
_AT_ONCE = 2000  # rows
_SILENCE = 30_000  # milliseconds after which a connection is given up on which rows came
_COLUMNS = "check the table and --columns, as user=FAMILY:QUALIFIER: docs/storage.md"
_PACKAGES = "pip install happybase pyarrow, which are in the extra hbase"


class HBaseSource:
    """HBase, of which each address is one table."""

    SCHEMES: ClassVar[Collection[str]] = ("hbase",)

    def is_folder(self, address: str) -> bool:
        """Tell whether tables can be looked for: an address has one."""
        return False

    def tables(self, address: str) -> list[Table]:
        """Return the table at an address, which is read when it is first asked what it holds."""
        return [HBaseTable(address)]


SOURCE: Source = HBaseSource()


@dataclass(frozen=True)
class HBaseTable(SeriesTable):
    """A table of HBase; see :class:`movierec.data.table.Table`.

    Attributes
    ----------
    address : str
    named : mapping of str to str
        As in :func:`movierec.data.columns.known_columns`. Other columns are known by their
        qualifiers.
    """

    address: str
    named: Mapping[str, str] = field(default_factory=dict, hash=False)
    description: ClassVar[None] = None

    @property
    def name(self) -> str:
        """The address for messages."""
        return without_secrets(self.address)

    @cached_property
    def header(self) -> Sequence[str]:  # type: ignore[override]
        """The key, and the columns of the first rows and those that are named."""
        with self._opened() as table:  # which is the first that the server is asked for
            rows = within(FIRST_ANSWER, lambda: [*table.scan(limit=_FIRST_ROWS)])
        found = {column for _, row in rows for column in row}
        families = {column.partition(b":")[0] for column in found}
        named = {each.encode() for each in self.named.values() if each != KEY}
        found |= {each for each in named if each.partition(b":")[0] in families and b":" in each}
        return [KEY, *sorted(str(_shown(column)) for column in found)]

    @cached_property
    def columns(self) -> Mapping[str, int]:  # type: ignore[override]
        """Position of each column that is known. Movies without an id have it as key."""
        named = {name.casefold() for name in self.named.values()}
        plain = [
            name if name.casefold() in named else name.partition(":")[2] for name in self.header
        ]
        columns = known_columns(plain, self.named)
        return {"item": 0, **columns} if "title" in columns else columns

    @property
    def kind(self) -> str:
        """What it holds."""
        is_key_used = 0 in self.columns.values()
        return kind_of(self.columns, len(self.header) - (not is_key_used))

    def _parts(
        self, positions: Sequence[int], progress: Done | None
    ) -> Iterator[tuple[int, list[nw.Series[Any]]]]:
        return self._kept._parts(positions, progress)

    @cached_property
    def _kept(self) -> KeptTable:
        return kept_table(self.name, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        columns = [name.encode() for name in self.header[1:]]
        with self._opened() as table:
            rows = iter(table.scan(columns=columns or None, batch_size=_AT_ONCE))
            is_first = True
            while (part := list(islice(rows, BATCH))) or is_first:
                is_first = False
                yield self._batch(columns, part)

    def _batch(self, columns: Sequence[bytes], rows: Sequence[Any]) -> pa.RecordBatch:
        cells = [[key for key, _ in rows], *([row.get(c) for _, row in rows] for c in columns)]
        known = set(self.columns.values())
        for position in known:
            self._check_text(self.header[position], cells[position], cells[0])
        return batch_of(self.header, [[*map(_shown, values)] for values in cells])

    def _check_text(self, column: str, values: Sequence[bytes | None], keys: Sequence[Any]) -> None:
        for value, key in zip(values, keys, strict=True):
            if value is not None and "\ufffd" in str(_shown(value)):
                raise DataError(
                    f"{self.name}: {column} is not text in the row {_shown(key)}",
                    "movierec reads numbers that are written as text; export others to Parquet",
                )

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Open the table.

        Raises
        ------
        DataError
            If there is none, or the connection breaks, also when that is found only later.
        UsageError
            If happybase is not installed, or the address has no table.
        """
        with needed(self.address, _PACKAGES):
            import happybase
            import pyarrow  # noqa: F401
        try:
            with in_words(self.address, ADDRESS):
                host, port, name = _parts_of(self.address)
                connection = within(
                    FIRST_ANSWER, lambda: happybase.Connection(host, port, timeout=_SILENCE)
                )
            with closing(connection), in_words(self.address, _COLUMNS):
                yield connection.table(name)
        except RemoteError as error:
            raise DataError(f"{self.name}: {error.reason}", error.hint) from error


def _shown(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")


def _parts_of(address: str) -> tuple[str, int, str]:
    parts = urlsplit(address)
    table = unquote(parts.path.strip("/"))
    if not (parts.hostname and table):
        raise UsageError(
            f"{without_secrets(address)} names no table", f"write it as hbase://HOST:{_PORT}/TABLE"
        )
    return parts.hostname, parts.port or _PORT, table
