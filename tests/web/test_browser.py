"""The pages in a real browser, with and without JavaScript.

    python -m tests.web.test_browser

makes the pictures of the documentation anew, from the sample.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from movierec import Recommender
from tests.web.conftest import Server, serving

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")
from playwright.sync_api import (  # only where there is one
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)

Visit = Callable[..., Page]

IMAGES = Path(__file__).parents[2] / "docs" / "images"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000  # milliseconds; these machines are shared
BOX = "input[name=movies]"
TOY_STORIES = [
    "Toy Story (1995)",
    "Toy Story 2 (1999)",
    "Toy Story 3 (2010)",
    "Toy Story 4 (2019)",
]
HAMLETS = ["Hamlet (1996)", "Hamlet (1990)", "Hamlet (1948)", "Hamlet (Gamlet) (1964)"]
WIDTHS = (320, 390, 768, 1280)
SCHEMES = ("light", "dark")

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)> (2003)'
RECORDING = "[REC] (2007)"
ODD_MOVIES = f"""movieId,title,genres
10,{SCRIPT} (1999),Drama
20,{SCRIPT} (2005),Comedy|Drama
30,{RECORDING},Horror
40,"{IMAGE.replace('"', '""')}",Horror
"""
ODD_RATINGS = """userId,movieId,rating
1,10,4
1,20,5
1,30,4
2,10,3
2,20,4
2,40,2
3,10,5
3,30,1
3,40,2
"""

# The ratio of contrast as WCAG 2 defines it, of each text that is seen and what stands behind it.
CONTRASTS = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((value) => value / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      const alpha = channels(color)[3] ?? 1;
      if (alpha === 1) return color;
      if (alpha !== 0) throw new Error(`half transparent: ${color}`);
    }
    throw new Error("nothing behind");
  };
  const ratio = (style, element) => {
    if (style.opacity !== "1") throw new Error(`half transparent: ${element.outerHTML}`);
    const [low, high] = [luminance(style.color), luminance(behind(element))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const text = walker.currentNode.data.trim();
    if (!text || element.matches(".unseen") || !element.checkVisibility()) continue;
    if (!range.getClientRects().length) continue;
    found.push([text, ratio(getComputedStyle(element), element)]);
  }
  for (const control of document.querySelectorAll("input:not([type=hidden]), select")) {
    const part = control.value ? null : "::placeholder";
    found.push([control.name, ratio(getComputedStyle(control, part), control)]);
  }
  return found;
}"""


class Watch:
    """Writes down what a page must not do: ask elsewhere, fail, or open a dialog."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = home + "/"
        self.faults: list[str] = []
        context.on("request", self._request)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        context.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self.home):
            self.faults.append(f"asked elsewhere: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):  # what the policy for content forbids is one
            self.faults.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@contextmanager
def running_browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """Open a page of somebody new; at the end none may have done what it must not."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def new_page(home: str = server.url, **options: Any) -> Page:
        context = browser.new_context(base_url=home, **options)
        context.set_default_timeout(PATIENCE)
        opened.append((context, Watch(context, home)))
        return context.new_page()

    expect.set_options(timeout=PATIENCE)
    yield new_page
    for context, _ in opened:
        context.close()
    assert [fault for _, watch in opened for fault in watch.faults] == []


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit()


def options_of(page: Page) -> Locator:
    return page.get_by_role("option")


def type_in(page: Page, text: str) -> None:
    """Type, and wait for the suggestions."""
    page.locator(BOX).fill("")
    page.locator(BOX).press_sequentially(text)
    expect(options_of(page).first).to_be_visible()


def add(page: Page, title: str) -> None:
    """Add a film on the taste page by its title and the button."""
    page.locator(BOX).fill(title)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_label(f"Your rating of {title}")).to_be_visible()


def ratings_in(page: Page) -> dict[str, str]:
    rows = page.locator(".rated li")
    return {
        row.locator("a").inner_text(): row.locator("select").input_value() for row in rows.all()
    }


def focused(page: Page) -> str:
    """Return what the focus is on, as one hears it."""
    told: str = page.evaluate(
        "(at => at.ariaLabel ?? at.labels?.[0]?.innerText ?? at.innerText)(document.activeElement)"
    )
    return told


def in_a_row(page: Page, presses: int) -> list[str]:
    """Return what the tab key leads to, one after the other."""
    names = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        names.append(focused(page))
    return names


# the states that a page can be in; each is looked at in several ways


def show_home(page: Page) -> None:
    page.goto("/")


def show_neighbors(page: Page) -> None:
    page.goto("/similar?id=1")


def show_similar(page: Page) -> None:
    show_neighbors(page)
    page.locator(".legend summary").click()


def show_reasons(page: Page) -> None:
    page.goto("/similar?id=1")
    page.locator(".why").first.click()
    expect(page.locator(".reasons")).to_be_visible()


def show_suggestions(page: Page) -> None:
    page.goto("/")
    type_in(page, "the")
    page.keyboard.press("ArrowDown")


def show_taste(page: Page) -> None:
    page.goto("/taste")
    for title in ("Toy Story (1995)", "Matrix, The (1999)", "Titanic (1997)"):
        add(page, title)


def show_notices(page: Page) -> None:
    show_taste(page)
    page.locator(BOX).fill("hamlet")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name=HAMLETS[0])).to_be_visible()


def show_stats(page: Page) -> None:
    page.goto("/stats")


def show_why(page: Page) -> None:
    page.goto("/why?first=1&second=2")


def show_choices(page: Page) -> None:
    page.goto("/similar?title=hamlet")


STATES = [
    show_home,
    show_similar,
    show_reasons,
    show_suggestions,
    show_notices,
    show_stats,
    show_why,
    show_choices,
]
each_state = pytest.mark.parametrize("show", STATES, ids=lambda show: show.__name__[5:])


@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        ("fetch('http://127.0.0.2:9/').catch(() => 0)", "127.0.0.2"),
        ("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))", ""),
        ("void setTimeout(() => { throw new Error('on purpose') })", "on purpose"),
        ("void setTimeout(() => alert('hello'))", "hello"),
    ],
    ids=["elsewhere", "policy", "error", "dialog"],
)
def test_the_watch_sees(browser: Browser, server: Server, deed: str, fault: str) -> None:
    context = browser.new_context(base_url=server.url)
    watch = Watch(context, server.url)
    page = context.new_page()
    page.goto("/")
    assert watch.faults == []
    page.evaluate(deed)
    page.wait_for_timeout(100)
    context.close()
    assert watch.faults
    assert fault in watch.faults[0]


# the search box


def test_fast_typing_asks_once(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install(time=0)
    page.goto("/")
    page.clock.pause_at(60_000)  # so that it does not matter how fast this machine is
    asked.clear()
    page.locator(BOX).press_sequentially("toy sto")
    assert asked == []
    page.clock.run_for(1000)
    expect(options_of(page)).to_have_text(TOY_STORIES)
    assert len(asked) == 1
    assert "/api/search?q=toy+sto&" in asked[0]


def test_suggestions_tell_their_state(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name="A film you like")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("listbox")).to_be_hidden()
    type_in(page, "toy sto")
    films = page.get_by_role("listbox", name="Films")
    expect(films.get_by_role("option")).to_have_text(TOY_STORIES)
    expect(page.get_by_role("status")).to_have_text("4 films")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_have_attribute("aria-controls", films.get_attribute("id") or "none")
    for key, place in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", 3)]:
        page.keyboard.press(key)
        chosen = page.get_by_role("option", selected=True)
        expect(chosen).to_have_text([TOY_STORIES[place]])
        expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "none")
    page.keyboard.press("Escape")
    expect(films).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).not_to_have_attribute("aria-activedescendant", re.compile(""))
    expect(box).to_have_value("toy sto")


def test_the_keyboard_chooses_a_suggestion(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy sto")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/similar\?id=1$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Films like Toy Story (1995)")
    expect(page.locator(BOX)).to_have_value("Toy Story (1995)")


def test_cards_say_what_is_known(page: Page, sample: Recommender) -> None:
    page.goto("/similar?id=1")
    cards = page.locator(".card")
    films = sample.similar("1", 10, by_id=True)
    expect(cards).to_have_count(10)
    for card, film in zip(cards.all(), films, strict=True):
        expect(card.get_by_role("heading")).to_have_text(film.title)
        text = card.inner_text()
        assert f"{film.year} · {', '.join(film.genres)}" in text
        assert f"{film.similarity:.3f}" in text
        assert re.search(rf"{film.support} people rated both:\s+{film.evidence}\n", text)
        box, bar = (card.locator(name).bounding_box() for name in (".bar", ".bar rect"))
        assert box
        assert bar
        assert bar["width"] / box["width"] == pytest.approx(film.similarity, abs=0.02)


def test_the_mouse_chooses_a_suggestion_and_follows_cards(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy sto")
    options_of(page).nth(2).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Films like Toy Story 3 (2010)")
    link = page.locator(".card h2 a").first
    title = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Films like {title}")


def test_leaving_the_box_closes_the_suggestions(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy sto")
    page.get_by_role("navigation").click()
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_misspelt_titles_are_suggested(page: Page) -> None:
    page.goto("/")
    type_in(page, "toy stroy")
    expect(options_of(page).first).to_have_text(TOY_STORIES[0])


def test_why_opens_in_place(page: Page) -> None:
    page.goto("/similar?id=1")
    before = page.url
    why = page.locator(".why").first
    why.click()
    reasons = page.locator(".card").first.locator(".reasons")
    expect(reasons).to_contain_text("194 people")
    expect(why).to_have_attribute("aria-expanded", "true")
    why.click()
    expect(reasons).to_be_hidden()
    expect(why).to_have_attribute("aria-expanded", "false")
    assert page.url == before


def test_a_double_click_opens_why_once(page: Page) -> None:
    page.goto("/similar?id=1")
    with page.expect_response("**/why?*"):
        page.locator(".why").first.evaluate("link => { link.click(); link.click(); }")
    page.wait_for_load_state("networkidle")
    assert page.locator(".reasons").count() <= 1


# taste


def test_taste_is_kept_in_the_browser(page: Page, visit: Visit) -> None:
    page.goto("/taste")
    type_in(page, "toy sto")
    options_of(page).first.click()
    expect(page.get_by_label("Your rating of Toy Story (1995)")).to_be_visible()
    expect(page.locator(BOX)).to_be_focused()
    expect(page.locator(BOX)).to_have_value("")
    add(page, "Matrix, The (1999)")
    add(page, "Titanic (1997)")
    with page.expect_response("**/taste"):
        page.get_by_label("Your rating of Titanic (1997)").select_option("1")
    rated = {"Toy Story (1995)": "5", "Matrix, The (1999)": "5", "Titanic (1997)": "1"}
    expect(page.get_by_role("heading", name="You may like")).to_be_visible()
    expect(page.locator(".card")).to_have_count(12)
    for card in page.locator(".card").all():
        expect(card).to_contain_text("because you rated")
    expect(page.locator("option[selected]")).to_have_text(list(rated.values()))

    page.reload()
    expect(page.locator(".card")).to_have_count(12)
    assert ratings_in(page) == rated

    page.get_by_label("Remove Matrix, The (1999)").click()
    expect(page.locator(".rated li")).to_have_count(2)
    page.reload()
    expect(page.locator(".rated li")).to_have_count(2)
    assert "Matrix, The (1999)" not in ratings_in(page)

    other = visit()
    other.goto("/taste")
    other.wait_for_load_state("networkidle")
    expect(other.get_by_role("heading", level=1)).to_have_text("Your taste")
    expect(other.locator(".rated, .card")).to_have_count(0)


def test_the_last_film_can_be_removed(page: Page) -> None:
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    page.get_by_label("Remove Toy Story (1995)").click()
    expect(page.locator(".rated, .card")).to_have_count(0)
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".rated, .card")).to_have_count(0)


def test_an_ambiguous_title_offers_choices(page: Page) -> None:
    page.goto("/taste")
    page.locator(BOX).fill("hamlet")
    page.keyboard.press("Enter")
    expect(page.locator(".films button")).to_have_text(HAMLETS)
    expect(page.get_by_text('"hamlet" may be any of 4 films')).to_be_visible()
    page.get_by_role("button", name="Hamlet (1948)").click()
    expect(page.locator(".rated a")).to_have_text(["Hamlet (1948)"])
    expect(page.locator(".films button")).to_have_count(0)


def test_the_keyboard_changes_a_rating(page: Page) -> None:
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    add(page, "Matrix, The (1999)")
    rating = page.get_by_label("Your rating of Toy Story (1995)")
    rating.focus()
    for value in ("4.5", "4"):
        with page.expect_response("**/taste"):
            page.keyboard.press("ArrowDown")
        expect(page.locator("option[selected]").first).to_have_text(value)
        expect(rating).to_be_focused()


def test_nothing_is_undone_while_an_answer_is_awaited(page: Page) -> None:
    """What is pressed before the answer is there must not be built on the old page."""
    page.goto("/taste")
    add(page, "Toy Story (1995)")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/taste", hold)
    box = page.get_by_label("Remove Toy Story (1995)").bounding_box()
    assert box
    page.locator(BOX).fill("Titanic (1997)")
    with page.expect_request("**/taste"):
        page.keyboard.press("Enter")
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".rated a")).to_have_text(["Toy Story (1995)", "Titanic (1997)"])


# stats


def test_stats_draw_four_charts(page: Page) -> None:
    page.goto("/stats")
    charts = page.locator(".chart")
    expect(charts).to_have_count(4)
    for chart in charts.all():
        widths = [
            (box or {"width": 0.0})["width"]
            for box in (bar.bounding_box() for bar in chart.locator("svg rect").all())
        ]
        counts = [int(text.replace(",", "")) for text in chart.locator(".number").all_inner_texts()]
        assert len(widths) == len(counts) > 2
        assert [width > 0 for width in widths] == [count > 0 for count in counts]
        assert widths[counts.index(max(counts))] == max(widths) > 50
        for width, count in zip(widths, counts, strict=True):
            assert width == pytest.approx(max(widths) * count / max(counts), abs=1)


# without JavaScript


@pytest.fixture
def plain(visit: Visit) -> Page:
    """A page of somebody who runs no scripts."""
    return visit(java_script_enabled=False)


def test_plain_search(plain: Page) -> None:
    plain.goto("/")
    plain.locator(BOX).fill("toy story")
    plain.get_by_role("button", name="Find films like it").click()
    expect(plain.locator(".card")).to_have_count(10)
    plain.get_by_role("link", name="Toy Story 2 (1999)", exact=True).click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Films like Toy Story 2 (1999)")
    plain.locator(".why").first.click()
    expect(plain).to_have_url(re.compile(r"/why\?first=2&second=\d+$"))
    expect(plain.get_by_role("heading", level=1)).to_have_text("Why are they similar?")
    expect(plain.locator(".reasons")).to_contain_text("people")


@pytest.mark.parametrize(("typed", "titles"), [("hamlet", HAMLETS), ("toy stroy", TOY_STORIES)])
def test_plain_choices(plain: Page, typed: str, titles: list[str]) -> None:
    plain.goto("/")
    plain.locator(BOX).fill(typed)
    plain.keyboard.press("Enter")
    links = plain.locator(".films a")
    expect(links).to_have_text(titles)
    expect(plain.locator(BOX)).to_have_value(typed)
    links.first.click()
    expect(plain.get_by_role("heading", level=1)).to_have_text(f"Films like {titles[0]}")


def test_plain_taste(plain: Page) -> None:
    plain.goto("/taste")
    add(plain, "Toy Story (1995)")
    add(plain, "Titanic (1997)")
    plain.get_by_label("Your rating of Titanic (1997)").select_option("1.5")
    plain.get_by_role("button", name="Update").click()
    expect(plain.locator("option[selected]")).to_have_text(["5", "1.5"])
    expect(plain.locator(".card")).to_have_count(12)
    expect(plain.locator(".card").first).to_contain_text("because you rated Toy Story (1995)")
    plain.locator(BOX).fill("hamlet")
    plain.get_by_role("button", name="Add").click()
    plain.get_by_role("button", name="Hamlet (1990)").click()
    assert list(ratings_in(plain)) == ["Toy Story (1995)", "Titanic (1997)", "Hamlet (1990)"]
    plain.get_by_label("Remove Toy Story (1995)").click()
    assert list(ratings_in(plain)) == ["Titanic (1997)", "Hamlet (1990)"]


# titles that are no harmless words


@pytest.fixture(scope="module")
def odd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "ratings.csv").write_text(ODD_RATINGS)
    (folder / "movies.csv").write_text(ODD_MOVIES)
    Recommender.fit(folder / "ratings.csv", folder / "movies.csv").save(folder / "m")
    with serving("--model", folder / "m") as running:
        yield running


def test_odd_titles_are_shown_as_they_are(odd_server: Server, visit: Visit) -> None:
    page = visit(odd_server.url)
    page.goto("/")
    type_in(page, "alert")
    expect(options_of(page)).to_have_count(3)
    expect(page.get_by_role("option", name=f"{SCRIPT} (1999)")).to_be_visible()
    page.get_by_role("option", name=IMAGE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Films like {IMAGE}")
    expect(page.locator(BOX)).to_have_value(IMAGE)
    titles = page.locator(".card h2").all_inner_texts()
    assert sorted(titles) == sorted([f"{SCRIPT} (1999)", f"{SCRIPT} (2005)", RECORDING])
    for why in page.locator(".why").all():
        why.click()
    expect(page.locator(".reasons")).to_have_count(3)
    page.locator(BOX).fill(SCRIPT)
    page.get_by_role("button", name="Find films like it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which film?")
    expect(page.locator(".films a")).to_have_count(2)
    expect(page.get_by_role("link", name=f"{SCRIPT} (2005)")).to_be_visible()
    expect(page.locator("main img, main script")).to_have_count(0)


def test_odd_titles_can_be_rated(odd_server: Server, visit: Visit) -> None:
    page = visit(odd_server.url)
    page.goto("/taste")
    for title in (IMAGE, RECORDING, f"{SCRIPT} (1999)"):
        page.locator(BOX).fill(title)
        page.get_by_role("button", name="Add").click()
        expect(page.locator(".rated a").last).to_have_text(title)
    expect(page.locator(".card")).to_contain_text([f"{SCRIPT} (2005)"])
    page.reload()
    expect(page.locator(".rated a")).to_have_text([IMAGE, RECORDING, f"{SCRIPT} (1999)"])


# looks


@each_state
@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(visit: Visit, show: Callable[[Page], None], scheme: str) -> None:
    page = visit(color_scheme=scheme)
    show(page)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 8
    assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []


def test_there_are_two_color_schemes(visit: Visit) -> None:
    shades = []
    for scheme in SCHEMES:
        page = visit(color_scheme=scheme)
        page.goto("/")
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades.append(sum(map(int, re.findall(r"\d+", color))))
    assert shades[0] > 600
    assert shades[1] < 150


@each_state
def test_nothing_is_wider_than_the_window(page: Page, show: Callable[[Page], None]) -> None:
    show(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        wide, room = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room <= width


# the keyboard alone


def test_the_tab_key_reaches_everything(page: Page, sample: Recommender) -> None:
    page.goto("/similar?id=1")
    wanted = ["movierec", "Taste", "Stats", "A film you like", "Find films like it"]
    for film in sample.similar("1", 2, by_id=True):
        wanted += [film.title, f"Why {film.title}?"]
    assert in_a_row(page, len(wanted)) == wanted
    page.keyboard.press("Enter")
    expect(page.locator(".card").nth(1).locator(".reasons")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Films like {wanted[-2]}")


def test_the_focus_is_seen(page: Page) -> None:
    page.goto("/similar?id=1")
    for name in in_a_row(page, 7):
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", name


# pictures


def take_pictures(new_page: Visit, folder: Path) -> dict[str, tuple[int, int]]:
    """Write the pictures of the documentation; return their sizes."""
    wanted: list[tuple[str, Callable[[Page], None], int, str]] = [
        ("similar-light.png", show_neighbors, 1000, "light"),
        ("taste-dark.png", show_taste, 1000, "dark"),
        ("phone.png", show_neighbors, 390, "light"),
    ]
    for name, show, width, scheme in wanted:
        page = new_page(color_scheme=scheme, viewport={"width": width, "height": 760})
        show(page)
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=folder / name)
    return {name: (width, 760) for name, _, width, _ in wanted}


def test_screenshots(visit: Visit, tmp_path: Path) -> None:
    from PIL import Image

    for name, size in take_pictures(visit, tmp_path).items():
        with Image.open(tmp_path / name) as picture:
            assert picture.format == "PNG"
            assert picture.size == size
            assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_browser() as browser:
        model = Path(folder) / "sample.model"
        Recommender.fit().save(model)
        with serving("--model", model) as server:
            take_pictures(
                lambda **options: browser.new_page(base_url=server.url, **options), IMAGES
            )


if __name__ == "__main__":
    main()
