"""The records that `run.py` fills in and `report.py` prints, and the names of the contenders."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The contenders by the name of their script. movierec has none: it is measured by its commands, as
# it is, and by ratings alone, where it has the same neighbors as the other libraries.
CONTENDERS = {
    "movierec": "movierec",
    "movierec_cosine": "movierec, by ratings alone",
    "scikit_learn": "scikit-learn, one movie at a time",
    "implicit_cosine": "implicit, CosineRecommender",
    "sparse_dot_topn_cosine": "sparse_dot_topn",
    "lenskit_item_knn": "LensKit, ItemKNNScorer",
    "classic": "the classic script",
}
OURS: dict[str, list[str]] = {
    "movierec": [],
    "movierec_cosine": ["--content-weight", "0", "--weighting", "none"],
}
PEERS = tuple(name for name in CONTENDERS if name not in OURS)
NOT_FITTED = "classic"  # it keeps nothing between queries

BARE_QUERY, BARE_HELP = "Python, for a query", "Python, for --help"  # rows of the start-up table


@dataclass
class Cost:
    """The cost of a command.

    Attributes
    ----------
    seconds, cpu_seconds : float
        Medians of all runs.
    megabytes : float
        The highest peak of memory of any run.
    problem : str
        Why a run failed; empty if none did.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    problem: str = ""


@dataclass
class Result:
    """The results of one contender on one data set.

    Attributes
    ----------
    fit, query : Cost
    model_megabytes : float
        Size of the saved model.
    agreement : str
        Number of sampled movies whose neighbors are correct; "-" if they were not checked.
    """

    fit: Cost = field(default_factory=Cost)
    query: Cost = field(default_factory=Cost)
    model_megabytes: float = 0.0
    agreement: str = "-"


def read_lines(kept: Path) -> list[dict[str, Any]]:
    """Return the results in a file of JSON lines, without a last line that was cut off."""
    if not kept.exists():
        return []
    lines = kept.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        os.truncate(kept, kept.stat().st_size - len(lines.pop()))
    return [json.loads(line) for line in lines]
