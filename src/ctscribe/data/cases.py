"""From a line of an index to the case itself: scan, masks and lesions are read when they are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import measure_lesions
from ctscribe.anatomy.segmenters.masks import UserMasks
from ctscribe.anatomy.segmenters.protocol import Segmenter
from ctscribe.case import Case
from ctscribe.ct.readers import read_volume
from ctscribe.ct.volume import CTVolume
from ctscribe.data.lidc_readings import marked_nodules
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadInput, CTScribeError

EIGHT_BIT = "8bit"
"""Value of a record's ``scale`` (in ``extra``) when its volume holds grey values from 0 to 255 instead of HU."""


def read_case(record: CaseRecord, root: Path, *, segmenter: Segmenter | None = None, detect: bool = False) -> Case:
    """The case of a record: its scan, the masks that came with it, and the lesions in them.

    Parameters
    ----------
    root : folder that the record's paths are relative to.
    segmenter : finds the organs of a record without masks; without one such a case has no organs.
    detect : look for the lesion kinds that the masks do not tell of, and measure biomarkers.

    Raises
    ------
    BadInput : the record's file is missing (``file-missing``) or unreadable, with the record's id before the reason;
        or its volume holds no HU (``eight-bit``).
    """
    if record.extra.get("scale") == EIGHT_BIT:
        raise BadInput(
            f"{record.id}: its volume has 8-bit grey values, and a case needs Hounsfield units",
            hint="use these records for their text alone, or the scans they were made from",
            code="eight-bit",
        )
    try:
        volume = read_volume(_existing(root / record.volume, "its scan is"))
        labelmap = _labelmap(record, root, volume, segmenter)
    except CTScribeError as error:
        raise type(error)(f"{record.id}: {error.message}", hint=error.hint, code=error.code) from error
    known = {"reference": record.reference, "labels": record.labels}
    if detect:
        return replace(Case.from_scan(volume, labelmap), **known)
    return Case(volume, labelmap, measure_lesions(labelmap, volume, all_components=True), **known)


def _labelmap(record: CaseRecord, root: Path, volume: CTVolume, segmenter: Segmenter | None) -> LabelMap:
    labelmap = _organs(record, root, volume, segmenter)
    if "readings" not in record.extra:
        return labelmap
    readings = _existing(root / record.extra["readings"], "its file of readings is")
    agreement = int(record.extra.get("agreement", "2"))
    nodules = marked_nodules(readings, root / record.volume, volume, agreement=agreement)
    return replace(labelmap, lesions={**labelmap.lesions, "lung_nodule": nodules})


def _organs(record: CaseRecord, root: Path, volume: CTVolume, segmenter: Segmenter | None) -> LabelMap:
    if record.masks is not None:
        return UserMasks(_existing(root / record.masks, "its masks are"))(volume)
    if segmenter is not None:
        return segmenter(volume)
    return LabelMap(np.zeros(volume.shape, np.uint8), {}, volume.affine, source="no masks")


def _existing(path: Path, what: str) -> Path:
    if not path.exists():
        hint = "was the data set moved without its index?"
        raise BadInput(f"{what} missing: {path}", hint=hint, code="file-missing")
    return path
