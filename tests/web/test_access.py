"""Tokens, origins, and what caches may do: in this process and with the real server."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from movierec import Recommender, UsageError
from movierec.web import create_app
from tests.conftest import Run
from tests.web.conftest import serving
from tests.web.test_server import OTHER_MOVIES, answer_of, fit

TOKEN = "a-token-of-29-characters:!~%&"
BEARER: Any = {"Authorization": f"Bearer {TOKEN}"}
PATHS = ["/", "/film/1", "/taste", "/stats", "/cover/1", "/api/similar?id=1", "/api/openapi.json"]
SIMILAR = "/api/similar?id=1"


@pytest.fixture
def guarded(sample: Recommender) -> FlaskClient:
    return create_app(sample, token=TOKEN).test_client()


@pytest.mark.parametrize("path", [*PATHS, "/metrics", "/api/nothing", "/nothing"])
def test_nothing_is_shown_without_the_token(guarded: FlaskClient, path: str) -> None:
    refused = guarded.get(path)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Toy Story" not in refused.text
    assert TOKEN not in refused.text
    assert guarded.get(path, headers=BEARER).status_code in (200, 404)


def test_posts_are_refused_too(guarded: FlaskClient) -> None:
    assert guarded.post("/api/recommend", json={}).get_json()["error"] == "unauthorized"
    assert guarded.post("/taste", data={}).status_code == 401
    assert guarded.post("/api/recommend", json={}, headers=BEARER).status_code == 200


def test_what_says_nothing_of_the_model_is_open(guarded: FlaskClient) -> None:
    assert guarded.get("/healthz").get_json()["status"] == "ok"
    with guarded.get("/static/style.css") as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN.upper()}",
        "Bearer \xff\xfe",
        f"Bearer {TOKEN} {TOKEN}",
        "Bearer " + "x" * 3_000,
    ],
)
def test_bad_tokens_are_refused(guarded: FlaskClient, given: str) -> None:
    assert guarded.get(SIMILAR, headers={"Authorization": given}).status_code == 401
    assert guarded.get(f"{SIMILAR}&token={TOKEN}").status_code == 401
    guarded.set_cookie("movierec_access", given.replace(" ", ""))
    assert guarded.get(SIMILAR).status_code == 401


def test_the_scheme_has_no_case(guarded: FlaskClient) -> None:
    assert guarded.get(SIMILAR, headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_a_browser_logs_in_once(guarded: FlaskClient) -> None:
    page = guarded.get("/film/1?k=24")
    assert page.status_code == 401
    assert page.headers["Cache-Control"] == "no-store"
    assert 'name="then" value="/film/1?k=24"' in page.text
    wrong = guarded.post("/login", data={"token": "wrong", "then": "/film/1"})
    assert (wrong.status_code, wrong.headers.get("Set-Cookie")) == (401, None)
    right = guarded.post("/login", data={"token": TOKEN, "then": "/film/1?k=24"})
    assert (right.status_code, right.location) == (303, "/film/1?k=24")
    cookie = right.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert guarded.get("/film/1").status_code == 200
    assert "private" in guarded.get("/film/1").headers["Cache-Control"]
    assert "private" in guarded.get("/cover/1").headers["Cache-Control"]


def test_behind_https_the_cookie_stays_there(guarded: FlaskClient) -> None:
    sent = {"X-Forwarded-Proto": "https"}
    right = guarded.post("/login", data={"token": TOKEN}, headers=sent)
    assert "Secure" in right.headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize(
    "then",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
        "",
        "/\t/evil.example",
    ],
)
def test_the_login_leads_nowhere_else(guarded: FlaskClient, then: str) -> None:
    answer = guarded.post("/login", data={"token": TOKEN, "then": then})
    assert (answer.status_code, answer.location) == (303, "/")
    assert "x=1" not in str(answer.headers)


def test_a_cookie_is_of_one_token(sample: Recommender, guarded: FlaskClient) -> None:
    cookie = guarded.post("/login", data={"token": TOKEN}).headers["Set-Cookie"]
    other = create_app(sample, token="another-token-of-some-length").test_client()
    other.set_cookie("movierec_access", cookie.partition("=")[2].partition(";")[0])
    assert other.get(SIMILAR).status_code == 401
    assert create_app(sample).test_client().get("/login").status_code == 404


@pytest.mark.parametrize("token", ["", "short", "x" * 201, "with a space in it", "ü" * 20, 7])
def test_tokens_that_cannot_be_ones_are_refused(sample: Recommender, token: Any) -> None:
    with pytest.raises(UsageError, match="16 to 200 characters") as refused:
        create_app(sample, token=token)
    assert not str(token) or str(token) not in str(refused.value).replace("16 to 200", "")


def test_the_token_may_be_in_the_environment(
    sample: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIEREC_TOKEN", TOKEN)
    assert create_app(sample).test_client().get(SIMILAR).status_code == 401
    monkeypatch.setenv("MOVIEREC_TOKEN", "")
    assert create_app(sample).test_client().get(SIMILAR).status_code == 200


ORIGIN = "https://films.example"


@pytest.fixture
def shared(sample: Recommender) -> FlaskClient:
    allowed = [ORIGIN, "http://localhost:3000"]
    return create_app(sample, token=TOKEN, allow_origins=allowed).test_client()


def test_other_sites_read_nothing_by_default(client: FlaskClient) -> None:
    answer = client.get(SIMILAR, headers={"Origin": ORIGIN})
    assert not [name for name in answer.headers.keys() if "Access-Control" in name]  # noqa: SIM118
    sent = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in client.options(SIMILAR, headers=sent).headers


def test_allowed_origins_read_the_api(shared: FlaskClient) -> None:
    sent = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    asked = shared.options("/api/recommend", headers=sent)  # a preflight has no token
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    answer = shared.get(SIMILAR, headers=BEARER | {"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refused = shared.get(SIMILAR, headers={"Origin": ORIGIN})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, ORIGIN)
    page = shared.get("/", headers=BEARER | {"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in page.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        f"{ORIGIN}.evil.example",
        f"{ORIGIN}/",
        "null",
        "*",
        "",
        f"{ORIGIN}, https://evil.example",
        ORIGIN.upper(),
    ],
)
def test_other_origins_get_nothing(shared: FlaskClient, origin: str) -> None:
    answer = shared.get(SIMILAR, headers=BEARER | {"Origin": origin})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_all_origins_may_be_allowed(sample: Recommender) -> None:
    everybody = create_app(sample, allow_origins=["*"]).test_client()
    answer = everybody.get(SIMILAR, headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "origin", ["films.example", f"{ORIGIN}/", "null", "https://a\r\nb", "https://*.example", ""]
)
def test_what_is_no_origin_is_refused(sample: Recommender, origin: str) -> None:
    with pytest.raises(UsageError, match="is not an origin"):
        create_app(sample, allow_origins=[origin])


@pytest.mark.parametrize("path", PATHS)
def test_what_a_client_has_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "Content-Security-Policy" in again.headers
    for tag in ('"other"', "*", "nonsense", "W/"):
        found = client.get(path, headers={"If-None-Match": tag})
        assert (found.status_code, found.data) == (200, first.data) or "cover" in path


def test_a_tag_is_of_one_address(client: FlaskClient) -> None:
    tags = [client.get(f"/api/similar?id={movie}&k=5").headers["ETag"] for movie in (1, 2)]
    assert len(set(tags)) == 2
    assert client.get("/api/nothing", headers={"If-None-Match": tags[0]}).status_code == 404
    for path in ("/api/similar?id=0", "/surprise", "/healthz"):
        assert "ETag" not in client.get(path).headers


def test_what_somebody_rated_is_not_kept(client: FlaskClient) -> None:
    answer = client.post("/api/recommend", json={"ratings": {"1": 5}})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert client.post("/taste", data={}).headers["Cache-Control"] == "no-store"


def test_another_model_has_other_tags(tmp_path: Path) -> None:
    """Also one of the same ratings, fitted in the same second, at the same address."""
    model = tmp_path / "m"
    first, second = fit(tmp_path), fit(tmp_path, OTHER_MOVIES)
    first.save(model)
    client = create_app(Recommender.load(model)).test_client()
    tags = [client.get("/api/similar?id=20").headers["ETag"]]
    for fitted in (second, first):
        fitted.save(model)
        known = {"If-None-Match": tags[-1]}
        answer = client.get("/api/similar?id=20", headers=known)
        assert answer.status_code == 200
        tags.append(answer.headers["ETag"])
    assert len(set(tags)) == 3


ZIPPED = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("path", [*PATHS, "/static/style.css", "/static/icon.svg"])
def test_long_texts_are_compressed(client: FlaskClient, path: str) -> None:
    with client.get(path) as plain, client.get(path, headers=ZIPPED) as answer:
        assert "Accept-Encoding" in answer.headers["Vary"] == plain.headers["Vary"]
        assert "Content-Encoding" not in plain.headers
        if len(plain.data) < 1024:
            assert answer.data == plain.data
        else:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(answer.data) == plain.data
            assert int(answer.headers["Content-Length"]) == len(answer.data) < len(plain.data)
        known = {"If-None-Match": answer.headers["ETag"]}
    with client.get(path, headers=ZIPPED | known) as again:
        assert (again.status_code, again.data) == (304, b"")
        assert "Content-Encoding" not in again.headers


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip;q=x;;", "*;q=0"])
def test_others_get_plain_text(client: FlaskClient, accepted: str) -> None:
    answer = client.get(SIMILAR, headers={"Accept-Encoding": accepted})
    assert answer.get_json()["query"]["movie_id"] == 1


def test_short_and_personal_answers_are_not_compressed(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=ZIPPED).headers
    body = {"ratings": {"1": 5}, "k": 20}
    answer = client.post("/api/recommend", json=body, headers=ZIPPED)
    assert len(answer.data) > 1024
    assert "Content-Encoding" not in answer.headers


def test_another_site_cannot_measure_what_the_cookie_opens(guarded: FlaskClient) -> None:
    guarded.post("/login", data={"token": TOKEN})
    for site, encoding in (("cross-site", None), ("same-origin", "gzip"), ("none", "gzip")):
        answer = guarded.get("/stats", headers=ZIPPED | {"Sec-Fetch-Site": site})
        assert answer.headers.get("Content-Encoding") == encoding


def test_the_server_takes_its_options(
    sample_model: Path, monkeypatch: pytest.MonkeyPatch, movierec: Run
) -> None:
    monkeypatch.setenv("MOVIEREC_TOKEN", TOKEN)
    monkeypatch.setenv("MOVIEREC_HOST", "0.0.0.0")
    with serving("--model", sample_model, "--allow-origin", "*") as running:
        assert running.url.startswith("http://127.0.0.1:")
        assert answer_of(running, SIMILAR).status == 401
        found = answer_of(running, SIMILAR, Origin=ORIGIN, **BEARER)
        assert (found.status, found.headers["Access-Control-Allow-Origin"]) == (200, "*")
        injected = answer_of(running, SIMILAR, Origin="https://a\tSet-Cookie: x=1", **BEARER)
        assert "x=1" not in str(injected.headers)
        assert running.process.stderr is not None
        said = running.process.stderr.readline()
        assert said.startswith("pages of every site can read the answers")
        assert running.stop() == (0, "stopped\n")
    for option, text in (("--token", "short"), ("--allow-origin", "films.example")):
        result = movierec("serve", "--port", 0, option, text, "--model", sample_model)
        assert (result.returncode, result.stderr.count("\n")) == (2, 2)
    assert TOKEN not in movierec("serve", "--help").stdout


def test_the_port_may_be_in_the_environment(
    movierec: Run, monkeypatch: pytest.MonkeyPatch, sample_model: Path
) -> None:
    monkeypatch.setenv("MOVIEREC_PORT", "x")
    result = movierec("serve", "--model", sample_model)
    assert result.returncode == 2
    assert "MOVIEREC_PORT" in result.stderr or "--port" in result.stderr
    shown = re.sub(r"\s+", " ", movierec("serve", "--help").stdout)
    for name in ("MOVIEREC_HOST", "MOVIEREC_PORT", "MOVIEREC_TOKEN"):
        assert f"[env var: {name}" in shown
    assert "MOVIEREC_PORT" in os.environ
