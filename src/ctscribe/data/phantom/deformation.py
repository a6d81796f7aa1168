"""From an anatomy to a body on the grid of the scan to be made.

A voxel's source is found by warp, then pose and scale, then the thickness of what lies outside the ribs, then local
pulls on diaphragm and heart. Each step has a positive Jacobian, and so has the whole: nothing folds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import Any

import numpy as np
from jaxtyping import Float64

from ctscribe.anatomy.guidance import LOBES
from ctscribe.ct.volume import canonical_affine
from ctscribe.data.phantom import deformation_kernels as kernels
from ctscribe.data.phantom.anatomy import Anatomy
from ctscribe.data.phantom.averaging import EMPTY, averaged, box_widths
from ctscribe.data.phantom.body import Body
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.contrast import COMPARTMENTS, gains
from ctscribe.data.phantom.normal import AIR_HU
from ctscribe.data.phantom.warp import Warp, random_warp
from ctscribe.errors import BadInput
from ctscribe.types import Spacing

REACH = 8.0
"""Voxels of the source by which its border is carried on where a body reaches beyond the scan it comes from."""

CHEST_WALL_MM = 12.0
"""From the lungs to the outer side of the ribs."""

STRETCHES = (-0.55, 0.45)
"""Limits of the heart's pull, within which its Jacobian is positive: largest and smallest heart."""

HALVINGS = 6
MOST_OFF = 0.02
"""How far the heart's width may end from its aim, as part of the chest's width and besides the rounding to voxels."""


@dataclass(frozen=True, eq=False)
class Deformation:
    """Where the voxels of a new grid come from, in the source's mm along (z, y, x).

    Parameters
    ----------
    spacing : of the new grid.
    warp : displacement in mm of the new grid's voxels.
    matrix, start : source position of an index, before warp and what follows.
    cage : the ellipse of the ribs: centre y, centre x, 1 / half-axis y, 1 / half-axis x; and 1 / thickness outside it.
    pulls : rows of centre, 1 / half-axes, stretch and shift, each along (z, y, x); the last one is the heart's.
    """

    spacing: Spacing
    warp: Warp
    matrix: Float64[np.ndarray, "3 3"]
    start: Float64[np.ndarray, " 3"]
    cage: Float64[np.ndarray, " 5"]
    pulls: Float64[np.ndarray, "pulls 12"]

    @property
    def steps(self) -> tuple[Any, ...]:
        """The arguments of the kernels."""
        warp = self.warp
        return warp.firsts, warp.weights, warp.coefficients, self.matrix, self.start, self.cage, self.pulls


def posed(anatomy: Anatomy, body: Body) -> Canvas:
    """The anatomy as this body: attenuation without noise, and labels.

    Raises
    ------
    BadInput : ``heart-size``, no deformation brings this anatomy's heart to the body's cardiothoracic ratio.
    """
    deformation = deformation_of(anatomy, body)
    ratios = [
        new / scale / old for new, scale, old in zip(deformation.spacing, body.scale, anatomy.spacing, strict=True)
    ]
    source = averaged(anatomy, box_widths(ratios))
    new_hu = np.full(body.size, AIR_HU, np.float32)
    labels = np.zeros(body.size, np.uint8)
    gain = np.zeros(256, np.float32)
    gain[: len(COMPARTMENTS)] = gains(body)
    kernels.carry(
        new_hu, labels, source.hu, source.uptake, source.compartments, EMPTY, anatomy.labels,
        np.array(anatomy.spacing), REACH, gain, *deformation.steps,
    )  # fmt: skip
    affine = canonical_affine(deformation.spacing, _origin(body.size, deformation.spacing))
    return Canvas(new_hu, labels, anatomy.names, deformation.spacing, affine, body.phase)


def deformation_of(anatomy: Anatomy, body: Body) -> Deformation:
    """The deformation that gives the body, its heart's size found by bisection."""
    low, high = _reach_along_z(anatomy, body)
    in_plane = body.field_of_view * anatomy.size_mm[2] * body.scale[2] / max(body.size[1:])
    spacing = ((high - low) * body.scale[0] / body.size[0], in_plane, in_plane)
    marks = anatomy.landmarks
    middle = [(marks.lungs_low[axis] + marks.lungs_high[axis]) / 2 for axis in range(3)]
    centre = np.array([(low + high) / 2, middle[1] + body.shift_mm[0], middle[2] + body.shift_mm[1]])
    matrix = _rotation(body.rotation_degrees) / np.array(body.scale)[:, None] * np.array(spacing)
    start = centre - (matrix * (np.array(body.size) - 1) / 2).sum(axis=1)
    ribs = [(marks.lungs_high[axis] - marks.lungs_low[axis]) / 2 + CHEST_WALL_MM for axis in (1, 2)]
    deformation = Deformation(
        spacing, random_warp(body.warp_seed, body.warp_mm, body.size, spacing), matrix, start,
        np.array([*middle[1:], 1 / ribs[0], 1 / ribs[1], 1 / body.fat]),
        np.array([_diaphragm(anatomy, body), _heart(anatomy, 0.0)]),
    )  # fmt: skip
    return _with_heart(deformation, anatomy, body)


def _reach_along_z(anatomy: Anatomy, body: Body) -> tuple[float, float]:
    """Lowest and highest source position, no farther than the source reaches."""
    low = anatomy.landmarks.lungs_low[0] - body.below_mm / body.scale[0]
    high = anatomy.landmarks.lungs_high[0] + body.above_mm / body.scale[0]
    return max(low, 0.0), min(high, anatomy.size_mm[0])


def _origin(size: tuple[int, int, int], spacing: Spacing) -> tuple[float, float, float]:
    """LPS position of voxel (0, 0, 0) with the grid's centre at 0."""
    z, y, x = (-(n - 1) * step / 2 for n, step in zip(size, spacing, strict=True))
    return x, y, z


def _rotation(degrees: tuple[float, float, float]) -> Float64[np.ndarray, "3 3"]:
    """Turns about z, then y, then x, written out: the same on every machine."""
    (cz, sz), (cy, sy), (cx, sx) = ((round(f(radians(angle)), 12) for f in (cos, sin)) for angle in degrees)
    return np.array([
        [cy * cx, -cy * sx, sy],
        [sz * sy * cx + cz * sx, cz * cx - sz * sy * sx, -sz * cy],
        [sz * sx - cz * sy * cx, cz * sy * sx + sz * cx, cz * cy],
    ])  # fmt: skip


def _diaphragm(anatomy: Anatomy, body: Body) -> list[float]:
    """The pull on the diaphragm: in front of the spine, where it hardly moves the vertebrae."""
    marks = anatomy.landmarks
    y, x = marks.lungs_low[1] + 50, (marks.lungs_low[2] + marks.lungs_high[2]) / 2
    return [marks.lungs_low[0] + 45, y, x, 1 / 100, 1 / 100, 1 / 220, 0, 0, 0, body.diaphragm_mm, 0, 0]


def _heart(anatomy: Anatomy, stretch: float) -> list[float]:
    """The pull on the heart, mostly sideways: above 0 makes it smaller."""
    low, high = anatomy.landmarks.heart_low, anatomy.landmarks.heart_high
    centre = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    return [*centre, 1 / 115, 1 / 110, 1 / 130, 0.5 * stretch, 0.7 * stretch, stretch, 0, 0, 0]


def _with_heart(deformation: Deformation, anatomy: Anatomy, body: Body) -> Deformation:
    """Bisect the heart's pull until the cardiothoracic ratio is the body's, on every few slices and rows."""
    z, y, x = body.size
    at = np.arange(0, z, max(1, z // 24)), np.arange(0, y, max(1, y // 32)), np.arange(x)
    points = np.empty((*(axis.size for axis in at), 3))
    kernels.source_positions(points, *at, *deformation.steps)
    parts = np.zeros(256, np.int64)
    for label, name in anatomy.names.items():
        parts[label] = 1 if name == "heart" else 2 if name in LOBES else 0
    largest, smallest = STRETCHES
    pull, heart, chest = _heart(anatomy, 0.0), 0, 1
    for _ in range(HALVINGS):
        stretch = (largest + smallest) / 2
        pull = _heart(anatomy, stretch)
        heart, chest = kernels.widths(points, np.array([pull]), np.array(anatomy.spacing), anatomy.labels, parts)
        if heart > body.cardiothoracic_ratio * chest:
            largest = stretch
        else:
            smallest = stretch
    if abs(heart - body.cardiothoracic_ratio * chest) > MOST_OFF * chest + 1.5:
        raise BadInput(
            f"the heart of {anatomy.name} cannot get a cardiothoracic ratio of {body.cardiothoracic_ratio:.2f}",
            hint="give an anatomy whose heart is between a third and two thirds of the chest's width",
            code="heart-size",
        )
    return replace(deformation, pulls=np.array([deformation.pulls[0], pull]))
