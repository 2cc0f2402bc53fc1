"""Runs a notebook, or writes those in examples/ as they are kept: without what a run adds.

python -m tests.notebooks                  # after editing them in Jupyter
python -m tests.notebooks NOTEBOOK RESULT  # runs one, in the current folder
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))

_SECONDS = 600  # for a cell, at most: a cell that hangs fails


def cleaned(text: str) -> str:
    """Return a notebook without outputs and settings, in a form that changes little in a diff."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    notebook["metadata"] = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def run(source: Path, result: Path) -> None:
    """Run a notebook in the current folder, as `jupyter execute` does, and write it."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    # Not by TCP, for which a port is chosen that another program may take before the kernel does.
    local: dict[str, Any] = {} if os.name == "nt" else {"transport": "ipc", "ip": "kernel"}
    client = NotebookClient(
        nbformat.read(source, as_version=4),
        timeout=_SECONDS,
        startup_timeout=_SECONDS,
        resources={"metadata": {"path": "."}},
        config=Config({"KernelManager": local}),
    )
    nbformat.write(client.execute(), result)


def main() -> None:
    """Run one notebook, or clean all."""
    if len(sys.argv) == 3:
        run(Path(sys.argv[1]), Path(sys.argv[2]))
        return
    for path in NOTEBOOKS:
        path.write_text(cleaned(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
