"""Miniature trees in the exact layout of each public data set. All texts are invented."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
from dicom_series import ROOT, slices, write
from phantoms import chest_phantom

from ctscribe.report.findings import CT_RATE_LABELS

REPORTS = (
    "Both lungs are clear. The heart is not enlarged.",
    "A 6 mm nodule lies in the right upper lobe. There is no pleural effusion.",
    "Small left pleural effusion with atelectasis beside it.",
    "Coronary calcification. The thyroid is homogeneous.",
)


def write_rows(path: Path, rows: Sequence[Mapping[str, object]], separator: str = ",") -> Path:
    """A CSV file whose columns are the keys of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


def touch(root: Path, names: Iterable[str]) -> None:
    """Empty files where scans would lie: enough for everything that does not open them."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def write_scan(path: Path, shift_hu: int = 0) -> None:
    """A drawn chest as NIfTI, its values shifted by so many HU."""
    volume, _ = chest_phantom()
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine @ np.eye(4)[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image((volume.hu.T + np.int16(shift_hu)), affine), path)


def write_header(path: Path, shape: tuple[int, int, int]) -> None:
    """A NIfTI file of that shape without its voxels: whoever reads them fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = nibabel.Nifti1Header()
    header.set_data_shape(shape)
    path.write_bytes(gzip.compress(header.binaryblock + bytes(4), mtime=0))


CT_RATE_SCANS = {
    "train": ("train_1_a_1", "train_1_a_2", "train_2_a_1", "train_2_b_1", "train_3_a_1"),
    "valid": ("valid_1_a_1", "valid_2_a_2", "valid_2_a_10"),
}


def ct_rate_path(name: str, folder: str) -> str:
    kind, patient, scan, _ = name.split("_")
    return f"dataset/{folder}/{kind}_{patient}/{kind}_{patient}_{scan}/{name}.nii.gz"


def ct_rate(root: Path, fixed: bool = True) -> Path:
    """Eight volumes; train_3_a_1 shows no chest."""
    dataset = root / "dataset"
    for kind, names in CT_RATE_SCANS.items():
        stem = "train" if kind == "train" else "validation"
        touch(root, (ct_rate_path(name, kind + "_fixed" * fixed) for name in names))
        volumes = [f"{name}.nii.gz" for name in names]
        write_rows(
            dataset / "radiology_text_reports" / f"{stem}_reports.csv",
            [
                {
                    "VolumeName": volume,
                    "ClinicalInformation_EN": "Cough.",
                    "Technique_EN": "Without contrast.",
                    "Findings_EN": f"{REPORTS[at % 4]} Case {name.rsplit('_', 1)[0]}.",
                    "Impressions_EN": "Not given." if at == 0 else "Follow-up, in a year.",
                }
                for at, (name, volume) in enumerate(zip(names, volumes, strict=True))
            ],
        )
        # The columns stand in another order than the labels have: their names decide.
        write_rows(
            dataset / "multi_abnormality_labels" / f"{kind}_predicted_labels.csv",
            [
                {"VolumeName": volume} | {label: int(label == "Lung nodule") for label in reversed(CT_RATE_LABELS)}
                for volume in volumes
            ],
        )
        write_rows(
            dataset / "metadata" / f"{stem}_metadata.csv",
            [
                {
                    "VolumeName": volume, "Manufacturer": "Invented", "PatientSex": "F", "PatientAge": "036Y",
                    "Rows": 512, "Columns": 512, "XYSpacing": "[0.34, 0.35]",
                    "RescaleIntercept": -8192, "RescaleSlope": 1,
                    "NumberofSlices": 300, "ZSpacing": 1.5, "StudyDate": 20200101,
                }
                for volume in volumes
            ],
        )  # fmt: skip
        (dataset / "metadata" / f"no_chest_{kind}.txt").write_text("train_3_a_1.nii.gz\n" if kind == "train" else "")
    return root


def radgenome(root: Path) -> Path:
    """Two training volumes and one of validation."""
    dataset = root / "dataset"
    for kind, stem, numbers in (("train", "train", (1, 2)), ("valid", "validation", (7,))):
        names = [f"{kind}_{number}_a_1" for number in numbers]
        touch(root, (f"dataset/{kind}_preprocessed/{n[:-4]}/{n[:-4]}a/{n}.nii.gz" for n in names))
        for name in names:
            for region in ("lung", "heart", "trachea and bronchie"):
                touch(root, [f"dataset/{kind}_region_mask/seg_{name}/{region}.nii.gz"])
        files = dataset / "radgenome_files"
        sentences = [
            ("", "The scan is of diagnostic quality."),
            ("lung/left lung", "No nodule on the left."),
            ("trachea and bronchie", "The trachea is open."),
            ("pleura", "There is no effusion."),
            ("thyroid", "The thyroid is homogeneous."),
        ]
        rows = [(f"{name}.nii.gz", place, text) for name in names for place, text in sentences]
        columns = ("Volumename", "Anatomy", "Sentence")
        write_rows(files / f"{stem}_region_report.csv", [dict(zip(columns, row, strict=True)) for row in rows])
        volume = f"{names[0]}.nii.gz"
        tables = {
            "abnormality": {"Volumename": volume, "Anatomy": "lung/left lung", "Abnormality": "Nodule"},
            "location": {"Volumename": volume, "Anatomy": "lung/left lung", "Abnormality": "Nodule"},
            "presence": {"Volumename": volume, "Anatomy": "", "Finding": "Emphysema", "Presence": "No."},
            "size": {"Volumename": volume, "Anatomy": "lung/left lung", "Abnormality": "Nodule", "Size": "5 mm"},
        }
        for name, row in tables.items():
            write_rows(files / f"{stem}_vqa_{name}.csv", [row])
    return root


def amos_mm(root: Path) -> Path:
    """One training and one validation case, with questions on the first."""

    def entry(image: str) -> dict[str, object]:
        report = {
            "findings": {"chest": REPORTS[1], "abdomen": "The liver is smooth.", "pelvis": ""},
            "impression": {"chest": "Nodule."},
        }
        return {"image": image, "meta": {"spacing": [0.7, 0.7, 5.0]}, "labels": {"report": report}}

    asked = {"question": "Where is the nodule?", "options": {"A": "Left", "B": "Right"}, "answer": "B"}
    reports = {"training": [entry("imagesTr/amos_0001.nii.gz")], "validation": [entry("imagesVa/amos_0002.nii.gz")]}
    questions = {"training": [{"image": "imagesTr/amos_0001.nii.gz", "labels": {"qa": [asked]}}]}
    root.mkdir(exist_ok=True)
    (root / "report_generation_train_val.json").write_text(json.dumps(reports))
    (root / "vqa_train_val.json").write_text(json.dumps(questions))
    touch(root, ("imagesTr/amos_0001.nii.gz", "imagesVa/amos_0002.nii.gz"))
    return root


INSPECT_TEXTS = (
    "1. No pulmonary embolism.\n2. Small pleural effusions.",
    "Acute embolus in the right lower lobe.",
    "No acute finding.",
    "Nodules, likely metastatic disease. Effusion is absent.",
)


def inspect(root: Path, studies: int = 60) -> Path:
    """Studies of half as many patients."""
    full = root / "full"
    keys = [f"9{at:04d}" for at in range(studies)]
    touch(root, (f"full/CTPA/CT{key}.nii.gz" for key in keys))
    write_rows(
        full / "impressions_20250611.tsv",
        [{"impression_id": key, "impressions": INSPECT_TEXTS[at % 4] + f" {key}"} for at, key in enumerate(keys)],
        "\t",
    )
    write_rows(
        full / "study_mapping_20250611.tsv",
        [
            {
                "impression_id": key,
                "image_id": f"CT{key}",
                "person_id": f"P{at // 2}",
                "procedure_DATETIME": "2014-01-01",
            }
            for at, key in enumerate(keys)
        ],
        "\t",
    )
    splits = ["train"] * (studies // 2) + ["valid"] * 2 + ["test"] * (studies - studies // 2 - 2)
    write_rows(
        full / "splits_20250611.tsv",
        [{"impression_id": key, "split": split} for key, split in zip(keys, splits, strict=True)],
        "\t",
    )
    write_rows(
        full / "labels_20250611.tsv",
        [{"impression_id": key, "pe_positive_nlp": at % 4 == 1} for at, key in enumerate(keys)],
        "\t",
    )
    return root


def bimcv_r(root: Path) -> Path:
    """Six scans: one report is short, one a copy, one scan is absent, one small."""
    long = "The lungs are clear and the heart is of normal size, case number {}."
    texts = [long.format(0), "Normal.", long.format(0), long.format(3), long.format(4), long.format(5)]
    rows = [{"image": f"CT1/ct/scan{at}.nii.gz", "report": text} for at, text in enumerate(texts)]
    write_rows(root / "reports.csv", rows)
    for at in (0, 1, 2, 4, 5):
        write_header(root / f"CT{at % 2}/ct/scan{at}.nii.gz", (512, 512, 255 if at == 4 else 256))
    return root


def m3d_cap(root: Path) -> Path:
    """Two volumes of one patient, one of another."""
    entries = {"train": [("005537", "Axial_x"), ("005537", "Coronal_x")], "test": [("000001", "Axial_y")]}
    content = {}
    for split, names in entries.items():
        content[split] = [
            {"image": f"ct_case/{case}/{name}.npy", "text": f"ct_case/{case}/text.txt"} for case, name in names
        ]
        for case, name in names:
            (root / "ct_case" / case).mkdir(parents=True, exist_ok=True)
            np.save(root / f"ct_case/{case}/{name}.npy", np.zeros((1, 4, 8, 8), np.uint8))
            (root / f"ct_case/{case}/text.txt").write_text(f"{REPORTS[0]} Case {case}.\n")
    (root / "M3D_Cap.json").write_text(json.dumps(content))
    return root


def m3d_vqa(root: Path) -> Path:
    """Two questions on one volume."""
    rows = [
        {
            "Image Path": "ct_case/005537/Axial_x.npy", "Question": f"Question {at}?", "Choice A": "left",
            "Choice B": "right", "Choice C": "both", "Choice D": "none", "Answer": "right", "Answer Choice": "B",
            "Question Type": 3,
        }
        for at in range(2)
    ]  # fmt: skip
    write_rows(root / "M3D_VQA_test.csv", rows)
    touch(root, ["ct_case/005537/Axial_x.npy"])
    return root


def rexgroundingct(root: Path) -> Path:
    """One training case with its scan in one folder, one validation case in CT-RATE's layout."""

    def entry(name: str) -> dict[str, object]:
        texts = {"0": "Nodule in the right upper lobe.", "1": "Left effusion."}
        return {"name": name, "findings": texts, "category": {"0": "2d", "1": "2e"}, "pixels": {"0": 57, "1": 9000}}

    names = ("train_5_a_1.nii.gz", "train_6_a_1.nii.gz")
    root.mkdir(exist_ok=True)
    (root / "dataset.json").write_text(json.dumps({"train": [entry(names[0])], "val": [entry(names[1])]}))
    touch(root, [f"images/{names[0]}", "images/train_fixed/train_6/train_6_a/train_6_a_1.nii.gz"])
    touch(root, (f"segmentations/{name}" for name in names))
    return root


def merlin(root: Path) -> Path:
    """Three studies."""
    root.mkdir(exist_ok=True)
    rows = [
        {"study id": "AC1", "Findings": "FINDINGS: Liver smooth. IMPRESSION: Normal.", "Split": "train"},
        {"study id": "AC2", "Findings": "Renal cyst.", "Split": "val"},
        {"study id": "AC3", "Findings": "No stones.", "Split": "test"},
    ]
    pd.DataFrame(rows).to_excel(root / "reports_final.xlsx", index=False)
    touch(root, ("merlin_data/AC1.nii", "merlin_data/AC2.nii.gz", "merlin_data/AC3.nii.gz"))
    return root


def folder(root: Path) -> Path:
    """Two cases with a split, and a column more."""
    rows = [
        {"id": "a", "patient": "p", "split": "train", "volume": "a.nii.gz", "findings": REPORTS[0], "site": "north"},
        {"id": "b", "patient": "q", "split": "test", "volume": "b.nii.gz", "findings": "", "site": ""},
    ]
    write_rows(root / "cases.csv", rows)
    touch(root, ("a.nii.gz", "b.nii.gz"))
    return root


SQUARE = [(row, column) for row in range(20, 31) for column in range(30, 41) if row in (20, 30) or column in (30, 40)]
"""The outline of a square; 9×9 pixels lie within."""


def lidc_xml(
    readers: Sequence[Sequence[tuple[str, bool, Sequence[tuple[int, int]]]]], series: str = f"{ROOT}.3"
) -> str:
    """Readings; each reader's outlines are SOP instance, inclusion and points (row, column)."""

    def roi(uid: str, included: bool, points: Sequence[tuple[int, int]]) -> str:
        edges = "".join(f"<edgeMap><xCoord>{x}</xCoord><yCoord>{y}</yCoord></edgeMap>" for y, x in points)
        said = str(included).upper()
        return f"<roi><imageSOP_UID>{uid}</imageSOP_UID><inclusion>{said}</inclusion>{edges}</roi>"

    readings = "".join(
        "<readingSession><unblindedReadNodule><noduleID>1</noduleID>"
        + "".join(roi(*outline) for outline in outlines)
        + "</unblindedReadNodule></readingSession>"
        for outlines in readers
    )
    head = f"<ResponseHeader><SeriesInstanceUid>{series}</SeriesInstanceUid></ResponseHeader>"
    return f'<LidcReadMessage xmlns="http://www.nih.gov">{head}{readings}</LidcReadMessage>'


def lidc(root: Path) -> Path:
    """One series; three readers outlined a square on its fifth slice, one of them with a hole."""
    folder = write(slices(), root / "LIDC-IDRI" / "LIDC-IDRI-0001" / "study" / "series")
    uid = f"{ROOT}.3.5"
    hole = [(row, column) for row in (24, 25, 26) for column in (34, 35, 36) if (row, column) != (25, 35)]
    square = (uid, True, SQUARE)
    readers = [[square], [square, (uid, False, hole)], [square], [(uid, True, [(50, 50)])]]
    (folder / "069.xml").write_text(lidc_xml(readers))
    (root / "notes.xml").write_text("<other/>")
    return root
