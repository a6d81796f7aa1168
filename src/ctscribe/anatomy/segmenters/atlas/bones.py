"""Bones where the scan is bright, named after the carried label they grow from; the cord in the middle of its canal."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from ctscribe.anatomy.segmenters.atlas.growth import grow
from ctscribe.anatomy.segmenters.atlas.morphology import averaged
from ctscribe.types import Mask

CORTEX = 200.0  # HU
BONE = 90.0  # HU; the mean over a few millimetres of bone is above, muscle and unenhanced blood are below
REACH_MM = 6.0


def refine_bones(
    hu: Float32[np.ndarray, "z y x"], prior: UInt8[np.ndarray, "z y x"], free: Mask, spacing: float
) -> UInt8[np.ndarray, "z y x"]:
    """Bone labels fitted to the scan: carried bones where it is bright there, grown through cortex, marrow filled in.

    ``prior`` holds the carried bones only, ``free`` the voxels that no other organ claims.
    """
    steps = round(REACH_MM / spacing)
    seeds = np.where((averaged(hu) > BONE) & free, prior, 0).astype(np.uint8)
    labels = grow(seeds, (hu > CORTEX) & free, steps)
    marrow = np.zeros(hu.shape, dtype=bool)
    for k in np.flatnonzero(labels.any(axis=(1, 2))):
        marrow[k] = ndimage.binary_fill_holes(ndimage.binary_closing(labels[k] > 0))
    marrow &= free & (labels == 0)
    return grow(np.where(marrow, prior, labels).astype(np.uint8), marrow, steps)


def centre_cord(hu: Float32[np.ndarray, "z y x"], prior: Mask, bones: Mask, spacing: float) -> Mask:
    """Shift the carried cord, slice by slice and smoothly, to where the canal is widest."""
    cord = np.zeros_like(prior)
    slices = np.flatnonzero(prior.any(axis=(1, 2)))
    if slices.size == 0:
        return cord
    found = [_to_canal(prior[k], bones[k] | (hu[k] > CORTEX), round(REACH_MM / spacing)) for k in slices]
    sure = np.array([shift is not None for shift in found], dtype=float)
    shifts = np.array([shift or (0.0, 0.0) for shift in found])
    sigma = REACH_MM / spacing
    weight = np.maximum(np.asarray(ndimage.gaussian_filter1d(sure, sigma)), 1e-6)
    smooth = np.asarray(ndimage.gaussian_filter1d(shifts, sigma, axis=0)) / weight[:, None]
    for k, shift in zip(slices, smooth, strict=True):
        cord[k] = np.asarray(ndimage.shift(prior[k].astype(np.float32), shift, order=1)) > 0.5
    return cord & ~bones


def _to_canal(prior: Bool[np.ndarray, "y x"], wall: Bool[np.ndarray, "y x"], reach: int) -> tuple[float, float] | None:
    """From the cord's centre to the middle of the widest place between bones within ``reach`` voxels."""
    y, x = np.nonzero(prior)
    top, left = max(0, int(y.min()) - 2 * reach), max(0, int(x.min()) - 2 * reach)
    window = wall[top : y.max() + 2 * reach + 1, left : x.max() + 2 * reach + 1]
    if not window.any():
        return None
    width = np.asarray(ndimage.distance_transform_edt(~window))
    rows, columns = np.indices(width.shape)
    rows, columns = rows + top - y.mean(), columns + left - x.mean()
    near = np.hypot(rows, columns) <= reach
    weight = np.where(near, np.maximum(width - 0.7 * width[near].max(), 0), 0)
    total = float(weight.sum())
    return (float((weight * rows).sum()) / total, float((weight * columns).sum()) / total) if total else None
