"""What a phantom may show, and the truth about one thing that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ctscribe.types import Point, SliceRange

Side = Literal["left", "right", "both"]


@dataclass(frozen=True)
class FindingKind:
    """A kind of disease.

    Parameters
    ----------
    region : chest-6 region that it is reported under.
    labels : the CT-RATE labels that it makes positive.
    mask : name of its lesion mask, in a label map and on disk.
    attributes : attribute → the values it may have. Every finding of the kind has exactly these.
    measures : figures in mm, mL, % or without unit that every finding of the kind has besides diameter and volume.
    """

    region: str
    labels: tuple[str, ...]
    mask: str
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measures: tuple[str, ...] = ()


_SEVERITY = ("mild", "moderate", "severe")
_SIZE = ("small", "moderate", "large")

FINDING_KINDS: Mapping[str, FindingKind] = {
    "nodule": FindingKind(
        "lung", ("Lung nodule",), "lung_nodule",
        {"density": ("solid", "part-solid", "ground-glass", "calcified"), "margin": ("smooth", "spiculated")},
    ),
    "mass": FindingKind("lung", ("Lung nodule",), "lung_nodule", {"margin": ("lobulated", "spiculated")}),
    "consolidation": FindingKind(
        "lung", ("Consolidation",), "consolidation",
        {"extent": ("patchy", "segmental", "lobar"), "bronchogram": ("yes", "no")},
    ),
    "ground_glass": FindingKind(
        "lung", ("Lung opacity",), "ground_glass", {"pattern": ("patchy", "peripheral", "diffuse")}
    ),
    "emphysema": FindingKind(
        "lung", ("Emphysema",), "emphysema", {"type": ("centrilobular", "paraseptal"), "severity": _SEVERITY}
    ),
    "atelectasis": FindingKind("lung", ("Atelectasis",), "atelectasis", {"type": ("linear", "segmental", "passive")}),
    "fibrotic_band": FindingKind("lung", ("Pulmonary fibrotic sequela",), "fibrotic_band"),
    "septal_thickening": FindingKind(
        "lung", ("Interlobular septal thickening",), "septal_thickening", {"severity": _SEVERITY}
    ),
    "peribronchial_thickening": FindingKind(
        "lung", ("Peribronchial thickening",), "peribronchial_thickening", {"severity": _SEVERITY}
    ),
    "bronchiectasis": FindingKind(
        "lung", ("Bronchiectasis",), "bronchiectasis", {"type": ("cylindrical", "cystic")}
    ),
    "mosaic_attenuation": FindingKind("lung", ("Mosaic attenuation pattern",), "mosaic_attenuation"),
    "pleural_effusion": FindingKind(
        "lung", ("Pleural effusion",), "pleural_effusion", {"size": _SIZE}, ("thickness_mm",)
    ),
    "lymphadenopathy": FindingKind(
        "mediastinum", ("Lymphadenopathy",), "lymph_node",
        {"station": ("right paratracheal", "left paratracheal", "aortopulmonary", "subcarinal", "right hilar",
                     "left hilar")},
        ("short_axis_mm",),
    ),
    "hiatal_hernia": FindingKind("mediastinum", ("Hiatal hernia",), "hiatal_hernia", {"size": _SIZE}),
    "cardiomegaly": FindingKind(
        "heart", ("Cardiomegaly",), "cardiomegaly", {"severity": _SEVERITY}, ("cardiothoracic_ratio",)
    ),
    "pericardial_effusion": FindingKind(
        "heart", ("Pericardial effusion",), "pericardial_effusion", {"size": _SIZE}, ("thickness_mm",)
    ),
    "arterial_calcification": FindingKind(
        "heart", ("Arterial wall calcification",), "arterial_calcification",
        {"vessel": ("ascending aorta", "aortic arch", "descending aorta"), "severity": _SEVERITY},
    ),
    "coronary_calcification": FindingKind(
        "heart", ("Coronary artery wall calcification",), "coronary_calcification",
        {"vessel": ("left anterior descending", "circumflex", "right coronary"), "severity": _SEVERITY},
    ),
    "medical_material": FindingKind(
        "heart", ("Medical material",), "medical_material",
        {"device": ("central venous catheter", "pacemaker", "sternal wires", "chest tube", "nasogastric tube")},
    ),
    "kidney_cyst": FindingKind("abdomen", (), "kidney_cyst"),
    "liver_cyst": FindingKind("abdomen", (), "liver_cyst"),
    "hepatic_steatosis": FindingKind("abdomen", (), "hepatic_steatosis", {"severity": _SEVERITY}, ("liver_hu",)),
    "vertebral_compression": FindingKind(
        "musculoskeletal", (), "vertebral_compression", {"severity": _SEVERITY}, ("height_loss_percent",)
    ),
    "rib_fracture": FindingKind("musculoskeletal", (), "rib_fracture"),
}  # fmt: skip
"""Every kind a phantom can show."""


@dataclass(frozen=True)
class PhantomFinding:
    """One thing that was inserted.

    Parameters
    ----------
    kind : a key of ``FINDING_KINDS``.
    structures : TotalSegmentator classes or guidance regions that it lies in, the most affected first, such as
        ``lung_lower_lobe_left``, ``pleura_right``, ``rib_left_6``.
    side : left, right or both; ``None`` in the midline.
    attributes, measures : what ``FINDING_KINDS`` lists for the kind.
    diameter_mm : as it was drawn: the longest side of the box around it in the axial plane. ``None`` for what has no
        size of its own (bands, diffuse disease).
    number : its value in the phantom's instance map; 0 for a finding that has no voxels of its own (cardiomegaly).
    volume_ml, centroid_mm, slices : of its voxels; taken from the finished instance map.
    """

    kind: str
    structures: tuple[str, ...]
    side: Side | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    diameter_mm: float | None = None
    number: int = 0
    volume_ml: float | None = None
    centroid_mm: Point | None = None
    slices: SliceRange | None = None
