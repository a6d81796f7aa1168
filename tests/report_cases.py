"""Cases made by hand for the report's tests: a block of organs, lesions and biomarkers with the figures one wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ctscribe.anatomy.biomarkers import Biomarker
from ctscribe.anatomy.labelmap import LabelMap
from ctscribe.anatomy.lesions import KINDS, REPORT_REGION, Lesion
from ctscribe.case import Case
from ctscribe.ct.volume import CTVolume, ScanMeta, canonical_affine
from ctscribe.report.schema import LesionEntry

STRUCTURES = (
    "lung_upper_lobe_left",
    "lung_lower_lobe_left",
    "lung_upper_lobe_right",
    "lung_middle_lobe_right",
    "lung_lower_lobe_right",
    "heart",
    "aorta",
    "liver",
    "spleen",
    "kidney_left",
    "kidney_right",
    "vertebrae_T12",
    "vertebrae_L1",
)
SUB_REGIONS = {
    "lung_nodule": STRUCTURES[:5],
    "consolidation": STRUCTURES[:5],
    "ground_glass": STRUCTURES[:5],
    "pleural_effusion": ("pleura_left", "pleura_right"),
    "pericardial_effusion": ("pericardium",),
    "kidney_cyst": ("kidney_left", "kidney_right"),
}
UNITS = {
    "lung_volume_total": ("lung", "mL", STRUCTURES[:5]),
    "emphysema_index": ("lung", "%", STRUCTURES[:5]),
    "tracheal_diameter": ("airway", "mm", ("trachea",)),
    "cardiothoracic_ratio": ("heart", "1", ("heart", *STRUCTURES[:5])),
    "ascending_aorta_diameter": ("heart", "mm", ("aorta",)),
    "descending_aorta_diameter": ("heart", "mm", ("aorta",)),
    "pulmonary_trunk_diameter": ("heart", "mm", ("pulmonary_trunk",)),
    "aortic_calcification_volume": ("heart", "mL", ("aorta",)),
    "coronary_calcification_volume": ("heart", "mL", ("heart",)),
    "liver_attenuation": ("abdomen", "[hnsf'U]", ("liver",)),
    "liver_minus_spleen": ("abdomen", "[hnsf'U]", ("liver", "spleen")),
    "vertebral_attenuation_T12": ("musculoskeletal", "[hnsf'U]", ("vertebrae_T12",)),
    "vertebral_attenuation_L1": ("musculoskeletal", "[hnsf'U]", ("vertebrae_L1",)),
    "vertebral_attenuation_T7": ("musculoskeletal", "[hnsf'U]", ("vertebrae_T7",)),
}
SLICES = 26


def biomarker(name: str, value: float | None, *, approximate: bool = False, reason: str | None = None) -> Biomarker:
    region, unit, structures = UNITS[name]
    return Biomarker(
        name=name,
        region=region,
        value=value,
        unit=unit,
        structures=structures,
        method="published method",
        limits="its limits",
        reason=reason if value is None else None,
        key_slice=5,
        approximate=approximate,
    )


def lesion(
    kind: str = "lung_nodule",
    sub_region: str = "lung_lower_lobe_left",
    diameter_mm: float = 12.0,
    volume_ml: float = 0.9,
    key_slice: int = 7,
    confidence: float | None = None,
) -> Lesion:
    return Lesion(
        kind=kind,  # type: ignore[arg-type]
        region=REPORT_REGION[kind],  # type: ignore[index]
        sub_region=sub_region,
        volume_ml=volume_ml,
        diameter_mm=diameter_mm,
        centroid_mm=(10.0, 20.0, -30.0),
        slices=(key_slice - 1, key_slice + 1),
        key_slice=key_slice,
        box=((key_slice - 1, key_slice + 1), (3, 5), (3, 5)),
        mean_hu=35.0,
        source="detector",
        confidence=confidence,
    )


def lesion_entry(kind: str, diameter_mm: float, source: str = "masks") -> LesionEntry:
    return LesionEntry(
        kind=kind,
        sub_region="lung_lower_lobe_left",
        volume_ml=1.0,
        diameter_mm=diameter_mm,
        centroid_mm=(0.0, 0.0, 0.0),
        slices=(1, 2),
        key_slice=1,
        source=source,
    )


def make_case(
    lesions: Sequence[Lesion] = (),
    biomarkers: Sequence[Biomarker] = (),
    *,
    looked_for: Sequence[str] = KINDS,
    structures: Sequence[str] = STRUCTURES,
    meta: ScanMeta | None = None,
    slice_mm: float = 2.5,
    blood_hu: int = 40,
    confidence: Mapping[str, float] | None = None,
    approximate: frozenset[str] = frozenset(),
    notes: tuple[str, ...] = (),
    cut_off: bool = False,
) -> Case:
    """A case whose organs are one column each, up to the last slice when ``cut_off``.

    A kind is looked for when named, or when a lesion of it is given.
    """
    affine = canonical_affine((slice_mm, 4.0, 4.0))
    labels = np.zeros((SLICES, 10, 5 * len(STRUCTURES) + 2), dtype=np.uint8)
    names = {number: name for number, name in enumerate(STRUCTURES, start=1) if name in structures}
    for number in names:
        labels[1 : SLICES if cut_off else -1, 1:-1, 5 * number - 4 : 5 * number + 1] = number
    masks = {kind: np.zeros(labels.shape, dtype=bool) for kind in {*looked_for, *(one.kind for one in lesions)}}
    for one in lesions:
        masks[one.kind][one.key_slice, 4, 4] = True
    volume = CTVolume(np.full(labels.shape, blood_hu, dtype=np.int16), affine, meta or ScanMeta())
    labelmap = LabelMap(
        labels,
        names,
        affine,
        source="masks drawn by hand",
        lesions=masks,
        confidence=confidence or {},
        approximate=approximate,
        notes=notes,
    )
    return Case(volume, labelmap, tuple(sorted(lesions, key=lambda one: -one.volume_ml)), tuple(biomarkers))


def random_case(seed: int) -> Case:
    """Any mixture of lesions, biomarkers, gaps, doubts and acquisitions."""
    rng = np.random.default_rng(seed)

    def maybe(*choices: object) -> object:
        return choices[int(rng.integers(len(choices)))]

    lesions = []
    for kind in KINDS:
        for _ in range(int(rng.choice([0, 0, 1, 2, 8]))):
            diameter = float(rng.uniform(2, 60))
            lesions.append(
                lesion(
                    kind,
                    str(rng.choice(SUB_REGIONS[kind])),
                    diameter,
                    float(rng.choice([0.01, 0.996, 9.97, 40, 700, 1500]) * rng.uniform(0.5, 1.5)),
                    int(rng.integers(1, SLICES - 1)),
                    maybe(None, float(rng.uniform(0, 1))),  # type: ignore[arg-type]
                )
            )
    ranges = {"1": (0.3, 0.7), "mm": (15, 60), "%": (0, 20), "mL": (0, 0.1), "[hnsf'U]": (-40, 220)}
    biomarkers = []
    for name, (_, unit, _) in UNITS.items():
        if rng.random() < 0.8:
            low, high = (2000, 7000) if name == "lung_volume_total" else ranges[unit]
            value = maybe(None, 0.0 if unit == "mL" else low, *rng.uniform(low, high, 4).tolist())
            biomarkers.append(
                biomarker(name, value, approximate=bool(rng.random() < 0.2), reason=maybe(None, "cut off at slice 3"))  # type: ignore[arg-type]
            )
    return make_case(
        lesions,
        biomarkers,
        looked_for=[kind for kind in KINDS if rng.random() < 0.8],
        structures=[name for name in STRUCTURES if rng.random() < 0.95],
        meta=ScanMeta(
            format=maybe("dicom", "nifti", "nrrd", "metaimage", "array"),  # type: ignore[arg-type]
            slice_thickness_mm=maybe(None, 1.0, 6.0),  # type: ignore[arg-type]
            contrast=maybe(None, True, False),  # type: ignore[arg-type]
            kvp=maybe(None, 80.0, 120.0),  # type: ignore[arg-type]
            kernel=maybe(None, "STANDARD", "LUNG"),  # type: ignore[arg-type]
        ),
        slice_mm=float(rng.choice([1.0, 2.5, 8.0])),
        blood_hu=int(rng.choice([40, 80, 300])),
        cut_off=bool(rng.random() < 0.3),
        confidence={} if rng.random() < 0.8 else {"lung_overlap": float(rng.uniform(0.5, 1))},
        approximate=frozenset(maybe((), STRUCTURES[:5], ("heart",))),  # type: ignore[arg-type]
    )
