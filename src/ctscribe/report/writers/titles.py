"""What people call the lesions, biomarkers, polarities and origins that the code knows by keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ctscribe.anatomy.lesions import Lesion
from ctscribe.report.findings import told_by_density_alone
from ctscribe.report.schema import LesionEntry, Origin, Polarity, Technique
from ctscribe.report.thresholds import is_mass

POLARITIES: Mapping[Polarity, tuple[str, str]] = {
    "present": ("+", "present"),
    "absent": ("−", "absent"),
    "normal": ("○", "normal"),
    "uncertain": ("?", "uncertain"),
    "not_assessed": ("·", "not assessed"),
}
"""Polarity → its mark and its name."""

ORIGINS: Mapping[Origin, str] = {
    "measured": "measured on this scan",
    "model": "written by a language model",
    "default": "added because nothing contradicted it, not seen on the scan",
    "question": "a model's answer to a question about the scan",
}
"""Origin → what it means."""

_BIOMARKERS: Mapping[str, str] = {
    "lung_volume_total": "Lung volume, both",
    "lung_volume_left": "Lung volume, left",
    "lung_volume_right": "Lung volume, right",
    "emphysema_index": "Emphysema index (LAA-950), both",
    "emphysema_index_left": "Emphysema index (LAA-950), left",
    "emphysema_index_right": "Emphysema index (LAA-950), right",
    "liver_minus_spleen": "Liver minus spleen attenuation",
}


def lesion_title(lesion: Lesion | LesionEntry) -> str:
    """``lung_nodule`` → ``Lung nodule``, or ``Lung mass`` when it is one; dense lung is called no more than that."""
    if is_mass(lesion.kind, lesion.diameter_mm):
        return "Lung mass"
    if told_by_density_alone(lesion.kind, lesion.source):
        return "Dense lung opacity"
    return "Ground-glass opacity" if lesion.kind == "ground_glass" else lesion.kind.replace("_", " ").capitalize()


def biomarker_title(name: str) -> str:
    """``cardiothoracic_ratio`` → ``Cardiothoracic ratio``."""
    if level := re.fullmatch(r"vertebral_attenuation_([CTL]\d+)", name):
        return f"Vertebral attenuation, {level[1]}"
    return _BIOMARKERS.get(name, name.replace("_", " ").capitalize())


def remarks(technique: Technique) -> tuple[str, ...]:
    """Repairs and limits that the technique line does not say itself."""
    said = technique.text.casefold()
    return tuple(r for r in (*technique.repairs, *technique.limits) if r.rstrip(".").casefold() not in said)
