"""Attenuation of the liver and the spleen."""

from __future__ import annotations

import numpy as np

from ctscribe.anatomy.biomarkers.biomarker import Biomarker
from ctscribe.anatomy.biomarkers.scan import Scan
from ctscribe.anatomy.contrast import eroded_values

EROSION_MM = 8.0
ENOUGH_ML = 10.0
PLAUSIBLE_SPLEEN_HU = (30.0, 70.0)
"""An unenhanced spleen measures 40–60 HU in nearly everyone; far from it the outline holds stomach or bowel."""

_METHOD = (
    "Median HU of the parenchyma at least 8 mm inside the outline ({source}); the median leaves out vessels and "
    "small lesions"
)
_SOURCES = {
    "liver_attenuation": "automated whole-liver attenuation, Graffy et al., Abdom Radiol 2019",
    "spleen_attenuation": "the reference organ of Park et al., Radiology 2006",
    "liver_minus_spleen": "liver minus spleen, Park et al., Radiology 2006",
}
_LIMITS = "Steatosis can be read from unenhanced scans only; iron, amiodarone and low tube voltage raise it."


def parenchymal_attenuation(scan: Scan) -> list[Biomarker]:
    """Liver, spleen, and liver minus spleen attenuation in HU; unenhanced scans only."""
    liver, liver_reason = _median(scan, "liver")
    spleen, spleen_reason = _median(scan, "spleen")
    difference = None if liver is None or spleen is None else liver - spleen
    return [
        _attenuation(scan, "liver_attenuation", ("liver",), liver, liver_reason),
        _attenuation(scan, "spleen_attenuation", ("spleen",), spleen, spleen_reason),
        _attenuation(scan, "liver_minus_spleen", ("liver", "spleen"), difference, liver_reason or spleen_reason),
    ]


def _median(scan: Scan, organ: str) -> tuple[float | None, str | None]:
    if not scan.present(organ):
        return None, f"the {organ} was not segmented"
    if scan.enhanced:
        return None, "contrast medium was given"
    if scan.enhanced is None:
        return None, "it could not be told whether contrast medium was given"
    inner = eroded_values(scan.volume, scan.labelmap, (organ,), EROSION_MM)
    if inner.size * scan.volume.voxel_ml < ENOUGH_ML:
        return None, f"too little of the {organ} is in view"
    median = float(np.median(inner))
    if organ == "spleen" and not PLAUSIBLE_SPLEEN_HU[0] <= median <= PLAUSIBLE_SPLEEN_HU[1]:
        return None, "what is outlined as spleen does not have the attenuation of a spleen"
    return median, None


def _attenuation(
    scan: Scan, name: str, structures: tuple[str, ...], value: float | None, reason: str | None
) -> Biomarker:
    return Biomarker(
        name=name,
        region="abdomen",
        value=value,
        unit="[hnsf'U]",
        structures=structures,
        method=_METHOD.format(source=_SOURCES[name]),
        limits=_LIMITS,
        reason=reason,
        approximate=scan.approximate(*structures),
    )
