"""Where a figure stops being normal: every limit the report judges by, with its published source.

A figure is judged as it is printed, so that the words never contradict the number beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ctscribe.ct.readers.kernels import kernel_class
from ctscribe.report.wording import printed

Judgement = Literal["normal", "borderline", "abnormal"]


@dataclass(frozen=True)
class Band:
    """The limits of one figure.

    Parameters
    ----------
    normal : limit of normality; a figure within ``error`` of it supports no claim of normality.
    abnormal : from here on (this value included) the figure is abnormal.
    error : how far the measurement may be off, in the figure's unit.
    source : the publication that the limits come from.
    low : the abnormal side lies low instead of high.
    """

    normal: float
    abnormal: float
    error: float
    source: str
    low: bool = False

    def judge(self, value: float) -> Judgement:
        """Normal, abnormal, or borderline: between the two limits or too close to tell."""
        sign = -1 if self.low else 1
        if sign * value >= sign * self.abnormal:
            return "abnormal"
        return "normal" if sign * value < sign * self.normal - self.error else "borderline"


BANDS: Mapping[str, Band] = {
    "cardiothoracic_ratio": Band(
        0.50,
        0.55,
        0.02,
        "0.50 by convention; 0.55 (Simkus, Insights Imaging 2021), 0.56 on CT (Chae, Clin Exp Emerg Med 2023)",
    ),
    "ascending_aorta_diameter": Band(
        40, 40, 2, "upper limit 40 mm (ESC 2014), 41 mm (Wolak, JACC Cardiovasc Imaging 2008)"
    ),
    "descending_aorta_diameter": Band(30, 30, 2, "upper limit 30 mm (Wolak, JACC Cardiovasc Imaging 2008)"),
    "pulmonary_trunk_diameter": Band(
        29, 32, 2, "90th percentile 29 mm in men (Truong, Circ Cardiovasc Imaging 2012); 32 mm leaves room for error"
    ),
    "emphysema_index": Band(
        5, 5, 2, "emphysema from 5 % (COPDGene; Amaza, Int J COPD 2021), low below 3 % (Johannessen, AJRCCM 2013)"
    ),
    "liver_attenuation": Band(
        48, 40, 5, "≤ 40 HU (Boyce, AJR 2010), 48 HU (Pickhardt, Eur Radiol 2012), without contrast", low=True
    ),
    "liver_minus_spleen": Band(1, -10, 3, "normal 1–18 HU (Park, Radiology 2006); −10 HU (ACR 2023)", low=True),
    "tracheal_diameter": Band(
        13,
        8,
        1,
        "lower limit, coronal: 13 mm in men, 10 mm in women (Breatnach, AJR 1984); 8 mm leaves room for error",
        low=True,
    ),
    "vertebral_attenuation": Band(
        160, 110, 10, "T12–L5, 120 kVp: 160 HU sensitive, 110 HU specific (Pickhardt, Ann Intern Med 2013)", low=True
    ),
}
"""Biomarker name → its limits; ``vertebral_attenuation`` stands for the levels T12 to L5."""

VERTEBRAL_LEVELS_JUDGED = ("L1", "T12", "L2", "L3", "L4", "L5")
"""Levels that the vertebral limits hold for, the one they were made for first."""

MASS_ABOVE_MM = 30.0
"""A nodule is at most 30 mm, more is a mass (Fleischner glossary, Bankier, Radiology 2024)."""


def is_mass(kind: str, diameter_mm: float) -> bool:
    """Whether a nodule's printed diameter makes it a mass."""
    return kind == "lung_nodule" and printed(diameter_mm, "mm") > MASS_ABOVE_MM


NODULE_LIMIT_MM = 6.0
"""Smaller nodules need no follow-up (Fleischner 2017), and the embedded detector is not held to find them."""

RESOLVED_SLICES = 2.0
"""A nodule that spans fewer slices cannot be told from a vessel, so no absence is claimed of it."""

AORTIC_ANEURYSM_MM: Mapping[str, float] = {"ascending_aorta_diameter": 50.0, "descending_aorta_diameter": 40.0}
"""150 % of the normal diameter (ACC/AHA 2010)."""

PLEURAL_MODERATE_ML, PLEURAL_LARGE_ML = 590.0, 1070.0
"""Half way between the mean volumes of effusions graded small (410), moderate (770) and large (1370 mL) on CT:
Chiao, Acad Radiol 2015."""

PERICARDIAL_PHYSIOLOGICAL_ML = 50.0
"""Up to here pericardial fluid is physiological."""

SEARCHED_FROM_ML: Mapping[str, float] = {
    "pleural_effusion": 20.0,
    "pericardial_effusion": 30.0,
    "consolidation": 3.0,
    "ground_glass": 5.0,
}
"""Lesion kind → the smallest volume that the embedded detectors look for, and that absence is said from."""

KIDNEY_CYST_FIRM_MM = 10.0
"""Smaller renal lesions are too small to characterise (Bosniak classification 2019, Silverman, Radiology 2019)."""

LIVER_MINUS_SPLEEN_UP_TO = 18.0
"""Upper end of the reference range (Park, Radiology 2006); a greater difference points to a wrong outline."""

CALCIFICATION_FIRM_ML = 0.02
"""Less calcium than this may be noise."""

CONFIDENT = 0.5
"""A detector less certain than this supports a possibility, not a claim."""

SEGMENTATION_LIMITS: Mapping[str, float] = {"lung_overlap": 0.85, "similarity": 0.5}
"""Segmenter's own figure → below this nothing in the report is certain."""

THICK_SLICES_MM = 3.0
"""Above this spacing small findings are missed, and the technique says so."""

STANDARD_KVP = (110.0, 130.0)
"""Tube voltages that the attenuation limits hold for: they were found at 120 kVp, and HU of bone and fat follow it."""


def standard_voltage(kvp: float | None) -> bool:
    """The attenuation limits hold at this tube voltage; an unknown one is taken for the usual 120 kVp."""
    return kvp is None or STANDARD_KVP[0] <= kvp <= STANDARD_KVP[1]


def sharp_kernel(kernel: str | None) -> bool:
    """A reconstruction kernel whose noise alone pushes healthy lung below −950 HU; an unknown name is not one."""
    return kernel_class(kernel) == "sharp"
