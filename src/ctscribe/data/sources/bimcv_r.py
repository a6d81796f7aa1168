"""BIMCV-R: 8,069 chest CTs with Spanish reports translated into English (Chen et al., MICCAI 2024)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from ctscribe.data.sources.curation import curated
from ctscribe.data.sources.source import SOURCES, Found, hilt_split, records_of
from ctscribe.data.tables import only_file, read_table, said


@SOURCES.register("bimcv-r")
class BIMCVR:
    """BIMCV-R: scans as ``CT*/ct/*.nii.gz`` and a CSV of reports.

    The column names differ between releases, so that they are options.

    Parameters
    ----------
    table : file name or pattern of the CSV.
    image, report, patient : its columns: the scan's file name, its text, and who it is of. Without a column of
        patients every scan is held to be of another, and a patient's second scan may land in another split.
    curation : ``hilt`` keeps what BIMCV-RG has: reports of 10 to 512 words, each once, with a scan of at least
        512×512×256 voxels.
    seed : of the split, HILT's 70/10/20 by patient; the data set has none.
    """

    def __init__(
        self,
        *,
        table: str = "*.csv",
        image: str = "image",
        report: str = "report",
        patient: str | None = None,
        curation: Literal["none", "hilt"] = "none",
        seed: int = 0,
    ) -> None:
        self.table, self.image, self.report, self.patient = table, image, report, patient
        self.curation, self.seed = curation, seed

    def read(self, root: Path) -> Found:
        """List the rows of the table."""
        file = only_file(root, self.table)
        names = [name for name in (self.image, self.report, self.patient) if name]
        frame = read_table(file, names)
        scans = pd.Series(
            {path.name: path.relative_to(root).as_posix() for path in root.glob("CT*/ct/*.nii.gz")}, dtype=str
        )
        name = frame[self.image].str.split("/").str[-1].str.removesuffix(".gz").str.removesuffix(".nii") + ".nii.gz"
        frame = frame.assign(
            id=name.str.removesuffix(".nii.gz"),
            volume=name.map(scans).fillna("CT/ct/" + name),
            findings=said(frame[self.report]),
        )
        notes: list[str] = []
        if self.patient is None:
            notes.append("The table names no patients: every scan counts as one of its own.")
        frame["patient"] = frame[self.patient or "id"]
        if self.curation == "hilt":
            frame, steps = curated(frame, root, file)
            notes += steps
        return Found(records_of(hilt_split(frame, self.seed)), tuple(notes))
