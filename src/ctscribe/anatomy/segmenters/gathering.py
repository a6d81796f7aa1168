"""Pieces of masks, each on its own grid and with its own names, gathered into one label map of the scan."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import numpy as np
from scipy.ndimage import distance_transform_edt

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.labelmap import label_counts
from ctscribe.anatomy.segmenters.class_names import Meaning, meaning_of
from ctscribe.anatomy.segmenters.mask_files import LARGEST_LABEL, MaskImage
from ctscribe.anatomy.segmenters.placing import place
from ctscribe.anatomy.taxonomy import totalsegmentator_classes
from ctscribe.anatomy.windows import Window, bounding_window
from ctscribe.ct.volume import CTVolume
from ctscribe.types import Labels, Mask

_NOTHING: Window = (slice(0, 0), slice(0, 0), slice(0, 0))

LUNG_LESIONS = frozenset({"lung_nodule", "consolidation", "ground_glass"})


class Gathering:
    """A label map in the making.

    Classes keep the ids that the first piece gives them, as far as they are free, and have TotalSegmentator's
    otherwise. A voxel belongs to the piece that claims it first. Names that mean nothing here are left out and listed
    in ``unknown``.
    """

    def __init__(self, volume: CTVolume) -> None:
        self.volume = volume
        self.labels: Labels = np.zeros(volume.shape, dtype=np.uint16)
        self.names: dict[int, str] = {}
        self.lesions: dict[str, Mask] = {}
        self.unknown: list[str] = []
        self.notes: list[str] = []
        self.given_ml = 0.0
        self.placed_ml = 0.0

    def add(self, image: MaskImage, names: Mapping[int, str], *, looked_for: bool = True) -> None:
        """Add a piece.

        Parameters
        ----------
        image : labels on any grid. Ids without a name are background.
        names : id → name as its maker wrote it.
        looked_for : whether a lesion kind that is named but has no voxel was looked for; else it is left out.
        """
        meanings = self._understood(names)
        placed, notes = place(image, self.volume)
        for said in notes:
            self.note(said)
        box = bounding_window(placed) or _NOTHING
        piece = placed[box]
        self._weigh(image, piece)
        self._paint(piece, box, {label: meaning.structure for label, meaning in meanings.items() if meaning.structure})
        present = frozenset(np.flatnonzero(label_counts(piece)).tolist())
        for label, meaning in meanings.items():
            if meaning.lesions and (label in present or looked_for):
                self._mark(piece == label, box, meaning.lesions)
        if any(meaning.structure in LOBES for meaning in meanings.values()):
            lesions = [label for label, meaning in meanings.items() if _hides_lobe(meaning)]
            self._give_back(np.isin(piece, lesions) & (self.labels[box] == 0), self.labels[box])

    def note(self, said: str) -> None:
        """Add a sentence to the label map's notes, once."""
        if said not in self.notes:
            self.notes.append(said)

    @property
    def inside(self) -> float:
        """Which part of the masks' volume arrived on the scan's grid; about 1 when nothing lay outside."""
        return self.placed_ml / self.given_ml if self.given_ml else 1.0

    def tidy_labels(self) -> Labels:
        """The labels in the smallest type that holds them."""
        return self.labels.astype(np.uint8) if max(self.names, default=0) <= np.iinfo(np.uint8).max else self.labels

    def _understood(self, names: Mapping[int, str]) -> dict[int, Meaning]:
        meanings = {label: meaning_of(name) for label, name in names.items() if label <= LARGEST_LABEL}
        self.unknown += [names[label] for label, meaning in meanings.items() if meaning is None]
        return {label: meaning for label, meaning in meanings.items() if meaning is not None}

    def _weigh(self, image: MaskImage, piece: np.ndarray) -> None:
        voxel_ml = abs(float(np.linalg.det(image.affine[:3, :3]))) / 1000
        self.given_ml += np.count_nonzero(image.labels) * voxel_ml
        self.placed_ml += np.count_nonzero(piece) * self.volume.voxel_ml

    def _id_of(self, structure: str, wish: int) -> int:
        """The id that a class has here: the one it has already, ``wish``, TotalSegmentator's, or the next free one."""
        for label, name in self.names.items():
            if name == structure:
                return label
        own = (label for label, name in totalsegmentator_classes().items() if name == structure)
        further = range(len(totalsegmentator_classes()) + 1, LARGEST_LABEL)
        label = next(label for label in chain([wish], own, further) if label and label not in self.names)
        self.names[label] = structure
        return label

    def _paint(self, piece: np.ndarray, box: Window, structures: Mapping[int, str]) -> None:
        table = np.zeros(LARGEST_LABEL + 1, dtype=np.uint16)
        for label, structure in structures.items():
            # A mask alone in its file has an id that means nothing.
            table[label] = self._id_of(structure, wish=label if len(structures) > 1 else 0)
        window = self.labels[box]
        np.copyto(window, table[piece], where=window == 0)

    def _mark(self, mask: Mask, box: Window, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            whole = self.lesions.setdefault(kind, np.zeros(self.volume.shape, dtype=bool))
            whole[box] |= mask

    def _give_back(self, hole: Mask, window: np.ndarray) -> None:
        """A lesion painted over its lobe leaves a hole in it: the hole goes to the nearest lobe."""
        box = bounding_window(hole, margin=1)
        if box is None:
            return
        hole, window = hole[box], window[box]
        in_lobe = np.isin(window, [label for label, name in self.names.items() if name in LOBES])
        if in_lobe.any():
            nearest = np.asarray(
                distance_transform_edt(
                    ~in_lobe, sampling=self.volume.spacing, return_distances=False, return_indices=True
                )
            )
            window[hole] = window[tuple(nearest)][hole]


def _hides_lobe(meaning: Meaning) -> bool:
    return meaning.structure is None and bool(LUNG_LESIONS.intersection(meaning.lesions))
