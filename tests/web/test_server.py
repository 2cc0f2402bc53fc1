"""The server: how it starts and ends, and what it does when its model is replaced."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from movierec import Recommender
from movierec.web import create_app
from tests.cli.conftest import MOVIES, RATINGS
from tests.conftest import Run
from tests.web.conftest import Server, serving

OTHER_MOVIES = MOVIES.replace(b"Alpha", b"Omega")


def fit(folder: Path, movies: bytes = MOVIES) -> Recommender:
    (folder / "ratings.csv").write_bytes(RATINGS)
    (folder / "movies.csv").write_bytes(movies)
    return Recommender.fit(folder / "ratings.csv", folder / "movies.csv")


def get(server: Server, path: str, **headers: str) -> Any:
    with urlopen(Request(server.url + path, headers=headers), timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m"
    fit(tmp_path).save(path)
    return path


@pytest.fixture
def new_server(model: Path) -> Iterator[Server]:
    with serving("--model", model) as running:
        yield running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(new_server: Server, number: int) -> None:
    assert get(new_server, "/healthz")["status"] == "ok"
    assert new_server.stop(number) == (0, "stopped\n")
    port = int(new_server.url.rpartition(":")[2])
    socket.create_server(("127.0.0.1", port)).close()


SLOW = """
import sys, time
from flask import Flask
from movierec import Recommender
from movierec.web import server

app = Flask("slow")
app.add_url_rule("/", view_func=lambda: (print("asked", file=sys.stderr, flush=True),
                                         time.sleep(1), "whole answer " * 1000)[2])
server.create_app = lambda *arguments, **more: app
server.serve(Recommender.load(sys.argv[1]), "127.0.0.1", 0,
             say=lambda line: print(line, file=sys.stderr, flush=True))
"""


def test_what_is_being_answered_is_finished(model: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, model], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    port = int(process.stderr.readline().split(":")[2].split("/")[0])
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    assert process.stderr.readline() == "asked\n"
    process.terminate()
    assert connection.getresponse().read().decode() == "whole answer " * 1000
    connection.close()
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_a_port_that_is_taken_is_said(movierec: Run, sample_model: Path, server: Server) -> None:
    port = server.url.rpartition(":")[2]
    result = movierec("serve", "--port", port, "--model", sample_model)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"error: cannot listen on port {port} of 127.0.0.1: Address already in use",
        "hint: choose another with --port; 0 picks a free one",
    ]


def test_a_host_elsewhere_is_refused(movierec: Run, sample_model: Path) -> None:
    result = movierec("serve", "--host", "203.0.113.1", "--port", 0, "--model", sample_model)
    assert result.returncode == 1
    assert "cannot listen on port 0 of 203.0.113.1" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_model_is_said_before_anything_listens(movierec: Run) -> None:
    result = movierec("serve", "--model", "nowhere.model")
    assert (result.returncode, result.stdout) == (3, "")
    assert "there is no model at nowhere.model" in result.stderr


@pytest.mark.parametrize("package", ["flask", "waitress"])
def test_without_the_extra_it_says_what_to_install(sample_model: Path, package: str) -> None:
    code = (
        f"import sys; sys.modules['{package}'] = None; from movierec.cli._main import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "serve", "--model", sample_model],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "hint: pip install flask waitress" in result.stderr


def test_open_shows_it_in_the_browser(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}.new" && mv "{opened}.new" "{opened}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    with serving("--model", model, "--open") as running:
        wait_until(opened.exists)
        assert opened.read_text() == f"{running.url}/\n"


def wait_until(condition: Any, patience: float = 60) -> None:
    give_up = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_another_name_of_this_machine_is_refused(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    assert status(server, "/healthz", Host=f"localhost:{port}") == 200
    assert status(server, "/healthz", Host=f"[::1]:{port}") == 200
    for path in ("/", "/api/similar?id=1", "/healthz"):
        assert status(server, path, Host="films.example") == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.1"])
def test_every_name_of_loopback_is_guarded(model: Path, host: str) -> None:
    with serving("--model", model, "--host", host) as running:
        assert running.url.startswith(f"http://{host}:")
        assert status(running, "/healthz") == 200  # by the host name it was started with
        assert status(running, "/healthz", Host="films.example") == 400


def test_to_all_machines_it_answers_by_any_name(model: Path) -> None:
    with serving("--model", model, "--host", "0.0.0.0") as running:
        assert running.url.startswith("http://127.0.0.1:")
        assert status(running, "/healthz", Host="films.example") == 200
        assert running.process.stderr is not None
        said = running.process.stderr.readline()
        assert said == (
            "everyone who can reach this machine can use it: set MOVIEREC_TOKEN, "
            "or leave out --host\n"
        )


def status(server: Server, path: str, **headers: str) -> int:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def test_ipv6_addresses_work(model: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with serving("--model", model, "--host", "::1") as running:
        assert running.url.startswith("http://[::1]:")
        assert get(running, "/healthz")["status"] == "ok"


def test_it_listens_on_this_machine_only(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=30)


def test_a_new_model_is_taken_up_without_a_failed_request(
    new_server: Server, model: Path, tmp_path: Path
) -> None:
    models = [fit(tmp_path), fit(tmp_path, OTHER_MOVIES)]
    titles, stop = set(), threading.Event()

    def ask() -> None:
        connection = HTTPConnection(new_server.url.removeprefix("http://"), timeout=30)
        while not stop.is_set():
            connection.request("GET", "/api/similar?id=20")
            answer = connection.getresponse()
            found = json.load(answer)
            titles.add((answer.status, *sorted(film["title"] for film in found["neighbors"])))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for place in range(20):
        models[place % 2].save(model)
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert {found[0] for found in titles} == {200}
    assert len(titles) == 2  # one answer per model, nothing in between
    assert get(new_server, "/api/search?q=omega")["films"]
    assert n_mapped(new_server, model) <= 3


def n_mapped(server: Server, model: Path) -> int:
    """Return the number of mapped model files, replaced ones included."""
    maps = Path("/proc", str(server.process.pid), "maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process holds")
    return len({line.split()[4] for line in maps.read_text().splitlines() if str(model) in line})


def test_a_model_that_cannot_be_used_is_left(
    new_server: Server, model: Path, tmp_path: Path
) -> None:
    assert get(new_server, "/api/search?q=alpha")["films"]
    (tmp_path / "bad").write_bytes(b"no model")
    (tmp_path / "bad").replace(model)
    assert get(new_server, "/api/search?q=alpha")["films"]
    model.unlink()
    assert get(new_server, "/api/search?q=alpha")["films"]
    fit(tmp_path, OTHER_MOVIES).save(model)
    assert get(new_server, "/api/search?q=omega")["films"]
    code, said = new_server.stop()
    assert code == 0
    assert said.count("the previous model stays in use") == 1


def test_a_model_replaced_before_the_first_request_is_taken_up(model: Path, tmp_path: Path) -> None:
    client = create_app(Recommender.load(model)).test_client()
    fit(tmp_path, OTHER_MOVIES).save(model)
    assert client.get("/api/search?q=omega").get_json()["films"]


def test_it_answers_without_what_only_fit_needs(new_server: Server) -> None:
    """Another process answers what needs NumPy, so that cheap questions do not wait."""
    assert get(new_server, "/api/similar?id=20")["neighbors"]
    maps = Path("/proc", str(new_server.process.pid), "maps")
    if not maps.exists():
        pytest.skip("only Linux tells what a process holds")
    assert workers_of(new_server) == []
    assert recommended(new_server)
    assert "numpy" not in maps.read_text()
    (worker,) = workers_of(new_server)
    assert "numpy" in Path("/proc", worker, "maps").read_text()
    assert new_server.stop()[0] == 0
    assert not Path("/proc", worker).exists()


def recommended(server: Server) -> Any:
    body = json.dumps({"ratings": {"20": 5}}).encode()
    ask = Request(server.url + "/api/recommend", body, {"Content-Type": "application/json"})
    with urlopen(ask, timeout=60) as answer:
        return json.load(answer)["recommendations"]


def workers_of(server: Server) -> list[str]:
    """Return the ids of the processes that a server started, in any of its threads."""
    tasks = Path("/proc", str(server.process.pid), "task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def test_a_worker_that_ends_is_started_again(new_server: Server) -> None:
    expected = recommended(new_server)
    if not Path("/proc/self/task").exists():
        pytest.skip("only Linux tells what a process started")
    (worker,) = workers_of(new_server)
    os.kill(int(worker), signal.SIGKILL)
    with pytest.raises(HTTPError) as refused:
        recommended(new_server)
    assert refused.value.code == 503
    assert refused.value.headers["Retry-After"] == "1"
    assert json.load(refused.value)["error"] == "service_unavailable"
    assert recommended(new_server) == expected


QUESTIONS = [
    "/api/why?first_id=10&second_id=20",
    "/api/similar?id=10&id=20",
    "/api/similar?id=20&diversity=0.5",
    "/api/similar?title=alhpa+beta+gamma",
    "/api/search?q=alhpa",
    "/similar?title=alhpa",
    "/film/20?diversity=0.5",
    "/why?first=10&second=20",
    "/why?first=10&second=%3F%23%25",
]


def test_the_worker_answers_as_one_process_does(new_server: Server, model: Path) -> None:
    recommender = Recommender.load(model)
    here = create_app(recommender).test_client()
    for path in QUESTIONS:
        expected = here.get(path)
        found = answer_of(new_server, path)
        assert (found.status, found.body) == (expected.status_code, expected.data), path
        assert found.headers.get("ETag") == expected.headers.get("ETag")
    rated = {"id": "20", "title": recommender.movie(20).title, "rating": "4", "movies": ""}
    form = urlencode(rated).encode()
    kind = "application/x-www-form-urlencoded"
    expected = here.post("/taste", data=form, content_type=kind)
    found = answer_of(new_server, "/taste", form, **{"Content-Type": kind})
    assert (found.status, found.body) == (expected.status_code, expected.data)
    assert b'name="id" value="20"' in found.body


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


def answer_of(server: Server, path: str, body: bytes | None = None, **headers: str) -> Answer:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    found = Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return found


def test_gunicorn_serves_it_too(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "movierec.web:create_app()", "-b", f"127.0.0.1:{port}"],
        env={**os.environ, "MOVIEREC_MODEL": str(model)},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_open(port))
        with urlopen(f"http://127.0.0.1:{port}/api/similar?id=20", timeout=60) as answer:
            assert json.load(answer)["query"]["movie_id"] == 20
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
