"""Names that a page of YAML, the command line or JSON may use, and the parts they stand for.

A configuration names parts, never code: what is not registered cannot be run. A part's keyword-only arguments are the
options that its configuration may set; they are checked against the annotations before the part is built.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from typing import Any, Generic, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from ctscribe.errors import BadInput

T = TypeVar("T", bound=type)
Part = TypeVar("Part", bound=type)


class Registry(Generic[T]):
    """One kind of part: encoders, projectors, views.

    Parameters
    ----------
    kind : what the parts are, in the singular, for messages.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._parts: dict[str, T] = {}

    def register(self, name: str) -> Callable[[Part], Part]:
        """Give a class its name; used as a decorator."""

        def add(part: Part) -> Part:
            if name in self._parts:
                raise ValueError(f"two {self.kind}s are called {name!r}")
            self._parts[name] = cast(T, part)
            return part

        return add

    @property
    def names(self) -> tuple[str, ...]:
        """Every registered name, sorted."""
        return tuple(sorted(self._parts))

    def __getitem__(self, name: str) -> T:
        """The part of a name.

        Raises
        ------
        BadInput : there is none; the message names the nearest.
        """
        if name not in self._parts:
            hint = nearest_hint(name, self.names)
            raise BadInput(f"there is no {self.kind} {name!r}", hint=hint, code="unknown-part")
        return self._parts[name]

    def options(self, name: str, given: Mapping[str, Any], where: str) -> dict[str, Any]:
        """A part's options as its constructor takes them, checked.

        Parameters
        ----------
        name : the part.
        given : options as YAML gives them.
        where : the place in the page, for messages, such as ``streams.global.projector``.

        Raises
        ------
        BadInput : an unknown or missing option, or a value of the wrong kind.
        """
        schema = _schema(self[name])
        try:
            checked = schema.model_validate(dict(given))
        except ValidationError as error:
            raise invalid(error, where, schema.model_fields) from None
        return {key: getattr(checked, key) for key in checked.model_fields_set}


@cache
def _schema(part: type) -> type[BaseModel]:
    signature = inspect.signature(part)
    hints = get_type_hints(part.__init__)
    fields: dict[str, Any] = {
        parameter.name: (hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default)
        for parameter in signature.parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return create_model(part.__name__, __config__=ConfigDict(extra="forbid", protected_namespaces=()), **fields)


def invalid(error: ValidationError, where: str, known: Iterable[str]) -> BadInput:
    """The first complaint of a failed check as one clear line that names the place and the nearest right key."""
    first = error.errors()[0]
    place = ".".join([where, *map(str, first["loc"])]).strip(".")
    if first["type"] == "extra_forbidden":
        return BadInput(f"{place}: no such key", hint=nearest_hint(str(first["loc"][-1]), known), code="unknown-key")
    if first["type"] == "missing":
        return BadInput(f"{place}: this key is missing", code="missing-key")
    message = first["msg"].removeprefix("Value error, ")
    return BadInput(f"{place}: {message[:1].lower()}{message[1:]}, got {first['input']!r}", code="wrong-value")


@contextmanager
def placed(where: str) -> Iterator[None]:
    """Put a place in the page before the message of what does not fit there."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{where}: {error.message}", hint=error.hint, code=error.code) from None


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """The nearest right name, or all of them."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
