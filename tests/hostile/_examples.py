"""How many examples a test of hostile inputs tries."""

from __future__ import annotations

import os


def examples(whole: int) -> int:
    """Return a share of a long run: that of ``MOVIEREC_HOSTILE_SHARE``, by default a hundredth.

    Parameters
    ----------
    whole : int
        Number of examples of a long run.
    """
    return max(round(whole * float(os.environ.get("MOVIEREC_HOSTILE_SHARE", "0.01"))), 1)
