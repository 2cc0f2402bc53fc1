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

from movierec.testing.checks import CHECKS, check_algorithm
from movierec.testing.example import example_data

__all__ = ["CHECKS", "check_algorithm", "example_data"]
