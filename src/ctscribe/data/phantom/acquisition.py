"""How the scanner sees a body: slice profile, reconstruction kernel and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from ctscribe.ct.volume import CTVolume, ScanMeta
from ctscribe.data.phantom.body import Body
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.level import Level

Kernel: TypeAlias = Literal["soft", "standard", "lung"]

KERNELS: tuple[Kernel, ...] = ("soft", "standard", "lung")
KERNEL_WEIGHTS = (0.3, 0.45, 0.25)
MANUFACTURERS = ("simulated scanner A", "simulated scanner B", "simulated scanner C")
TUBE_KV = (100.0, 120.0, 140.0)
TUBE_KV_WEIGHTS = (0.2, 0.7, 0.1)

SHARPNESS: dict[Kernel, float] = {"soft": -0.6, "standard": -0.15, "lung": 0.5}
"""How much of the difference between a pixel and the mean of its neighbourhood is added: below 0 blurs."""

GRAIN: dict[Kernel, float] = {"soft": -0.9, "standard": -0.6, "lung": 0.3}
"""The same for the noise: how far neighbouring pixels share it."""

LOUDNESS: dict[Kernel, float] = {"soft": 0.8, "standard": 1.0, "lung": 1.5}
"""How far the noise rises above the level's lowest, against the standard kernel's."""


@dataclass(frozen=True)
class Acquisition:
    """How one scan was made.

    Parameters
    ----------
    kernel : of the reconstruction.
    thickness : of a slice, against the distance of slices; more than 1 where slices overlap.
    noise_hu : standard deviation of the noise where the body is as thick as on average.
    kvp : tube voltage.
    manufacturer : of the scanner.
    """

    kernel: Kernel
    thickness: float
    noise_hu: float
    kvp: float
    manufacturer: str


def draw_acquisition(rng: np.random.Generator, level: Level, body: Body) -> Acquisition:
    """A scan of this body at a level; the wider the body, the noisier."""
    kernel = KERNELS[int(rng.choice(len(KERNELS), p=KERNEL_WEIGHTS))]
    quiet, loud = level.noise_hu
    girth = min(max((body.scale[2] - 0.9) / 0.2, 0.0), 1.0)
    noise = quiet + (loud - quiet) * LOUDNESS[kernel] * (float(rng.random()) + girth) / 2
    return Acquisition(
        kernel=kernel,
        thickness=round(float(rng.uniform(1.0, 1.4)), 4),
        noise_hu=round(min(noise, loud), 4),
        kvp=float(rng.choice(TUBE_KV, p=TUBE_KV_WEIGHTS)),
        manufacturer=MANUFACTURERS[int(rng.integers(len(MANUFACTURERS)))],
    )


def acquired(canvas: Canvas, acquisition: Acquisition, rng: np.random.Generator) -> CTVolume:
    """The scan of a body: int16 HU in [-1024, 3071]."""
    # A slice as thick as the distance of slices is what the body's voxels are already.
    overlap = (acquisition.thickness - 1) / (2 * acquisition.thickness)
    grain = _plane_kernel(GRAIN[acquisition.kernel])
    along = np.array([overlap, 1 - 2 * overlap, overlap], np.float32)
    loudness = acquisition.noise_hu / float(np.sqrt((grain**2).sum() * (along**2).sum()))
    hu = np.empty(canvas.hu.shape, np.int16)
    noise = rng.standard_normal(canvas.hu.shape, dtype=np.float32)
    _scan(
        canvas.hu, noise, along, _plane_kernel(SHARPNESS[acquisition.kernel]), grain * np.float32(loudness),
        _thickness_of(canvas), hu,
    )  # fmt: skip
    meta = ScanMeta(
        slice_thickness_mm=round(acquisition.thickness * canvas.spacing[0], 3),
        contrast=canvas.phase != "none",
        kvp=acquisition.kvp,
        kernel=acquisition.kernel,
        manufacturer=acquisition.manufacturer,
    )
    return CTVolume(hu, canvas.affine, meta)


def _plane_kernel(sharpness: float) -> Float32[np.ndarray, "3 3"]:
    """A pixel plus so much of its difference from its neighbourhood, weighted 1-2-1 both ways."""
    neighbourhood = np.outer([1, 2, 1], [1, 2, 1]) / 16
    kernel = -sharpness * neighbourhood
    kernel[1, 1] += 1 + sharpness
    return kernel.astype(np.float32)


def _thickness_of(canvas: Canvas) -> Float32[np.ndarray, " z"]:
    """Noise of every slice against the average: it grows with what the rays pass (shoulders), within limits."""
    passed = np.count_nonzero(canvas.hu > -400, axis=(1, 2)).astype(np.float32)
    return np.clip(np.sqrt(passed / max(float(passed.mean()), 1.0)), 0.8, 1.4).astype(np.float32)


@numba.njit(cache=True)
@no_type_check
def _scan(body, noise, along, kernel, grain, loudness, result):
    """Blur or sharpen the body, add the noise with its grain, and round; the grid's edges go on as they are."""
    depth, height, width = body.shape
    plane, speckle = np.empty((height, width), np.float32), np.empty((height, width), np.float32)
    for z in range(depth):
        below, above = max(z - 1, 0), min(z + 1, depth - 1)
        for y in range(height):
            for x in range(width):
                plane[y, x] = along[0] * body[below, y, x] + along[1] * body[z, y, x] + along[2] * body[above, y, x]
                speckle[y, x] = loudness[z] * (
                    along[0] * noise[below, y, x] + along[1] * noise[z, y, x] + along[2] * noise[above, y, x]
                )
        for y in range(height):
            rows = (max(y - 1, 0), y, min(y + 1, height - 1))
            for x in range(width):
                columns = (max(x - 1, 0), x, min(x + 1, width - 1))
                total = np.float32(0)
                for j in range(3):
                    for i in range(3):
                        total += kernel[j, i] * plane[rows[j], columns[i]] + grain[j, i] * speckle[rows[j], columns[i]]
                result[z, y, x] = np.int16(min(max(np.floor(total + np.float32(0.5)), -1024), 3071))
