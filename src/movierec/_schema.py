"""What a model file holds: type, shape and range of every array, and the form of its JSON.

A part of a model declares its arrays as :class:`Column`. They are checked before anything computes
with them: types and shapes when the part is opened, values when they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Sizes = dict[str, int]
"""The sizes in a model by name, such as the number of items; equal wherever a name stands."""


class Column(NamedTuple):
    """What an array must be.

    Attributes
    ----------
    types : str
        The types that it may have, such as ``"i4 i8"``; ``"S"`` stands for bytes of any width.
    shape : tuple of int or str
        Numbers, and names of sizes, such as ``"items"`` or ``"items+1"``.
    least : int, optional
        The lowest value. Default: any, and 0 with one of the following.
    below : str, optional
        The size that all values are below.
    up_to : str or int, optional
        The size, or the number, that no value is above.
    ascends : bool
        Whether the values ascend from 0 to that size.
    values : tuple of str
        The names of the sizes that the values are.
    is_optional : bool
    """

    types: str
    shape: tuple[int | str, ...]
    least: int | None = None
    below: str | None = None
    up_to: str | int | None = None
    ascends: bool = False
    values: tuple[str, ...] = ()
    is_optional: bool = False


Schema = Mapping[str, Column]


def text_columns(name: str, size: str) -> dict[str, Column]:
    """Return the columns of a :class:`movierec.store.columns.StringArray`.

    Parameters
    ----------
    name : str
    size : str
        The number of its strings.
    """
    n_bytes = f"bytes of {name}"
    return {
        f"{name}_bytes": Column("u1", (n_bytes,)),
        f"{name}_offsets": Column("i8", (f"{size}+1",), up_to=n_bytes, ascends=True),
    }


def csr_columns(name: str, rows: str, columns: str) -> dict[str, Column]:
    """Return the columns of a sparse matrix of float32, without its shape.

    Parameters
    ----------
    name : str
        Goes before the name of each column, such as ``"content_."``.
    rows, columns : str
        Its sizes.
    """
    entries = f"entries of {name}{columns}"
    return {
        f"{name}data": Column("f4", (entries,)),
        f"{name}indices": Column("i4 i8", (entries,), below=columns),
        f"{name}indptr": Column("i4 i8", (f"{rows}+1",), up_to=entries, ascends=True),
    }


def check_arrays(
    part: str, arrays: Mapping[str, Any], schema: Schema, sizes: Sizes, most: int
) -> None:
    """Check types and shapes, and limit the values that will be read.

    Parameters
    ----------
    part : str
        Name of the part, for errors.
    arrays : mapping of str to :class:`movierec.store.mapped.MappedArray`
    schema : mapping of str to Column
    sizes : dict of str to int
        The sizes that are known; those found here are added.
    most : int
        The largest size that a value may be.

    Raises
    ------
    ValueError
        If an array is missing, or is not what it must be.
    """
    for name, column in schema.items():
        if name in arrays:
            _check(f"{part}/{name}", arrays[name], column, sizes, most)
        elif not column.is_optional:
            raise ValueError(f"{part}/{name} is missing")


def _check(name: str, array: Any, column: Column, sizes: Sizes, largest: int) -> None:
    if array.kind not in column.types.split():
        raise ValueError(f"{name} has the type {array.kind}, not {column.types}")
    if len(array.shape) != len(column.shape):
        raise ValueError(f"{name} has {len(array.shape)} dimensions, not {len(column.shape)}")
    for size, found in zip(column.shape, array.shape, strict=True):
        _agree(name, str(size), found, sizes)
    for size, value in zip(column.values, array[:].tolist() if column.values else (), strict=True):
        if not 0 <= value <= largest:
            raise ValueError(f"{name} says that there are {value} {size}")
        _agree(name, size, value, sizes)
    most = _most(column, sizes)
    if most is not None or column.least is not None:
        array.limit(column.least or 0, most, ascends=column.ascends)


def _most(column: Column, sizes: Sizes) -> int | None:
    """Return the highest value that a column may have."""
    if column.below is not None:
        return sizes[column.below] - 1
    return sizes[column.up_to] if isinstance(column.up_to, str) else column.up_to


def _agree(name: str, size: str, found: int, sizes: Sizes) -> None:
    """Check that a size is as it was before, or take it if it is new."""
    size, _, more = size.partition("+")
    found -= int(more or 0)
    expected = int(size) if size.isdigit() else sizes.setdefault(size, found)
    if found != expected or found < 0:
        raise ValueError(f"{name} is of {found} {'' if size.isdigit() else size}, not {expected}")


def check_csr(data: Any, indices: Any, indptr: Any, n_columns: int) -> None:
    """Check the arrays of a CSR matrix, before SciPy or NumPy computes with them.

    Indices out of range would be read out of range. The ends of the rows are compared, because
    their differences can wrap.

    Parameters
    ----------
    data, indices : ndarray of shape (nnz,)
    indptr : ndarray of shape (n_rows + 1,)
    n_columns : int

    Raises
    ------
    ValueError
        If the arrays are not those of a CSR matrix.
    """
    if not (
        indices.dtype.kind + indptr.dtype.kind == "ii"
        and data.ndim == indices.ndim == indptr.ndim == 1
        and len(indptr)
        and indptr[0] == 0
        and indptr[-1] == len(indices) == len(data)
        and (indptr[1:] >= indptr[:-1]).all()
        and indices.min(initial=0) >= 0
        and indices.max(initial=-1) < n_columns
    ):
        raise ValueError("the arrays are not those of a sparse matrix")


Form = Any
"""A type, ``[form]``, ``{key: form}``, ``{"*": form}`` for any keys, or alternatives as a tuple."""


def check_form(value: Any, form: Form, name: str) -> None:
    """Check that a value from JSON has a form.

    Parameters
    ----------
    value : object
    form : type, list, dict or tuple
        A number may be whole where a float is expected; a dict may have more keys.
    name : str
        For errors.

    Raises
    ------
    ValueError
        If it does not.
    """
    if isinstance(form, dict) and isinstance(value, dict):
        keys = value if "*" in form else form
        for key in keys:
            if key not in value:
                raise ValueError(f"{name} has no {key}")
            check_form(value[key], form.get(key, form.get("*")), f"{name}: {key}")
    elif isinstance(form, list) and isinstance(value, list):
        for element in value:
            check_form(element, form[0], name)
    elif not _is(value, form):
        raise ValueError(f"{name} is of the wrong type")


def _is(value: Any, form: Form) -> bool:
    if isinstance(form, tuple):
        return any(_is(value, kind) for kind in form)
    if form is None:
        return value is None
    if not isinstance(form, type) or (isinstance(value, bool) and form in (int, float)):
        return False
    return isinstance(value, (int, float) if form is float else form)
