"""The map in a browser: on the page of the server, and in an exported file."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from movierec import Recommender
from movierec.films.names import display_title
from tests.web.conftest import Server, serving

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from playwright.sync_api import Page, expect

from tests.web.browser.helpers import PATIENCE, Visit, options_of
from tests.web.browser.test_looks import CONTRASTS

VIEW = "document.getElementById('map').view"
FIND = "#find"
CARD = ".map-card"


@pytest.fixture(scope="module")
def map_server(mapped_model: Path) -> Iterator[Server]:
    with serving("--model", mapped_model) as running:
        yield running


@pytest.fixture
def page(visit: Visit, map_server: Server) -> Page:
    """The page of the map, once it is drawn."""
    opened = visit(map_server.url)
    opened.goto("/map")
    drawn(opened)
    return opened


def until(page: Page, condition: str) -> None:
    """Wait until something is true; the content policy keeps Playwright from asking in the page."""
    for _ in range(PATIENCE // 20):
        if page.evaluate(f"Boolean({condition})"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never true: {condition}")


def drawn(page: Page) -> None:
    """Wait until names stand on the map."""
    until(page, f"{VIEW}?.names?.length > 0")


def rest(page: Page) -> None:
    """Wait until the map has arrived and everything is drawn."""
    until(page, f"!{VIEW}.flight && !{VIEW}.moving && !{VIEW}.frame")


def position(page: Page, title: str) -> list[float]:
    """Return where a movie is in the window."""
    place: list[float] = page.evaluate(
        f"""(title) => {{
          const [view, box] = [{VIEW}, {VIEW}.canvas.getBoundingClientRect()];
          const [x, y] = view.at(view.films.films.title.indexOf(title));
          return [x + box.left, y + box.top];
        }}""",
        title,
    )
    return place


def lit(page: Page) -> list[str]:
    """Return the titles of the movies to which lines lead."""
    found: list[str] = page.evaluate(f"{VIEW}.lines.map((item) => {VIEW}.films.films.title[item])")
    return found


def find(page: Page, text: str) -> None:
    page.locator(FIND).press_sequentially(text)
    expect(options_of(page).first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(CARD)).to_be_visible()
    rest(page)


def test_the_search_flies(page: Page) -> None:
    find(page, "the matri")
    expect(page.locator(f"{CARD} h2")).to_have_text("The Matrix")
    expect(page).to_have_url(re.compile(r"/map#174$"))
    canvas = page.locator("canvas").first.bounding_box()
    assert canvas is not None
    middle = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    assert position(page, "The Matrix") == pytest.approx(middle, abs=2)
    assert page.evaluate(f"{VIEW}.near") > 2


def test_a_click_lights_the_neighbors(page: Page, mapped_model: Path) -> None:
    find(page, "toy story 2")
    page.keyboard.press("Escape")
    expect(page.locator(CARD)).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/map$"))
    # Close by, so that no other movie is under the pointer.
    page.evaluate(f"{VIEW}.zoom(15)")
    rest(page)
    page.mouse.click(*position(page, "Toy Story 2"))
    expect(page.locator(f"{CARD} h2")).to_have_text("Toy Story 2")
    expect(page.locator(f"{CARD} li")).to_have_count(10)
    similar = Recommender.load(mapped_model).similar("Toy Story 2", 10)
    assert lit(page) == [display_title(movie.title) for movie in similar]
    page.locator(f"{CARD} li button").first.click()
    expect(page.locator(f"{CARD} h2")).to_have_text(display_title(similar[0].title))
    page.get_by_role("link", name="More about it").click()
    expect(page).to_have_url(re.compile(rf"/film/{similar[0].movie_id}$"))
    page.go_back()
    expect(page.locator(f"{CARD} h2")).to_have_text(display_title(similar[0].title))


def test_a_newcomer_finds_a_hidden_gem_in_two_actions(
    visit: Visit, map_server: Server, mapped_model: Path
) -> None:
    page = visit(map_server.url)
    page.goto("/")
    page.get_by_role("link", name="Map").click()  # one
    page.get_by_role("button", name="Hidden gem").click()  # two
    expect(page.locator(CARD)).to_be_visible()
    recommender = Recommender.load(mapped_model)
    movie = recommender.movie(page.url.partition("#")[2], by_id=True)
    stats = recommender.stats()
    assert movie.mean_rating is not None
    assert movie.mean_rating > stats["mean_rating"]
    assert movie.n_ratings is not None
    assert movie.n_ratings < stats["ratings"] / stats["films_rated"]
    gems = {movie.movie_id}
    for _ in range(3):  # each is another
        before = page.url
        page.get_by_role("button", name="Hidden gem").click()
        expect(page).not_to_have_url(before)
        gems.add(int(page.url.partition("#")[2]))
    assert len(gems) == 4


def test_keys_move_and_choose(page: Page) -> None:
    canvas = page.locator(".map-stage > canvas")
    canvas.focus()
    for _ in range(4):
        page.keyboard.press("+")
    assert page.evaluate(f"{VIEW}.near") == pytest.approx(1.5**4)
    before = page.evaluate(f"{VIEW}.center")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    after = page.evaluate(f"{VIEW}.center")
    assert (after["x"] > before["x"], after["y"] < before["y"]) == (True, True)
    page.keyboard.press("Enter")
    expect(page.locator(CARD)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(CARD)).to_be_hidden()
    page.keyboard.press("0")
    rest(page)
    assert page.evaluate(f"[{VIEW}.near, {VIEW}.center.x]") == pytest.approx([1, 0.5])
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Zoom in")).to_be_focused()


def test_the_wheel_keeps_what_is_under_the_pointer(page: Page) -> None:
    before = position(page, "Titanic")
    page.mouse.move(*before)
    page.mouse.wheel(0, -300)
    until(page, f"{VIEW}.near > 1.3")
    assert position(page, "Titanic") == pytest.approx(before, abs=1)
    page.mouse.down()
    page.mouse.move(before[0] + 70, before[1] + 30, steps=3)
    page.mouse.up()
    assert position(page, "Titanic") == pytest.approx([before[0] + 70, before[1] + 30], abs=1)
    expect(page.locator(CARD)).to_be_hidden()  # moving the map is no click


def test_two_fingers_zoom(visit: Visit, map_server: Server) -> None:
    page = visit(map_server.url, has_touch=True, viewport={"width": 390, "height": 800})
    page.goto("/map")
    drawn(page)
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[int, int]) -> None:
        points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (180, 400), (220, 400))
    for away in (30, 50, 80):
        touch("touchMove", (200 - away, 400), (200 + away, 400))
    touch("touchEnd")
    until(page, f"{VIEW}.near > 2.5")
    expect(page.locator(CARD)).to_be_hidden()


def test_own_ratings_are_lights(visit: Visit, map_server: Server) -> None:
    page = visit(map_server.url)
    page.add_init_script(
        "localStorage.setItem('movierec.ratings',"
        """ '[["1","Toy Story (1995)","5"],["174","Matrix, The (1999)","2"],["x",1],null,[]]')"""
    )
    page.goto("/map")
    drawn(page)
    lights = page.evaluate(
        f"[...{VIEW}.lights].map(([item, share]) => [{VIEW}.films.films.title[item], share])"
    )
    assert lights == [["Toy Story", 1], ["The Matrix", 0.25]]


@pytest.mark.parametrize("by", ["genre", "decade", "rating"])
def test_colors_have_a_legend(page: Page, by: str) -> None:
    page.get_by_label("Color by").select_option(by)
    chips = page.locator(".map-legend button")
    shown = chips.all_inner_texts()
    assert len(shown) == len(set(shown)) > 5
    assert page.evaluate(f"{VIEW}.groups.reduce((sum, group) => sum + group.films.length, 0)") == (
        page.evaluate(f"{VIEW}.films.n")
    )
    chips.nth(1).click()
    expect(chips.nth(1)).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(f"{VIEW}.only") == shown[1]
    chips.nth(1).click()
    assert page.evaluate(f"{VIEW}.only") is None


@pytest.mark.parametrize("width", [390, 1280])
def test_names_never_cover_each_other(visit: Visit, map_server: Server, width: int) -> None:
    page = visit(map_server.url, viewport={"width": width, "height": 800})
    page.goto("/map")
    drawn(page)
    counts = []
    for near in (1, 2, 5, 15):
        page.evaluate(f"{VIEW}.near = 1; {VIEW}.zoom({near})")
        rest(page)
        boxes = page.evaluate(f"{VIEW}.boxes")
        for one, other in combinations(boxes, 2):
            is_apart = (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            )
            assert is_apart, (one, other)
        counts.append(len(page.evaluate(f"{VIEW}.names")))
    assert min(counts[:3]) >= 3
    assert counts[0] <= 20  # from afar, few


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read(visit: Visit, map_server: Server, scheme: str) -> None:
    page = visit(map_server.url, color_scheme=scheme)
    page.goto("/map#1")
    expect(page.locator(f"{CARD} li")).to_have_count(10)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 20
    assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript_there_is_a_picture(visit: Visit, map_server: Server) -> None:
    page = visit(map_server.url, java_script_enabled=False)
    page.goto("/map")
    picture = page.get_by_role("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 0
    page.get_by_role("link", name="search for a movie").click()
    expect(page.locator("input[name=movies]")).to_be_visible()


def test_a_page_without_a_map_says_how_to_make_one(visit: Visit) -> None:
    page = visit()
    page.goto("/map")
    expect(page.locator("main .note")).to_contain_text("movierec map")


def test_a_server_that_is_gone_costs_only_the_lines(page: Page) -> None:
    page.route("**/api/similar*", lambda route: route.fulfill(status=200, body="{}"))
    find(page, "titanic")
    expect(page.locator(f"{CARD} h2")).to_have_text("Titanic")
    assert lit(page) == []


# -- the exported page

SCRIPT = "<script>alert(1)</script>"
LONG = "A" + " very long" * 33
HEBREW = "שלום"
ODD_MOVIES = f"""movieId,title,genres
10,{SCRIPT} (1999),Drama
20,{LONG} (2005),Comedy|<b>Bold
30,{HEBREW} (2007),Horror
40,"</script><img src=x onerror=alert(1)> (2003)",Horror
"""
ODD_RATINGS = "userId,movieId,rating\n" + "".join(
    f"{user},{movie},{1 + (user * movie // 10) % 5}\n"
    for user in range(1, 6)
    for movie in (10, 20, 30, 40)
)


@pytest.fixture
def exported(visit: Visit, tmp_path: Path, mapped_model: Path) -> Any:
    def export(recommender: Recommender) -> Page:
        recommender.plot_map(tmp_path / "films.html")
        page = visit(tmp_path.as_uri())
        page.goto(f"{tmp_path.as_uri()}/films.html")
        drawn(page)
        return page

    return export


def test_an_exported_page_needs_no_server(exported: Any, mapped_model: Path) -> None:
    recommender = Recommender.load(mapped_model)
    page = exported(recommender)
    find(page, "the matri")
    expect(page.locator(f"{CARD} h2")).to_have_text("The Matrix")
    similar = recommender.similar("The Matrix", 10)
    assert sorted(lit(page)) == sorted(display_title(movie.title) for movie in similar)
    expect(page.get_by_role("link", name="More about it")).to_have_count(0)
    page.locator(f"{CARD} li button").first.click()
    expect(page.locator(f"{CARD} h2")).not_to_have_text("The Matrix")


def test_odd_titles_are_shown_as_they_are(exported: Any, tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text(ODD_RATINGS)
    (tmp_path / "movies.csv").write_text(ODD_MOVIES, encoding="utf-8")
    page = exported(Recommender.fit(tmp_path / "ratings.csv", tmp_path / "movies.csv"))
    for typed, shown in (("alert(1)</s", SCRIPT), ("very long", LONG), (HEBREW, HEBREW)):
        find(page, typed)
        expect(page.locator(f"{CARD} h2")).to_have_text(shown)
        assert page.locator(CARD).evaluate("card => card.scrollWidth <= card.clientWidth")
    expect(page.locator("#map img, #map script")).to_have_count(0)
    find(page, "very long")
    expect(page.locator(f"{CARD} .about").first).to_have_text("2005 · Comedy · <b>Bold")


def test_an_exported_page_is_kept_from_loading_anything(
    mapped_model: Path, browser: Any, tmp_path: Path
) -> None:
    Recommender.load(mapped_model).plot_map(tmp_path / "other.html")
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{tmp_path.as_uri()}/other.html")
    drawn(page)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert page.evaluate(f"fetch('{address}').catch(() => 'refused')") == "refused"
        page.evaluate(f"document.body.append(Object.assign(new Image(), {{src: '{address}'}}))")
        page.wait_for_timeout(100)
        with pytest.raises(BlockingIOError):  # nobody came
            listener.accept()
    context.close()


def test_axe_finds_nothing(page: Page) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe-core is missing")
    from tests.web.browser.test_accessibility import violations

    assert violations(page) == []
    page.locator(FIND).fill("Toy Story")
    page.keyboard.press("Enter")
    expect(page.locator(CARD)).to_be_visible()
    assert violations(page) == []
