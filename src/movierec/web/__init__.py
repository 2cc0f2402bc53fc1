"""The web app: pages for people and a JSON API for programs, for one fitted model.

``movierec serve`` runs it, and so does any WSGI server: ``gunicorn 'movierec.web:create_app()'``.
"""

from movierec.web.app import create_app

__all__ = ["create_app"]
