"""The packaged tables that the rules read."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def page(name: str) -> dict[str, Any]:
    """A table of this package by its name."""
    file = resources.files("ctscribe.report.labels") / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def pattern(name: str) -> re.Pattern[str]:
    """A pattern of ``grammar.yaml``."""
    return _patterns()[name]


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text) for name, text in page("grammar").items()}
