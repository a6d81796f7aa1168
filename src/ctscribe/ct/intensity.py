"""Hounsfield units into what screens and networks take: windows as bytes, clipped and scaled floats.

A window maps ``low`` to 0 and ``high`` to 255, linearly between, constant outside. Integral HU go through a look-up
table, all windows of a picture in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Int16, UInt8

AnyHU: TypeAlias = Int16[np.ndarray, "*grid"] | Float32[np.ndarray, "*grid"]


class Window(NamedTuple):
    """A range of HU: darkest and brightest."""

    low: float
    high: float

    @classmethod
    def centred(cls, centre: float, width: float) -> Window:
        """The window as scanners name it, by centre and width."""
        return cls(centre - width / 2, centre + width / 2)


WINDOWS = {
    "lung": Window(-1350, 150),
    "mediastinum": Window(-160, 240),
    "soft tissue": Window(-135, 215),
    "bone": Window(-450, 1050),
    "wide": Window(-1024, 1024),
    "brain": Window(0, 80),
}

MEDREGION_RGB = (WINDOWS["wide"], WINDOWS["soft tissue"], WINDOWS["brain"])
"""The three channels that MedGemma and MedRegion-CT see, red first."""


def window(hu: AnyHU, low: float, high: float) -> UInt8[np.ndarray, "*grid"]:
    """One window as bytes, of the array's shape (any number of axes)."""
    return windows_rgb(hu, [(low, high)])[..., 0]


def windows_rgb(hu: AnyHU, windows: Sequence[tuple[float, float]]) -> UInt8[np.ndarray, "*grid channels"]:
    """Several windows as the channels of one picture, the channel axis last.

    Raises
    ------
    ValueError : a window that is empty or upside down.
    """
    if not all(low < high for low, high in windows):
        raise ValueError(f"a window's low end must lie below its high end, got {list(windows)}")
    flat = np.ascontiguousarray(hu).reshape(-1)
    out = np.empty((flat.size, len(windows)), dtype=np.uint8)
    if flat.dtype == np.int16:
        values = np.arange(-(2**15), 2**15, dtype=np.float32)
        tables = np.stack([_bytes(values, low, high) for low, high in windows], axis=1)
        _look_up(flat, tables, out)
    else:
        for channel, (low, high) in enumerate(windows):
            out[:, channel] = _bytes(flat, low, high)
    return out.reshape(*hu.shape, len(windows))


def clip_and_scale(
    hu: AnyHU, low: float, high: float, to: tuple[float, float] = (0.0, 1.0)
) -> Float32[np.ndarray, "*grid"]:
    """HU clipped to [low, high], then scaled so that ``low`` and ``high`` become the two ends of ``to``."""
    if not low < high:
        raise ValueError(f"the low end must lie below the high end, got {low} and {high}")
    flat = np.ascontiguousarray(hu).reshape(-1)
    out = np.empty(flat.size, dtype=np.float32)
    slope = (to[1] - to[0]) / (high - low)
    _clip_and_scale(flat, np.array([low, high, slope, to[0]], dtype=np.float32), out)
    return out.reshape(hu.shape)


def _bytes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    scaled = (np.clip(values, low, high) - low) * np.float32(255 / (high - low))
    return np.floor(scaled + np.float32(0.5)).astype(np.uint8)


@numba.njit(cache=True, parallel=True)
@no_type_check
def _look_up(flat: np.ndarray, tables: np.ndarray, out: np.ndarray) -> None:
    for i in numba.prange(flat.size):
        row = np.int64(flat[i]) + 32768
        for channel in range(out.shape[1]):
            out[i, channel] = tables[row, channel]


@numba.njit(cache=True, parallel=True)
@no_type_check
def _clip_and_scale(flat: np.ndarray, constants: np.ndarray, out: np.ndarray) -> None:
    low, high, slope, start = constants
    for i in numba.prange(flat.size):
        out[i] = (min(max(np.float32(flat[i]), low), high) - low) * slope + start
