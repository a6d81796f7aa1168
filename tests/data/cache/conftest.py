"""Drawn chests on disk, and a page whose views cover every kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from cached_cases import drawn_index

from ctscribe.data.index import Index
from ctscribe.model.config import Page
from ctscribe.systems.pages import load_page

SMALL = (
    "views.slices.spacing=[18.0, 14.0, 14.0]",
    "views.slices.depth=8",
    "views.slices.size=[16, 16]",
    "views.foreground.patch=[1, 8, 8]",
    "views.regions.patch=[1, 8, 8]",
)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return drawn_index(tmp_path_factory.mktemp("drawn"), 5)


@pytest.fixture(scope="session")
def page() -> Page:
    """Slices, and two mask views on their grid."""
    return load_page("medregion-tiny", SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"
