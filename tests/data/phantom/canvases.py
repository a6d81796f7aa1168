"""A small body to draw disease on: the packaged anatomy, as it is, at the voxel size of a phantom."""

from __future__ import annotations

from functools import cache

import numpy as np

from ctscribe.anatomy.segmenters.atlas.packaged import CT_SPACING, LABEL_SPACING, load_atlas
from ctscribe.ct.resampling import resample_onto, scaled_grid
from ctscribe.ct.volume import canonical_affine
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.types import Affine, Spacing


def atlas_canvas(spacing: Spacing = (5.0, 3.0, 3.0)) -> Canvas:
    """A new canvas with the packaged anatomy, arterial phase; 67×120×120 voxels at the default spacing."""
    hu, labels, affine = _resampled(spacing)
    return Canvas(hu.copy(), labels.copy(), load_atlas().names, spacing, affine, "arterial")


@cache
def _resampled(spacing: Spacing) -> tuple[np.ndarray, np.ndarray, Affine]:
    atlas, ct, label = load_atlas(), CT_SPACING, LABEL_SPACING
    edge = (label - ct) / 2  # both grids share their outer corner
    ct_affine = canonical_affine((ct, ct, ct))
    label_affine = canonical_affine((label, label, label), (edge, edge, edge))
    affine, shape = scaled_grid(ct_affine, atlas.ct.shape, spacing=spacing)
    hu = resample_onto(atlas.ct.astype(np.float32), ct_affine, affine, shape, background=-1000)
    return hu, resample_onto(atlas.labels, label_affine, affine, shape, order="majority"), affine
