"""Public chest CT report data sets, one file each. Importing this package registers every one under its name."""

from ctscribe.data.sources import (
    amos_mm,
    bimcv_r,
    ct_rate,
    folder,
    inspect,
    lidc,
    m3d,
    merlin,
    radgenome,
    rexgroundingct,
)
from ctscribe.data.sources.source import SOURCES, Found, Source

__all__ = [
    "SOURCES",
    "Found",
    "Source",
    "amos_mm",
    "bimcv_r",
    "ct_rate",
    "folder",
    "inspect",
    "lidc",
    "m3d",
    "merlin",
    "radgenome",
    "rexgroundingct",
]
