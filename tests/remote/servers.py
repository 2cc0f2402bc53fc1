"""The servers of the tests: where they are installed, and how each is started and reached.

``.ci/servers`` installs them. They listen on free ports of this machine alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.remote.proxy import CuttingProxy

_USUAL = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "movierec-servers"
HOME = Path(os.environ.get("MOVIEREC_SERVERS") or _USUAL)
_PATIENCE = 120  # seconds until a server listens
# Nothing of the machine's own accounts is used.
_CLEAN = ("AWS_", "AZURE_", "GOOGLE_", "STORAGE_", "HADOOP_", "GCSFS_", "MOVIEREC_")
_AZURITE_KEY = (  # everybody's, from its documentation
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_OPENED = ("java.lang", "java.nio", "java.util", "java.net", "sun.nio.ch", "sun.security.action")


class NotInstalledError(Exception):
    """A server is not installed here."""


@dataclass
class Server:
    """A server that runs.

    Attributes
    ----------
    root : str
        The address of a bucket that exists.
    variables : dict of str to str
        The environment in which it is found and let in.
    refused : dict of str to str or None
        What changes in that environment for somebody who is not let in.
    down : dict of str to str
        What changes if nobody is there.
    proxy : CuttingProxy
        On the way to it.
    nowhere : str or None
        An address in a bucket that does not exist, if there are buckets.
    down_root, refused_root : str
        The root if nobody is there, and one into which somebody else is not let; empty if the
        environment alone says it.
    anonymous : dict of str to str or None, or None
        What changes for somebody without credentials, if there is something public.
    keeps_torn_objects : bool
        Whether it replaces an object by what arrived before a connection broke, as no real store.
    """

    root: str
    variables: dict[str, str]
    refused: dict[str, str | None]
    down: dict[str, str]
    proxy: CuttingProxy
    nowhere: str | None = None
    down_root: str = ""
    refused_root: str = ""
    anonymous: dict[str, str | None] | None = None
    keeps_torn_objects: bool = False

    def environment(self, change: dict[str, str | None] | dict[str, str] | None = None) -> Any:
        """Return a whole environment, changed."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(_CLEAN)}
        merged: dict[str, str | None] = {**clean, **self.variables, **(change or {})}
        return {name: value for name, value in merged.items() if value is not None}

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let this process use it, for a while."""
        old = dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environment())
        os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"  # asks Google, not the emulator
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(old)

    def file_system(self) -> tuple[Any, str]:
        """Return fsspec's own view of the root, to be used within :meth:`used`."""
        from fsspec.core import url_to_fs

        found: tuple[Any, str] = url_to_fs(self.root, skip_instance_cache=True)
        return found

    def put(self, name: str, content: bytes) -> None:
        """Put a file below the root, without movierec."""
        with self.used():
            fs, root = self.file_system()
            if self.root.startswith("hdfs"):
                fs.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
            with fs.open(f"{root}/{name}", "wb") as file:
                file.write(content)

    def publish(self, name: str) -> None:
        """Let everybody read a file below the root."""
        with self.used():
            fs, root = self.file_system()
            if self.root.startswith("s3"):
                fs.chmod(f"{root}/{name}", acl="public-read")

    def get(self, name: str) -> bytes:
        """Return a file below the root, without movierec."""
        with self.used():
            fs, root = self.file_system()
            with fs.open(f"{root}/{name}", "rb") as file:
                return bytes(file.read())

    def names(self) -> set[str]:
        """Return the names below the root, without movierec."""
        with self.used():
            fs, root = self.file_system()
            fs.invalidate_cache()
            return {str(name).rstrip("/").rpartition("/")[2] for name in fs.ls(root, detail=False)}


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def program(*parts: str) -> str:
    """Return the path of a program that `.ci/servers` installed."""
    path = HOME.joinpath(*parts)
    if not path.exists():
        raise NotInstalledError(f"{path} is not there: .ci/servers installs it")
    return str(path)


def node() -> str:
    """Return the path of node."""
    found = shutil.which("node")
    if not found:
        raise NotInstalledError("node is not installed")
    return found


@contextmanager
def started(
    command: Sequence[str], folder: Path, address: tuple[str, int], **variables: str
) -> Iterator[None]:
    """Start a server, wait until it listens, and end it at last."""
    log = folder / f"{address[1]}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **variables},
        )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _listens(address):
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(encoding="utf-8", errors="replace")[-3000:]
                raise RuntimeError(f"{command} does not listen: {text}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def _s3(port: int, proxy: CuttingProxy) -> Server:
    return Server(
        root="s3://bucket",
        variables={
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}",
            "AWS_ACCESS_KEY_ID": "S3RVER",
            "AWS_SECRET_ACCESS_KEY": "S3RVER",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        refused={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
        down={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"},
        proxy=proxy,
        nowhere="s3://no-such-bucket",
    )


@contextmanager
def moto(folder: Path) -> Iterator[Server]:
    """S3 as moto has it."""
    port = free_port()
    command = [program("moto-5.2.5", "bin", "python"), "-m", "moto.server"]
    command += ["-H", "127.0.0.1", "-p", str(port)]
    with started(command, folder, ("127.0.0.1", port)), CuttingProxy(("127.0.0.1", port)) as proxy:
        server = _s3(port, proxy)
        server.anonymous = server.refused
        _make_bucket(server)
        yield server


@contextmanager
def strict_moto(folder: Path) -> Iterator[Server]:
    """S3 as moto has it, which knows nobody."""
    port = free_port()
    command = [program("moto-5.2.5", "bin", "python"), "-m", "moto.server"]
    command += ["-H", "127.0.0.1", "-p", str(port)]
    knows_nobody = {"INITIAL_NO_AUTH_ACTION_COUNT": "0"}
    with (
        started(command, folder, ("127.0.0.1", port), **knows_nobody),
        CuttingProxy(("127.0.0.1", port)) as proxy,
    ):
        yield _s3(port, proxy)


@contextmanager
def s3rver(folder: Path) -> Iterator[Server]:
    """S3 as s3rver has it."""
    port = free_port()
    script = program("s3rver-3.7.1", "node_modules", ".bin", "s3rver")
    # It encrypts where a list goes on with DES.
    command = [
        node(),
        "--openssl-legacy-provider",
        script,
        "-a",
        "127.0.0.1",
        "-p",
        str(port),
        "-d",
        str(folder / "s3rver"),
    ]
    command += ["--configure-bucket", "bucket"]
    (folder / "s3rver").mkdir(exist_ok=True)
    with started(command, folder, ("127.0.0.1", port)), CuttingProxy(("127.0.0.1", port)) as proxy:
        server = _s3(port, proxy)
        server.keeps_torn_objects = True
        yield server


@contextmanager
def azurite(folder: Path) -> Iterator[Server]:
    """Azure Blob Storage as Microsoft's emulator has it."""
    port = free_port()
    script = program("azurite-3.35.0", "node_modules", ".bin", "azurite-blob")
    command = [node(), script, "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    command += ["--blobHost", "127.0.0.1", "--blobPort", str(port), "-l", str(folder / "azurite")]

    def connection(port: int, key: str = _AZURITE_KEY) -> dict[str, str]:
        text = (
            f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};"
            f"BlobEndpoint=http://127.0.0.1:{port}/devstoreaccount1;"
        )
        return {"AZURE_STORAGE_CONNECTION_STRING": text}

    with started(command, folder, ("127.0.0.1", port)), CuttingProxy(("127.0.0.1", port)) as proxy:
        server = Server(
            root="abfs://bucket",
            variables=connection(proxy.port),
            refused={**connection(proxy.port, _AZURITE_KEY.replace("Eby8", "Eby9"))},
            down=connection(free_port()),
            proxy=proxy,
            nowhere="abfs://no-such-bucket",
        )
        _make_bucket(server)
        yield server


@contextmanager
def gcs(folder: Path) -> Iterator[Server]:
    """Google Cloud Storage as gcp-storage-emulator has it; it lets everybody in."""
    port = free_port()
    python = program("gcp-storage-emulator-2026.7.19", "bin", "python")
    command = [python, "-m", "gcp_storage_emulator", "start", "--host", "127.0.0.1", "--port"]
    command += [str(port), "--in-memory", "--default-bucket", "bucket"]
    with started(command, folder, ("127.0.0.1", port)), CuttingProxy(("127.0.0.1", port)) as proxy:
        yield Server(
            root="gs://bucket",
            variables={"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{proxy.port}"},
            # Without the emulator there are no credentials, and nobody to ask for some.
            refused={"STORAGE_EMULATOR_HOST": None, "GCE_METADATA_HOST": "127.0.0.1:1"},
            down={"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{free_port()}"},
            proxy=proxy,
            nowhere="gs://no-such-bucket",
            anonymous={},
            keeps_torn_objects=True,
        )


@contextmanager
def hdfs(folder: Path) -> Iterator[Server]:
    """HDFS itself: a NameNode and a DataNode of Hadoop 2.7.3."""
    jars = program("hadoop-2.7.3", "jars")
    if not shutil.which("java"):
        raise NotInstalledError("java is not installed")
    name_port, data_port = free_port(), free_port()
    settings = folder / "conf"
    _configure(settings, folder, name_port, data_port)
    opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
    java = [
        "java",
        "-Xmx300m",
        *opened,
        f"-Dhadoop.home.dir={folder}",
        "-cp",
        f"{settings}:{jars}/*",
    ]
    node_class = "org.apache.hadoop.hdfs.server"
    name_node = [*java, f"{node_class}.namenode.NameNode"]
    subprocess.run(
        [*name_node, "-format", "-force", "-nonInteractive"], check=True, capture_output=True
    )
    data_node = [*java, f"{node_class}.datanode.DataNode"]
    with ExitStack() as stack:
        stack.enter_context(started(name_node, folder, ("127.0.0.1", name_port)))
        stack.enter_context(started(data_node, folder, ("127.0.0.2", data_port)))
        # The NameNode takes the DataNode for one at 127.0.0.1, so that the proxy is on the way.
        proxy = CuttingProxy(("127.0.0.2", data_port), ("127.0.0.1", data_port))
        stack.enter_context(proxy)
        root = f"hdfs://127.0.0.1:{name_port}"
        server = Server(
            root=f"{root}/data",
            variables={},
            refused={"HADOOP_USER_NAME": "somebody-else"},
            down={},
            proxy=proxy,
            down_root=f"hdfs://127.0.0.1:{free_port()}/data",
            refused_root=f"{root}/private",
        )
        _await_data_node(server)
        yield server


def _await_data_node(server: Server) -> None:
    deadline = time.monotonic() + _PATIENCE
    with server.used():
        fs, _ = server.file_system()
        fs.client.mkdirs("/private", 0o700, True)
    while True:
        try:
            server.put("first", b"1")
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _configure(settings: Path, folder: Path, name_port: int, data_port: int) -> None:
    for name in ("hdfs", "datanode"):  # whose pages Hadoop looks for
        (settings / "webapps" / name / "WEB-INF").mkdir(parents=True)
    _write_properties(
        settings / "core-site.xml",
        {
            "fs.defaultFS": f"hdfs://127.0.0.1:{name_port}",
            "hadoop.tmp.dir": f"{folder}/tmp",
        },
    )
    _write_properties(
        settings / "hdfs-site.xml",
        {
            "dfs.replication": "1",
            "dfs.webhdfs.enabled": "false",
            "dfs.namenode.name.dir": f"file://{folder}/names",
            "dfs.datanode.data.dir": f"file://{folder}/blocks",
            "dfs.namenode.rpc-bind-host": "127.0.0.1",
            "dfs.namenode.http-address": "127.0.0.1:0",
            "dfs.datanode.address": f"127.0.0.2:{data_port}",
            "dfs.datanode.http.address": "127.0.0.1:0",
            "dfs.datanode.ipc.address": "127.0.0.1:0",
            "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        },
    )


def _write_properties(path: Path, values: dict[str, str]) -> None:
    rows = (f"<property><name>{k}</name><value>{v}</value></property>" for k, v in values.items())
    path.write_text(f"<configuration>{''.join(rows)}</configuration>", encoding="utf-8")


def _make_bucket(server: Server) -> None:
    with server.used():
        fs, root = server.file_system()
        fs.mkdir(root)


SERVERS = {"moto": moto, "s3rver": s3rver, "azurite": azurite, "gcs": gcs, "hdfs": hdfs}
