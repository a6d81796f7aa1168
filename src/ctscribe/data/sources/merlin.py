"""Merlin: 25,494 abdominal CTs with the findings of their reports (Blankemeier et al., arXiv 2406.06512)."""

from __future__ import annotations

from pathlib import Path

from ctscribe.data.record import Split
from ctscribe.data.sources.source import SOURCES, Found, records_of
from ctscribe.data.tables import read_table, said
from ctscribe.errors import BadInput

SPLITS: dict[str, Split] = {
    "train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test",
}  # fmt: skip

IMPRESSION = r"(?is)\bimpression\s*:\s*"


@SOURCES.register("merlin")
class Merlin:
    """Merlin as it is downloaded: ``reports_final.xlsx`` and a folder of NIfTI files.

    Parameters
    ----------
    table : the file of reports.
    volumes : folder of the scans.
    study, findings, split, patient : its columns; upper and lower case do not matter. Without a column of patients
        every study is held to be of another.
    """

    def __init__(
        self,
        *,
        table: str = "reports_final.xlsx",
        volumes: str = "merlin_data",
        study: str = "study id",
        findings: str = "findings",
        split: str = "split",
        patient: str | None = None,
    ) -> None:
        self.table, self.volumes = table, volumes
        self.study, self.findings, self.split, self.patient = study, findings, split, patient

    def read(self, root: Path) -> Found:
        """List the rows of the table. An impression that stands within the findings is taken out of them."""
        file = root / self.table
        frame = read_table(file, [name for name in (self.study, self.findings, self.split, self.patient) if name])
        split = frame[self.split].str.strip().str.lower().map(SPLITS)
        if split.isna().any():
            row = split.index[split.isna()][0]
            raise BadInput(f"{file}, row {row}: there is no split {frame[self.split][row]!r}", code="unknown-split")
        texts = frame[self.findings].str.split(IMPRESSION, n=1, regex=True)
        scans = {path.name.split(".")[0]: path.name for path in (root / self.volumes).glob("*.nii*")}
        name = frame[self.study].str.strip()
        frame = frame.assign(
            id=name,
            patient=frame[self.patient or self.study].str.strip(),
            volume=f"{self.volumes}/" + name.map(scans).fillna(name + ".nii.gz"),
            impression=said(texts.str[1].fillna("")),
            split=split,
            findings=said(texts.str[0].str.replace(r"(?i)^\s*findings\s*:\s*", "", regex=True)),
        )
        notes = () if self.patient else ("The table names no patients: every study counts as one of its own.",)
        return Found(records_of(frame), notes)
