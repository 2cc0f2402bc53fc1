"""Names of what is compared; light, because answers and the command line need them too."""

from __future__ import annotations

from typing import Literal

Weighting = Literal["corrected", "none"]
CORRECTED: Weighting = "corrected"
KEYS = "title"  # the part of the content whose features are series keys
YEAR = "year"
