"""Compression fracture of a vertebra: its body is pressed into a wedge, most in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from scipy import ndimage

from ctscribe.anatomy.windows import Window
from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.noise import smooth_noise
from ctscribe.data.phantom.disease.soft_tissue import averaged, eased, graded
from ctscribe.data.phantom.level import Level
from ctscribe.data.phantom.truth import PhantomFinding
from ctscribe.types import Mask

LEVELS = ("T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "L1", "L2")
LOSSES = ((0.2, 0.25), (0.27, 0.4), (0.42, 0.6))
"""Share of the anterior height that is lost, by severity (Genant, J Bone Miner Res 8 (1993) 1137–1148)."""
SEVERITIES = ("mild", "moderate", "severe")
POSTERIOR_SHARE = 0.2  # of the anterior loss that the back of the body loses
SINKING = 0.75  # share of the loss that the upper end plate sinks by; the lower one rises by the rest
STRETCHED_MM = 22.0  # of disc and neighbour above and below that take up what is lost
LEAST_HEIGHT_MM = 14.0


@dataclass(frozen=True, eq=False)
class Body:
    """A vertebra's body, before its canal, inside the box that is warped.

    Parameters
    ----------
    bone : its voxels.
    back : of each voxel's column (y, x), its place between the front (0) and the back (1) of the body.
    """

    name: str
    window: Window
    bone: Mask
    back: Float32[np.ndarray, "y x"]


def draw_vertebral_compression(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Press one vertebra between T5 and L2 by 20–60 % of its anterior height; the labels follow.

    ``height_loss_percent`` is the anterior loss. The pressed bone is denser, the disc and the neighbours are stretched
    into the space.
    """
    degree = graded(level, rng)
    loss = rng.uniform(*LOSSES[degree])
    for k in rng.permutation(len(LEVELS)):
        body = vertebral_body(canvas, f"vertebrae_{LEVELS[int(k)]}")
        if body is not None:
            break
    else:
        return
    _press(canvas, body, loss)
    mask = _pressed_bone(canvas, body)
    if not mask.any():
        return
    sclerosis = np.float32(loss * 200 * level.conspicuity) * (
        1 + np.float32(0.3) * smooth_noise(rng, mask.shape, canvas.spacing, 8.0)
    )
    canvas.hu[body.window] += sclerosis * averaged(mask.astype(np.float32), (1, 3, 3))
    attributes, measures = {"severity": SEVERITIES[degree]}, {"height_loss_percent": 100 * loss}
    canvas.add(PhantomFinding("vertebral_compression", (body.name,), None, attributes, measures), body.window, mask)


def vertebral_body(canvas: Canvas, name: str) -> Body | None:
    """The body of a vertebra that is in view with its neighbours' ends, and free of findings; else ``None``."""
    whole = canvas.window(name, margin_mm=6.0)
    if whole is None:
        return None
    bone = canvas.mask(name, window=whole) & _before_canal(canvas, whole)
    areas = np.count_nonzero(bone, axis=(1, 2))
    levels = np.flatnonzero(areas > 0.35 * areas.max()) + whole[0].start
    margin = int(np.ceil(STRETCHED_MM / canvas.spacing[0]))
    if not levels.size or (levels[-1] - levels[0] + 1) * canvas.spacing[0] < LEAST_HEIGHT_MM:
        return None
    bottom, top = int(levels[0]) - margin, int(levels[-1]) + margin
    window = (slice(bottom, top + 1), *whole[1:])
    if bottom < 0 or top >= len(canvas.hu):
        return None
    bone = canvas.mask(name, window=window) & _before_canal(canvas, window)
    if not canvas.free(window)[:, bone.any(axis=0)].all():
        return None
    return Body(name, window, bone, _place_from_front(bone))


def _before_canal(canvas: Canvas, window: Window) -> Mask:
    """What lies in front of the spinal canal, slice by slice; nothing where no canal is."""
    canal = canvas.mask("spinal_cord", window=(window[0], slice(0, canvas.hu.shape[1]), slice(0, canvas.hu.shape[2])))
    rows = np.count_nonzero(canal, axis=2)
    first = np.argmax(rows > 0, axis=1) - 1 - window[1].start
    before = np.arange(window[1].stop - window[1].start)[None, :, None] < first[:, None, None]
    return before & (rows.sum(axis=1) > 0)[:, None, None]


def _place_from_front(bone: Mask) -> Float32[np.ndarray, "y x"]:
    """0 at the front of a body and 1 at its back, for every column along z; the spine's tilt is taken into account."""
    rows = np.count_nonzero(bone, axis=2)
    levels = np.flatnonzero(rows.sum(axis=1))
    front, back = (np.array([np.flatnonzero(rows[z])[k] for z in levels]) for k in (0, -1))
    counts = np.maximum(np.count_nonzero(bone, axis=0), 1)
    middle = (bone * np.arange(len(bone))[:, None, None]).sum(axis=0) / counts
    first, last = np.interp(middle, levels, front), np.interp(middle, levels, back)
    place = (np.arange(bone.shape[1])[:, None] - first) / np.maximum(last - first, 1)
    return np.clip(place, 0, 1).astype(np.float32)


def _press(canvas: Canvas, body: Body, loss: float) -> None:
    """Move the end plates together along z: in each column a piecewise linear map between four fixed heights."""
    depth, column = len(body.bone), body.bone.any(axis=0)
    heights = np.count_nonzero(body.bone, axis=0).astype(np.float32)
    low = np.where(column, body.bone.argmax(axis=0), depth // 2).astype(np.float32) - np.float32(0.5)
    high = low + np.maximum(heights, 1)
    share = np.float32(loss) * (1 - body.back * np.float32(1 - POSTERIOR_SHARE))
    lost = share * heights * eased(ndimage.uniform_filter(column.astype(np.float32), 3) * np.float32(1.3))
    new_low, new_high = low + np.float32(1 - SINKING) * lost, high - np.float32(SINKING) * lost
    z = np.arange(depth, dtype=np.float32)[:, None, None]
    below = z / new_low * low
    within = low + (z - new_low) / (new_high - new_low) * (high - low)
    above = high + (z - new_high) / (depth - 1 - new_high) * (depth - 1 - high)
    source = np.where(z < new_low, below, np.where(z > new_high, above, within))
    source = np.clip(source, 0, depth - 1).astype(np.float32)
    first = np.minimum(source.astype(np.intp), depth - 2)
    share = source - first
    there = canvas.hu[body.window]
    lower, upper = np.take_along_axis(there, first, 0), np.take_along_axis(there, first + 1, 0)
    canvas.hu[body.window] = lower + (upper - lower) * share
    nearest = (source + np.float32(0.5)).astype(np.intp)
    canvas.labels[body.window] = np.take_along_axis(canvas.labels[body.window], nearest, 0)


def _pressed_bone(canvas: Canvas, body: Body) -> Mask:
    """The body's voxels after it was pressed."""
    return canvas.mask(body.name, window=body.window) & body.bone.any(axis=0) & _before_canal(canvas, body.window)
