"""A part named inside another part's options: an encoder within an encoder, a projector within a projector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ctscribe.errors import BadInput
from ctscribe.registry import Registry

T = TypeVar("T", bound=type)


def inner_part(registry: Registry[T], given: Mapping[str, Any], where: str) -> tuple[T, dict[str, Any]]:
    """The class that ``type`` names and its checked options.

    Parameters
    ----------
    given : ``type`` and the part's own keys.
    where : the place in the page, for messages.

    Raises
    ------
    BadInput : no type, an unknown one, or wrong options.
    """
    if "type" not in given:
        raise BadInput(f"{where}.type: this key is missing", code="missing-key")
    options = {key: value for key, value in given.items() if key != "type"}
    return registry[given["type"]], registry.options(given["type"], options, where)
