"""What a detector hands back, and what the detectors of fluid and opacity share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cc3d
import numpy as np

from ctscribe.anatomy.detectors.lung_field import FieldMask, LungField
from ctscribe.anatomy.distances import distance_inside, distance_to
from ctscribe.anatomy.labelmap import Detection
from ctscribe.anatomy.windows import Window
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Mask

HALF_AIR_HU = -420
"""Half way between inflated lung (about -860 HU) and fluid: where the border between the two is drawn."""


@dataclass(frozen=True, eq=False)
class Found:
    """Lesions of one kind.

    Parameters
    ----------
    mask : their union on the volume's grid; all False when it was looked for and nothing was found.
    detections : one entry a lesion.
    notes : sentences about what could not be seen.
    """

    mask: Mask
    detections: tuple[Detection, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Piece:
    """One lesion on a field's grid: a window of that grid, the mask inside it, and the detector's confidence."""

    window: Window
    mask: FieldMask
    confidence: float


def gathered(kind: str, source: str, volume: CTVolume, field: LungField, pieces: Iterable[Piece]) -> Found:
    """Draw pieces of a field's grid on the volume's grid.

    Parameters
    ----------
    kind, source : lesion kind and detector.
    volume, field : the scan and the isotropic grid that the pieces lie on.
    pieces : one a lesion; a piece that falls between two thick slices is left out.
    """
    union = np.zeros(volume.shape, dtype=bool)
    detections = []
    for piece in pieces:
        window, drawn = field.on_volume_grid(piece.mask, piece.window)
        union[window] |= drawn
        for voxel in np.argwhere(drawn)[:1]:
            z, y, x = (int(i) + axis.start for i, axis in zip(voxel, window, strict=True))
            detections.append(Detection(kind, (z, y, x), source, piece.confidence))
    return Found(union, tuple(detections))


def thick_pieces(
    field: LungField, seeds: Mask, room: Mask, half_thickness_mm: float, regrowth_mm: float
) -> Iterator[Mask]:
    """Pieces of ``seeds`` that are thick somewhere, grown back by ``regrowth_mm`` into the ``room`` around them.

    Thin layers, such as partial volume at every border, have no voxel deeper than ``half_thickness_mm`` and vanish.
    """
    cores = distance_inside(seeds, field.steps) > half_thickness_mm
    if not cores.any():
        return
    near = distance_to(cores, field.steps) <= half_thickness_mm + regrowth_mm
    numbers = cc3d.connected_components((room | seeds) & near, connectivity=26)
    for number in np.unique(numbers[cores]):
        yield numbers == number


def certainty(volume_ml: float, smallest_ml: float) -> float | None:
    """0.5 at the smallest volume, 1 at five times that; ``None`` below the smallest."""
    if volume_ml < smallest_ml:
        return None
    return 0.5 + 0.5 * min((volume_ml - smallest_ml) / (4 * smallest_ml), 1.0)
