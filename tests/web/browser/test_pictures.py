"""The pictures of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="no Chromium without playwright")

from tests.web.browser.helpers import Visit
from tests.web.browser.pictures import take_pictures


def test_screenshots(visit: Visit, tmp_path: Path) -> None:
    from PIL import Image

    for name, size in take_pictures(visit, tmp_path).items():
        with Image.open(tmp_path / name) as picture:
            assert picture.format == "PNG"
            assert picture.size == size
            assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50
