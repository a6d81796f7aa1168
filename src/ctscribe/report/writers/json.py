"""The report as JSON: stable order of keys, figures free of floating-point noise."""

from __future__ import annotations

import json
from typing import Any

from ctscribe.report.schema import Report

DECIMALS = {"mm": 1, "mL": 2, "[hnsf'U]": 1, "%": 2, "1": 3}
"""UCUM unit → decimals kept."""

FIELD_DECIMALS = {
    "diameter_mm": 1,
    "centroid_mm": 1,
    "line_mm": 1,
    "size_mm": 1,
    "volume_ml": 2,
    "mean_hu": 1,
    "spacing_mm": 4,
    "slice_thickness_mm": 4,
    "confidence": 3,
}
"""Key → decimals kept."""

OTHER_DECIMALS = 4


def write_json(report: Report) -> str:
    """The report as indented JSON that follows the exported schema; the same report gives the same text.

    Keys stand in the schema's order. Lengths and positions are rounded to 0.1 mm, volumes to 0.01 mL, attenuation to
    0.1 HU.
    """
    return json.dumps(rounded(report.model_dump(mode="json")), indent=2, ensure_ascii=False) + "\n"


def rounded(value: Any, decimals: int = OTHER_DECIMALS) -> Any:
    """Round every float below ``value``: by its key, or by the unit beside it."""
    if isinstance(value, float):
        return round(round(value, 8), decimals) + 0.0  # noise must not decide halves; + 0.0 turns −0.0 into 0.0
    if isinstance(value, list):
        return [rounded(item, decimals) for item in value]
    if isinstance(value, dict):
        unit = DECIMALS.get(value.get("unit", ""), OTHER_DECIMALS)
        return {
            key: rounded(item, unit if key == "value" else FIELD_DECIMALS.get(key, OTHER_DECIMALS))
            for key, item in value.items()
        }
    return value
