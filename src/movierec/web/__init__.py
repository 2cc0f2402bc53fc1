"""The web app: pages for people and a JSON API for programs, for one fitted model.

``movierec serve`` runs it, and so does any WSGI server: ``gunicorn 'movierec.web:create_app()'``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from movierec.web.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.app"), name)
