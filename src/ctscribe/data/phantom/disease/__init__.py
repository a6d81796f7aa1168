"""How each kind of disease is drawn, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.disease.airways import draw_bronchiectasis, draw_peribronchial_thickening
from ctscribe.data.phantom.disease.atelectasis import draw_atelectasis
from ctscribe.data.phantom.disease.bands import draw_fibrotic_band
from ctscribe.data.phantom.disease.body_distractors import BODY_DISTRACTORS
from ctscribe.data.phantom.disease.calcification import draw_arterial_calcification, draw_coronary_calcification
from ctscribe.data.phantom.disease.cardiomegaly import draw_cardiomegaly
from ctscribe.data.phantom.disease.cysts import draw_kidney_cyst, draw_liver_cyst
from ctscribe.data.phantom.disease.devices import draw_medical_material
from ctscribe.data.phantom.disease.disease import Disease
from ctscribe.data.phantom.disease.emphysema import draw_emphysema
from ctscribe.data.phantom.disease.hernia import draw_hiatal_hernia
from ctscribe.data.phantom.disease.interstitium import draw_septal_thickening
from ctscribe.data.phantom.disease.lung_distractors import LUNG_DISTRACTORS
from ctscribe.data.phantom.disease.lymph_nodes import draw_lymphadenopathy
from ctscribe.data.phantom.disease.mosaic import draw_mosaic_attenuation
from ctscribe.data.phantom.disease.nodules import draw_mass, draw_nodules
from ctscribe.data.phantom.disease.opacities import draw_consolidation, draw_ground_glass
from ctscribe.data.phantom.disease.pericardial_effusion import draw_pericardial_effusion
from ctscribe.data.phantom.disease.pleural_effusion import draw_pleural_effusion
from ctscribe.data.phantom.disease.ribs import draw_rib_fracture
from ctscribe.data.phantom.disease.steatosis import draw_hepatic_steatosis
from ctscribe.data.phantom.disease.vertebrae import draw_vertebral_compression
from ctscribe.data.phantom.level import Level

DISEASES: Mapping[str, Disease] = {
    # What changes organs comes first, then fluid; in the lung what needs room comes before what lies everywhere.
    "cardiomegaly": draw_cardiomegaly,
    "hepatic_steatosis": draw_hepatic_steatosis,
    "vertebral_compression": draw_vertebral_compression,
    "rib_fracture": draw_rib_fracture,
    "hiatal_hernia": draw_hiatal_hernia,
    "pericardial_effusion": draw_pericardial_effusion,
    "pleural_effusion": draw_pleural_effusion,
    "consolidation": draw_consolidation,
    "atelectasis": draw_atelectasis,
    "fibrotic_band": draw_fibrotic_band,
    "peribronchial_thickening": draw_peribronchial_thickening,
    "bronchiectasis": draw_bronchiectasis,
    "septal_thickening": draw_septal_thickening,
    "ground_glass": draw_ground_glass,
    "emphysema": draw_emphysema,
    "mosaic_attenuation": draw_mosaic_attenuation,
    "mass": draw_mass,
    "nodule": draw_nodules,
    "lymphadenopathy": draw_lymphadenopathy,
    "arterial_calcification": draw_arterial_calcification,
    "coronary_calcification": draw_coronary_calcification,
    "kidney_cyst": draw_kidney_cyst,
    "liver_cyst": draw_liver_cyst,
    "medical_material": draw_medical_material,
}
"""Finding kind → its disease, in the order in which they are drawn."""

DISTRACTORS: Mapping[str, Disease] = {**LUNG_DISTRACTORS, **BODY_DISTRACTORS}
"""Name → something that looks like a finding and is none."""


def draw_diseases(canvas: Canvas, kinds: Set[str], level: Level, rng: np.random.Generator) -> None:
    """Draw the planned kinds; each has a random stream of its own, so that one more leaves the others as they were."""
    for (kind, draw), stream in zip(DISEASES.items(), rng.spawn(len(DISEASES)), strict=True):
        if kind in kinds:
            draw(canvas, level, stream)


def draw_distractors(canvas: Canvas, level: Level, rng: np.random.Generator) -> None:
    """Draw as many things that only look like findings as a case of this level has."""
    few, most = level.distractors
    names = list(DISTRACTORS)
    for name in rng.permutation(names)[: int(rng.integers(few, most + 1))]:
        DISTRACTORS[str(name)](canvas, level, rng)
