"""Voxel figures of what was drawn: volume, centre and slices of every finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import UInt16
from scipy import ndimage

from ctscribe.anatomy.lesions import KINDS
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.types import Mask


def measured_findings(canvas: Canvas) -> tuple[PhantomFinding, ...]:
    """The findings of a finished canvas with their volume, centroid and slices.

    A finding that later ones covered whole is left out: nobody could see it.
    """
    windows = ndimage.find_objects(canvas.instances)
    counts = np.bincount(canvas.instances.ravel(), minlength=len(windows) + 1)
    return tuple(
        _measured(finding, canvas, windows[finding.number - 1], int(counts[finding.number]))
        if finding.number
        else finding
        for finding in canvas.findings
        if not finding.number or (finding.number < len(counts) and counts[finding.number])
    )


def _measured(
    finding: PhantomFinding, canvas: Canvas, window: tuple[slice, slice, slice], voxels: int
) -> PhantomFinding:
    index = np.nonzero(canvas.instances[window] == finding.number)
    z, y, x = (float(axis.mean()) + part.start for axis, part in zip(index, window, strict=True))
    px, py, pz = (float(value) for value in (canvas.affine @ np.array([z, y, x, 1.0]))[:3])
    return replace(
        finding,
        volume_ml=voxels * float(np.prod(canvas.spacing)) / 1000,
        centroid_mm=(px, py, pz),
        slices=(window[0].start, window[0].stop - 1),
    )


def lesion_masks(instances: UInt16[np.ndarray, "z y x"], findings: Sequence[PhantomFinding]) -> dict[str, Mask]:
    """Lesion kind → voxels, for every kind that a label map can hold; all False where nothing of it was drawn."""
    masks: dict[str, Mask] = {}
    for kind in KINDS:
        chosen = np.zeros(int(instances.max()) + 1, bool)
        chosen[[one.number for one in findings if one.number and FINDING_KINDS[one.kind].mask == kind]] = True
        masks[kind] = chosen[instances]
    return masks
