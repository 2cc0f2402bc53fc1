"""Run the examples of the README and the documentation, and write down what they print.

The examples of a page run in an empty folder, in this order:

1. A ``console`` block: each line that starts with ``$ `` is a command; the lines below it are what
   it prints on both streams. Where they end with a line ``...``, the rest is not shown.
2. A ``python`` block: all of them run in one interpreter. A ``text`` block right below is what it
   prints.
3. A ``sh`` block with ``curl`` calls, and a ``json`` block right below: what the server answers.

Comments steer this, each on a line of its own:

``<!-- run: COMMAND -->``
    Run a command that the page does not show.
``<!-- file: NAME -->``
    Write the block right below to a file.
``<!-- data: FOLDER -->``
    The examples need this folder of the real data, and find it under its name. With ``sample``,
    they find ``ratings.csv`` and ``movies.csv`` of the sample instead.
``<!-- not run -->``
    Leave out the block below.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FENCE = re.compile(
    r"^<!-- run: (?P<hidden>.+) -->$|"
    r"^(?:<!-- (?P<note>not run|file: .+) -->\n\s*)?"
    r"```(?P<language>\S*).*\n(?P<body>(?:.*\n)*?)```$",
    re.M,
)
DATA = re.compile(r"^<!-- data: (\S+) -->$", re.M)
COMMAND = re.compile(r"^\$ (?P<command>.+)\n(?P<output>(?:(?!\$ ).*\n)*)", re.M)
ADDRESS = "http://127.0.0.1:8000"
# What differs between two runs: how long it took.
SECONDS = re.compile(r"\d+\.\d s\b|(?: +\d+\.\d\d){3}$", re.M)
REST = "...\n"
CRASH = "please report it"  # in the message of an error that movierec did not foresee


@dataclass
class Block:
    """A fenced block of a page; `body` is replaced by what its examples print now."""

    language: str
    body: str
    place: slice
    hidden: bool = False
    file: str | None = None


def pages() -> list[Path]:
    """Return the README and all pages of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: str) -> list[Block]:
    """Return the blocks of a page that are run or show what others print."""
    blocks = []
    for found in FENCE.finditer(page):
        if found["hidden"]:
            blocks.append(Block("console", f"$ {found['hidden']}\n", slice(0, 0), hidden=True))
        elif found["note"] != "not run":
            file = (found["note"] or "").removeprefix("file: ") or None
            place = slice(*found.span("body"))
            blocks.append(Block(found["language"], found["body"], place, file=file))
    return blocks


def needed_data(page: str) -> list[str]:
    """Return the folders of real data that a page needs."""
    return [name for name in DATA.findall(page) if name != "sample"]


def rewritten(page: str, folder: Path, data: Path | None = None) -> str:
    """Return a page with what its examples print now.

    Parameters
    ----------
    page : str
        The text of the page.
    folder : Path
        An empty folder, in which the examples run.
    data : Path, optional
        The folder that holds the real data; not needed where :func:`needed_data` is empty.
    """
    for name in needed_data(page):
        assert data is not None
        (folder / name).symlink_to(data / name)
    if "sample" in DATA.findall(page):
        for name in ("ratings.csv", "movies.csv"):
            shutil.copy(ROOT / "data" / name, folder)
    blocks = blocks_of(page)
    _run_console(blocks, folder)
    _run_python(blocks, page, folder)
    _run_requests(blocks, page, folder)
    for block in reversed([block for block in blocks if not block.hidden]):
        page = page[: block.place.start] + block.body + page[block.place.stop :]
    return page


def without_times(text: str) -> str:
    """Return a text without the durations in it, which no two runs share."""
    return SECONDS.sub(" N s", text)


def _run_console(blocks: list[Block], folder: Path) -> None:
    for block in blocks:
        if block.file:
            (folder / block.file).write_text(block.body, encoding="utf-8")
        elif block.language == "console":
            block.body = COMMAND.sub(lambda found: _with_output(found, folder), block.body)


def _with_output(found: re.Match[str], folder: Path) -> str:
    output = _compact(run_command(found["command"], folder))
    shown: str = found["output"]
    if shown.endswith(REST):
        n_lines = shown.count("\n") - 1
        output = "".join(output.splitlines(keepends=True)[:n_lines]) + REST
    return f"$ {found['command']}\n{output}"


def _compact(output: str) -> str:
    """Leave out blanks at the ends of lines, and the blank rows around tables."""
    lines = [line.rstrip() for line in output.splitlines() if not line.isspace()]
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text else ""


def run_command(command: str, folder: Path) -> str:
    """Return what a command prints, on both streams, in a terminal of 100 columns."""
    output = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment(),
        check=False,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
    ).stdout
    if CRASH in output:
        raise AssertionError(f"{command} crashed:\n{output}")
    return output


def environment() -> dict[str, str]:
    """Return an environment in which ``movierec`` is the program under test."""
    programs = Path(sys.executable).parent
    kept = {key: value for key, value in os.environ.items() if key != "MOVIEREC_MODEL"}
    return kept | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "100",
        "MOVIEREC_DATA": "data",
        "PYTHONIOENCODING": "utf-8",
    }


def _run_python(blocks: list[Block], page: str, folder: Path) -> None:
    """Run all Python blocks of a page in one interpreter."""
    examples = [
        index for index, block in enumerate(blocks) if block.language == "python" and not block.file
    ]
    if not examples:
        return
    mark = "--- end of a block ---"
    script = f"\nprint({mark!r})\n".join(blocks[index].body for index in examples)
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment(), capture_output=True,
        encoding="utf-8", timeout=600, check=False,
    )  # fmt: skip
    if run.returncode:
        raise AssertionError(f"the Python examples failed:\n{run.stderr}")
    for index, output in zip(examples, run.stdout.split(f"{mark}\n"), strict=True):
        answer = _answer_below(blocks, index, "text", page)
        if answer:
            answer.body = output


def _answer_below(blocks: list[Block], index: int, language: str, page: str) -> Block | None:
    """Return the block right below another, if it shows what that one prints."""
    if index + 1 == len(blocks) or blocks[index + 1].language != language:
        return None
    between = page[blocks[index].place.stop : blocks[index + 1].place.start]
    return blocks[index + 1] if between.split() == ["```", f"```{language}"] else None


def _run_requests(blocks: list[Block], page: str, folder: Path) -> None:
    """Ask the web app what the ``curl`` calls of a page ask a server."""
    client: Any = None
    for index, block in enumerate(blocks):
        answer = _answer_below(blocks, index, "json", page)
        if block.language == "sh" and answer and block.body.startswith("curl "):
            client = client or _client(folder / "movierec.model")
            answer.body = json.dumps(_ask(client, block.body), indent=2, ensure_ascii=False) + "\n"


def _client(model: Path) -> Any:
    from movierec import Recommender
    from movierec.web import create_app

    return create_app(Recommender.load(model)).test_client()


def _ask(client: Any, command: str) -> Any:
    words = shlex.split(command)
    (url,) = (word for word in words if word.startswith(ADDRESS))
    path = url.removeprefix(ADDRESS)
    if "-d" in words:
        body = json.loads(words[words.index("-d") + 1])
        return client.post(path, json=body).get_json()
    return client.get(path).get_json()
