"""Access logs, metrics, and the limit of expensive questions."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.exceptions import ServiceUnavailable

from movierec import Recommender
from movierec.web import create_app
from movierec.web.limits import Gate, current_gate
from movierec.web.logs import AccessLog
from tests.conftest import Run
from tests.web.conftest import serving
from tests.web.test_server import answer_of

COMBINED = re.compile(
    r"(?P<host>\S+) - - \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "
    r'"(?P<line>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<size>\d+|-) '
    r'"(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
SECRET = "Brokeback"
HOSTILE = 'x" 200 1\r\n127.0.0.1 - - [fake]\x1b[31m\u202e\\'


@pytest.fixture(params=[False, True], ids=["combined", "json"])
def as_json(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


Logged = Callable[..., tuple[FlaskClient, Iterator[dict[str, Any]]]]


@pytest.fixture
def logged(sample: Recommender) -> Iterator[Logged]:
    """Return a client, and what the log of its server has, a line at a time."""
    with ExitStack() as stack:

        def open_log(path: Path, *, as_json: bool) -> Any:
            log = AccessLog(str(path), as_json=as_json)
            stack.callback(log.close)
            return create_app(sample, access_log=log).test_client(), lines_of(path, as_json)

        yield open_log


def lines_of(path: Path, as_json: bool) -> Iterator[dict[str, Any]]:
    for line in path.read_bytes().splitlines():
        assert re.fullmatch(rb"[ -~]+", line)
        if as_json:
            yield json.loads(line)
        else:
            found = COMBINED.fullmatch(line.decode("ascii"))
            assert found, line
            yield found.groupdict()


def test_each_request_is_one_line(logged: Logged, tmp_path: Path, as_json: bool) -> None:
    client, lines = logged(tmp_path / "log", as_json=as_json)
    sizes = [
        len(client.get("/film/1").data),
        len(client.get("/api/similar?id=0").data),
        len(client.post("/api/recommend", json={}).data),
    ]
    asked = [("GET", "/film/1", 200), ("GET", "/api/similar", 404), ("POST", "/api/recommend", 200)]
    for line, (method, path, status), size in zip(lines, asked, sizes, strict=True):
        if as_json:
            found = (line["method"], line["path"], line["status"], line["bytes"])
            assert found == (method, path, status, size)
            assert line["seconds"] > 0
        else:
            assert line["line"] == f"{method} {path} HTTP/1.1"
            assert (int(line["status"]), int(line["size"])) == (status, size)


def test_what_somebody_asks_for_is_not_logged(
    logged: Logged, tmp_path: Path, as_json: bool
) -> None:
    client, _ = logged(tmp_path / "log", as_json=as_json)
    headers = {
        "Referer": f"https://search.example/?q={SECRET}#{SECRET}",
        "Authorization": f"Bearer {SECRET}",
        "Cookie": f"a={SECRET}",
    }
    client.get(f"/api/similar?title={SECRET}", headers=headers)
    client.get(f"/similar?title={SECRET}", headers=headers)
    client.post("/api/recommend", json={"ratings": {SECRET: 5}}, headers=headers)
    client.post("/taste", data={"movies": SECRET}, headers=headers)
    text = (tmp_path / "log").read_text()
    assert text.count("\n") == 4
    assert SECRET not in text
    assert "https://search.example/" in text


def test_nobody_can_write_lines_of_their_own(logged: Logged, tmp_path: Path, as_json: bool) -> None:
    client, lines = logged(tmp_path / "log", as_json=as_json)
    environ = {
        "HTTP_USER_AGENT": HOSTILE,
        "HTTP_REFERER": HOSTILE,
        "PATH_INFO": "/film/" + HOSTILE.encode().decode("latin-1"),
        "REMOTE_ADDR": "::1",
        "SERVER_PROTOCOL": HOSTILE,
    }
    client.open("/film/1", environ_overrides=environ)
    client.open("/film/1", method="GET", environ_overrides={"HTTP_USER_AGENT": "x" * 20_000})
    client.open("/film/1", environ_overrides={"HTTP_USER_AGENT": "\udcff\x00\x7f"})
    found = list(lines)
    assert len(found) == 3
    if as_json:
        assert found[0]["user_agent"] == HOSTILE
    else:
        assert found[0]["agent"].startswith('x\\" 200 1\\x0d\\x0a127')
    assert max(map(len, (tmp_path / "log").read_text().splitlines())) < 3000


def test_a_log_that_was_renamed_is_begun_again(logged: Logged, tmp_path: Path) -> None:
    path = tmp_path / "log"
    client, _ = logged(path, as_json=False)
    client.get("/healthz")
    path.rename(tmp_path / "log.1")
    client.get("/healthz")
    assert [file.read_text().count("\n") for file in (path, tmp_path / "log.1")] == [1, 1]


def test_a_full_disk_stops_nobody(sample: Recommender) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full disk here")
    log = AccessLog("/dev/full")
    assert create_app(sample, access_log=log).test_client().get("/healthz").status_code == 200
    with suppress(OSError):
        log.close()


def test_the_server_logs_to_stdout_and_says_what_it_cannot(
    sample_model: Path, tmp_path: Path, movierec: Run
) -> None:
    log = tmp_path / "access.log"
    with serving("--model", sample_model, "--access-log", log, "--log-json") as running:
        answer_of(running, "/film/%0a%1b?x=1")
        answer_of(running, "/api/why?first_id=1&second_id=2")
        assert running.stop()[0] == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["path"] for line in lines] == ["/film/%0A%1B", "/api/why"]
    assert lines[0]["route"] == "/film/<movie_id>"
    assert lines[0]["client"] == "127.0.0.1"
    where = tmp_path / "none" / "log"
    result = movierec("serve", "--port", 0, "--access-log", where, "--model", sample_model)
    assert result.returncode == 1
    assert result.stderr == f"error: cannot write the log {where}: No such file or directory\n"


def families(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def test_metrics_count_requests(sample: Recommender) -> None:
    client = create_app(sample).test_client()
    for path in ("/film/1", "/film/2", "/film/nope", "/nothing", "/nothing/else"):
        client.get(path)
    client.open("/film/1", method="MADE-UP")
    found = families(client)
    counts = {
        tuple(sample.labels.values()): sample.value for sample in found["movierec_requests"].samples
    }
    assert counts == {
        ("/film/<movie_id>", "GET", "200"): 2,
        ("/film/<movie_id>", "GET", "404"): 1,
        ("other", "GET", "404"): 2,
        ("other", "other", "405"): 1,
    }
    histogram = found["movierec_request_seconds"].samples
    buckets = [
        each.value
        for each in histogram
        if each.name.endswith("_bucket") and each.labels["route"] == "/film/<movie_id>"
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 3
    (total,) = [
        each.value
        for each in histogram
        if each.name.endswith("_sum") and each.labels["route"] == "/film/<movie_id>"
    ]
    assert total > 0
    assert found["movierec_model_films"].samples[0].value == len(sample)
    model = found["movierec_model_info"].samples[0].labels
    assert model["fingerprint"] == sample.card["fingerprint"]
    if Path("/proc/self/statm").exists():
        assert found["process_resident_memory_bytes"].samples[0].value > 1e7


def test_paths_of_clients_are_no_labels(sample: Recommender) -> None:
    client = create_app(sample).test_client()
    for number in range(50):
        client.get(f'/{number}"}} 1\n')
        client.get(f"/film/{number}")
    routes = {s.labels["route"] for s in families(client)["movierec_requests"].samples}
    assert routes == {"other", "/film/<movie_id>"}


def test_few_wait_at_a_gate() -> None:
    gate = Gate(n_inside=1, n_waiting=1, patience=0.01)
    with gate.passed():
        with pytest.raises(ServiceUnavailable), gate.passed():
            pass
        assert gate.n_refused == 1
    with gate.passed():  # whoever was inside or refused takes no place
        pass
    patient = Gate(n_inside=1, n_waiting=1, patience=60)
    waiting = threading.Thread(target=lambda: patient.passed().__enter__())
    with patient.passed():
        waiting.start()
        while True:
            try:
                with patient.passed():
                    raise AssertionError("two were inside")
            except ServiceUnavailable:
                break
    waiting.join(60)
    assert not waiting.is_alive()


EXPENSIVE = [
    "/api/why?first_id=1&second_id=2",
    "/api/similar?title=toy+stroy",
    "/api/similar?id=1&id=2",
    "/api/similar?id=1&genre=War",
    "/api/search?q=toy+stroy",
    "/similar?title=toy+stroy",
    "/suggestions?q=toy+stroy",
    "/why?first=1&second=2",
    "/film/1?genre=War",
]


@pytest.fixture
def busy(sample: Recommender) -> Iterator[FlaskClient]:
    """A client of a server on which others ask expensive questions without end."""
    app = create_app(sample)
    with app.app_context():
        gate = current_gate()
    gate._patience = 0.01
    with ExitStack() as stack:
        stack.enter_context(gate.passed())
        yield app.test_client()


@pytest.mark.parametrize("path", EXPENSIVE)
def test_expensive_questions_come_again(busy: FlaskClient, path: str) -> None:
    answer = busy.get(path)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    busy_words = "the server is busy" if path.startswith("/api/") else "So many questions at once"
    assert busy_words in answer.text


def test_cheap_questions_do_not_wait(busy: FlaskClient) -> None:
    for path in ("/api/similar?id=1", "/api/similar?title=heat", "/film/1", "/", "/healthz"):
        assert busy.get(path).status_code == 200
    assert busy.get("/api/similar?id=0").status_code == 404
    assert busy.get("/api/similar?id=1&k=x").status_code == 422
    for body in ({"ratings": {"1": 5}}, {"movies": [1], "ratings": {"2": 5}}):
        path = "/api/predict" if "movies" in body else "/api/recommend"
        assert busy.post(path, json=body).get_json()["error"] == "service_unavailable"
    assert families(busy)["movierec_refused_busy"].samples[0].value == 2
