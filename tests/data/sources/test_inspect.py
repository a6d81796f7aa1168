"""INSPECT: RAD3D-Prefix's stratified split, and the official one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from data.sources import trees

from ctscribe.data.sources.inspect import Inspect
from ctscribe.errors import BadInput


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("1. No pulmonary embolism.\n2. Small pleural effusions.", ["Effusions"]),
        ("Acute emboli in both lower lobes; no effusion.", ["Embolism"]),
        ("No acute finding.", ["Others"]),
        ("No pneumonia but a mass in the left lung.", ["Mass"]),
        ("Consolidation is not seen.", ["Others"]),
        ("Enlarged lymph nodes, suspicious for malignancy or metastases.", ["Metastases", "Malignancy", "Node"]),
        ("Massive edema.", ["Edema"]),
    ],
)
def test_entities_are_those_that_the_impression_affirms(tmp_path: Path, text: str, entities: list[str]) -> None:
    root = trees.inspect(tmp_path, studies=400)
    file = next(root.glob("**/impressions_*.tsv"))
    table = pd.read_csv(file, sep="\t")
    table.loc[0, "impressions"] = text
    table.to_csv(file, sep="\t", index=False)
    said = {record.impression: record.extra["entities"] for record in Inspect().read(root).records}
    assert said[text].split(",") == entities


def test_rad3ds_split_is_stratified_seeded_and_by_patient(tmp_path: Path) -> None:
    root = trees.inspect(tmp_path, studies=400)
    records = Inspect(seed=1).read(root).records
    assert records == Inspect(seed=1).read(root).records
    assert records != Inspect(seed=2).read(root).records
    assert len({(record.patient, record.split) for record in records}) == 200
    sizes = Counter(record.split for record in records)
    assert sizes["test"] == pytest.approx(400 * 3506 / (17730 + 3506), abs=2)
    share = Counter(record.split for record in records if "Embolism" in record.extra["entities"].split(","))
    assert share["test"] == pytest.approx(100 * 3506 / (17730 + 3506), abs=2)


def test_a_study_and_its_labels(tmp_path: Path) -> None:
    one = Inspect().read(trees.inspect(tmp_path)).records[1]
    assert (one.id, one.patient, one.volume) == ("CT90001", "P0", "full/CTPA/CT90001.nii.gz")
    assert (one.findings, one.impression) == (None, "Acute embolus in the right lower lobe. 90001")
    assert one.reference == one.impression
    assert one.extra == {"entities": "Embolism", "pe_positive_nlp": "True"}


def test_the_official_split(tmp_path: Path) -> None:
    root = trees.inspect(tmp_path)
    counts = Counter(record.split for record in Inspect(split="official").read(root).records)
    assert counts == {"train": 30, "validation": 2, "test": 28}
    file = root / "full/splits_20250611.tsv"
    file.write_text(file.read_text().replace("valid", "dev", 1))
    with pytest.raises(BadInput, match="row 32: there is no split 'dev'"):
        Inspect(split="official").read(root)
