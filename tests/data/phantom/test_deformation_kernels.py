"""The compiled loops against numpy, voxel by voxel."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from ctscribe.data.phantom import deformation_kernels as kernels
from ctscribe.data.phantom.anatomy import packaged_anatomy
from ctscribe.data.phantom.averaging import averaged, box_widths
from ctscribe.data.phantom.body import Body, draw_body
from ctscribe.data.phantom.contrast import gains
from ctscribe.data.phantom.deformation import Deformation, deformation_of, posed

SIZE = (20, 36, 40)


def body(seed: int = 4) -> Body:
    return draw_body(np.random.default_rng(seed), frozenset(), SIZE)


def slow_position(deformation: Deformation, z: int, y: int, x: int) -> np.ndarray:
    """The source of one voxel, written from the definitions."""
    warp, index = deformation.warp, (z, y, x)
    shift = np.zeros(3)
    for i in range(4):
        for j in range(4):
            for k in range(4):
                taps = (i, j, k)
                weight = np.prod([warp.weights[a][index[a], taps[a]] for a in range(3)])
                at = tuple(warp.firsts[a][index[a]] + taps[a] for a in range(3))
                shift += weight * warp.coefficients[at]
    point = deformation.matrix @ np.array(index, float) + deformation.start + shift
    centre, half, thickness = deformation.cage[:2], 1 / deformation.cage[2:4], 1 / deformation.cage[4]
    outward = (point[1:] - centre) / half
    radius = np.sqrt((outward**2).sum())
    if radius > 1:
        new = radius + (1 / thickness - 1) * (radius - 1) ** 2 / (radius - 1 + 0.05)
        point[1:] = centre + outward / radius * new * half
    for pull in deformation.pulls:
        offset = point - pull[:3]
        distance = np.sqrt(((offset * pull[3:6]) ** 2).sum())
        t = np.clip(2 * distance - 1, 0, 1)
        point = point + (1 - 3 * t**2 + 2 * t**3) * (pull[6:9] * offset + pull[9:])
    return point


def positions(deformation: Deformation) -> np.ndarray:
    points = np.empty((*SIZE, 3))
    kernels.source_positions(points, *(np.arange(n) for n in SIZE), *deformation.steps)
    return points


def test_positions(rng: np.random.Generator) -> None:
    deformation = deformation_of(packaged_anatomy(), replace(body(), fat=1.6, diaphragm_mm=12.0))
    points = positions(deformation)
    for index in rng.integers(0, SIZE, (80, 3)):
        assert points[tuple(index)] == pytest.approx(slow_position(deformation, *index), abs=1e-8)


def test_attenuation_is_linear_and_labels_are_nearest() -> None:
    anatomy, one = packaged_anatomy(), body()
    deformation = deformation_of(anatomy, one)
    canvas = posed(anatomy, one)
    ratios = [
        new / scale / old for new, scale, old in zip(deformation.spacing, one.scale, anatomy.spacing, strict=True)
    ]
    source = averaged(anatomy, box_widths(ratios))
    at = np.moveaxis(positions(deformation) / np.array(anatomy.spacing), -1, 0)
    inside = np.all([(c >= 0) & (c <= n - 1) for c, n in zip(at, anatomy.labels.shape, strict=True)], axis=0)
    gain = np.append(gains(one), 0)
    nearest = tuple(np.floor(c[inside] + 0.5).astype(int) for c in at)
    assert (canvas.labels[inside] == anatomy.labels[nearest]).all()
    expected = ndimage.map_coordinates(source.hu.astype(float), at, order=1)[inside]
    expected += (
        gain[anatomy.compartments[nearest]] * ndimage.map_coordinates(source.uptake.astype(float), at, order=1)[inside]
    )
    assert canvas.hu[inside] == pytest.approx(expected, abs=0.05)
    assert inside.mean() > 0.9


def test_widths_are_counted_in_columns() -> None:
    labels = np.zeros((4, 6, 30), np.uint8)
    labels[1, 2:4, 5:17], labels[2, 1, 8:12], labels[3, :, 2:28] = 1, 1, 2
    points = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in labels.shape), indexing="ij"), axis=-1) * 2.0
    parts = np.zeros(256, np.int64)
    parts[[1, 2]] = 1, 2
    none = np.zeros((1, 12))
    none[:, :3], none[:, 3:6] = -1000.0, 1.0
    assert kernels.widths(points, none, np.array([2.0, 2.0, 2.0]), labels, parts).tolist() == [12, 26]
    assert kernels.widths(points, none, np.array([2.0, 2.0, 2.0]), labels * 0, parts).tolist() == [0, 0]
