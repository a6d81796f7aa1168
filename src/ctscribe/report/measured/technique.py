"""The technique line: how the scan was acquired, what was mended, what limits it."""

from __future__ import annotations

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume
from ctscribe.report.facts import Facts
from ctscribe.report.schema import Technique
from ctscribe.report.thresholds import THICK_SLICES_MM
from ctscribe.report.wording import sentence

FORMATS = {"dicom": "DICOM", "nifti": "NIfTI", "nrrd": "NRRD", "metaimage": "MetaImage", "array": "an array"}
CONTRAST = {True: "with intravenous contrast", False: "without intravenous contrast", None: "contrast not recorded"}


def technique_of(volume: CTVolume, labelmap: LabelMap) -> Technique:
    """Describe the scan; holds no patient identity, whatever the volume carries.

    ``repairs`` and ``limits`` are the reader's and the segmenter's own sentences, and what follows from the slice
    spacing, from approximate outlines and from a segmentation that fits badly.
    """
    meta = volume.meta
    repairs = tuple(map(sentence, meta.repairs))
    limits = tuple(dict.fromkeys(map(sentence, (*meta.warnings, *labelmap.notes, *_limits(volume, labelmap)))))
    text = " ".join(
        [sentence(f"Chest CT read from {FORMATS[meta.format]}: {_acquisition(volume)}")]
        + [f"Segmentation: {labelmap.source}."]
        + ([f"Repaired: {' '.join(repairs)}"] if repairs else [])
        + ([f"Limits: {' '.join(limits)}"] if limits else [])
    )
    return Technique(
        format=meta.format,
        slices=volume.shape[0],
        spacing_mm=volume.spacing,
        size_mm=volume.size_mm,
        slice_thickness_mm=meta.slice_thickness_mm,
        contrast=meta.contrast,
        kernel=meta.kernel,
        kvp=meta.kvp,
        repairs=repairs,
        limits=limits,
        text=text,
    )


def _acquisition(volume: CTVolume) -> str:
    """``133 axial slices, 2.5 mm apart (2.5 mm thick), pixels 0.70 × 0.70 mm, with …, 120 kVp, kernel STANDARD``."""
    meta, (z, y, x) = volume.meta, volume.spacing
    thick = f" ({meta.slice_thickness_mm:.1f} mm thick)" if meta.slice_thickness_mm is not None else ""
    parts = [
        f"{volume.shape[0]} axial slices, {z:.1f} mm apart{thick}",
        f"pixels {y:.2f} × {x:.2f} mm",
        CONTRAST[meta.contrast],
    ]
    if meta.kvp is not None:
        parts.append(f"{meta.kvp:.0f} kVp")
    if meta.kernel:
        parts.append(f"kernel {meta.kernel}")
    return ", ".join(parts)


def _limits(volume: CTVolume, labelmap: LabelMap) -> list[str]:
    limits: list[str] = []
    facts = Facts(Case(volume, labelmap))
    if volume.slice_mm > THICK_SLICES_MM:
        limits.append(f"slices of {volume.slice_mm:.1f} mm are thick: small findings may be missed, volumes are coarse")
    if labelmap.approximate:
        limits.append(
            f"the outlines of {len(labelmap.approximate)} structures are approximate: figures on them support no claim"
        )
    if facts.distrust:
        limits.append(f"the segmentation fits this scan badly ({'; '.join(facts.distrust)}): nothing is certain")
    return limits
