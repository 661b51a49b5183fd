"""Reading plain JSON values with checks that say what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class ShapeError(ValueError):
    """A JSON value is not of the shape it should be."""


class Shape:
    """A JSON object that is read key by key; ``where`` names it in errors.

    Raises:
        ShapeError: The value is no object.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise ShapeError(f"{where} should be an object")
        self.value: dict[str, Any] = value
        self.where = where

    def get(self, key: str, read: Callable[[Any], T], default: T | None = None) -> T:
        """The value of ``key`` as ``read`` gives it; ``default``, where one is given, if the key is absent."""
        if key not in self.value:
            if default is not None:
                return default
            raise ShapeError(f"{self.where} has no {key!r}")
        try:
            return read(self.value[key])
        except TypeError as error:
            raise ShapeError(f"{self.where}: {key!r}: {error}") from None

    def object(self, key: str) -> Shape:
        """The object at ``key``."""
        return Shape(self.get(key, _any), f"{self.where}.{key}")

    def objects(self, key: str) -> Iterator[Shape]:
        """The objects of the array at ``key``."""
        for index, value in enumerate(self.get(key, _list)):
            yield Shape(value, f"{self.where}.{key}[{index}]")

    def only(self, *keys: str) -> None:
        """Refuse other keys."""
        unknown = sorted(set(self.value) - set(keys))
        if unknown:
            raise ShapeError(f"{self.where} has an unknown key {unknown[0]!r}")


def string(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise TypeError("should be a string")
    return value


def integer(value: Any) -> int:
    """A whole number."""
    if type(value) is not int:
        raise TypeError("should be a whole number")
    return value


def boolean(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError("should be true or false")
    return value


def strings(value: Any) -> list[str]:
    """An array of strings."""
    if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise TypeError("should be an array of strings")
    return value


def nullable(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Null, or what ``read`` reads."""
    return lambda value: None if value is None else read(value)


def _any(value: Any) -> Any:
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("should be an array")
    return value
