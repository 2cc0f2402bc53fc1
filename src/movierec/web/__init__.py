"""The web app: pages for people and JSON for programs, over one fitted model.

``movierec serve`` runs it; any WSGI server does: ``gunicorn 'movierec.web:create_app()'``.
"""

from movierec.web.app import create_app

__all__ = ["create_app"]
