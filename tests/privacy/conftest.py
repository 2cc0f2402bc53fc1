"""Noise that is the same in each run, for tests of how large errors are."""

from __future__ import annotations

import numpy as np
import pytest

from movierec.privacy.release import release


@pytest.fixture
def seeded_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "__defaults__", (np.random.default_rng(0).bytes,))
