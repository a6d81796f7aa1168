"""HILT's curation of BIMCV-R into BIMCV-RG (its appendix A.3), step by step."""

from __future__ import annotations

import zlib
from pathlib import Path

import nibabel
import pandas as pd
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from ctscribe.data.duplicates import plain
from ctscribe.data.tables import Frame
from ctscribe.errors import BadInput

SMALLEST = (512, 512, 256)
"""Voxels along x, y and z."""

SHORTEST, LONGEST = 10, 512
"""Tokens of a report. The paper does not say whose; words are counted."""


def curated(frame: Frame, root: Path, table: Path) -> tuple[Frame, list[str]]:
    """The rows that pass, and how many each step left out. Of each scan only the header is read.

    Parameters
    ----------
    frame : with ``findings`` and ``volume``; its index counts the rows of ``table``.

    Raises
    ------
    BadInput : a scan's header cannot be read (``unreadable-file``).
    """
    words = frame["findings"].str.split().str.len()
    steps = [
        (f"their report is shorter than {SHORTEST} or longer than {LONGEST} words", words.between(SHORTEST, LONGEST))
    ]
    kept = frame[steps[0][1]]
    steps.append(("they repeat another's report", ~kept["findings"].map(plain).duplicated()))
    kept = kept[steps[1][1]]
    steps.append(("they have no scan", kept["volume"].map(lambda volume: (root / volume).is_file()).astype(bool)))
    kept = kept[steps[2][1]]
    large = [_is_large(root / volume, table, row) for row, volume in kept["volume"].items()]
    steps.append(("their scan is smaller than 512×512×256 voxels", pd.Series(large, kept.index, dtype=bool)))
    kept = kept[steps[3][1]]
    return kept, [f"Cases left out because {why}: {(~passed).sum()}." for why, passed in steps if (~passed).any()]


def _is_large(volume: Path, table: Path, row: object) -> bool:
    try:
        shape = nibabel.load(volume).shape  # pyright: ignore[reportAttributeAccessIssue]
    except (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error) as error:
        raise BadInput(
            f"{table}, row {row}: the header of {volume} cannot be read", hint="copy it again", code="unreadable-file"
        ) from error
    return len(shape) >= 3 and all(length >= least for length, least in zip(shape, SMALLEST, strict=False))
