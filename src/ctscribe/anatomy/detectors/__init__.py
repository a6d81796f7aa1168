"""Embedded lesion detectors for the kinds that a segmenter did not look for."""

from __future__ import annotations

from dataclasses import replace

from ctscribe.anatomy.detectors.found import Found
from ctscribe.anatomy.detectors.lung_field import lung_field
from ctscribe.anatomy.detectors.nodules import find_nodules
from ctscribe.anatomy.detectors.opacity import find_consolidation, find_ground_glass
from ctscribe.anatomy.detectors.pericardial_effusion import find_pericardial_effusion
from ctscribe.anatomy.detectors.pleural_effusion import find_pleural_effusion
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import KIDNEY_CYST_CLASSES
from ctscribe.ct.volume import CTVolume

__all__ = ["detect_lesions"]


def detect_lesions(volume: CTVolume, labelmap: LabelMap) -> LabelMap:
    """Add the lesion kinds that the label map does not have and that an embedded detector can look for.

    A kind that the label map already holds is kept as it is, found or not. A kind that cannot be looked for, because
    its anatomy is missing or only roughly outlined or the slices are too thick, stays absent: absence from
    ``lesions`` means "not assessed", an empty mask means "looked for, not found".

    Kidney cysts are taken from the organ classes ``kidney_cyst_left`` and ``kidney_cyst_right`` where the segmenter
    knows them; there is no embedded detector for them.
    """
    lesions, detections, notes = dict(labelmap.lesions), list(labelmap.detections), list(labelmap.notes)

    def keep(kind: str, found: Found | None) -> None:
        if found is not None:
            lesions[kind] = found.mask
            detections.extend(found.detections)
            notes.extend(note for note in found.notes if note not in notes)

    if "kidney_cyst" not in lesions and set(labelmap.names.values()) >= KIDNEY_CYST_CLASSES:
        lesions["kidney_cyst"] = labelmap.mask(*KIDNEY_CYST_CLASSES)
    coarse = lung_field(volume, labelmap, 2.0, margin_mm=40.0)
    if coarse is None:
        return replace(labelmap, lesions=lesions)
    if "lung_nodule" not in lesions and (fine := lung_field(volume, labelmap, 1.0)) is not None:
        keep("lung_nodule", find_nodules(volume, labelmap, fine))
    if "pleural_effusion" not in lesions:
        keep("pleural_effusion", find_pleural_effusion(volume, labelmap, coarse))
    pleural = lesions.get("pleural_effusion")
    if "pericardial_effusion" not in lesions:
        keep("pericardial_effusion", find_pericardial_effusion(volume, labelmap, coarse, pleural))
    known = [lesions[kind] for kind in ("lung_nodule", "pleural_effusion") if kind in lesions]
    if "consolidation" not in lesions:
        keep("consolidation", find_consolidation(volume, coarse, known))
    if "ground_glass" not in lesions:
        known += [lesions["consolidation"]] if "consolidation" in lesions else []
        keep("ground_glass", find_ground_glass(volume, coarse, known))
    return replace(labelmap, lesions=lesions, detections=tuple(detections), notes=tuple(notes))
