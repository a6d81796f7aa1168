"""A phantom as files: the scan, its masks, and everything known of it as JSON.

``ct.nii.gz``; ``masks.nii.gz`` with ``masks.json`` and ``masks_lesions.nii.gz``, as every label map is written;
``findings.nii.gz``, whose values are the numbers of ``case.json``'s findings; ``masks_holes``, ``masks_shifted`` and
``masks_atlas``, the degraded maps; ``case.json``, written last.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ctscribe.anatomy.writing import write_labelmap, write_nifti
from ctscribe.data.phantom.case import VERSION, PhantomCase
from ctscribe.data.record import CaseRecord, Question
from ctscribe.files import write_atomically

CASE_NAME = "case.json"


def write_case(phantom: PhantomCase, folder: Path) -> None:
    """Write a phantom into its folder; ``case.json`` comes last, so its presence says that the rest is complete."""
    write_nifti(phantom.volume.hu, phantom.volume.affine, folder / "ct.nii.gz")
    write_nifti(phantom.instances, phantom.volume.affine, folder / "findings.nii.gz")
    write_labelmap(phantom.labelmap, folder / "masks.nii.gz")
    for name, labelmap in phantom.degraded.items():
        write_labelmap(labelmap, folder / f"masks_{name}.nii.gz")
    content = json.dumps(described(phantom), indent=1, ensure_ascii=False) + "\n"
    write_atomically({folder / CASE_NAME: content.encode()})


def described(phantom: PhantomCase) -> dict[str, Any]:
    """What ``case.json`` holds."""
    return {
        "id": phantom.id,
        "version": VERSION,
        "split": phantom.split,
        "anatomy": phantom.anatomy,
        "body": asdict(phantom.body),
        "acquisition": asdict(phantom.acquisition),
        "findings": [asdict(finding) for finding in phantom.findings],
        "labels": list(phantom.labels),
        "report": asdict(phantom.report),
        "questions": [asdict(question) for question in phantom.questions],
    }


def record_of(case: Mapping[str, Any], folder: str) -> CaseRecord:
    """The index's entry for what a ``case.json`` in a folder below the index says."""
    report = case["report"]
    return CaseRecord(
        id=case["id"],
        patient=case["id"],
        split=case["split"],
        volume=f"{folder}/ct.nii.gz",
        masks=f"{folder}/masks.nii.gz",
        findings=report["findings"],
        impression=report["impression"],
        sections={key: " ".join(one["text"] for one in said) for key, said in report["sections"].items()},
        labels=tuple(case["labels"]),
        questions=tuple(Question(**one | {"choices": tuple(one["choices"])}) for one in case["questions"]),
        extra={"findings_table": f"{folder}/{CASE_NAME}"},
    )
