"""A sum whose first task ends the process that it runs in."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from movierec.neighbors.sums import ItemSums, Totals

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class DyingSums(ItemSums):
    """The sums of items, once the file ``died`` is in a folder."""

    folder: str = ""

    @classmethod
    def of(cls, folder: Path) -> Callable[[int], DyingSums]:
        return lambda n_items: cls(n_items, str(folder))

    def add(self, ratings: csr_matrix, totals: Totals) -> None:
        died = Path(self.folder, "died")
        if not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        super().add(ratings, totals)
