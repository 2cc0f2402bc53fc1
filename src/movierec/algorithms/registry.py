"""Find algorithms by name, and create them from parameters."""

from __future__ import annotations

import inspect
import math
import os
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from movierec.algorithms.base import Algorithm, Range, parameters_of
from movierec.errors import ArtifactError, UsageError

GROUP = "movierec.algorithms"  # group of entry points
TRUSTED = "MOVIEREC_ALGORITHMS"  # environment variable: additional classes that models may name

_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def names() -> list[str]:
    """Return the names of all algorithms, built in and installed."""
    return sorted({*_built_in(), *_installed()})


def load(name: str) -> type[Algorithm]:
    """Return an algorithm by name, or by its address as ``package.module:Class``.

    An address is imported, so it must come from the user, never from a model file.

    Raises
    ------
    UsageError
        If the algorithm is unknown or cannot be imported.
    """
    found = _find(name)
    if found is not None:
        return found
    if ":" in name:
        return _import(name)
    raise UsageError(
        f'no algorithm is called "{name}"',
        f"choose one of {', '.join(names())}, or give package.module:Class",
    )


def load_trusted(name: str) -> type[Algorithm]:
    """Return the algorithm that a model file names, if it is trusted.

    Trusted algorithms are the built-in and installed ones, those that this process has imported
    with :func:`load` or received as classes, and those in the environment variable
    ``MOVIEREC_ALGORITHMS`` (addresses separated by commas). No other module is imported.

    Raises
    ------
    ArtifactError
        If the algorithm is not installed.
    """
    trusted = os.environ.get(TRUSTED, "").split(",")
    found = _find(name) or (_import(name) if name in trusted else None)
    if found is not None:
        return found
    trust = f"set {TRUSTED}={name} if you trust it"
    hint = trust if ":" in name else "install the package that has it"
    raise ArtifactError(
        f'the model was made by the algorithm "{name}", which is not installed here', hint
    )


def name_of(algorithm: type[Algorithm]) -> str:
    """Return the name under which :func:`load` finds an algorithm, and remember its class."""
    module = algorithm.__module__
    package, _, name = module.rpartition(".")
    if package == __package__:
        return name
    for entry in _installed().values():
        if entry.value == f"{module}:{algorithm.__qualname__}":
            return entry.name
    address = f"{module}:{algorithm.__qualname__}"
    _imported[address] = algorithm
    return address


def make(name: str, settings: Mapping[str, Any]) -> Algorithm:
    """Create an algorithm by name.

    Parameters
    ----------
    name : str
        As in :func:`load`.
    settings : mapping of str to object
        As in :func:`create`.
    """
    return create(load(name), settings)


def create(algorithm: type[Algorithm], settings: Mapping[str, Any]) -> Algorithm:
    """Create an algorithm from a class.

    Parameters
    ----------
    algorithm : type
    settings : mapping of str to object
        Values, or text as typed on the command line.

    Raises
    ------
    UsageError
        If a parameter is unknown, or a value has the wrong type or is out of range.
    """
    defaults = parameters_of(algorithm)
    hints = get_type_hints(algorithm.__init__, include_extras=True)
    for parameter in settings:
        if parameter not in defaults:
            hint = f"it has {', '.join(defaults)}" if defaults else "it has none"
            raise UsageError(f'{name_of(algorithm)} has no parameter "{parameter}"', hint)
    values = {
        parameter: check_value(parameter, value, hints.get(parameter, Any))
        for parameter, value in settings.items()
    }
    return algorithm(**values)


def check_value(parameter: str, value: Any, hint: Any) -> Any:
    """Convert a value to the type in an annotation, and check its range.

    Parameters
    ----------
    parameter : str
        Name of the parameter.
    value : object
    hint : type
        The annotation.

    Raises
    ------
    UsageError
        If the value has the wrong type or is out of range.
    """
    kind, *extras = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        if value not in choices:
            raise UsageError(f"{parameter} is {value}; it must be one of {', '.join(choices)}")
        return value
    if kind is bool:
        return _as_bool(parameter, value)
    if kind not in (int, float):
        return value
    number = _as_number(parameter, value, kind)
    for limits in extras:
        if isinstance(limits, Range) and not limits.low <= number <= limits.high:
            allowed = f"from {limits.low:g} to {limits.high:g}"
            raise UsageError(f"{parameter} is {value}; it must be {allowed}")
    return number


def _as_bool(parameter: str, value: Any) -> bool:
    found = value if isinstance(value, bool) else _WORDS.get(str(value).casefold())
    if found is None:
        raise UsageError(f'{parameter} is "{value}"; it must be true or false')
    return found


def _as_number(parameter: str, value: Any, kind: type[int] | type[float]) -> int | float:
    try:
        number = kind(value)
        if math.isnan(number) or (isinstance(value, float) and number != value):
            raise ValueError("not a number of that type")
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f'{parameter} is "{value}"; it must be a number') from None
    return number


_imported: dict[str, type[Algorithm]] = {}  # by address


def _find(name: str) -> type[Algorithm] | None:
    if name in _imported:
        return _imported[name]
    if name in _built_in():
        return _only_algorithm(import_module(f"{__package__}.{name}"))
    if name in _installed():
        return _checked(_installed()[name].load(), name)
    return None


@cache
def _built_in() -> frozenset[str]:
    parts = ("base.py", "registry.py")
    files = Path(__file__).parent.glob("[!_]*.py")
    return frozenset(file.stem for file in files if file.name not in parts)


@cache
def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _only_algorithm(module: Any) -> type[Algorithm]:
    classes = (member for _, member in inspect.getmembers(module, inspect.isclass))
    return next(
        found
        for found in classes
        if issubclass(found, Algorithm) and found.__module__ == module.__name__
    )


def _import(address: str) -> type[Algorithm]:
    """Import a class; the current folder is searched too, as other tools do."""
    module, _, name = address.partition(":")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f'the algorithm "{address}" cannot be imported: {error}',
            "give it as package.module:Class",
        ) from error
    _imported[address] = _checked(found, address)
    return _imported[address]


def _checked(found: Any, name: str) -> type[Algorithm]:
    if not (inspect.isclass(found) and issubclass(found, Algorithm)):
        raise UsageError(f"{name} is not an algorithm", "derive it from movierec.Algorithm")
    return found
