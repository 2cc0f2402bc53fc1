"""Put questions to `movierec serve` at a steady rate, and print what came of it in Markdown.

    python benchmarks/serve.py MODEL [--rate 200] [--connections 32] [--seconds 60] [--k 10]
        [--seed 1]

Starts the program, asks it for films similar to random ones of the model, over kept connections in
turn, and ends it with SIGTERM. A question is due at its time however slow the answers before it
were, and its latency counts from then: waiting behind a slow answer, or for a late client, is part
of it. The first seconds are not pluralize. The percentiles are of right answers; the others are
errors: a status that is not 200, a closed connection, ten seconds of silence, another film. The
exit code is 1 if there was an error, or if the program did not end with 0.

The memory and CPU of the server come from /proc, which only Linux has. The client works on the same
machine; the table has its CPU as well.
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
    at: float  # seconds
    server_cpu: float
    client_cpu: float
    anon: float  # megabytes; nan of a server that is no more
    file: float


def read(pid: int) -> Reading:
    process = Path("/proc", str(pid))
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    cpu = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")  # in user and in system mode
    held = dict(MEMORY.findall((process / "status").read_text()))
    anon, file = (float(held.get(name, "nan")) / 1024 for name in ("RssAnon", "RssFile"))
    return Reading(time.monotonic(), cpu, time.process_time(), anon, file)


class Connection:
    """A kept connection; after a problem it is opened anew."""

    def __init__(self, port: int, k: int) -> None:
        self.port, self.k = port, k
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def outcome(self, film: str, due: float) -> float | str:
        """Ask about a film; return the latency in seconds, or what was wrong."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.ask(film) - due
        except (OSError, EOFError, LookupError, TypeError, ValueError) as error:
            if self.streams:
                self.streams[1].close()
            self.streams = None
            return f"{type(error).__name__}: {error}"

    async def ask(self, film: str) -> float:
        """Return when the answer was there; raise an error if it is not right."""
        self.streams = self.streams or await asyncio.open_connection(HOST, self.port)
        reader, writer = self.streams
        path = f"/api/similar?id={quote(film, safe='')}&k={self.k}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if (length := LENGTH.search(head)) is None:
            raise ValueError("no Content-Length")
        body, answered = await reader.readexactly(int(length[1])), time.monotonic()
        if (status := head.split(maxsplit=2)[1].decode()) != "200":
            raise ValueError(f"status {status}")
        if str(json.loads(body)["query"]["movie_id"]) != film:
            raise ValueError("another film")
        return answered


class Load:
    """Questions about films, what came of them, and readings of the server's memory and CPU."""

    def __init__(self, films: list[str], options: argparse.Namespace) -> None:
        self.films, self.options = films, options
        self.outcomes: list[float | str] = [""] * len(films)
        self.readings: list[Reading] = []

    async def put(self, port: int, pid: int) -> None:
        """Ask all questions, each at its time; forget those of the first seconds."""
        self.start, n = time.monotonic() + 0.1, self.options.connections
        reading = asyncio.create_task(self.read_often(pid))
        connections = [Connection(port, self.options.k) for _ in range(n)]
        await asyncio.gather(*(self.work(each, i) for i, each in enumerate(connections)))
        reading.cancel()
        self.readings.append(read(pid))
        del self.outcomes[: WARM_UP * self.options.rate]

    async def work(self, connection: Connection, first: int) -> None:
        for place in range(first, len(self.films), self.options.connections):
            due = self.start + place / self.options.rate
            await asyncio.sleep(due - time.monotonic())
            self.outcomes[place] = await connection.outcome(self.films[place], due)

    async def read_often(self, pid: int) -> None:
        await asyncio.sleep(self.start + WARM_UP - time.monotonic())
        while True:
            self.readings.append(read(pid))
            await asyncio.sleep(BETWEEN_READINGS)


def wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until a server that was just started answers, and return its port."""
    give_up = time.monotonic() + START_PATIENCE
    while time.monotonic() < give_up and process.poll() is None:
        found = re.search(rf"http://{HOST}:(\d+)/", log.read_text(errors="replace"))
        if found and is_healthy(int(found[1])):
            return int(found[1])
        time.sleep(0.005)
    sys.exit(f"the server does not answer; it said:\n{log.read_text(errors='replace')}")


def is_healthy(port: int) -> bool:
    with suppress(OSError, HTTPException), closing(HTTPConnection(HOST, port, PATIENCE)) as asked:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    return False


def stop(process: subprocess.Popen[bytes]) -> int:
    """End a server with SIGTERM, and return its exit code; -9 if it did not obey."""
    process.terminate()
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def measure(load: Load) -> dict[str, str]:
    """Start a server, put the questions to it and end it; return how it started and ended."""
    command = [sys.executable, "-m", "movierec", "serve", "--model", load.options.model]
    command += ["--host", HOST, "--port", "0"]
    # The usual event loop wakes up as much as a millisecond late.
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
    """Return the ids of random films of the model, one for each question."""
    ids = np.asarray(load_model(options.model).arrays["item_ids"])
    ids = np.char.decode(ids, "utf-8") if ids.dtype.kind == "S" else ids.astype(str)
    n_questions = options.rate * (WARM_UP + options.seconds)
    return list(np.random.default_rng(options.seed).choice(ids, n_questions).tolist())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    for name, usual in {"rate": 200, "connections": 32, "seconds": 60, "k": 10, "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("the server's memory and CPU are read from /proc, which only Linux has")
    films = choose(options)
    gc.freeze()  # or a long collection here would count as a slow answer
    load = Load(films, options)
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
