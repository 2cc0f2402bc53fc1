"""Find algorithms by name, and create them from parameters."""

from __future__ import annotations

import inspect
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from movierec.algorithms.base import Algorithm, Range, parameters_of
from movierec.errors import AlgorithmNotFoundError, UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

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
    AlgorithmNotFoundError
        If the algorithm is not installed.
    """
    trusted = {address.strip() for address in os.environ.get(TRUSTED, "").split(",")}
    found = _find(name) or (_import(name) if ":" in name and name in trusted else None)
    if found is not None:
        return found
    trust = f"set {TRUSTED}={name} if you trust it"
    hint = trust if ":" in name else "install the package that has it"
    raise AlgorithmNotFoundError(
        f'the model was made by the algorithm "{name}", which is not installed here', hint
    )


def name_of(algorithm: type[Algorithm]) -> str:
    """Return the name under which :func:`load` finds an algorithm, and remember its class."""
    package, _, name = algorithm.__module__.rpartition(".")
    if package == __package__:
        return name
    for entry in _installed().values():
        if _is_likely(entry, algorithm) and _find(entry.name) is algorithm:
            return entry.name
    address = f"{algorithm.__module__}:{algorithm.__qualname__}"
    _imported[address] = algorithm
    return address


def _is_likely(entry: EntryPoint, algorithm: type[Algorithm]) -> bool:
    """Tell whether an entry point may be for a class, which it may import from elsewhere."""
    return entry.module.partition(".")[0] == algorithm.__module__.partition(".")[0]


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
    if get_origin(kind) in (Union, UnionType):  # such as "int | None"
        if value is None or str(value).casefold() == "none":
            return None
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is Literal:
        return _as_choice(parameter, value, get_args(kind))
    if kind is bool:
        return _as_bool(parameter, value)
    if kind not in (int, float):
        return value
    number = _as_number(parameter, value, kind)
    _check_ranges(parameter, number, extras)
    return number


def _as_choice(parameter: str, value: Any, choices: Sequence[Any]) -> Any:
    by_text = {str(choice): choice for choice in choices}
    if str(value) not in by_text:
        raise UsageError(f"{parameter} is {value}; it must be one of {', '.join(by_text)}")
    return by_text[str(value)]


def _check_ranges(parameter: str, number: float, extras: Sequence[Any]) -> None:
    for limits in extras:
        if isinstance(limits, Range) and not limits.low <= number <= limits.high:
            allowed = f"from {limits.low:g} to {limits.high:g}"
            raise UsageError(f"{parameter} is {number}; it must be {allowed}")


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
        needed = "a whole number" if kind is int else "a number"
        raise UsageError(f'{parameter} is "{value}"; it must be {needed}') from None
    return number


_imported: dict[str, type[Algorithm]] = {}  # by address
_loaded: dict[str, type[Algorithm]] = {}  # by the name of the entry point


def _find(name: str) -> type[Algorithm] | None:
    if name in _imported:
        return _imported[name]
    if name in _built_in():
        return _only_algorithm(import_module(f"{__package__}.{name}"))
    if name in _installed():
        return _load_installed(name)
    return None


def _load_installed(name: str) -> type[Algorithm]:
    if name not in _loaded:
        entry = _installed()[name]
        try:
            _loaded[name] = _checked(entry.load(), name)
        except Exception as error:  # whatever the code of the package raises
            raise UsageError(
                f'the installed algorithm "{name}" cannot be imported from {entry.value}: {error}',
                "reinstall the package that has it",
            ) from error
    return _loaded[name]


@cache
def _built_in() -> frozenset[str]:
    parts = ("base.py", "registry.py")
    files = Path(__file__).parent.glob("[!_]*.py")
    return frozenset(file.stem for file in files if file.name not in parts)


@cache
def _installed() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # takes 15 ms, which built-in algorithms save

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
    try:
        with _current_folder_in_path():
            found = attrgetter(name)(import_module(module))
    except Exception as error:  # whatever the code of the user raises
        raise UsageError(
            f'the algorithm "{address}" cannot be imported: {error}',
            "give it as package.module:Class",
        ) from error
    _imported[address] = _checked(found, address)
    return _imported[address]


@contextmanager
def _current_folder_in_path() -> Iterator[None]:
    """Search the current folder too, after all others; forget it if the import fails."""
    folder = str(Path.cwd())
    if folder in sys.path or "" in sys.path:
        yield
        return
    sys.path.append(folder)  # and it stays there, for what the module imports later
    try:
        yield
    except BaseException:
        sys.path.remove(folder)
        raise


def _checked(found: Any, name: str) -> type[Algorithm]:
    if not (inspect.isclass(found) and issubclass(found, Algorithm)) or inspect.isabstract(found):
        hint = "derive a class from movierec.Algorithm, with fit, score and similarities"
        raise UsageError(f"{name} is not an algorithm", hint)
    if not hasattr(found, "SIMILARITY"):
        raise UsageError(f"{name} has no SIMILARITY", "say in words what its similarity is")
    return found
