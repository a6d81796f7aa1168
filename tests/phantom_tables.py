"""Random tables of findings, as the phantom's diseases record them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.level import LEVELS, LevelName
from ctscribe.data.phantom.plan import draw_plan
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding, Side

EVERYTHING = frozenset(name for region in CHEST6 for name in region.structures)

MOST = {
    "nodule": 6, "mass": 2, "consolidation": 2, "ground_glass": 3, "atelectasis": 3, "fibrotic_band": 3,
    "bronchiectasis": 2, "pleural_effusion": 2, "lymphadenopathy": 4, "arterial_calcification": 3,
    "coronary_calcification": 3, "medical_material": 2, "kidney_cyst": 4, "liver_cyst": 3, "vertebral_compression": 2,
    "rib_fracture": 3,
}  # fmt: skip
WIDESPREAD = {"ground_glass", "emphysema", "septal_thickening", "peribronchial_thickening", "mosaic_attenuation"}
DIAMETERS = {
    "nodule": (4.0, 30.0), "mass": (30.5, 70.0), "kidney_cyst": (8.0, 50.0), "liver_cyst": (8.0, 50.0),
    "lymphadenopathy": (12.0, 45.0), "pleural_effusion": (40.0, 150.0), "hiatal_hernia": (20.0, 60.0),
}  # fmt: skip
MEASURES = {
    "thickness_mm": (4.0, 40.0), "short_axis_mm": (10.0, 30.0), "cardiothoracic_ratio": (0.53, 0.7),
    "liver_hu": (-5.0, 38.0), "height_loss_percent": (15.0, 60.0),
}  # fmt: skip
PLACES = {
    "lymphadenopathy": ("pulmonary_vein", "lung_lower_lobe_left"), "hiatal_hernia": ("esophagus", "stomach"),
    "cardiomegaly": ("heart",),
    "pericardial_effusion": ("pericardium", "heart"), "arterial_calcification": ("aorta",),
    "coronary_calcification": ("heart",), "medical_material": ("superior_vena_cava",), "liver_cyst": ("liver",),
    "hepatic_steatosis": ("liver",),
}  # fmt: skip


def random_table(rng: np.random.Generator, level: LevelName = "standard") -> list[PhantomFinding]:
    """Findings of a drawn plan; of what a case has at most one of each place or name, no two are alike in it."""
    plan = draw_plan(rng, LEVELS[level])
    table: list[PhantomFinding] = []
    for kind in (kind for kind in FINDING_KINDS if kind in plan):
        drawn = [random_finding(kind, rng) for _ in range(1 + int(rng.integers(MOST.get(kind, 1))))]
        table += {_name(finding, place): finding for place, finding in enumerate(drawn)}.values()
    return table


def random_finding(kind: str, rng: np.random.Generator) -> PhantomFinding:
    """One finding of a kind with every attribute and measure it needs."""
    of = FINDING_KINDS[kind]
    structures = _structures(kind, rng)
    low, high = DIAMETERS.get(kind, (0.0, 0.0))
    return PhantomFinding(
        kind,
        structures,
        _side(structures),
        {name: values[int(rng.integers(len(values)))] for name, values in of.attributes.items()},
        {name: float(rng.uniform(*MEASURES[name])) for name in of.measures},
        float(rng.uniform(low, high)) if high else None,
    )


def one_of_each(rng: np.random.Generator) -> list[PhantomFinding]:
    """A table with every kind once."""
    return [random_finding(kind, rng) for kind in FINDING_KINDS]


def renamed(finding: PhantomFinding, **attributes: str) -> PhantomFinding:
    """The finding with other attributes."""
    return replace(finding, attributes={**finding.attributes, **attributes})


def _name(finding: PhantomFinding, place: int) -> object:
    """What two findings of a case cannot share."""
    if finding.kind in {"pleural_effusion", "vertebral_compression", "rib_fracture"}:
        return finding.structures
    names = [finding.attributes[name] for name in ("station", "vessel", "device") if name in finding.attributes]
    return names[0] if names else place


def _structures(kind: str, rng: np.random.Generator) -> tuple[str, ...]:
    side = ("left", "right")[int(rng.integers(2))]
    if kind in PLACES:
        return PLACES[kind]
    if kind == "pleural_effusion":
        return (f"pleura_{side}",)
    if kind == "kidney_cyst":
        return (f"kidney_{side}",)
    if kind == "vertebral_compression":
        return (f"vertebrae_T{int(rng.integers(3, 13))}",)
    if kind == "rib_fracture":
        return (f"rib_{side}_{int(rng.integers(3, 11))}",)
    count = 1 + int(rng.integers(5 if kind in WIDESPREAD else 2))
    return tuple(LOBES[place] for place in rng.permutation(len(LOBES))[:count])


def _side(structures: tuple[str, ...]) -> Side | None:
    sides = [side for side in ("left", "right") if any(side in name.split("_") for name in structures)]
    return None if not sides else "both" if len(sides) == 2 else "left" if sides == ["left"] else "right"
