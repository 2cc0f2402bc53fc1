"""The contract of algorithms as a suite of checks, for those in movierec and those of others.

A package with an algorithm runs them all in its tests:

>>> from movierec.algorithms.popular import Popular
>>> from movierec.testing import check_algorithm
>>> check_algorithm(Popular)

With pytest, each check can be a test of its own::

    @pytest.mark.parametrize("name", CHECKS)
    def test_contract(name: str) -> None:
        CHECKS[name](MyAlgorithm, {"n_factors": 8})
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from movierec.testing.checks import CHECKS, check_algorithm
    from movierec.testing.example import example_data

_MODULES = {"CHECKS": "checks", "check_algorithm": "checks", "example_data": "example"}

__all__ = ["CHECKS", "check_algorithm", "example_data"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
