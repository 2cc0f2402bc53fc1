"""The same seed gives the same network on one processor and on two."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.networks import NETWORKS, needs_jax

pytestmark = needs_jax

# Wide enough for XLA to divide the sums: narrower networks are the same in any case.
FIT = """
import hashlib, os, sys
os.sched_setaffinity(0, {processors})
import numpy as np
from movierec import Interactions, TrainingData
from movierec.algorithms._neural import sequence_model
from movierec.algorithms.registry import load

sequence_model._LEAST_STEPS = 10
random = np.random.default_rng(0)
pairs = np.unique(random.integers(0, 400 * 700, 20_000))
users, items = (pairs // 700).astype(np.int32), (pairs % 700).astype(np.int32)
ratings = np.full(len(pairs), 4, np.float32)
data = Interactions(users, items, ratings, 400, 700, lambda: np.arange(len(pairs)))
given = {{"minutes": 1e5, "n_epochs": 1, "n_factors": 64}}
if {name!r} != "neumf":
    given["length"] = 32
if {name!r} == "sasrec":
    given["blend"] = False
network = load({name!r})(**given).fit(TrainingData(data))
for name, array in sorted(network.state().items()):
    if name != "curve_":  # which holds minutes
        print(name, hashlib.sha256(np.ascontiguousarray(array)).hexdigest())
"""


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="fewer than two processors, or a system that does not say which may be used",
)
@pytest.mark.parametrize("name", NETWORKS)
def test_one_processor_and_two_train_the_same(name: str) -> None:
    processors = sorted(os.sched_getaffinity(0))
    assert fitted(name, processors[:1]) == fitted(name, processors[:2])


def fitted(name: str, processors: list[int]) -> str:
    """Return a digest of each array that a network learns on some processors."""
    code = FIT.format(processors=processors, name=name)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout
