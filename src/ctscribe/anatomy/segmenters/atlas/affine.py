"""Affine registration: Gauss–Newton on several channels at once, started from the lungs' boxes.

SimpleITK's metrics compare one scalar image; lungs, soft tissue and bone anchor different parts of the chest, so they
are compared here as channels, with every voxel (no sampling) and the same result for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Float64

from ctscribe.anatomy.segmenters.atlas.features import LUNG
from ctscribe.anatomy.segmenters.atlas.grid import cube, resample
from ctscribe.types import Mask

WEIGHTS = np.array([1.0, 0.3, 1.0], dtype=np.float32)
STIFFNESS = 0.05  # of the spring that holds scale and shear near the start
CUT_MM2 = 300.0  # lung area on a face of the field of view beyond which the lungs count as cut there
STEPS = 40
UNIT = 100.0  # mm; parameters act on positions of about one


@dataclass(frozen=True)
class LungBox:
    """Extent of the lungs in mm along (z, y, x), and on which ends the field of view cuts them."""

    low: Float64[np.ndarray, " 3"]
    high: Float64[np.ndarray, " 3"]
    cut_low: tuple[bool, bool, bool]
    cut_high: tuple[bool, bool, bool]

    @classmethod
    def of(cls, lungs: Mask, spacing: float) -> LungBox:
        """The box that holds 99 % of the lungs along each axis, which leaves the trachea's upper end out."""
        low, high, cut_low, cut_high = [], [], [], []
        for axis in range(3):
            profile = lungs.sum(axis=tuple(a for a in range(3) if a != axis))
            share = np.cumsum(profile) / profile.sum()
            low.append(np.searchsorted(share, 0.005) * spacing)
            high.append((np.searchsorted(share, 0.995) + 1) * spacing)
            cut_low.append(bool(profile[0] * spacing**2 > CUT_MM2))
            cut_high.append(bool(profile[-1] * spacing**2 > CUT_MM2))
        return cls(np.array(low), np.array(high), tuple(cut_low), tuple(cut_high))


def starts(scan: LungBox, atlas: LungBox) -> list[Float64[np.ndarray, "3 4"]]:
    """Diagonal transforms, scan mm → atlas mm, that bring the boxes together in every way the field of view allows."""
    per_axis = []
    for axis in range(3):
        a, b = (scan.low[axis], scan.high[axis]), (atlas.low[axis], atlas.high[axis])
        cut = scan.cut_low[axis], scan.cut_high[axis]
        if not any(cut):
            scale = float(np.clip((b[1] - b[0]) / (a[1] - a[0]), 0.6, 1.6))
            options = [(scale, (b[0] + b[1]) / 2 - scale * (a[0] + a[1]) / 2)]
        elif all(cut):
            middle = (b[0] + b[1]) / 2 - (a[0] + a[1]) / 2
            options = [(1.0, middle + shift) for shift in (-60, -30, 0, 30, 60)]
        else:
            end = 1 if cut[0] else 0
            options = [(scale, b[end] - scale * a[end]) for scale in (0.85, 1.0, 1.15)]
        per_axis.append(options)
    return [np.column_stack([np.diag([s for s, _ in choice]), [t for _, t in choice]]) for choice in product(*per_axis)]


def register_affine(
    scan: Float32[np.ndarray, "channel z y x"],
    atlas: Float32[np.ndarray, "channel Z Y X"],
    first: list[Float64[np.ndarray, "3 4"]],
    spacing: float,
) -> Float64[np.ndarray, "3 4"]:
    """Best affine transform, scan mm → atlas mm (z, y, x), among those reached from the given starts."""
    rough, rough_atlas = (np.stack([resample(c, cube(spacing), 12.0) for c in image]) for image in (scan, atlas))
    ranked = sorted(first, key=lambda start: _cost(rough, rough_atlas, start, 12.0))
    reached = [_descend(rough, rough_atlas, start, 12.0) for start in ranked[:4]]
    best = min(reached, key=lambda result: result[1])[0]
    fair, fair_atlas = (np.stack([resample(c, cube(spacing), 6.0) for c in image]) for image in (scan, atlas))
    return _descend(fair, fair_atlas, best, 6.0)[0]


def _centring(scan: np.ndarray, spacing: float) -> np.ndarray:
    """From positions about the scan's centre in units of 100 mm, where all parameters matter alike, to mm."""
    matrix = np.diag([UNIT, UNIT, UNIT, 1.0])
    matrix[:3, 3] = np.array(scan.shape[1:]) * spacing / 2
    return matrix


def _cost(scan, atlas, transform, spacing) -> float:
    return _normal_equations(scan, atlas, transform @ _centring(scan, spacing), spacing, WEIGHTS)[2]


def _descend(scan, atlas, start, spacing) -> tuple[np.ndarray, float]:
    """Levenberg–Marquardt with a spring toward the start's linear part; returns the transform and its cost."""
    centring = _centring(scan, spacing)
    spring = np.diag(np.tile([STIFFNESS, STIFFNESS, STIFFNESS, 0.0], 3))
    first = (start @ centring).ravel()

    def evaluate(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        hessian, gradient, cost = _normal_equations(scan, atlas, theta.reshape(3, 4), spacing, WEIGHTS)
        bend = spring @ (theta - first) / UNIT**2
        return hessian + spring / UNIT**2, gradient + bend, cost + float(bend @ (theta - first))

    theta, damping = first, 1e-3
    hessian, gradient, cost = evaluate(theta)
    for _ in range(STEPS):
        step = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian) + 1e-12), -gradient)
        trial = evaluate(theta + step)
        if trial[2] >= cost:
            damping *= 5
            if damping > 1e4:
                break
            continue
        small = cost - trial[2] < 1e-5 * cost
        theta, damping = theta + step, damping / 3
        hessian, gradient, cost = trial
        if small:
            break
    return theta.reshape(3, 4) @ np.linalg.inv(centring), cost


@numba.njit(cache=True, nogil=True)
@no_type_check
def _value_and_slope(image, z, y, x, slope):
    """Linear interpolation inside the grid; ``slope`` receives its derivative along z, y and x per voxel."""
    k, j, i = int(z), int(y), int(x)
    c, b, a = z - k, y - j, x - i
    b00 = (1 - a) * image[k, j, i] + a * image[k, j, i + 1]
    b01 = (1 - a) * image[k, j + 1, i] + a * image[k, j + 1, i + 1]
    b10 = (1 - a) * image[k + 1, j, i] + a * image[k + 1, j, i + 1]
    b11 = (1 - a) * image[k + 1, j + 1, i] + a * image[k + 1, j + 1, i + 1]
    low, high = (1 - b) * b00 + b * b01, (1 - b) * b10 + b * b11
    near = (1 - b) * (image[k, j, i + 1] - image[k, j, i]) + b * (image[k, j + 1, i + 1] - image[k, j + 1, i])
    far = (1 - b) * (image[k + 1, j, i + 1] - image[k + 1, j, i]) + b * (
        image[k + 1, j + 1, i + 1] - image[k + 1, j + 1, i]
    )
    slope[0] = high - low
    slope[1] = (1 - c) * (b01 - b00) + c * (b11 - b10)
    slope[2] = (1 - c) * near + c * far
    return (1 - c) * low + c * high


@numba.njit(cache=True, nogil=True)
@no_type_check
def _normal_equations(scan, atlas, theta, spacing, weights):
    """J'WJ, J'Wr and mean squared residual over the scan's voxels; beyond the atlas only the lungs count."""
    channels, nz, ny, nx = scan.shape
    _, mz, my, mx = atlas.shape
    hessian = np.zeros((12, 12))
    gradient = np.zeros(12)
    cost = 0.0
    jacobian = np.zeros(12)
    slope = np.zeros(3)
    for k in range(nz):
        for j in range(ny):
            for i in range(nx):
                z = ((k + 0.5) * spacing - nz * spacing / 2) / UNIT
                y = ((j + 0.5) * spacing - ny * spacing / 2) / UNIT
                x = ((i + 0.5) * spacing - nx * spacing / 2) / UNIT
                pz = (theta[0, 0] * z + theta[0, 1] * y + theta[0, 2] * x + theta[0, 3]) / spacing - 0.5
                py = (theta[1, 0] * z + theta[1, 1] * y + theta[1, 2] * x + theta[1, 3]) / spacing - 0.5
                px = (theta[2, 0] * z + theta[2, 1] * y + theta[2, 2] * x + theta[2, 3]) / spacing - 0.5
                if pz < 0 or py < 0 or px < 0 or pz >= mz - 1 or py >= my - 1 or px >= mx - 1:
                    residual = -1.0 - scan[LUNG, k, j, i]
                    cost += weights[LUNG] * residual * residual
                    continue
                for c in range(channels):
                    residual = _value_and_slope(atlas[c], pz, py, px, slope) - scan[c, k, j, i]
                    cost += weights[c] * residual * residual
                    for r in range(3):
                        jacobian[4 * r] = slope[r] / spacing * z
                        jacobian[4 * r + 1] = slope[r] / spacing * y
                        jacobian[4 * r + 2] = slope[r] / spacing * x
                        jacobian[4 * r + 3] = slope[r] / spacing
                    for r in range(12):
                        gradient[r] += weights[c] * jacobian[r] * residual
                        for s in range(r + 1):
                            hessian[r, s] += weights[c] * jacobian[r] * jacobian[s]
    n = nz * ny * nx
    for r in range(12):
        for s in range(r):
            hessian[s, r] = hessian[r, s]
    return hessian / n, gradient / n, cost / n
