"""Your own cases: a table that says where their scans lie and what is known of them."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import get_args

import pandas as pd

from ctscribe.data.record import Split
from ctscribe.data.sources.source import EXTRA, SOURCES, Found, hilt_split, records_of
from ctscribe.data.tables import Column, Frame, read_table, said
from ctscribe.errors import BadInput
from ctscribe.registry import nearest_hint
from ctscribe.report.findings import CT_RATE_LABELS


@SOURCES.register("folder")
class Folder:
    """A CSV, TSV or XLSX file; paths in it are relative to its folder.

    Columns are named by options. Those with a default may be absent from the table; what else it has is kept.

    Parameters
    ----------
    table : the file.
    volume : the scan; must be there.
    id : unique name; by default the scan's file name.
    patient : who it is of; by default the id.
    split : train, validation or test; by default 70/10/20 by patient.
    masks : label map, or folder of masks.
    findings, impression : text.
    labels : ``ct-rate`` reads the 18 columns of CT-RATE's names.
    seed : of the split that is drawn when there is none.
    """

    def __init__(
        self,
        *,
        table: str = "cases.csv",
        volume: str = "volume",
        id: str = "id",
        patient: str = "patient",
        split: str = "split",
        masks: str = "masks",
        findings: str = "findings",
        impression: str = "impression",
        labels: str | None = None,
        seed: int = 0,
    ) -> None:
        self.table, self.labels, self.seed = table, labels, seed
        self.columns = {
            "volume": volume, "id": id, "patient": patient, "split": split, "masks": masks, "findings": findings,
            "impression": impression,
        }  # fmt: skip

    def read(self, root: Path) -> Found:
        """List the rows of the table."""
        file = root / self.table
        labels = _label_columns(self.labels)
        # A column that was named must be there; one by its default name need not.
        needed = [name for field, name in self.columns.items() if field == "volume" or name != field]
        given = read_table(file, [*needed, *labels])
        frame = pd.DataFrame(index=given.index)
        for field, name in self.columns.items():
            if name in given:
                frame[field] = said(given[name])
        for name in given.columns.difference([*self.columns.values(), *labels]):
            frame[EXTRA + str(name)] = given[name]
        if labels:
            frame["labels"] = _labels(given[labels], file)
        return Found(records_of(self._completed(frame, file)))

    def _completed(self, frame: Frame, file: Path) -> Frame:
        """With an id, a patient and a split for every case."""
        if not frame["volume"].all():
            row = frame.index[frame["volume"] == ""][0]
            raise BadInput(f"{file}, row {row} names no volume", code="missing-value")
        stems = frame["volume"].map(lambda volume: PurePath(volume).name.removesuffix(".gz").rsplit(".", 1)[0])
        frame["id"] = _or(frame.get("id"), stems)
        frame["patient"] = _or(frame.get("patient"), frame["id"])
        if "split" not in frame:
            return hilt_split(frame, self.seed)
        wrong = ~frame["split"].isin(get_args(Split))
        if wrong.any():
            row = frame.index[wrong][0]
            name = frame["split"][row]
            hint = nearest_hint(name, get_args(Split))
            raise BadInput(f"{file}, row {row}: there is no split {name!r}", hint=hint, code="unknown-split")
        return frame


def _label_columns(labels: str | None) -> list[str]:
    if labels not in (None, "ct-rate"):
        hint = nearest_hint(labels, ["ct-rate"])
        raise BadInput(f"there are no labels {labels!r}", hint=hint, code="wrong-value")
    return list(CT_RATE_LABELS) if labels else []


def _labels(values: Frame, file: Path) -> list[tuple[int, ...] | None]:
    wrong = ~values.isin(["0", "1", ""]).all(axis=1)
    if wrong.any():
        raise BadInput(f"{file}, row {values.index[wrong][0]}: a label is neither 0 nor 1", code="bad-label")
    return [None if "" in row else tuple(map(int, row)) for row in values.itertuples(index=False, name=None)]


def _or(column: Column | None, otherwise: Column) -> Column:
    return otherwise if column is None else column.mask(column == "", otherwise)
