"""What people call the structures, lesions, biomarkers, polarities and origins that the code knows by keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ctscribe.report.schema import Origin, Polarity, Technique
from ctscribe.report.thresholds import MASS_ABOVE_MM
from ctscribe.report.wording import printed

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

_STRUCTURES: Mapping[str, str] = {
    "clavicula": "clavicle",
    "esophagus": "oesophagus",
    "lung_upper_lobe": "upper lobe",
    "lung_middle_lobe": "middle lobe",
    "lung_lower_lobe": "lower lobe",
    "atrial_appendage": "atrial appendage",
}

_BIOMARKERS: Mapping[str, str] = {
    "lung_volume_total": "Lung volume, both",
    "lung_volume_left": "Lung volume, left",
    "lung_volume_right": "Lung volume, right",
    "emphysema_index": "Emphysema index (LAA-950), both",
    "emphysema_index_left": "Emphysema index (LAA-950), left",
    "emphysema_index_right": "Emphysema index (LAA-950), right",
    "liver_minus_spleen": "Liver minus spleen attenuation",
}


def structure_title(structure: str) -> str:
    """``lung_lower_lobe_left`` → ``left lower lobe``; ``rib_left_7`` → ``left rib 7``; ``vertebrae_T7`` → ``T7``."""
    if level := re.fullmatch(r"vertebrae_([CTLS]\d+)", structure):
        return level[1]
    if parts := re.fullmatch(r"(?P<stem>.+)_(?P<side>left|right)(?:_(?P<number>\d+))?", structure):
        stem = _STRUCTURES.get(parts["stem"], parts["stem"].replace("_", " "))
        return " ".join(filter(None, (parts["side"], stem, parts["number"])))
    return _STRUCTURES.get(structure, structure.replace("_", " "))


def is_mass(kind: str, diameter_mm: float) -> bool:
    """Whether a nodule's printed diameter makes it a mass."""
    return kind == "lung_nodule" and printed(diameter_mm, "mm") > MASS_ABOVE_MM


def lesion_title(kind: str, diameter_mm: float) -> str:
    """``lung_nodule`` → ``Lung nodule``, or ``Lung mass`` when it is one."""
    if is_mass(kind, diameter_mm):
        return "Lung mass"
    return "Ground-glass opacity" if kind == "ground_glass" else kind.replace("_", " ").capitalize()


def biomarker_title(name: str) -> str:
    """``cardiothoracic_ratio`` → ``Cardiothoracic ratio``."""
    if level := re.fullmatch(r"vertebral_attenuation_([CTL]\d+)", name):
        return f"Vertebral attenuation, {level[1]}"
    return _BIOMARKERS.get(name, name.replace("_", " ").capitalize())


def remarks(technique: Technique) -> tuple[str, ...]:
    """Repairs and limits that the technique line does not say itself."""
    said = technique.text.casefold()
    return tuple(r for r in (*technique.repairs, *technique.limits) if r.rstrip(".").casefold() not in said)
