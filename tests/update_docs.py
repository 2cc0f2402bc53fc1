"""Write what the examples of the documentation print now: ``python -m tests.update_docs``.

Pages may be named: ``python -m tests.update_docs README.md docs/tutorial.md``. Pages with real data
are left alone unless the environment variable MOVIEREC_REAL_DATA names the folder that holds them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests._docs import ROOT, needed_data, pages, rewritten, without_times
from tests.conftest import REAL_DATA


def update(page: Path, data: Path | None) -> str:
    """Rewrite a page where its examples print something else; return what was done."""
    text = page.read_text(encoding="utf-8")
    if needed_data(text) and data is None:
        return f"left alone, as {REAL_DATA} is not set"
    with tempfile.TemporaryDirectory() as folder:
        new = rewritten(text, Path(folder), data)
    if without_times(new) == without_times(text):
        return "unchanged"
    page.write_text(new, encoding="utf-8", newline="\n")
    return "rewritten"


def main() -> None:
    """Rewrite the pages that are named, or all."""
    data = Path(os.environ[REAL_DATA]).resolve() if os.environ.get(REAL_DATA) else None
    for page in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        print(f"{page.relative_to(ROOT)}: {update(page, data)}", flush=True)


if __name__ == "__main__":
    main()
