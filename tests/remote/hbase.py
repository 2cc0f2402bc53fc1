"""A stand-in for HBase: a Thrift server by HBase's own description, with rows in memory.

``python -m tests.remote.hbase PORT`` starts it. Rows come in the order of their keys, as there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import happybase
import thriftpy2
from thriftpy2.rpc import make_server

_PACKAGE = "org.apache.hadoop.hbase"
_THRIFT = thriftpy2.load(
    str(Path(happybase.__file__).parent / "Hbase.thrift"), module_name="Hbase_thrift"
)


class Tables:
    """The calls that happybase makes to create, fill and scan tables."""

    def __init__(self) -> None:
        self._families: dict[str, set[bytes]] = {}
        self._rows: dict[str, dict[bytes, dict[bytes, bytes]]] = {}
        self._scanners: dict[int, Iterator[Any]] = {}

    def createTable(self, name: str, families: list[Any]) -> None:  # noqa: N802
        self._rows[name] = {}
        self._families[name] = {_bytes(family.name).rstrip(b":") for family in families}

    def mutateRows(self, name: str, batches: list[Any], attributes: Any) -> None:  # noqa: N802
        for batch in batches:
            row = self._rows[name].setdefault(_bytes(batch.row), {})
            row.update({_bytes(each.column): _bytes(each.value) for each in batch.mutations})

    def scannerOpenWithScan(self, name: str, scan: Any, attributes: Any) -> int:  # noqa: N802
        if name not in self._rows:
            raise _THRIFT.IOError(
                message=f"{_PACKAGE}.TableNotFoundException: {_bytes(name).decode()}\n\tat x"
            )
        asked = {*map(_bytes, scan.columns or ())}
        for family in {column.partition(b":")[0] for column in asked} - self._families[name]:
            where = f"{_PACKAGE}.regionserver.NoSuchColumnFamilyException"
            raise _THRIFT.IOError(message=f"{where}: {family.decode()}\n\tat x")
        number = len(self._scanners)
        self._scanners[number] = _results(self._rows[name], asked)
        return number

    def scannerGetList(self, number: int, size: int) -> list[Any]:  # noqa: N802
        return list(islice(self._scanners[number], size))

    def scannerClose(self, number: int) -> None:  # noqa: N802
        self._scanners[number] = iter(())


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _results(rows: dict[bytes, dict[bytes, bytes]], asked: set[bytes]) -> Iterator[Any]:
    for key in sorted(rows):
        cells = {
            column: _THRIFT.TCell(value=value, timestamp=1)
            for column, value in rows[key].items()
            if not asked or column in asked
        }
        if cells:
            yield _THRIFT.TRowResult(row=key, columns=cells)


if __name__ == "__main__":
    patience: Any = None
    make_server(
        _THRIFT.Hbase, Tables(), "127.0.0.1", int(sys.argv[1]), client_timeout=patience
    ).serve()
