"""The files of docs/deploy.md: checked by the tools that read them, and run as far as that goes."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.web.conftest import Server, serving

FOLDER = Path(__file__).parent.parent / "examples" / "deploy"
HADOLINT = Path(sys.executable).with_name("hadolint")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HANG = 30  # seconds


def _instructions() -> list[tuple[str, str]]:
    text = (FOLDER / "Containerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text)).strip().split("\n")
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line]


def _last(name: str) -> str:
    return [value for found, value in _instructions() if found == name][-1]


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed")
def test_hadolint_finds_nothing_in_the_container_file() -> None:
    run = subprocess.run(
        [HADOLINT, FOLDER / "Containerfile"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_the_container_needs_no_root() -> None:
    user = _last("USER").split(":")[0]
    assert int(user) > 0


@pytest.mark.skipif(sys.platform == "win32", reason="containers run Linux")
def test_the_commands_of_the_container_serve_and_tell_their_health(sample_model: Path) -> None:
    """What it runs, with what it sets, but for the paths and the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    given = dict(pair.split("=", 1) for pair in _last("ENV").split())
    assert given["MOVIEREC_HOST"] == "0.0.0.0"
    settings = {**given, "MOVIEREC_HOST": "127.0.0.1", "MOVIEREC_PORT": port}
    settings |= {"MOVIEREC_MODEL": str(sample_model), "PATH": os.environ["PATH"]}
    program = Path(sys.executable).with_name(json.loads(_last("ENTRYPOINT"))[0])
    health = json.loads(_last("HEALTHCHECK").partition("CMD ")[2])
    asked = [sys.executable, *health[1:]]
    server = subprocess.Popen(
        [program, *json.loads(_last("CMD"))],
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        assert f":{port}/" in server.stderr.readline()
        assert subprocess.run(asked, env=settings, check=False).returncode == 0
        with urlopen(f"http://127.0.0.1:{port}/film/1", timeout=HANG) as answer:
            assert answer.status == 200
    finally:
        server.terminate()
        said, _ = server.communicate(timeout=HANG)
    assert "GET /film/1" in said
    down = subprocess.run(asked, env=settings, capture_output=True, check=False)
    assert (health[0], down.returncode != 0) == ("python", True)


def _unit(folder: Path) -> Path:
    """Return the unit with the program of this environment, since verify looks for it."""
    text = (FOLDER / "movierec.service").read_text(encoding="utf-8")
    program = Path(sys.executable).with_name("movierec")
    unit = folder / "movierec.service"
    unit.write_text(text.replace("/opt/movierec/bin/movierec", str(program)), encoding="utf-8")
    return unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_unit_and_finds_it_safe(tmp_path: Path) -> None:
    unit = _unit(tmp_path)
    run = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")
    if int(subprocess.check_output(["systemd-analyze", "--version"], text=True).split()[1]) < 250:
        pytest.skip("this systemd cannot judge a unit that is not installed")
    safe: list[str | Path] = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=15",
        unit,
    ]  # of 100
    run = subprocess.run(safe, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_options_of_the_unit_are_those_of_the_command() -> None:
    text = (FOLDER / "movierec.service").read_text(encoding="utf-8")
    command = re.findall(r"ExecStart=\S+ (.*)", text)[0].split()
    run = subprocess.run(
        [sys.executable, "-m", "movierec", command[0], "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for option in command[1:]:
        if option.startswith("--"):
            assert option in run.stdout


class Proxy:
    """nginx with the configuration of the page, before a real server."""

    def __init__(self, folder: Path, server: Server, log: Path) -> None:
        import trustme

        authority = trustme.CA()
        issued = authority.issue_cert("films.example.org", "127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(folder / "films.pem")
        issued.private_key_pem.write_to_path(folder / "films.key")
        self.trust = ssl.create_default_context()
        authority.configure_trust(self.trust)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.server, self.log, self.folder = server, log, folder
        self.config = folder / "nginx.conf"
        self.config.write_text(self._config(), encoding="utf-8")

    def _config(self) -> str:
        site = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
        for written, here in (
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("127.0.0.1:8000", self.server.url.removeprefix("http://")),
            ("/etc/ssl/films.example.org", str(self.folder / "films")),
            ("/var/cache/nginx/movierec", str(self.folder / "cache")),
        ):
            assert site.count(written) >= 1
            site = site.replace(written, here)
        temporary = "\n".join(
            f"{kind}_temp_path {self.folder / kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return (
            f"daemon off;\nmaster_process off;\npid {self.folder}/pid;\n"
            f"error_log {self.folder}/error.log;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}\n{site}\n}}\n"
        )

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Ask as a visitor whose address is 127.0.0.2."""
        connection = HTTPSConnection(
            "127.0.0.1", self.port, context=self.trust, source_address=("127.0.0.2", 0)
        )
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": "films.example.org", **names})
        answer = connection.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read()
        repeated = [name for name, _ in answer.getheaders()]
        assert len(repeated) == len(set(repeated))
        connection.close()
        return found


@pytest.fixture(scope="module")
def proxy(sample_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if NGINX is None:
        pytest.skip("nginx is not installed")
    if sys.platform != "linux":
        pytest.skip("127.0.0.2 is an address of Linux")
    folder = tmp_path_factory.mktemp("nginx")
    log = folder / "access.log"
    options = ("--model", sample_model, "--access-log", log, "--proxy", "127.0.0.1")
    with serving(*options) as server:
        found = Proxy(folder, server, log)
        check = subprocess.run(
            [NGINX, "-t", "-c", found.config], capture_output=True, text=True, check=False
        )
        assert check.returncode == 0, check.stderr
        assert "[warn]" not in check.stderr
        process = subprocess.Popen([NGINX, "-c", found.config], stderr=subprocess.DEVNULL)
        try:
            _wait_for(found.port)
            yield found
        finally:
            process.terminate()
            process.wait(HANG)


def _wait_for(port: int) -> None:
    for _ in range(HANG * 20):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not listen")


def test_pages_come_through_the_proxy_unchanged(proxy: Proxy) -> None:
    status, headers, body = proxy.ask("/film/1")
    with urlopen(f"{proxy.server.url}/film/1", timeout=HANG) as direct:
        assert body == direct.read()
        assert headers["Content-Security-Policy"] == direct.headers["Content-Security-Policy"]
    assert status == 200
    assert "Strict-Transport-Security" in headers
    status, headers, body = proxy.ask("/film/1", Accept_Encoding="gzip")
    assert (headers["Content-Encoding"], body[:2]) == ("gzip", b"\x1f\x8b")


def test_redirects_stay_on_the_site(proxy: Proxy) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    status, headers, _ = proxy.ask("/recommend", "POST", "movies=toy+story", **form)
    assert (status, headers["Location"]) == (303, "/similar?title=toy+story")
    assert proxy.ask(headers["Location"])[1]["Location"] == "/film/1"


def test_covers_are_kept_by_the_proxy_and_pages_are_not(proxy: Proxy) -> None:
    states = [proxy.ask("/cover/2")[1]["X-Cache"] for _ in range(2)]
    assert states == ["MISS", "HIT"]
    status, headers, body = proxy.ask("/cover/2", Accept_Encoding="gzip")
    assert (status, body[:4] == b"<svg") == (200, "Content-Encoding" not in headers)
    assert "X-Cache" not in proxy.ask("/film/2")[1]


def test_the_log_names_the_visitor_whatever_the_visitor_says(proxy: Proxy) -> None:
    proxy.ask("/film/3", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="http")
    lines = [line for line in proxy.log.read_text().splitlines() if "/film/3" in line]
    assert [line.split()[0] for line in lines] == ["127.0.0.2"]


def test_large_bodies_are_refused(proxy: Proxy) -> None:
    assert proxy.ask("/taste", "POST", "x" * 300_000)[0] == 413


def test_nobody_is_believed_who_is_not_the_proxy(sample_model: Path, tmp_path: Path) -> None:
    for more in ((), ("--proxy", "127.0.0.9")):
        log = tmp_path / f"log{len(more)}"
        with serving("--model", sample_model, "--access-log", log, *more) as server:
            spoofed = {"X-Forwarded-For": "6.6.6.6"}
            urlopen(Request(f"{server.url}/healthz", headers=spoofed), timeout=HANG).close()
        assert log.read_text().split()[0] == "127.0.0.1"


def test_a_proxy_must_have_an_address(sample_model: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "movierec", "serve", "--proxy", "localhost", "-m", sample_model],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    assert run.returncode == 2
    assert '"localhost" is not the address of a proxy' in run.stderr
