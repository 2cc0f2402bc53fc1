"""The types in public signatures, as type checkers see them."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

SPECIAL = {"__init__", "__call__", "__getitem__", "__iter__", "__len__"}


def public_signatures(module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the types of each public function, method and class of a module."""
    public = import_module(module)
    for name in getattr(public, "__all__", None) or _defined_in(public):
        member = getattr(public, name)
        if inspect.isclass(member):
            yield from _of_class(member)
        elif inspect.isfunction(member):
            yield f"{module}.{name}", types_of(member)


def _defined_in(module: Any) -> list[str]:
    members = inspect.getmembers(module, inspect.isfunction)
    return [name for name, each in members if each.__module__ == module.__name__]


def _of_class(found: type) -> Iterator[tuple[str, dict[str, Any]]]:
    for base in inspect.getmro(found):
        if base.__module__.startswith("movierec"):
            label = f"{base.__module__}.{base.__qualname__}"
            yield label, _fields_of(base)
            for name, member in vars(base).items():
                function = _function_in(member)
                if function is not None and (not name.startswith("_") or name in SPECIAL):
                    yield f"{label}.{name}", types_of(function)


def _fields_of(found: type) -> dict[str, Any]:
    own = inspect.get_annotations(found)
    hints = get_type_hints(found, localns=namespace(found.__module__), include_extras=True)
    return {name: hints[name] for name in own if not name.startswith("_")}


def _function_in(member: Any) -> Callable[..., Any] | None:
    for name in ("__func__", "fget", "func"):  # class methods, properties, cached properties
        member = getattr(member, name, None) or member
    return member if inspect.isfunction(member) else None


def types_of(found: Any) -> dict[str, Any]:
    """Return the types in the signature of a function, or of the fields of a class."""
    names = namespace(found.__module__)
    return get_type_hints(found, names, names, include_extras=True)


@cache
def namespace(module: str) -> dict[str, Any]:
    """Return the names of a module, with what only type checkers import, and aliases as types."""
    found = dict(vars(import_module(module)))
    body = ast.parse(inspect.getsource(sys.modules[module])).body
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            body = [*body, *node.body]
    for node in body:
        if isinstance(node, ast.ImportFrom):
            found |= _imported(node)
        elif isinstance(node, ast.Import):
            exec(ast.unparse(node), found)
    for node in body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            name = ast.unparse(node.target)
            found[name] = eval(found[name], found) if isinstance(found[name], str) else found[name]
    return found


def _imported(node: ast.ImportFrom) -> dict[str, Any]:
    """Return the names that a statement imports."""
    found = {}
    source = str(node.module)
    for alias in node.names:
        member = getattr(import_module(source), alias.name, None)
        if source.startswith("movierec.") and (member is None or isinstance(member, str)):
            member = namespace(source)[alias.name]  # an alias, which is text
        found[alias.asname or alias.name] = member
    return found


def holds_any(hint: Any) -> bool:
    """Tell whether a type is Any or has it as an argument. That of an array's shape is NumPy's."""
    if hint is Any:
        return True
    if get_origin(hint) is Literal:
        return False
    if is_typeddict(hint):
        return any(map(holds_any, _fields_of(hint).values()))
    arguments = get_args(hint)
    if get_origin(hint) is np.ndarray:
        arguments = arguments[1:]
    if isinstance(hint, list):  # the arguments of a callable
        arguments = tuple(hint)
    return any(map(holds_any, arguments))
