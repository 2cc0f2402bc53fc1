"""Ask a server for minutes, while its model is replaced, damaged and taken away.

    python -m tests.hostile.soak [SECONDS] [REQUESTS_A_SECOND]

Prints how many requests failed, how long they took, and how the memory of the server grew.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from movierec import Recommender
from tests.web.conftest import serving

N_CLIENTS = 8
REFUSED = {400, 404, 409, 413, 422, 503}
RATINGS = json.dumps({"ratings": {"1": 5, "2": 1}, "k": 20})
REQUESTS = (
    *[("GET", "/api/similar?id=1&k=10", "")] * 4,
    *[("POST", "/api/recommend", RATINGS)] * 3,
    ("GET", "/", ""),
    ("GET", "/film/2", ""),
    ("GET", "/api/search?q=the", ""),
    ("GET", "/api/why?first_id=1&second_id=2", ""),
    ("GET", "/stats", ""),
    ("GET", "/api/similar?title=nothing+like+it", ""),
    ("POST", "/api/recommend", "{"),
)


class Soak:
    """A server, its clients, and whoever disturbs its model.

    Parameters
    ----------
    url : str
    pid : int
        Of the server.
    seconds, rate : float
        How long to ask, and how many requests to send in a second.
    """

    def __init__(self, url: str, pid: int, seconds: float, rate: float) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self.address, self.pid = (host, int(port)), pid
        self.interval, self.end = N_CLIENTS / rate, time.monotonic() + seconds
        self.statuses: Counter[int | str] = Counter()
        self.times: list[float] = []
        self.memory: list[int] = []

    def ask(self) -> None:
        """Send requests at a steady rate, over one connection while it lasts."""
        connection, choose = HTTPConnection(*self.address, timeout=60), random.Random(1)
        due = time.monotonic()
        while due < self.end:
            time.sleep(max(due - time.monotonic(), 0))
            due += self.interval
            method, path, body = choose.choice(REQUESTS)
            start = time.monotonic()
            try:
                headers = {"Content-Type": "application/json"} if body else {}
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                answer.read()
                status: int | str = answer.status
            except (OSError, HTTPException) as error:
                status = repr(error)
                connection.close()
            self.statuses[status] += 1
            self.times.append(time.monotonic() - start)

    def disturb(self, model: Path, fitting: list[str]) -> None:
        """Replace the model, damage it, take it away, and kill fits that write it."""
        good = model.read_bytes()
        turn = 0
        while time.monotonic() < self.end:
            time.sleep(1)
            self.memory.append(_resident(self.pid))
            turn += 1
            new = model.with_name("new")
            new.write_bytes(good if turn % 2 else good[: len(good) // 2])
            new.replace(model)
            if turn % 10 == 0:
                model.unlink()
            if turn % 15 == 0:
                fit = subprocess.Popen(fitting, stderr=subprocess.DEVNULL)
                time.sleep(random.random() * 3)
                fit.send_signal(signal.SIGKILL)
                fit.wait()

    def run(self, model: Path, fitting: list[str]) -> bool:
        """Run all of it, print what happened, and return whether no request failed."""
        threads = [threading.Thread(target=self.ask) for _ in range(N_CLIENTS)]
        threads.append(threading.Thread(target=self.disturb, args=(model, fitting)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        failed = {status: n for status, n in self.statuses.items() if status not in {200, *REFUSED}}
        high = quantiles(self.times, n=1000)
        print(f"{len(self.times):,} requests by status: {dict(self.statuses)}; failed: {failed}")
        print(f"median {median(self.times):.4f} s, 99 % {high[989]:.3f}, longest {high[-1]:.3f}")
        first, last = self.memory[len(self.memory) // 4], self.memory[-1]
        print(f"memory of the server: {first} MB after a quarter of the time, {last} MB at the end")
        return not failed


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 // 1_000_000


if __name__ == "__main__":
    seconds, rate = (float(word) for word in (*sys.argv[1:], "600", "200")[:2])
    with TemporaryDirectory() as folder:
        path = Path(folder, "m")
        Recommender.fit().save(path)
        command = [sys.executable, "-m", "movierec", "fit", "--model", str(path), "--quiet"]
        with serving("--model", path) as server:
            soak = Soak(server.url, server.process.pid, seconds, rate)
            sys.exit(not soak.run(path, command))
