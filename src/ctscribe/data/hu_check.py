"""A look into a few of a data set's scans: are their voxels in Hounsfield units?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ctscribe.ct.readers import read_volume
from ctscribe.data.cases import EIGHT_BIT
from ctscribe.data.record import CaseRecord
from ctscribe.errors import BadInput, BadScan

SEED = 0
"""The same scans are looked at each time."""


def check_hounsfield_units(
    records: Sequence[CaseRecord], root: Path, count: int, announce: Callable[[str], None] = lambda said: None
) -> list[str]:
    """Read some scans as a case would, and refuse the data set when one of them is not what it should be.

    A CT-RATE volume that was rescaled twice shows here: its air lies near -2000.

    Parameters
    ----------
    count : how many scans, drawn at random.
    announce : is told which scan is being read.

    Returns
    -------
    A sentence on what was looked at, and one on warnings, if any.

    Raises
    ------
    BadInput : a scan cannot be read or is not in HU; its id, the reason, and how many more. The code is the reader's.
    """
    if any(record.extra.get("scale") == EIGHT_BIT for record in records):
        raise BadInput(
            "the volumes are 8-bit grey values: there are no Hounsfield units to check",
            hint="leave --check-hu out; these cases serve for their text",
            code="eight-bit",
        )
    chosen = np.random.default_rng(SEED).permutation(len(records))[:count]
    refused: list[tuple[str, BadScan]] = []
    warned = 0
    for done, at in enumerate(sorted(chosen.tolist())):
        announce(f"looking into scan {done + 1} of {len(chosen)}")
        try:
            warned += bool(read_volume(root / records[at].volume).meta.warnings)
        except BadScan as error:
            refused.append((records[at].id, error))
    if refused:
        name, error = refused[0]
        raise BadInput(
            f"{len(refused)} of {len(chosen)} scans looked into cannot be used; {name}: {error.message}",
            hint=error.hint,
            code=error.code,
        )
    notes = [f"Scans looked into and found to be in Hounsfield units: {len(chosen)}."]
    return [*notes, f"Scans among them that their reader warns of: {warned}."] if warned else notes
