"""CT-RATE: 25,692 non-contrast chest CTs in up to several reconstructions, with reports and 18 labels.

Hamamci et al., arXiv 2403.17834. ``train_1_a_2.nii.gz`` is patient 1, scan a, reconstruction 2. The volumes of the
``_fixed`` folders are in HU already and are preferred; rescaling them a second time destroys them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pandas as pd

from ctscribe.data.duplicates import plain
from ctscribe.data.record import Split
from ctscribe.data.sources.source import EXTRA, SOURCES, Found, hilt_split, records_of
from ctscribe.data.tables import Column, Frame, read_table, said
from ctscribe.errors import BadInput
from ctscribe.report.findings import CT_RATE_LABELS

VOLUME = "VolumeName"
SECTIONS = {
    "ClinicalInformation_EN": EXTRA + "clinical_information",
    "Technique_EN": EXTRA + "technique",
    "Findings_EN": "findings",
    "Impressions_EN": "impression",
}
SCANNER = {
    "Manufacturer": EXTRA + "manufacturer",
    "PatientSex": EXTRA + "sex",
    "PatientAge": EXTRA + "age",
    "Rows": EXTRA + "rows",
    "Columns": EXTRA + "columns",
    "NumberofSlices": EXTRA + "slices",
    "XYSpacing": "xy",
    "ZSpacing": "z",
    "RescaleSlope": EXTRA + "rescale_slope",
    "RescaleIntercept": EXTRA + "rescale_intercept",
}
"""Columns of the metadata that are kept; dates are not."""


@SOURCES.register("ct-rate")
class CTRate:
    """CT-RATE as it is downloaded: ``dataset/`` or the folder that holds it.

    Parameters
    ----------
    recon : every reconstruction of a scan, or its first.
    valid_as : the split that the official validation cases become; papers report on them as test.
    split : the official one; or HILT's, which keeps one volume of each findings text and divides these 70/10/20,
        here by patient.
    seed : of HILT's split.
    """

    def __init__(
        self,
        *,
        recon: Literal["all", "first"] = "all",
        valid_as: Literal["validation", "test"] = "validation",
        split: Literal["official", "hilt"] = "official",
        seed: int = 0,
    ) -> None:
        self.recon, self.split, self.seed = recon, split, seed
        self.valid_as: Split = valid_as

    def read(self, root: Path) -> Found:
        """List the volumes that have a report."""
        below = "dataset" if (root / "dataset").is_dir() else "."
        notes: list[str] = []
        parts: dict[str, tuple[str, Split]] = {"train": ("train", "train"), "valid": ("validation", self.valid_as)}
        there = {name: part for name, part in parts.items() if _reports(root / below, part[0]).is_file()}
        if not there:
            read_table(_reports(root / below, "train"))
        frames = [self._part(root, below, name, stem, split, notes) for name, (stem, split) in there.items()]
        frame = pd.concat(frames, ignore_index=True)
        if self.recon == "first":
            frame = frame.sort_values(VOLUME, key=_natural, kind="stable").drop_duplicates("scan").sort_index()
        if self.split == "hilt":
            frame = hilt_split(frame[~frame["findings"].map(plain).duplicated()], self.seed)
        return Found(records_of(frame), tuple(notes))

    def _part(self, root: Path, below: str, name: str, stem: str, split: Split, notes: list[str]) -> Frame:
        dataset = root / below
        frame = read_table(_reports(dataset, stem), [VOLUME, *SECTIONS]).rename(columns=SECTIONS)
        for column in SECTIONS.values():
            frame[column] = said(frame[column])
        frame = _without_other_chests(frame, dataset / "metadata" / f"no_chest_{name}.txt", notes)
        folder = next((f"{name}{suffix}" for suffix in ("_fixed", "") if (dataset / f"{name}{suffix}").is_dir()), name)
        if not folder.endswith("_fixed"):
            notes.append(f"{name} has no _fixed folder: look into some of its files with --check-hu.")
        frame = frame.assign(**identified(frame[VOLUME], _reports(dataset, stem)), split=split)
        frame["volume"] = Path(below, folder).as_posix() + "/" + frame.pop("path")
        frame = _labelled(frame, dataset / "multi_abnormality_labels" / f"{name}_predicted_labels.csv", notes)
        return _with_scanner(frame, dataset / "metadata" / f"{stem}_metadata.csv", notes)


def identified(names: Column, file: Path) -> dict[str, Column]:
    """``id``, ``patient``, ``scan`` and ``path`` of CT-RATE's volume names.

    Parameters
    ----------
    names : indexed by the rows of the file that they stand in.

    Raises
    ------
    BadInput : a name is not of the form ``train_1_a_1.nii.gz`` (``bad-volume-name``); its row is named.
    """
    parts = names.str.extract(r"^((?P<patient>(?:train|valid)_\d+)_(?P<letter>[a-z]+)_\d+)\.nii\.gz$")
    wrong = parts["patient"].isna()
    if wrong.any():
        row = names.index[wrong][0]
        raise BadInput(
            f"{file}, row {row}: {names[row]!r} is no volume of CT-RATE",
            hint="such as train_1_a_1.nii.gz",
            code="bad-volume-name",
        )
    scan = parts["patient"] + "_" + parts["letter"]
    return {
        "id": parts[0],
        "patient": parts["patient"],
        "scan": scan,
        "path": parts["patient"] + "/" + scan + "/" + names,
    }


def _reports(dataset: Path, stem: str) -> Path:
    return dataset / "radiology_text_reports" / f"{stem}_reports.csv"


def _natural(names: Column) -> Column:
    """Names in an order where reconstruction 2 comes before 10."""
    return names.str.replace(r"\d+", lambda digits: digits[0].zfill(8), regex=True)


def _without_other_chests(frame: Frame, file: Path, notes: list[str]) -> Frame:
    """Without the volumes that CT-RATE lists as not showing a chest."""
    if not file.is_file():
        notes.append(f"{file.name} is missing: volumes that show no chest could not be left out.")
        return frame
    listed = {Path(line.strip()).name.removesuffix(".nii.gz") for line in file.read_text(encoding="utf-8").splitlines()}
    others = frame[VOLUME].str.removesuffix(".nii.gz").isin(listed)
    if others.any():
        notes.append(f"Volumes left out because {file.name} lists them: {others.sum()}.")
    return frame[~others]


def _labelled(frame: Frame, file: Path, notes: list[str]) -> Frame:
    if not file.is_file():
        notes.append(f"{file.name} is missing: its cases have no labels.")
        return frame.assign(labels=None)
    table = read_table(file, [VOLUME, *CT_RATE_LABELS])
    wrong = ~table[list(CT_RATE_LABELS)].isin(["0", "1", "0.0", "1.0"]).all(axis=1)
    if wrong.any():
        raise BadInput(f"{file}, row {table.index[wrong][0]}: a label is neither 0 nor 1", code="bad-label")
    values = table[list(CT_RATE_LABELS)].astype(float).astype(int).to_numpy().tolist()
    labels = dict(zip(table[VOLUME], map(tuple, values), strict=True))
    return frame.assign(labels=[labels.get(name) for name in frame[VOLUME]])


def _with_scanner(frame: Frame, file: Path, notes: list[str]) -> Frame:
    if not file.is_file():
        notes.append(f"{file.name} is missing: nothing is known of its scanners.")
        return frame
    table = read_table(file, [VOLUME, *SCANNER])[[VOLUME, *SCANNER]].rename(columns=SCANNER)
    table = table.drop_duplicates(VOLUME)
    table[EXTRA + "spacing_mm"] = [_spacing(xy, z, file, row) for row, xy, z in table[["xy", "z"]].itertuples()]
    return frame.merge(table.drop(columns=["xy", "z"]), on=VOLUME, how="left").fillna(dict.fromkeys(table.columns, ""))


def _spacing(xy: str, z: str, file: Path, row: int) -> str:
    """``z,y,x`` in mm; the file has ``"[0.34, 0.34]"`` for x and y."""
    try:
        x, y = (float(step) for step in json.loads(xy))
        return f"{float(z):g},{y:g},{x:g}"
    except (ValueError, TypeError):
        raise BadInput(f"{file}, row {row}: XYSpacing and ZSpacing are no voxel size", code="bad-spacing") from None
