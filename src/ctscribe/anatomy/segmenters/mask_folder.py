"""A folder with one mask file a class, as TotalSegmentator writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ctscribe.anatomy.segmenters.class_names import claim_order, meaning_of, nearest_names
from ctscribe.anatomy.segmenters.gathering import Gathering
from ctscribe.anatomy.segmenters.mask_files import MaskImage, is_mask_file, read_mask_image
from ctscribe.anatomy.segmenters.name_tables import stem_of
from ctscribe.errors import BadMasks


def mask_files(folder: Path) -> list[Path]:
    """Image files of a folder, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.is_file() and is_mask_file(path))


def gather_folder(files: list[Path], gathering: Gathering) -> None:
    """Add every file that is named after a class or a lesion; other images in the folder are counted and left.

    An empty file of a lesion kind says that the kind was looked for and not found.

    Raises
    ------
    BadMasks : no file is named after a known class, or one that is holds more than one mask.
    """
    known = {path: meaning for path in files if (meaning := meaning_of(stem_of(path)))}
    if not known:
        raise BadMasks(
            f"none of the {len(files)} images in the folder is named after a known class",
            hint=nearest_names(stem_of(path) for path in files),
            code="no-known-classes",
        )
    for path in sorted(known, key=lambda path: claim_order(known[path])):
        image = read_mask_image(path)
        gathering.add(image, {_only_label(image): stem_of(path)})
    others = len(files) - len(known)
    if others:
        gathering.note(f"{others} image{'s' * (others > 1)} beside the masks had other names and were not used.")


def _only_label(image: MaskImage) -> int:
    """The value that a single mask has where it is not background, which may be 1 or 255; 1 when it is empty."""
    value = int(image.labels.max())
    if np.count_nonzero(image.labels) != np.count_nonzero(image.labels == value) and value:
        raise BadMasks(
            f"{image.file} holds several labels where one mask belongs",
            hint="a folder holds one class a file; give a multi-label image as the file itself",
            code="not-one-mask",
        )
    return value or 1
