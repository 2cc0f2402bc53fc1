"""The map as one page that needs no server: its data, script and style are in it."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from movierec._util import pluralize
from movierec.maps.document import as_json

if TYPE_CHECKING:
    from movierec.maps.document import Document

SIGN = "<!doctype html><!-- a map by movierec -->"  # how such a page begins
_SCRIPTS = ("suggest.js", "map-data.js", "map-view.js", "map.js")  # what one imports comes first
_STYLES = ("style.css", "map.css")
_PAGE = """{sign}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {script_hash}; \
style-src {style_hash}; base-uri 'none'; form-action 'none'">
<title>A map of {count}</title>
<style>{style}</style>
</head>
<body class="map-page">
<header><span class="brand">movierec</span> <span>{count}, near ones near each other</span></header>
<main id="main">
<h1 class="unseen">A map of {count}</h1>
<div id="map"><noscript><p class="note">This map needs JavaScript.</p></noscript></div>
</main>
<script type="application/json" id="map-data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def page_of(document: Document) -> str:
    """Return the page of a map; its policy allows its own script and style, and no request.

    Parameters
    ----------
    document : dict
        See :func:`movierec.maps.document.document_of`, with neighbors.
    """
    script = "\n".join(map(_without_imports, map(_static, _SCRIPTS)))
    style = "\n".join(map(_static, _STYLES))
    return _PAGE.format(
        sign=SIGN,
        count=pluralize(len(document["films"]["title"]), "movie"),
        script_hash=_hash(script),
        style_hash=_hash(style),
        style=style,
        data=as_json(document),
        script=script,
    )


def _static(name: str) -> str:
    return (files("movierec.web") / "static" / name).read_text(encoding="utf-8")


def _without_imports(script: str) -> str:
    """Return a script that stands in one piece with those that it imports."""
    return re.sub(r"^(import .*\n|export )", "", script, flags=re.MULTILINE)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode()}'"
