"""The packaged tables that the rules read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def page(name: str) -> dict[str, Any]:
    """A table of this package by its name."""
    file = resources.files("ctscribe.report.sectioning") / f"{name}.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def term(words: str) -> str:
    """The pattern of a term of the tables: white space may be a hyphen, a star stands for the rest of a word."""
    pattern = re.escape(words).replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]?").replace(r"\*", r"\w*")
    return rf"\b{pattern}\b"


def any_of(terms: Iterable[str]) -> re.Pattern[str]:
    """Any of the terms, the longest that fits, whatever the case."""
    return re.compile("|".join(map(term, sorted(terms, key=len, reverse=True))), re.IGNORECASE)
