"""Slices of a scan as pictures: windowed grey values, and outlines drawn over them in millimetres.

A picture's plane has its origin at the outer corner of its first voxel, u to the right and v downwards in mm, so that
the page draws it with its true proportions whatever the voxels' shape.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int16, UInt8
from PIL import Image

from ctscribe.ct.intensity import WINDOWS
from ctscribe.ct.volume import CTVolume
from ctscribe.report.writers.outlines import Curve
from ctscribe.types import Point

PlaneHU = Int16[np.ndarray, "rows columns"] | Float32[np.ndarray, "rows columns"]
Box = tuple[tuple[int, int], tuple[int, int]]
"""Rows and columns of a crop: first included, last excluded."""

_JPEG_QUALITY = 90
_FEWEST_PIXELS = 480  # across a picture: coarser slices are interpolated, so that they do not look like mosaics


@dataclass(frozen=True)
class Window:
    """A range of Hounsfield units shown from black to white."""

    name: str
    low: float
    high: float

    @property
    def text(self) -> str:
        """As radiologists write it: width and level."""
        level = f"{(self.high + self.low) / 2:.0f}".replace("-", "−")
        return f"{self.name} window, W {self.high - self.low:.0f} L {level}"


LUNG = Window("lung", *WINDOWS["lung"])
MEDIASTINUM = Window("soft tissue", *WINDOWS["mediastinum"])
BONE = Window("bone", *WINDOWS["bone"])
OVERVIEW = Window("wide", -1100, 500)


def grey(hu: PlaneHU, window: Window) -> UInt8[np.ndarray, "rows columns"]:
    """Linear from ``window.low`` (0) to ``window.high`` (255), clipped."""
    scaled = (hu.astype(np.float32) - window.low) * (255 / (window.high - window.low))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def jpeg_uri(pixels: UInt8[np.ndarray, "rows columns"], pixel_mm: tuple[float, float]) -> str:
    """A grey picture with square pixels as a data URI; ``pixel_mm`` are the height and width of those given."""
    rows, columns = pixels.shape
    height_mm, width_mm = rows * pixel_mm[0], columns * pixel_mm[1]
    per_mm = max(1 / min(pixel_mm), _FEWEST_PIXELS / width_mm)
    size = max(1, round(width_mm * per_mm)), max(1, round(height_mm * per_mm))
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(
        buffer, format="JPEG", quality=_JPEG_QUALITY, optimize=True
    )
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


@dataclass(frozen=True)
class Plane:
    """A crop of one slice, and how array indices lie in it.

    Parameters
    ----------
    orientation : ``axial`` shows (y, x) at a z index, ``coronal`` shows (z, x) at a y index with the head up.
    index : canonical index along the axis that the plane cuts.
    box : rows and columns shown, in the plane's own array order (coronal rows count from the head).
    """

    volume: CTVolume
    orientation: Literal["axial", "coronal"]
    index: int
    box: Box

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """Height and width of a pixel."""
        z, y, x = self.volume.spacing
        return (y, x) if self.orientation == "axial" else (z, x)

    @property
    def width_mm(self) -> float:
        return (self.box[1][1] - self.box[1][0]) * self.pixel_mm[1]

    @property
    def height_mm(self) -> float:
        return (self.box[0][1] - self.box[0][0]) * self.pixel_mm[0]

    @property
    def letters(self) -> dict[str, str]:
        """The patient's directions at the picture's borders; the patient's left is on the viewer's right."""
        head, foot = ("A", "P") if self.orientation == "axial" else ("S", "I")
        return {"left": "R", "right": "L", "top": head, "bottom": foot}

    def picture(self, window: Window) -> str:
        """The windowed crop as a data URI."""
        hu = self.volume.hu[self.index] if self.orientation == "axial" else self.volume.hu[::-1, self.index]
        (top, bottom), (left, right) = self.box
        return jpeg_uri(grey(hu[top:bottom, left:right], window), self.pixel_mm)

    def to_mm(self, rows_columns: Curve) -> Curve:
        """Array indices (row, column) of the plane → (u, v) mm in the picture."""
        (top, _), (left, _) = self.box
        height, width = self.pixel_mm
        rows, columns = rows_columns[:, 0], rows_columns[:, 1]
        return np.stack([(columns - left + 0.5) * width, (rows - top + 0.5) * height], axis=1)

    def project(self, position: Point) -> tuple[float, float]:
        """An LPS position in mm → (u, v) mm in the picture, along the plane's normal."""
        z, y, x = self.volume.index(position)
        row = y if self.orientation == "axial" else self.volume.shape[0] - 1 - z
        u, v = self.to_mm(np.array([[row, x]]))[0]
        return float(u), float(v)


def path_of(curve: Curve) -> str:
    """A closed SVG path of (u, v) mm, to a tenth of a millimetre."""
    return "M" + "L".join(f"{u:.1f} {v:.1f}" for u, v in curve[:-1]) + "Z"


def scale_bar_mm(width_mm: float) -> int:
    """The longest of 100, 50, 20, 10 and 5 mm that takes at most a third of the picture's width."""
    return next((length for length in (100, 50, 20, 10) if length <= width_mm / 3), 5)


def full_box(rows: int, columns: int) -> Box:
    return (0, rows), (0, columns)


def square_box(
    centre: tuple[float, float], side_mm: float, pixel_mm: tuple[float, float], shape: tuple[int, int]
) -> Box:
    """A crop of ``side_mm`` around a (row, column), moved inside the slice where it would leave it."""

    def extent(middle: float, pixel: float, size: int) -> tuple[int, int]:
        count = min(size, max(1, round(side_mm / pixel)))
        first = min(max(0, round(middle - count / 2)), size - count)
        return first, first + count

    return extent(centre[0], pixel_mm[0], shape[0]), extent(centre[1], pixel_mm[1], shape[1])
