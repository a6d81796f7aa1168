"""A case drawn by hand and a report on it, for every writer's tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from phantoms import chest_phantom

from ctscribe.anatomy.biomarkers import Biomarker
from ctscribe.anatomy.lesions import Lesion
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.case import Case
from ctscribe.ct.volume import DicomReferences, ScanMeta
from ctscribe.report.schema import (
    Author,
    BiomarkerEntry,
    Evidence,
    Finding,
    LesionEntry,
    Measurement,
    Report,
    Section,
    Technique,
)

DIAMETER_METHOD = "longest side of the bounding box in the axial plane (Eq. 7)"


def ball(volume, centre_mm, radius_mm):
    """A sphere of LPS centre and radius in mm on the volume's grid."""
    z, y, x = np.indices(volume.shape)
    position = np.stack([z, y, x, np.ones_like(z)], axis=-1) @ volume.affine.T
    return np.linalg.norm(position[..., :3] - np.array(centre_mm), axis=-1) <= radius_mm


def lesion_from(mask, volume, kind, region, sub_region):
    voxels = np.argwhere(mask)
    box = tuple((int(low), int(high)) for low, high in zip(voxels.min(0), voxels.max(0), strict=True))
    sides = [(high - low + 1) * step for (low, high), step in zip(box, volume.spacing, strict=True)]
    key_slice = int(mask.sum(axis=(1, 2)).argmax())
    centroid = volume.position(tuple(voxels.mean(0)))
    return Lesion(
        kind=kind,
        region=region,
        sub_region=sub_region,
        volume_ml=float(mask.sum() * volume.voxel_ml),
        diameter_mm=max(sides[1:]),
        centroid_mm=centroid,
        slices=box[0],
        key_slice=key_slice,
        box=box,
        mean_hu=float(volume.hu[mask].mean()),
        source="drawn truth",
        confidence=0.9,
    )


@pytest.fixture(scope="module")
def made_case() -> Case:
    """The chest phantom with a 30 mm nodule in the left lower lobe and a right pleural effusion."""
    volume, labelmap = chest_phantom(shape=(40, 64, 80), spacing=(8.0, 5.0, 5.0))
    nodule = ball(volume, (90.0, 30.0, -20.0), 16.0) & (labelmap.labels == 11)
    fluid = ball(volume, (-80.0, 70.0, -40.0), 40.0) & labelmap.mask("lung_lower_lobe_right")
    hu = volume.hu.copy()
    hu[nodule], hu[fluid] = 40, 8
    volume = replace(volume, hu=hu)
    empty = np.zeros(volume.shape, dtype=bool)
    labelmap = replace(
        labelmap, lesions={"lung_nodule": nodule, "pleural_effusion": fluid, "pericardial_effusion": empty}
    )
    lesions = (
        lesion_from(fluid, volume, "pleural_effusion", "lung", "pleura_right"),
        lesion_from(nodule, volume, "lung_nodule", "lung", "lung_lower_lobe_left"),
    )
    ratio = Biomarker(
        "cardiothoracic_ratio", "heart", 0.46, "1", ("heart",), "Gollub et al., J Thorac Imaging 2012", "axial, not PA"
    )
    line = (volume.position((20, 40, 38)), volume.position((20, 40, 44)))
    aorta = Biomarker("descending_aorta_diameter", "heart", 25.0, "mm", ("aorta",), "short axis", "", None, 20, line)
    spine = Biomarker("vertebral_attenuation_T12", "musculoskeletal", 182.0, "[hnsf'U]", ("vertebrae_T12",), "ROI", "")
    liver = Biomarker("liver_attenuation", "abdomen", None, "[hnsf'U]", ("liver",), "mean", "", "the organ is cut")
    return Case(volume, labelmap, lesions, (ratio, aorta, spine, liver))


def with_dicom(case: Case, **changes) -> Case:
    """The case as if it had been read from a DICOM series."""
    uids = tuple(f"1.2.826.0.1.3680043.10.1.{k + 1}" for k in range(case.volume.shape[0]))
    dicom = DicomReferences(
        study_instance_uid="1.2.826.0.1.3680043.10.1",
        series_instance_uid="1.2.826.0.1.3680043.10.2",
        frame_of_reference_uid="1.2.826.0.1.3680043.10.3",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        sop_instance_uids=uids,
    )
    meta = ScanMeta(format="dicom", dicom=replace(dicom, **changes))
    return replace(case, volume=replace(case.volume, meta=meta))


@pytest.fixture(scope="module")
def dicom_case(made_case: Case) -> Case:
    return with_dicom(made_case)


def measured(text, polarity, *evidence, labels=()):
    return Finding(text=text, polarity=polarity, origin="measured", labels=labels, evidence=evidence, confidence=0.9)


def lesion_evidence(case: Case, number: int) -> Evidence:
    lesion = case.lesions[number]
    return Evidence(
        structures=(lesion.sub_region,),
        lesion=number,
        slices=lesion.slices,
        key_slice=lesion.key_slice,
        centroid_mm=lesion.centroid_mm,
        measurements=(
            Measurement(name="diameter", value=lesion.diameter_mm, unit="mm", method=DIAMETER_METHOD),
            Measurement(name="volume", value=lesion.volume_ml, unit="mL", method="voxel count × voxel volume"),
        ),
        source=lesion.source,
    )


def made_report(case: Case) -> Report:
    """A report on ``made_case``, as a measured reporter would write it."""
    fluid, nodule = (lesion_evidence(case, number) for number in (0, 1))
    aorta = case.biomarkers[1]
    sentences = {
        "lung": (
            measured(
                "There is a 30 mm solid nodule in the left lower lobe.", "present", nodule, labels=("Lung nodule",)
            ),
            measured("A small right pleural effusion is present.", "present", fluid, labels=("Pleural effusion",)),
            measured("Not assessed: bronchial walls <b>&</b> septa.", "not_assessed"),
        ),
        "airway": (
            measured("The trachea is patent.", "normal", Evidence(structures=("trachea",), source="drawn truth")),
        ),
        "mediastinum": (measured("Not assessed: lymph nodes.", "not_assessed"),),
        "heart": (
            measured(
                "The heart is not enlarged (cardiothoracic ratio 0.46).",
                "normal",
                Evidence(structures=("heart",), source="drawn truth"),
            ),
            measured(
                "The descending aorta measures 25 mm.",
                "normal",
                Evidence(structures=("aorta",), key_slice=20, line_mm=aorta.line_mm, source="drawn truth"),
            ),
            measured("No pericardial effusion.", "absent", Evidence(structures=("pericardium",), source="drawn truth")),
        ),
        "abdomen": (
            Finding(text="The liver may be fatty.", polarity="uncertain", origin="model", evidence=(), confidence=0.4),
        ),
        "musculoskeletal": (
            measured(
                "Vertebral attenuation at T12 is 182 HU.",
                "normal",
                Evidence(structures=("vertebrae_T12",), key_slice=10, source="drawn truth"),
            ),
        ),
    }
    keys = ("kind", "sub_region", "volume_ml", "diameter_mm", "centroid_mm", "slices", "key_slice", "mean_hu", "source")
    measures = ("name", "region", "value", "unit", "method", "limits", "reason", "key_slice", "approximate")
    return Report(
        author=Author(name="measured", version="0.1.0", segmenter="drawn truth", software="ctscribe 0.1.0"),
        technique=Technique(
            format=case.volume.meta.format,
            slices=case.volume.shape[0],
            spacing_mm=case.volume.spacing,
            size_mm=case.volume.size_mm,
            limits=("Slices of 8.0 mm hide small nodules.",),
            text="CT of the chest, 40 slices, voxels of 5.0 × 5.0 × 8.0 mm.",
        ),
        sections=tuple(
            Section(key=region.key, title=region.title, findings=sentences[region.key]) for region in CHEST6
        ),
        impression=(
            measured("A 30 mm nodule in the left lower lobe.", "present", nodule),
            measured("Small right pleural effusion.", "present", fluid),
        ),
        lesions=tuple(LesionEntry(**{key: getattr(lesion, key) for key in keys}) for lesion in case.lesions),
        biomarkers=tuple(BiomarkerEntry(**{key: getattr(b, key) for key in measures}) for b in case.biomarkers),
    )


@pytest.fixture(scope="module")
def report(made_case: Case) -> Report:
    return made_report(made_case)


@pytest.fixture(scope="module")
def dicom_report(dicom_case: Case) -> Report:
    return made_report(dicom_case)
