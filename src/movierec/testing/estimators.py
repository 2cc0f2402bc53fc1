"""The checks of what scikit-learn expects of an estimator's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec.errors import UsageError
from movierec.testing._helpers import Parameters, answers, fit, make, raises, require
from movierec.testing.example import example_data

if TYPE_CHECKING:
    from movierec.algorithms.base import Algorithm


def _is_cloned(algorithm: type[Algorithm], parameters: Parameters) -> None:
    from sklearn.base import clone

    fitted = fit(algorithm, parameters, example_data())
    try:
        twin = clone(fitted)
    except Exception as error:
        advice = "in __init__, store parameters unchanged, and do nothing else"
        raise AssertionError(f"sklearn.base.clone fails ({error}): {advice}") from error
    require(twin.get_params() == fitted.get_params(), "a clone must have the same parameters")
    learned = [name for name in vars(twin) if name.endswith("_")]
    require(not learned, f"a clone has {', '.join(learned)}: set what is learned in fit alone")


def _sets_parameters(algorithm: type[Algorithm], parameters: Parameters) -> None:
    given = make(algorithm, parameters).get_params()
    others = {name: values[-1] for name, values in algorithm.GRID.items() if name in given}
    changed = make(algorithm, others)
    require(changed.set_params(**given) is changed, "set_params must return self")
    is_refused = raises(UsageError, lambda: changed.set_params(no_such_parameter=1))
    require(is_refused, "set_params must refuse parameters that it does not know")
    changed.fit(example_data())
    expected = answers(fit(algorithm, parameters, example_data()), example_data())
    for name, found in answers(changed, example_data()).items():
        message = f"{name} must follow from set_params: use parameters in fit, not in __init__"
        require(np.array_equal(found, expected[name]), message)
