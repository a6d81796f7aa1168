"""The systems: one page of YAML each, its ablations as variants on the same page, its tiny twin on a second.

A page is named by its file, ``hilt``; a variant of it by ``hilt:blocks``. ``extends: hilt`` starts a page from another
one, so that a twin shows only what is smaller. Only names here; ``pages.py`` reads the pages.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

TWIN = "-tiny"
"""Ends the name of a twin that trains on a CPU."""


@cache
def page_names() -> tuple[str, ...]:
    """Every page, twins among them, sorted."""
    names = (path.name for path in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))
