"""Label maps as segmenters get them wrong: without the disease, moved a little, or no more than an atlas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import ndimage

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.data.phantom.anatomy import Anatomy
from ctscribe.data.phantom.body import Body
from ctscribe.data.phantom.deformation import deformation_of
from ctscribe.types import Labels, Mask

HOLE_MARGIN = 1  # voxels that are lost around disease
SHIFT_MM = (5.0, 12.0)  # shortest and longest


def degraded_labelmaps(
    truth: LabelMap, disease: Mask, anatomy: Anatomy, body: Body, rng: np.random.Generator
) -> Mapping[str, LabelMap]:
    """The three ways, by name; none has lesions.

    ``holes``: lung with disease in it belongs to no lobe, as segmenters that know healthy lung leave it out.
    ``shifted``: the whole map is moved by some millimetres in a random direction.
    ``atlas``: the anatomy's own map, placed by position and size alone.
    """
    maps = {
        "holes": without_disease(truth, disease),
        "shifted": shifted(truth, rng),
        "atlas": placed(anatomy, body),
    }
    return {
        name: replace(truth, labels=labels, lesions={}, source=f"{truth.source}, degraded: {name}")
        for name, labels in maps.items()
    }


def without_disease(truth: LabelMap, disease: Mask) -> Labels:
    """The map with holes where lung is diseased."""
    around = ndimage.binary_dilation(disease, iterations=HOLE_MARGIN)
    labels = truth.labels.copy()
    labels[around & truth.region("lung")] = 0
    return labels


def shifted(truth: LabelMap, rng: np.random.Generator) -> Labels:
    """The map moved in a random direction, background where it came from outside."""
    direction = rng.standard_normal(3)
    spacing = np.linalg.norm(truth.affine[:3, :3], axis=0)
    steps = np.rint(direction / np.linalg.norm(direction) * rng.uniform(*SHIFT_MM) / spacing).astype(int)
    moved = np.zeros_like(truth.labels)
    into = tuple(slice(max(step, 0), min(step, 0) or None) for step in steps)
    out_of = tuple(slice(max(-step, 0), min(-step, 0) or None) for step in steps)
    moved[into] = truth.labels[out_of]
    return moved


def placed(anatomy: Anatomy, body: Body) -> Labels:
    """The anatomy's map stretched over the scan's extent, the body's own shape left out."""
    deformation = deformation_of(anatomy, replace(body, rotation_degrees=(0.0, 0.0, 0.0)))
    steps = np.diagonal(deformation.matrix)
    at = [
        np.rint((start + step * np.arange(n)) / spacing).astype(int)
        for start, step, n, spacing in zip(deformation.start, steps, body.size, anatomy.spacing, strict=True)
    ]
    inside = [(index >= 0) & (index < n) for index, n in zip(at, anatomy.labels.shape, strict=True)]
    labels = np.zeros(body.size, anatomy.labels.dtype)
    labels[np.ix_(*inside)] = anatomy.labels[np.ix_(*(index[there] for index, there in zip(at, inside, strict=True)))]
    return labels
