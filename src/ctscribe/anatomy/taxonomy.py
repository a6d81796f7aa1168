"""How the body is divided into report regions: three published divisions, kept as data beside this file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from ctscribe.errors import BadInput


@dataclass(frozen=True)
class Region:
    """One report region: ``key`` in code and JSON, ``title`` for people, ``structures`` as TotalSegmentator classes."""

    key: str
    title: str
    structures: tuple[str, ...]


@dataclass(frozen=True)
class Taxonomy:
    """A named, ordered division of the scan into regions, with the paper it comes from."""

    name: str
    source: str
    regions: tuple[Region, ...]

    def __iter__(self) -> Iterator[Region]:
        return iter(self.regions)

    def __getitem__(self, key: str) -> Region:
        for region in self.regions:
            if region.key == key:
                return region
        raise BadInput(
            f"taxonomy {self.name} has no region {key!r}",
            hint=f"its regions are {', '.join(region.key for region in self.regions)}",
            code="unknown-region",
        )

    def region_of(self, structure: str) -> Region | None:
        """The first region that holds a TotalSegmentator class, ``None`` when no region does."""
        return next((region for region in self.regions if structure in region.structures), None)


@cache
def totalsegmentator_classes() -> Mapping[int, str]:
    """Label id → class name of TotalSegmentator v2, task ``total``: the vocabulary that every label map speaks."""
    page = resources.files("ctscribe.anatomy") / "taxonomies" / "totalsegmentator.yaml"
    return MappingProxyType(yaml.safe_load(page.read_text(encoding="utf-8")))


@cache
def load_taxonomy(name: str) -> Taxonomy:
    """Read a packaged taxonomy: ``chest6`` (MedRegion-CT, Tab. S2), ``radgenome10`` or ``amos3``."""
    folder = resources.files("ctscribe.anatomy") / "taxonomies"
    page = folder / f"{name}.yaml"
    if not page.is_file():
        known = ", ".join(
            sorted(
                entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name != "totalsegmentator.yaml"
            )
        )
        raise BadInput(f"there is no taxonomy {name!r}", hint=f"known: {known}", code="unknown-taxonomy")
    content = yaml.safe_load(page.read_text(encoding="utf-8"))
    regions = tuple(
        Region(key, entry["title"], tuple(entry["structures"])) for key, entry in content["regions"].items()
    )
    return Taxonomy(content["name"], content["source"], regions)


CHEST6 = load_taxonomy("chest6")
"""MedRegion-CT's six regions, the default."""
