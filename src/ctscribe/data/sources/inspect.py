"""INSPECT: CT pulmonary angiograms with the impressions of their reports (Huang et al., NeurIPS 2023)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from ctscribe.data.record import Split
from ctscribe.data.sources.source import EXTRA, SOURCES, Found, records_of
from ctscribe.data.splitting import stratified
from ctscribe.data.tables import Frame, only_file, read_table, said
from ctscribe.errors import BadInput
from ctscribe.report.labels import INSPECT, label_report, label_table

TRAIN = 17_730 / (17_730 + 3_506)
"""RAD3D-Prefix trains on 17,730 scans and tests on 3,506."""

OFFICIAL: dict[str, Split] = {"train": "train", "valid": "validation", "validation": "validation", "test": "test"}

KEY = "impression_id"


@SOURCES.register("inspect")
class Inspect:
    """INSPECT as it is downloaded: ``full/`` or the folder that holds it.

    Parameters
    ----------
    split : RAD3D-Prefix's, drawn anew: stratified over its 21 entities (Tab. 6; found by our labeller, in the paper by
        a language model), by patient, without validation cases; or the one of the data set's own ``splits_*.tsv``,
        which appeared later.
    seed : of the drawn split.
    """

    def __init__(self, *, split: Literal["rad3d", "official"] = "rad3d", seed: int = 0) -> None:
        self.split, self.seed = split, seed

    def read(self, root: Path) -> Found:
        """List the scans that have an impression."""
        below = "full" if (root / "full").is_dir() else "."
        folder = root / below
        impressions = read_table(only_file(folder, "impressions_*.tsv"), [KEY, "impressions"])
        mapping = read_table(only_file(folder, "study_mapping_*.tsv"), [KEY, "image_id", "person_id"])
        frame = mapping.merge(impressions[[KEY, "impressions"]], on=KEY, how="inner")
        frame = frame.assign(
            id=frame["image_id"],
            patient=frame["person_id"],
            volume=Path(below, "CTPA").as_posix() + "/" + frame["image_id"] + ".nii.gz",
            impression=said(frame["impressions"]),
        )
        marks = np.array([label_report(text, INSPECT).vector() for text in frame["impression"]], dtype=bool)
        entities = np.array(label_table(INSPECT).labels)
        frame[EXTRA + "entities"] = [",".join(entities[there]) for there in marks]
        frame = _with_labels(frame, folder)
        if self.split == "official":
            return Found(records_of(_officially(frame, only_file(folder, "splits_*.tsv"))))
        fractions: dict[Split, float] = {"train": TRAIN, "test": 1 - TRAIN}
        frame["split"] = stratified(frame["patient"].tolist(), marks, fractions, seed=self.seed)
        return Found(records_of(frame))


def _with_labels(frame: Frame, folder: Path) -> Frame:
    """With the data set's own labels (embolism, outcomes) as text, where they were downloaded."""
    if not list(folder.glob("labels_*.tsv")):
        return frame
    labels = read_table(only_file(folder, "labels_*.tsv"), [KEY]).drop_duplicates(KEY)
    kept = [name for name in labels.columns if name not in frame and not name.lower().endswith(("_id", "datetime"))]
    labels = labels[[KEY, *kept]].rename(columns={name: EXTRA + name for name in kept})
    return frame.merge(labels, on=KEY, how="left").fillna({EXTRA + name: "" for name in kept})


def _officially(frame: Frame, file: Path) -> Frame:
    splits = read_table(file, [KEY, "split"])
    wrong = ~splits["split"].str.lower().isin(OFFICIAL)
    if wrong.any():
        row = splits.index[wrong][0]
        raise BadInput(f"{file}, row {row}: there is no split {splits['split'][row]!r}", code="unknown-split")
    of_case = dict(zip(splits[KEY], splits["split"].str.lower().map(OFFICIAL), strict=True))
    frame = frame.assign(split=frame[KEY].map(of_case))
    return frame.dropna(subset="split")
