"""The 18 abnormality labels of CT-RATE, in the order of its label files (Hamamci et al., arXiv 2403.17834)."""

from __future__ import annotations

from ctscribe.anatomy.detectors.opacity import SOURCE as OPACITY_DETECTOR

CT_RATE_LABELS: tuple[str, ...] = (
    "Medical material",
    "Arterial wall calcification",
    "Cardiomegaly",
    "Pericardial effusion",
    "Coronary artery wall calcification",
    "Hiatal hernia",
    "Lymphadenopathy",
    "Emphysema",
    "Atelectasis",
    "Lung nodule",
    "Lung opacity",
    "Pulmonary fibrotic sequela",
    "Pleural effusion",
    "Mosaic attenuation pattern",
    "Peribronchial thickening",
    "Consolidation",
    "Bronchiectasis",
    "Interlobular septal thickening",
)

LABEL_OF_KIND: dict[str, str | None] = {
    "lung_nodule": "Lung nodule",
    "pleural_effusion": "Pleural effusion",
    "pericardial_effusion": "Pericardial effusion",
    "kidney_cyst": None,
    "consolidation": "Consolidation",
    "ground_glass": "Lung opacity",
}
"""Lesion kind → the label it makes positive, ``None`` where CT-RATE has none."""


def told_by_density_alone(kind: str, source: str) -> bool:
    """Whether a consolidation is no more than dense lung: its finder cannot tell it from collapse or tumour."""
    return kind == "consolidation" and source == OPACITY_DETECTOR
