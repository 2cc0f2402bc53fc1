"""Ask everything of a model that may be forged; run as a program, it asks about many forged ones.

Each is asked in a process of its own, with limits on its memory and time. Only documented errors
may end a question.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import resource
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from movierec import MovierecError, Recommender
from movierec.cli._app import app
from movierec.store.reading import Artifact
from movierec.web.app import create_app
from tests.hostile import _models

MEMORY = 2 << 30  # bytes, besides what the process has when it starts
SECONDS = 10
CODES = {0, 1, 2, 3, 4}
ESCAPES = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"]


def asked_in_python(path: Path) -> Iterator[Callable[[], object]]:
    """Yield questions through the Python interface."""
    model = Recommender.load(path)
    ids = [model.movie(title).movie_id for title in ("Heat", "Alien", "Toy Story")]
    yield model.stats
    for one in ids:
        yield lambda one=one: list(model.similar(one, 3, by_id=True))  # type: ignore[misc]
        yield lambda one=one: model.similar([one, ids[0]], 50, by_id=True)  # type: ignore[misc]
        yield lambda one=one: model.why(one, ids[0], by_id=True)  # type: ignore[misc]
        yield lambda one=one: model.recommend(likes={one: 4.0}, by_id=True)  # type: ignore[misc]
        yield lambda one=one: model.next(one, by_id=True)  # type: ignore[misc]
    yield lambda: model.recommend(user=1)
    yield lambda: model.recommend(user=2, k=100)
    yield lambda: model.predict(ids, user=1, by_id=True)
    yield lambda: model.search("a")
    yield lambda: model.suggest("haet")
    yield lambda: model.similar("Heat", 300)
    yield lambda: model.recommend(likes={"Heat": 4.0, "Alien": 1.0}, k=300)
    yield lambda: model.neighbors_frame(2)
    yield lambda: model.export(path.with_name("out.csv"), overwrite=True)
    yield lambda: model.save(path.with_name("saved"))
    yield lambda: Artifact(path).unpickle()


def ask_in_python(path: Path) -> None:
    with contextlib.suppress(MovierecError):
        for question in asked_in_python(path):
            with contextlib.suppress(MovierecError):
                question()


def ask_on_the_command_line(path: Path) -> None:
    """Run commands; each must end with a documented code, and print no escape."""
    commands = (
        *("stats", "similar Heat", "similar Alien --explain -k 50", "why Heat Alien"),
        *("next Heat", "next Alien --json"),
        *("recommend --user 1", "recommend --like Heat", "search a", "predict Alien --user 1"),
    )
    for command in commands:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = _exit_code(command, path)
        text = out.getvalue()
        assert code in CODES, f"{command}: exit code {code}"
        assert "please report" not in text, f"{command}: {text}"
        assert not any(escape in text for escape in ESCAPES), f"{command}: {text!r}"


def _exit_code(command: str, path: Path) -> int:
    try:
        app([*command.split(), "--model", str(path)])
    except SystemExit as ended:
        return int(ended.code or 0)
    return -1


def ask_in_the_browser(path: Path) -> None:
    """Request pages and answers; only documented statuses may come."""
    try:
        client = create_app(Recommender.load(path)).test_client()
    except MovierecError:
        return
    for address in ("/", "/film/1", "/why?first=1&second=2", "/stats", "/api/search?q=a"):
        assert client.get(address).status_code in {200, 404, 503}, address
    likes = {"ratings": {"1": 4, "2": 1, "3": 3}, "k": 50}
    answer = client.post("/api/recommend", json=likes)
    assert answer.status_code in {200, 404, 422, 503}, answer.status_code


WAYS = (ask_in_python, ask_on_the_command_line, ask_in_the_browser)


def outcome(path: Path) -> str:
    """Ask everything in a process of its own; return "" or what went wrong."""
    read, written = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        told = _told(path)
        os.write(written, told.encode("utf-8", "replace")[-4000:])
        os._exit(0)
    os.close(written)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return told if os.waitstatus_to_exitcode(status) == 0 else f"exit {status}: {told}"


def _told(path: Path) -> str:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor, which may be busy with others
    signal.alarm(20 * SECONDS)
    try:
        for ask in WAYS:
            ask(path)
    except BaseException:
        return traceback.format_exc()
    return ""


def run(samples: Sequence[Path], n_models: int, seed: int, tell: Callable[[str], Any]) -> int:
    """Forge models, ask about each, and return how many did what they must not."""
    rng, found = np.random.default_rng(seed), Counter[str]()
    originals = [_models.members_of(sample) for sample in samples]
    gc.freeze()
    with TemporaryDirectory() as folder:
        path = Path(folder, "forged.model")
        for number in range(n_models):
            members, told = _models.forge(originals[number % len(originals)], rng)
            compressed = "meta.json" if rng.random() < 0.02 else ""
            _models.write(path, members, compressed)
            if what := outcome(path):
                found[what.splitlines()[-1][:100]] += 1
                tell(f"model {number}: {told}\n{what}")
    return found.total()


if __name__ == "__main__":
    wanted, start = (int(word) for word in sys.argv[1:3])
    with TemporaryDirectory() as sample_folder:
        sample = Path(sample_folder, "sample.model")
        Recommender.fit().save(sample)
        golden = sorted(Path(__file__).parents[1].glob("golden/*.model"))
        failures = run([*golden, sample], wanted, start, print)
    print(f"{wanted} forged models: {failures} did what they must not")
    sys.exit(failures > 0)
