"""The algorithms that are evaluated, by label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count

from movierec._checks import mapping, refusal, text, values
from movierec._util import Progress, no_progress
from movierec.algorithms.base import Algorithm
from movierec.algorithms.registry import create, load, name_of
from movierec.errors import UsageError

Given = str | Algorithm | type[Algorithm]
Settings = Mapping[str, Mapping[str, str | float | int]]  # parameters by algorithm

RANDOM, BASELINES = "random", ("popular",)  # always evaluated, before the others


def created_algorithms(
    given: Sequence[Given], settings: Settings, baselines: Sequence[str] = ()
) -> dict[str, Algorithm]:
    """Create algorithms by label, so that a wrong name is an error before files are read.

    A repeated name or class counts once. Objects of one class may have different parameters, so
    all of them are kept, as "item_knn", "item_knn (2)", and so on.

    Parameters
    ----------
    given : sequence of str, Algorithm, or subclass of Algorithm
        Names, addresses such as ``package.module:Class``, classes, or objects.
    settings : mapping of str to mapping
        By label, parameters that differ from the defaults.
    baselines : sequence of str
        Names that come first.

    Raises
    ------
    UsageError
        If an algorithm or a parameter is unknown, or the algorithms are no list.
    """
    if not isinstance(given, list | tuple):
        raise refusal("algorithms", given, 'a list, such as ["item_knn", "ease"]')
    labeled = _labeled([*baselines, *given])
    for name in settings:
        if name not in labeled:
            hint = f"parameters can be set for {', '.join(labeled)}"
            raise UsageError(f'no parameter of "{name}" can be set', hint)
    return {label: _created(one, settings.get(label, {})) for label, one in labeled.items()}


def checked_settings(settings: object) -> Settings:
    """Return parameters by algorithm, if they are that; none if there are none.

    Raises
    ------
    UsageError
        If they are anything else.
    """
    checked = mapping("settings", {} if settings is None else settings)
    for name, parameters in checked.items():
        text("an algorithm in settings", name)
        mapping(f"settings of {name}", parameters)
    return checked


def private_algorithms(epsilons: Iterable[object]) -> dict[str, Algorithm]:
    """Create the algorithm of ``fit --epsilon`` for each epsilon, by label.

    Parameters
    ----------
    epsilons : iterable of float

    Raises
    ------
    UsageError
        If one is not valid, or they are no list.
    """
    from movierec.algorithms._private import Private
    from movierec.privacy.terms import Terms

    given = values(epsilons)
    if given is None:
        raise refusal("epsilons", epsilons, "a list of numbers")
    checked = [Terms.checked(epsilon, None, None).epsilon for epsilon in given]
    return {f"epsilon {epsilon:g}": Private(epsilon=epsilon) for epsilon in checked}


def _labeled(given: Sequence[Given]) -> dict[str, Given]:
    labeled: dict[str, Given] = {}
    for one in given:
        name = _name(one)
        if isinstance(one, Algorithm) and name in labeled:
            name = next(label for n in count(2) if (label := f"{name} ({n})") not in labeled)
        if name != RANDOM:
            labeled.setdefault(name, name if isinstance(one, str) else one)
    return labeled


def _name(one: Given) -> str:
    if isinstance(one, str):
        return one.strip()
    found = one if isinstance(one, type) else type(one)
    if not issubclass(found, Algorithm):
        raise UsageError(
            f"{one!r} is not an algorithm",
            "give a name, or a subclass or an object of movierec.Algorithm",
        )
    return name_of(found)


def _created(one: Given, settings: Mapping[str, str | float | int]) -> Algorithm:
    if isinstance(one, Algorithm):
        return create(type(one), one.parameters() | dict(settings))
    return create(load(one) if isinstance(one, str) else one, settings)


def checked_calls(
    progress: Progress | bool | None, tell: Callable[[str], object] | None
) -> tuple[Progress, Callable[[str], object]]:
    """Return what tells of progress, and what is told lines of text; by default, nobody.

    Raises
    ------
    UsageError
        If one of them is no function.
    """
    progress = no_progress if progress is None else progress
    if not callable(progress):  # True is a function by now: see shows_progress
        raise refusal("progress", progress, "a function of a text and a number, or True")
    if tell is not None and not callable(tell):
        raise refusal("tell", tell, "a function of a text")
    return progress, tell or (lambda line: None)
