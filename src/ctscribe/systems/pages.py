"""Reading a system's page: what it extends, the variant asked for, and changes from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from ctscribe import systems
from ctscribe.errors import BadInput
from ctscribe.model.config import Page, merged
from ctscribe.registry import nearest_hint
from ctscribe.systems import page_names


def variant_names(name: str) -> tuple[str, ...]:
    """A page's variants, as ``name:variant``."""
    return tuple(f"{name}:{variant}" for variant in _variants(_layers(name)))


def load_page(name: str | Path, changes: Iterable[str] = ()) -> Page:
    """A system's page.

    Parameters
    ----------
    name : a page, ``name:variant``, or the path of a YAML file of one's own.
    changes : ``key.path=value``, the value in YAML; null removes a key.

    Raises
    ------
    BadInput : there is no such page, or it does not hold together.
    """
    content = _content(str(name))
    for change in changes:
        content = merged(content, _nested(change))
    return Page.check(content)


def _content(name: str) -> dict[str, Any]:
    """What a page says: the pages it extends, itself, and then what each of them says of the variant."""
    is_path = name.endswith((".yaml", ".yml"))
    base, _, variant = (name, "", "") if is_path else name.partition(":")
    layers = _layers(base)
    known = _variants(layers)
    if variant and variant not in known:
        hint = nearest_hint(variant, known) if known else f"{base} has no variants"
        raise BadInput(f"{base} has no variant {variant!r}", hint=hint, code="unknown-variant")
    plain = [{key: value for key, value in layer.items() if key not in ("extends", "variants")} for layer in layers]
    named = [{"name": name}] if variant else []
    varied = [layer.get("variants", {}).get(variant, {}) for layer in layers]
    return reduce(merged, [*plain, *named, *varied])


def _layers(name: str) -> list[dict[str, Any]]:
    """A page's file after the files that it extends, the most basic first."""
    content = _read(name)
    return [*(_layers(content["extends"]) if "extends" in content else ()), content]


def _variants(layers: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(variant for layer in layers for variant in layer.get("variants", {})))


def _read(name: str) -> dict[str, Any]:
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise BadInput(f"there is no page {name}", hint=f"known: {', '.join(page_names())}", code="unknown-system")
        text = path.read_text(encoding="utf-8")
    elif name in page_names():
        text = (files(systems) / f"{name}.yaml").read_text(encoding="utf-8")
    else:
        raise BadInput(f"there is no system {name!r}", hint=nearest_hint(name, page_names()), code="unknown-system")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BadInput(f"{name}{line}: not YAML", code="not-yaml") from None
    if not isinstance(content, Mapping):
        raise BadInput(f"{name}: a page is a mapping of keys to values", code="not-a-page")
    return dict(content)


def _nested(change: str) -> dict[str, Any]:
    key, sign, value = change.partition("=")
    if not sign or not key:
        raise BadInput(f"{change!r} is not key=value", hint="such as language.tuning=lora", code="not-a-change")
    try:
        result: Any = yaml.safe_load(value)
    except yaml.YAMLError:
        raise BadInput(f"{key}: {value!r} is not YAML", code="not-yaml") from None
    for step in reversed(key.split(".")):
        result = {step: result}
    return result
