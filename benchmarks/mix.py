"""Ask `movierec serve` for similar movies while others ask expensive questions; print a table.

    python benchmarks/mix.py MODEL [--rate 200] [--share 0.1] [--connections 32] [--seconds 30]
        [--rounds 3] [--seed 1]

Each round asks one server for movies similar to random movies of the model, first without and then
with expensive questions among the requests: explanations, titles with typing errors,
recommendations, predictions, lists for two movies, and lists with a filter. As in serve.py, each
request has a due time that does not depend on earlier answers, and its latency counts from then.

The table has the latencies of the requests for similar movies, without and with the mix, and the
ratio of both: on a busy machine, look at the ratio. A 503 is what the server answers to an
expensive question if too many others wait; they are counted, and are no errors. The exit code is 1
if anything else failed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from serve import HOST, LENGTH, PATIENCE, stop, wait_for_port

from movierec.model.model import load_model

WARM_UP = 3  # seconds
PERCENTS = (50, 90, 99, 99.9)
SIMILAR, REFUSED = "similar", 503
N_RATED = 20
N_FIRST = 30  # expensive questions before anything is measured


class Question(NamedTuple):
    """A request, by the kind under which it is counted."""

    kind: str
    path: str
    body: Any = None

    def text(self, port: int) -> bytes:
        """Return it as it is sent."""
        body = b"" if self.body is None else json.dumps(self.body).encode()
        head = f"{'POST' if body else 'GET'} {self.path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{head}\r\n".encode() + body


class Outcome(NamedTuple):
    """The status of an answer, 0 if none came, and its latency in seconds."""

    kind: str
    status: int
    seconds: float


class Questions:
    """Makes up questions about random movies of a model, of which half are rated often.

    Parameters
    ----------
    model : str
    seed : int
    """

    def __init__(self, model: str, seed: int) -> None:
        self._catalog = load_model(model).catalog
        self._random = np.random.default_rng(seed)
        counts = np.asarray(self._catalog.n_ratings)
        self._popular = np.argsort(-counts, kind="stable")[: max(len(counts) // 100, 20)]

    def similar(self) -> Question:
        return Question(SIMILAR, f"/api/similar?id={self._id()}&k=10")

    def expensive(self) -> Question:
        """Return one of the expensive questions, each as often as the others."""
        kinds = (self._why, self._typo, self._recommend, self._predict, self._two, self._filtered)
        return kinds[int(self._random.integers(len(kinds)))]()

    def _index(self) -> int:
        pool = self._popular if self._random.random() < 0.5 else len(self._catalog)
        return int(self._random.choice(pool))

    def _id(self) -> str:
        return quote(str(self._catalog.movie_id(self._index())), safe="")

    def _why(self) -> Question:
        return Question("why", f"/api/why?first_id={self._id()}&second_id={self._id()}")

    def _typo(self) -> Question:
        title = self._catalog.movie(self._index()).title
        place = int(self._random.integers(1, max(len(title) - 1, 2)))
        return Question("typo", f"/api/similar?title={quote(f'{title[:place]}qz{title[place:]}')}")

    def _ratings(self) -> dict[str, float]:
        ids = {str(self._catalog.movie_id(self._index())) for _ in range(N_RATED)}
        return {movie: float(self._random.integers(1, 6)) for movie in sorted(ids)}

    def _recommend(self) -> Question:
        return Question("recommend", "/api/recommend", {"ratings": self._ratings()})

    def _predict(self) -> Question:
        movies = [str(self._catalog.movie_id(self._index())) for _ in range(3)]
        body = {"movies": movies, "ratings": self._ratings()}
        return Question("predict", "/api/predict", body)

    def _two(self) -> Question:
        return Question("two movies", f"/api/similar?id={self._id()}&id={self._id()}")

    def _filtered(self) -> Question:
        return Question("filtered", f"/api/similar?id={self._id()}&genre=War&obscurity=0.5")


class Client:
    """Sends questions over a kept connection, which is opened again after an error."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, question: Question, due: float) -> Outcome:
        """Send a question, and return the outcome; the latency counts from `due`."""
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._status(question)
        except (OSError, EOFError, TypeError, ValueError):
            status = 0
            if self._streams:
                self._streams[1].close()
            self._streams = None
        return Outcome(question.kind, status, time.monotonic() - due)

    async def _status(self, question: Question) -> int:
        self._streams = self._streams or await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        writer.write(question.text(self._port))
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        return int(head.split(maxsplit=2)[1])


async def warm_up(ask: Questions, port: int) -> None:
    """Ask some expensive questions, of which the first imports NumPy and reads the vectors."""
    client = Client(port)
    for _ in range(N_FIRST):
        await client.ask(ask.expensive(), time.monotonic())


async def put(questions: list[Question], port: int, rate: int, n: int) -> list[Outcome]:
    """Send each question at its time, and drop the first seconds.

    Questions for similar movies take turns on `n` connections, and expensive ones on as many
    others: on one connection, each would wait for the answer to the one before.
    """
    start, outcomes = time.monotonic() + 0.1, [Outcome("", 0, 0.0)] * len(questions)

    async def work(numbers: list[int]) -> None:
        client = Client(port)
        for number in numbers:
            due = start + number / rate
            await asyncio.sleep(due - time.monotonic())
            outcomes[number] = await client.ask(questions[number], due)

    similar = [number for number, asked in enumerate(questions) if asked.kind == SIMILAR]
    others = [number for number, asked in enumerate(questions) if asked.kind != SIMILAR]
    lists = [numbers[first::n] for numbers in (similar, others) for first in range(n)]
    await asyncio.gather(*map(work, lists))
    return outcomes[WARM_UP * rate :]


def measure(options: argparse.Namespace) -> tuple[list[Outcome], list[Outcome], int]:
    """Return the outcomes without and with the mix, and the exit code of the server."""
    ask = Questions(options.model, options.seed)
    n_questions = options.rate * (WARM_UP + options.seconds)
    is_expensive = np.random.default_rng(options.seed).random(n_questions) < options.share
    command = [sys.executable, "-m", "movierec", "serve", "--model", options.model]
    # The default event loop wakes up as much as a millisecond late.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    found: tuple[list[Outcome], list[Outcome]] = ([], [])
    with tempfile.NamedTemporaryFile() as log, asyncio.Runner(loop_factory=lambda: loop) as runner:
        process = subprocess.Popen([*command, "--port", "0"], stderr=log)
        try:
            port = wait_for_port(process, Path(log.name))
            runner.run(warm_up(ask, port))
            for _ in range(options.rounds):
                plain = [ask.similar() for _ in range(n_questions)]
                mixed = [ask.expensive() if each else ask.similar() for each in is_expensive]
                for outcomes, questions in zip(found, (plain, mixed), strict=True):
                    gc.collect()
                    asked = put(questions, port, options.rate, options.connections)
                    outcomes.extend(runner.run(asked))
        finally:
            exit_code = stop(process)
    return *found, exit_code


def percentiles(outcomes: list[Outcome]) -> list[float]:
    """Return percentiles of the latencies, in milliseconds."""
    latencies = [1000 * outcome.seconds for outcome in outcomes] or [float("nan")]
    return [float(np.percentile(latencies, percent, method="higher")) for percent in PERCENTS]


def print_table(without: list[Outcome], with_mix: list[Outcome]) -> None:
    """Print the latencies of `similar`, and those of the others with what became of them."""
    similar = [outcome for outcome in with_mix if outcome.kind == SIMILAR]
    rows = percentiles(without), percentiles(similar)
    print("| similar | without | with the mix | ratio |\n|---|--:|--:|--:|")
    for percent, before, after in zip(PERCENTS, *rows, strict=True):
        print(f"| p{percent:g} ms | {before:.2f} | {after:.2f} | {after / before:.2f} |")
    print("\n| expensive | questions | answered | refused | p50 ms | p99 ms |")
    print("|---|--:|--:|--:|--:|--:|")
    for kind in sorted({outcome.kind for outcome in with_mix} - {SIMILAR}):
        mine = [outcome for outcome in with_mix if outcome.kind == kind]
        answered = [outcome for outcome in mine if is_answered(outcome)]
        n_refused = sum(outcome.status == REFUSED for outcome in mine)
        half, _, most, _ = percentiles(answered)
        print(f"| {kind} | {len(mine)} | {len(answered)} | {n_refused} | {half:.1f} | {most:.1f} |")


def is_answered(outcome: Outcome) -> bool:
    """Tell whether an answer is right; no movie has a misspelled title, and few are of a genre."""
    return outcome.status == 200 or (
        outcome.status == 404 and outcome.kind in ("typo", "filtered", "recommend")
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    for name, default in (("rate", 200), ("connections", 32), ("seconds", 30), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.1, help="of expensive questions")
    options = parser.parse_args()
    gc.freeze()  # a long garbage collection here would count as a slow answer
    without, with_mix, exit_code = measure(options)
    print_table(without, with_mix)
    failed = Counter(
        (outcome.kind, outcome.status)
        for outcome in [*without, *with_mix]
        if not is_answered(outcome) and (outcome.kind == SIMILAR or outcome.status != REFUSED)
    )
    for (kind, status), count in sorted(failed.items()):
        print(f"{count} x {kind}: {status or 'no answer'}", file=sys.stderr)
    return int(bool(failed) or exit_code != 0)


if __name__ == "__main__":
    sys.exit(main())
