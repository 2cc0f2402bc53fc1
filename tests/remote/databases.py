"""The databases of the tests, and how each is started and reached."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.remote.proxy import CuttingProxy
from tests.remote.redshift import RedshiftFront
from tests.remote.servers import NotInstalledError, free_port, started

PASSWORD = "S3cr%t"  # with a character that an address must escape
ESCAPED = "S3cr%25t"
_ACCOUNT = "postgres"  # of the system, since the server refuses to run as root
_CLEAN = ("PG", "MOVIEREC_")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Database:
    """A database that runs.

    Attributes
    ----------
    scheme : str
    proxy : CuttingProxy
        On the way to it.
    own : str
        The address by which the tests fill it.
    """

    scheme: str
    proxy: CuttingProxy
    own: str

    def address(
        self,
        user: str | None = None,
        password: str | None = ESCAPED,
        port: int | None = None,
        database: str = "movies",
    ) -> str:
        """Return its address."""
        is_redshift = self.scheme == "redshift"
        user = user or ("analyst" if is_redshift else "owner")
        who = user if password is None else f"{user}:{password}"
        options = "?ssl=false" if is_redshift else ""
        return f"{self.scheme}://{who}@127.0.0.1:{port or self.proxy.port}/{database}{options}"

    def execute(self, *statements: str) -> list[Any]:
        """Execute statements, and return the rows of the last, without movierec."""
        return execute(self.own, *statements)

    def put(self, name: str, table: pa.Table) -> None:
        """Put a table."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.own, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(name, table, mode="replace")


def execute(address: str, *statements: str) -> list[Any]:
    """Execute statements in PostgreSQL, and return the rows of the last."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return [*cursor.fetchall()] if cursor.description else []


@dataclass
class PostgresServer:
    """A PostgreSQL that runs.

    Attributes
    ----------
    port : int
    """

    port: int

    @contextmanager
    def reached_by(self, scheme: str) -> Iterator[Database]:
        """Yield its database as one of a scheme."""
        own = f"postgresql://owner:{ESCAPED}@127.0.0.1:{self.port}/movies"
        with ExitStack() as stack:
            port = self.port
            if scheme == "redshift":
                port = stack.enter_context(RedshiftFront(("127.0.0.1", port))).port
            proxy = stack.enter_context(CuttingProxy(("127.0.0.1", port)))
            yield Database(scheme, proxy, own)


@contextmanager
def postgresql() -> Iterator[PostgresServer]:
    """PostgreSQL itself, as the distribution has it."""
    with _unprivileged_folder() as folder:
        data, port = folder / "data", free_port()
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        flags = ["-U", "owner", "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
        command = [_program("initdb"), "-D", str(data), *flags]
        subprocess.run([*_as_account(), *command], check=True, capture_output=True, cwd=folder)
        # The driver of Redshift knows no SCRAM.
        access = "host all owner all scram-sha-256\nhost all all all password\n"
        (data / "pg_hba.conf").write_text(access, encoding="utf-8")
        settings = ["-c", "unix_socket_directories=", "-c", "fsync=off"]
        server = [*_as_account(), _program("postgres"), "-D", str(data), "-p", str(port), *settings]
        with started(server, folder, ("127.0.0.1", port)):
            _create(port)
            yield PostgresServer(port)


def _create(port: int) -> None:
    address = f"postgresql://owner:{ESCAPED}@127.0.0.1:{port}/postgres"
    execute(
        address,
        "CREATE DATABASE movies",
        f"CREATE ROLE analyst LOGIN SUPERUSER PASSWORD '{PASSWORD}'",
    )


def _as_account() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--clear-groups"]


@contextmanager
def _unprivileged_folder() -> Iterator[Path]:
    """A folder that another user can reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="movierec-postgresql-"))
    try:
        if os.geteuid() == 0:
            try:
                shutil.chown(folder, _ACCOUNT, _ACCOUNT)
            except LookupError:
                raise NotInstalledError(f"there is no user {_ACCOUNT}: .ci/servers") from None
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str:
    """Return the path of a program of PostgreSQL; Debian has them in no PATH."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if found is None:
        raise NotInstalledError("PostgreSQL is not installed: .ci/servers installs it")
    return found


@dataclass
class HBase:
    """A stand-in for HBase that runs.

    Attributes
    ----------
    root : str
        The address without a table.
    proxy : CuttingProxy
    """

    root: str
    proxy: CuttingProxy
    _port: int

    def put(self, name: str, rows: dict[bytes, dict[bytes, bytes]], *families: str) -> None:
        """Create and fill a table, without movierec."""
        import happybase

        connection = happybase.Connection("127.0.0.1", self._port)
        connection.create_table(name, {family: {} for family in families})
        with connection.table(name).batch(batch_size=5000) as batch:
            for key, row in rows.items():
                batch.put(key, row)
        connection.close()


@contextmanager
def hbase(folder: Path) -> Iterator[HBase]:
    """HBase as Thrift and a dictionary have it."""
    port = free_port()
    command = [sys.executable, "-m", "tests.remote.hbase", str(port)]
    address = ("127.0.0.1", port)
    with (
        started(command, folder, address, PYTHONPATH=str(ROOT)),
        CuttingProxy(address) as proxy,
    ):
        yield HBase(f"hbase://127.0.0.1:{proxy.port}", proxy, port)


def environment(change: dict[str, str] | None = None) -> dict[str, str]:
    """Return an environment that names no database of the machine's own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_CLEAN)}
    return clean | {"PGPASSFILE": os.devnull} | (change or {})
