"""Send requests to `movierec serve` at a steady rate, and print the results as a Markdown table.

    python benchmarks/serve.py MODEL [--rate 200] [--connections 32] [--seconds 60] [--k 10]
        [--seed 1]

Starts the server, asks it for movies similar to random movies of the model, over several kept
connections in turn, and stops it with SIGTERM. Each request has a due time that does not depend on
earlier responses, and its latency counts from then: waiting for a slow response, or for a late
client, is included. The first seconds do not count. The percentiles are those of correct responses;
all others are errors: a status other than 200, a closed connection, ten seconds without a response,
or another movie. The exit code is 1 if there was an error, or if the server did not exit with 0.

Memory and CPU of the server are read from /proc, which only Linux has. The client runs on the same
machine; the table shows its CPU as well.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from movierec.model.model import load_model

WARM_UP, BETWEEN_READINGS, PATIENCE, START_PATIENCE = 3, 10, 10, 120  # seconds
HOST = "127.0.0.1"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
MEMORY = re.compile(r"^(RssAnon|RssFile):\s+(\d+)", re.MULTILINE)


class Reading(NamedTuple):
    """Time and CPU in seconds; memory in megabytes, nan once the server has ended."""

    at: float
    server_cpu: float
    client_cpu: float
    anon: float
    file: float


def read(pid: int) -> Reading:
    """Read the CPU and memory of a server, and the CPU of this process."""
    process = Path("/proc", str(pid))
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    cpu = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")  # in user and in system mode
    held = dict(MEMORY.findall((process / "status").read_text()))
    anon, file = (float(held.get(name, "nan")) / 1024 for name in ("RssAnon", "RssFile"))
    return Reading(time.monotonic(), cpu, time.process_time(), anon, file)


class Connection:
    """A kept connection, which is opened again after an error.

    Parameters
    ----------
    port : int
    k : int
        Length of the lists that are asked for.
    """

    def __init__(self, port: int, k: int) -> None:
        self.port, self.k = port, k
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def outcome(self, movie_id: str, due: float) -> float | str:
        """Send a request; return its latency in seconds, or the error.

        Parameters
        ----------
        movie_id : str
        due : float
            The monotonic time from which the latency counts.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.ask(movie_id) - due
        except (OSError, EOFError, LookupError, TypeError, ValueError) as error:
            if self.streams:
                self.streams[1].close()
            self.streams = None
            return f"{type(error).__name__}: {error}"

    async def ask(self, movie_id: str) -> float:
        """Send a request; return when the response arrived, or raise an error if it is wrong."""
        self.streams = self.streams or await asyncio.open_connection(HOST, self.port)
        reader, writer = self.streams
        path = f"/api/similar?id={quote(movie_id, safe='')}&k={self.k}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if (length := LENGTH.search(head)) is None:
            raise ValueError("no Content-Length")
        body, arrived = await reader.readexactly(int(length[1])), time.monotonic()
        if (status := head.split(maxsplit=2)[1].decode()) != "200":
            raise ValueError(f"status {status}")
        if str(json.loads(body)["query"]["movie_id"]) != movie_id:
            raise ValueError("another movie")
        return arrived


class Load:
    """Requests, their outcomes, and readings of memory and CPU.

    Parameters
    ----------
    movie_ids : list of str
        A movie for each request.
    options : Namespace
        The options of this script.
    """

    def __init__(self, movie_ids: list[str], options: argparse.Namespace) -> None:
        self.movie_ids, self.options = movie_ids, options
        self.outcomes: list[float | str] = [""] * len(movie_ids)
        self.readings: list[Reading] = []

    async def put(self, port: int, pid: int) -> None:
        """Send each request at its time, then drop the outcomes of the first seconds.

        Parameters
        ----------
        port, pid : int
            The port and the process id of the server.
        """
        self.start, n = time.monotonic() + 0.1, self.options.connections
        reading = asyncio.create_task(self.read_often(pid))
        connections = [Connection(port, self.options.k) for _ in range(n)]
        await asyncio.gather(*(self.work(each, i) for i, each in enumerate(connections)))
        reading.cancel()
        self.readings.append(read(pid))
        del self.outcomes[: WARM_UP * self.options.rate]

    async def work(self, connection: Connection, first: int) -> None:
        for number in range(first, len(self.movie_ids), self.options.connections):
            due = self.start + number / self.options.rate
            await asyncio.sleep(due - time.monotonic())
            self.outcomes[number] = await connection.outcome(self.movie_ids[number], due)

    async def read_often(self, pid: int) -> None:
        await asyncio.sleep(self.start + WARM_UP - time.monotonic())
        while True:
            self.readings.append(read(pid))
            await asyncio.sleep(BETWEEN_READINGS)


def wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until a server that was just started responds, and return its port.

    Parameters
    ----------
    process : Popen
    log : Path
        The file of its messages, which name the port.
    """
    give_up = time.monotonic() + START_PATIENCE
    while time.monotonic() < give_up and process.poll() is None:
        found = re.search(rf"http://{HOST}:(\d+)/", log.read_text(errors="replace"))
        if found and is_healthy(int(found[1])):
            return int(found[1])
        time.sleep(0.005)
    sys.exit(f"the server does not respond; its log:\n{log.read_text(errors='replace')}")


def is_healthy(port: int) -> bool:
    with suppress(OSError, HTTPException), closing(HTTPConnection(HOST, port, PATIENCE)) as link:
        link.request("GET", "/healthz")
        return link.getresponse().status == 200
    return False


def stop(process: subprocess.Popen[bytes]) -> int:
    """Stop a server with SIGTERM, and return its exit code; -9 if it had to be killed."""
    process.terminate()
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def measure(load: Load) -> dict[str, str]:
    """Start a server, send the requests and stop it; return its start-up time and exit code."""
    command = [sys.executable, "-m", "movierec", "serve", "--model", load.options.model]
    command += ["--host", HOST, "--port", "0"]
    # The default event loop wakes up as much as a millisecond late.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    with tempfile.NamedTemporaryFile() as log, asyncio.Runner(loop_factory=lambda: loop) as runner:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            port = wait_for_port(process, Path(log.name))
            start_up = time.monotonic() - started
            runner.run(load.put(port, process.pid))
        finally:
            exit_code = stop(process)
    return {"start-up s": f"{start_up:.2f}", "exit code": str(exit_code)}


def rows(outcomes: list[float | str], first: Reading, last: Reading) -> dict[str, str]:
    """Return the rows of the table.

    Parameters
    ----------
    outcomes : list of float or str
    first, last : Reading
    """
    latencies = [found for found in outcomes if isinstance(found, float)] or [float("nan")]
    n_errors, seconds = sum(isinstance(found, str) for found in outcomes), last.at - first.at
    found = {"requests": str(len(outcomes)), "errors": str(n_errors)}
    for percent in (50, 90, 99, 99.9, 100):
        latency = np.percentile(latencies, percent, method="higher")
        found[f"p{percent} ms" if percent < 100 else "max ms"] = f"{1000 * latency:.2f}"
    return found | {
        "server, CPU s a second": f"{(last.server_cpu - first.server_cpu) / seconds:.3f}",
        "client, CPU s a second": f"{(last.client_cpu - first.client_cpu) / seconds:.3f}",
        "RssAnon MB, first and last": f"{first.anon:.1f}, {last.anon:.1f}",
        "RssFile MB, first and last": f"{first.file:.1f}, {last.file:.1f}",
    }


def choose(options: argparse.Namespace) -> list[str]:
    """Return the ids of random movies of the model, one for each request."""
    catalog = load_model(options.model).catalog
    n_requests = options.rate * (WARM_UP + options.seconds)
    chosen = np.random.default_rng(options.seed).integers(len(catalog), size=n_requests)
    return [str(catalog.movie_id(index)) for index in chosen.tolist()]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    for name, default in {
        "rate": 200,
        "connections": 32,
        "seconds": 60,
        "k": 10,
        "seed": 1,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("memory and CPU of the server are read from /proc, which only Linux has")
    movie_ids = choose(options)
    gc.freeze()  # a long garbage collection here would count as a slow response
    load = Load(movie_ids, options)
    process = measure(load)
    table = rows(load.outcomes, load.readings[0], load.readings[-1]) | process
    print("| | |\n|---|--:|", *(f"| {name} | {table[name]} |" for name in table), sep="\n")
    anon = ", ".join(f"{reading.anon:.1f}" for reading in load.readings)
    print(f"\nRssAnon every {BETWEEN_READINGS} seconds, and at the end: {anon} MB")
    problems = Counter(found for found in load.outcomes if isinstance(found, str))
    for problem, count in problems.most_common():
        print(f"{count} x {problem}", file=sys.stderr)
    return int(bool(problems) or process["exit code"] != "0")


if __name__ == "__main__":
    sys.exit(main())
