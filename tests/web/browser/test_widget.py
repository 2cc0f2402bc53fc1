"""The element <movierec-similar> in pages of another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from movierec import Recommender
from movierec.films.names import display_title
from tests.web.conftest import Server, serving

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Browser, Page, Request, expect

from tests.web.browser.helpers import PATIENCE

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "examples" / "deploy" / "widget.html").read_text(encoding="utf-8")
SCRIPT = (ROOT / "src" / "movierec" / "web" / "static" / "widget.js").read_text(encoding="utf-8")
ELEMENT = "movierec-similar"
REASON_AS_TITLE = (
    "addEventListener('movierec-error', (event) => { document.title = event.detail; })"
)
Put = Callable[[str], str]


class Site:
    """Another site, which serves one page at a time and forbids it what it does not need."""

    def __init__(self) -> None:
        site = self
        self.page = self.policy = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if site.policy:
                    self.send_header("Content-Security-Policy", site.policy)
                self.end_headers()
                self.wfile.write(site.page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def films(sample_model: Path, site: Site) -> Iterator[Server]:
    with serving("--model", sample_model, "--allow-origin", site.origin) as running:
        yield running


@pytest.fixture
def guest(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    context.close()


def show(site: Site, server: Server, page: Page, element: str = "") -> None:
    """Open the example page of the other site, with another element if one is given."""
    before, _, rest = PAGE.partition(f"<{ELEMENT}")
    inside = rest.partition(f"</{ELEMENT}>")
    html = PAGE if not element else before + element + inside[2]
    site.page = html.replace("http://127.0.0.1:8000", server.url)
    page.goto(site.origin)


def test_the_script_is_small_and_kept(client: FlaskClient) -> None:
    answer = client.get("/widget.js", buffered=True)
    assert len(answer.data) < 4096
    assert answer.mimetype == "text/javascript"
    assert (answer.cache_control.max_age, answer.cache_control.no_cache) == (3600, None)
    known = {"If-None-Match": answer.headers["ETag"]}
    again = client.get("/widget.js", buffered=True, headers=known)
    assert (again.status_code, again.data) == (304, b"")


def test_a_page_of_another_site_shows_movies(
    site: Site, films: Server, guest: Page, sample: Recommender
) -> None:
    requests: list[Request] = []
    guest.on("requestfinished", lambda request: requests.extend([request]))
    site.policy = (
        f"default-src 'none'; script-src {films.url}; connect-src {films.url}; img-src {films.url}"
    )
    show(site, films, guest)
    expected = sample.similar("The Matrix (1999)", 6)
    cards = guest.locator(f"{ELEMENT} li")
    names = [f"{display_title(movie.title)} ({movie.year})" for movie in expected]
    expect(cards).to_have_text(names)
    expect(guest.get_by_role("heading", name="More like this")).to_be_visible()
    expect(guest.get_by_text("Movies like this one")).to_be_hidden()
    widths = guest.locator(f"{ELEMENT} img").evaluate_all(
        "all => Promise.all(all.map(async (i) => { await i.decode(); return i.naturalWidth; }))"
    )
    assert len(widths) == 6
    assert all(widths)
    places = guest.locator(f"{ELEMENT} li a").evaluate_all("all => all.map(one => one.href)")
    assert places == [f"{films.url}/film/{movie.movie_id}" for movie in expected]
    told = [request for request in requests if request.url.startswith(films.url)]
    assert len(told) == 8  # the script, the list and six covers
    for request in told:
        assert "cookie" not in request.headers
        assert request.url.endswith("/widget.js") or not request.headers.get("referer")
    site.policy = ""


def test_attributes_can_change(site: Site, films: Server, guest: Page, sample: Recommender) -> None:
    show(site, films, guest, f'<{ELEMENT} film="1" k="2" heading="Mehr davon" lang="de">')
    expect(guest.locator(f"{ELEMENT} li")).to_have_count(2)
    expect(guest.get_by_role("heading", name="Mehr davon")).to_be_visible()
    other = sample.similar("2", 3, by_id=True)
    guest.locator(ELEMENT).evaluate(
        "one => { one.setAttribute('film', 2); one.setAttribute('k', 3); }"
    )
    names = [f"{display_title(movie.title)} ({movie.year})" for movie in other]
    expect(guest.locator(f"{ELEMENT} li")).to_have_text(names)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ('title="qqqqqqqq"', "We do not know that movie"),
        ('title="hamlet"', "Which movie?"),
        ('film="1" k="many"', "That address does not work"),
        ('film="none"', "We do not know that movie"),
        ('film="1" src="http://127.0.0.1:9/"', "Failed to fetch"),
    ],
)
def test_what_is_inside_is_shown_if_there_is_no_list(
    site: Site, films: Server, guest: Page, element: str, reason: str
) -> None:
    guest.add_init_script(REASON_AS_TITLE)
    show(site, films, guest, f"<{ELEMENT} {element}>Ask us for more</{ELEMENT}>")
    expect(guest).to_have_title(reason)
    expect(guest.get_by_text("Ask us for more")).to_be_visible()
    expect(guest.locator(f"{ELEMENT} li")).to_have_count(0)


def test_a_site_that_is_not_allowed_gets_nothing(site: Site, server: Server, guest: Page) -> None:
    guest.add_init_script(REASON_AS_TITLE)
    show(site, server, guest, f'<{ELEMENT} film="1" src="{server.url}">Ask us for more</{ELEMENT}>')
    guest.add_script_tag(content=SCRIPT, type="module")
    expect(guest).to_have_title("Failed to fetch")  # also with the script from elsewhere
    expect(guest.get_by_text("Ask us for more")).to_be_visible()
    expect(guest.locator(f"{ELEMENT} li")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_widget_is_accessible(site: Site, films: Server, guest: Page, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is missing")
    guest.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    show(site, films, guest)
    expect(guest.locator(f"{ELEMENT} li")).to_have_count(6)
    assert axe.Axe().run(guest).response["violations"] == []
