"""What the names in other people's masks mean: a TotalSegmentator class, lesions, or nothing known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from ctscribe.anatomy.lesions import KINDS
from ctscribe.anatomy.taxonomy import totalsegmentator_classes

FURTHER_CLASSES = (
    "pulmonary_artery",
    "pulmonary_trunk",
    "lung_vessels",
    "lung_trachea_bronchia",
    "lung_airways",
    "lung_airways_wall",
    "lung_arteries",
    "lung_veins",
    "pericardium",
    "mediastinum",
)
"""What a label map may hold beside the classes of ``total``: those of TotalSegmentator's other tasks and of version 1.

Not its body cavities: they would fill every voxel that no organ claims, which is where effusions are looked for.
"""

_PARTS_OF_THE_HEART_MASK = ("pulmonary_artery", "pulmonary_trunk")
"""TotalSegmentator's ``heart`` covers most of the pulmonary trunk (91 % of it in one of its own test cases)."""

_OTHER_WORDS = {
    # Version 1 and heartchambers_highres divide the heart; the report speaks of it as one.
    "heart_myocardium": "heart",
    "heart_atrium_left": "heart",
    "heart_atrium_right": "heart",
    "heart_ventricle_left": "heart",
    "heart_ventricle_right": "heart",
    "oesophagus": "esophagus",
    "thyroid": "thyroid_gland",
    "bladder": "urinary_bladder",
    "clavicle_left": "clavicula_left",
    "clavicle_right": "clavicula_right",
}

_LESION_WORDS = {
    "nodule": "lung_nodule",
    "pulmonary_nodule": "lung_nodule",
    "pleural_effusion_left": "pleural_effusion",
    "pleural_effusion_right": "pleural_effusion",
    "kidney_cyst_left": "kidney_cyst",
    "kidney_cyst_right": "kidney_cyst",
    "renal_cyst": "kidney_cyst",
    "ground_glass_opacity": "ground_glass",
    "ggo": "ground_glass",
}


@dataclass(frozen=True)
class Meaning:
    """What a name stands for: an organ class, lesion kinds, or both, as with ``kidney_cyst_left``."""

    structure: str | None = None
    lesions: tuple[str, ...] = ()


@cache
def structures_by_word() -> dict[str, str]:
    """Lower-case word → class name, for every class that a label map may hold."""
    known = {name.lower(): name for name in (*totalsegmentator_classes().values(), *FURTHER_CLASSES)}
    return known | _OTHER_WORDS


def meaning_of(name: str) -> Meaning | None:
    """What a mask's name means, ``None`` when it is not known.

    Case, spaces and hyphens do not matter; lesions may be in the plural. ``a+b`` names voxels where several lesion
    kinds coincide.
    """
    kinds = [_lesion_kind(part) for part in name.split("+")]
    lesions = tuple(kind for kind in kinds if kind)
    structure = structures_by_word().get(_word(name))
    if structure is None and len(lesions) < len(kinds):
        return None
    return Meaning(structure, lesions)


def claim_order(meaning: Meaning) -> int:
    """Where masks overlap, the lower number has the voxel: a part before the whole, ``total`` before other tasks."""
    if meaning.structure in _PARTS_OF_THE_HEART_MASK:
        return 0
    return 1 if meaning.structure not in FURTHER_CLASSES else 2


def nearest_names(names: Iterable[str]) -> str:
    """For hints: the known name nearest to any of those given, or where the known ones are listed."""
    words = [*structures_by_word(), *KINDS]
    for name in names:
        near = get_close_matches(_word(name), words, n=1)
        if near:
            return f"did you mean {structures_by_word().get(near[0], near[0])} instead of {name}?"
    return "names are those of TotalSegmentator's task total, such as lung_upper_lobe_left"


def _word(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _lesion_kind(name: str) -> str | None:
    word = _word(name)
    for form in (word, word.removesuffix("s")):
        kind = _LESION_WORDS.get(form, form)
        if kind in KINDS:
            return kind
    return None
