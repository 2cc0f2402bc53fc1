"""Write a map to a file: a page or a picture, by the extension."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from movierec.errors import OutputError, UsageError
from movierec.maps.document import document_of

if TYPE_CHECKING:
    from movierec.maps.film_map import FilmMap
    from movierec.model.model import Model

_PAGES = (".html", ".htm")


def check_target(address: str) -> None:
    """Raise an error if a map cannot or should not be written to a file.

    Parameters
    ----------
    address : str

    Raises
    ------
    UsageError
        If it is no path, or no page or picture can be written with its extension.
    OutputError
        If it cannot be written, or is a page that is no map, which a typing error must not destroy.
    """
    from movierec.evaluation.plot import refuse_bad_plot
    from movierec.maps.page import SIGN
    from movierec.store.atomic import target_of
    from movierec.store.stores import is_remote

    hint = "name another file with -o"
    if is_remote(address):
        raise UsageError(f"{address}: a map is written to a file of this machine", hint)
    path = Path(address)
    if path.suffix.casefold() not in _PAGES:
        _refuse_unknown(path)
        refuse_bad_plot(path, "-o")
        return
    if path.is_dir():
        raise OutputError(f"{path} is a folder", hint)
    try:
        folder = target_of(path).parent
        with suppress(FileNotFoundError), path.open("rb") as file:
            if file.read(len(SIGN)) != SIGN.encode():
                raise OutputError(f"{path} exists and is not a map, so it is not replaced", hint)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}", hint) from error
    if not os.access(folder, os.W_OK):
        why = "its folder is not writable" if folder.is_dir() else "there is no such folder"
        raise OutputError(f"cannot write {path}: {why}", hint)


def _refuse_unknown(path: Path) -> None:
    if not path.suffix:
        raise UsageError(f"{path}: no extension says what to write", "name it .html or .png")


def write(model: Model, film_map: FilmMap, address: str) -> None:
    """Write a map to a file, completely or not at all.

    Parameters
    ----------
    model : Model
    film_map : FilmMap
    address : str
        See :func:`check_target`.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    from movierec.evaluation.plot import save
    from movierec.maps.page import page_of
    from movierec.maps.picture import draw_plot
    from movierec.store.atomic import replacing

    path = Path(address)
    if path.suffix.casefold() not in _PAGES:
        save(draw_plot(document_of(model, film_map)), path)
        return
    page = page_of(document_of(model, film_map, neighbors=True)).encode("utf-8", "replace")
    with replacing(path) as file:
        file.write(page)
