"""What a model card says of the files that were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from movierec._util import file_name


def origin(files: Mapping[str, str], notes: Sequence[str]) -> dict[str, Any]:
    """Return the entries ``files`` and ``notes`` of a card, in which files have no folders.

    A path says who made a model, and on which machine.

    Parameters
    ----------
    files : mapping of str to str
        The names of the tables that were read, by their kind.
    notes : sequence of str
        Remarks on them, in which they have the same names.
    """
    names = {name: file_name(name) for name in sorted(files.values(), key=len, reverse=True)}

    def shortened(note: str) -> str:
        for name, short in names.items():
            note = note.replace(name, short)
        return note

    return {
        "files": {kind: names[name] for kind, name in files.items()},
        "notes": [shortened(note) for note in notes],
    }
