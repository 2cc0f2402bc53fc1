"""Take the pictures of the documentation again: ``python -m tests.web.browser.pictures``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from movierec import Recommender
from tests.web.browser.helpers import Visit, running_browser
from tests.web.browser.states import show_neighbors, show_taste
from tests.web.conftest import serving

IMAGES = Path(__file__).parents[3] / "docs" / "images"


def take_pictures(new_page: Visit, folder: Path) -> dict[str, tuple[int, int]]:
    """Write the pictures of the documentation and return their sizes."""
    pictures: list[tuple[str, Callable[[Page], None], int, str]] = [
        ("similar-light.png", show_neighbors, 1000, "light"),
        ("taste-dark.png", show_taste, 1000, "dark"),
        ("phone.png", show_neighbors, 390, "light"),
    ]
    for name, show, width, scheme in pictures:
        page = new_page(color_scheme=scheme, viewport={"width": width, "height": 760})
        show(page)
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=folder / name)
    return {name: (width, 760) for name, _, width, _ in pictures}


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
