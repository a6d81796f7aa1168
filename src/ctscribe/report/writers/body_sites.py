"""Where in the body: SNOMED CT codes of the structures, guidance regions and report regions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ctscribe.report.writers.codes import Concept, sct

LEFT = sct("7771000", "Left")
RIGHT = sct("24028007", "Right")


@dataclass(frozen=True)
class Site:
    """A place in the body: a concept, and the side where the concept itself has none."""

    concept: Concept
    laterality: Concept | None = None


_PLACES: Mapping[str, Concept] = {
    "lung": sct("39607008", "Lung"),
    "lung_upper_lobe": sct("45653009", "Upper lobe of lung"),
    "lung_middle_lobe": sct("72481006", "Middle lobe of right lung"),
    "lung_lower_lobe": sct("90572001", "Lower lobe of lung"),
    "airway": sct("44567001", "Trachea"),
    "trachea": sct("44567001", "Trachea"),
    "mediastinum": sct("72410000", "Mediastinum"),
    "esophagus": sct("32849002", "Esophagus"),
    "brachiocephalic_trunk": sct("12691009", "brachiocephalic trunk"),
    "brachiocephalic_vein": sct("8887007", "Brachiocephalic vein"),
    "subclavian_artery": sct("36765005", "Subclavian artery"),
    "heart": sct("80891009", "Heart"),
    "pericardium": sct("76848001", "Pericardium"),
    "aorta": sct("15825003", "Aorta"),
    "ascending_aorta": sct("54247002", "Ascending aorta"),
    "descending_aorta": sct("281130003", "Descending aorta"),
    "coronary_artery": sct("41801008", "Coronary artery"),
    "pulmonary_trunk": sct("45341000", "Pulmonary trunk"),
    "pulmonary_artery": sct("81040000", "Pulmonary artery"),
    "pulmonary_vein": sct("122972007", "Pulmonary vein"),
    "atrial_appendage_left": sct("33626005", "Left auricular appendage"),
    "superior_vena_cava": sct("48345005", "Superior vena cava"),
    "inferior_vena_cava": sct("64131007", "Inferior vena cava"),
    "pleura": sct("3120008", "Pleura"),
    "abdomen": sct("818981001", "Abdomen"),
    "spleen": sct("78961009", "Spleen"),
    "kidney": sct("64033007", "Kidney"),
    "gallbladder": sct("28231008", "Gallbladder"),
    "liver": sct("10200004", "Liver"),
    "stomach": sct("69695003", "Stomach"),
    "pancreas": sct("15776009", "Pancreas"),
    "adrenal_gland": sct("23451007", "Adrenal gland"),
    "small_bowel": sct("30315005", "Small intestine"),
    "duodenum": sct("38848004", "Duodenum"),
    "musculoskeletal": sct("272710004", "Bone of thorax"),
    "spinal_cord": sct("2748008", "Spinal cord"),
    "humerus": sct("85050009", "Humerus"),
    "scapula": sct("79601000", "Scapula"),
    "clavicula": sct("51299004", "Clavicle"),
    "rib": sct("113197003", "Rib"),
    "sternum": sct("56873002", "Sternum"),
    "costal_cartilages": sct("50016007", "Costal Cartilage"),
}

SIDED: Mapping[str, Concept] = {
    "lung_upper_lobe_left": sct("44714003", "Structure of upper lobe of left lung"),
    "lung_lower_lobe_left": sct("41224006", "Structure of lower lobe of left lung"),
    "lung_upper_lobe_right": sct("42400003", "Structure of upper lobe of right lung"),
    "lung_lower_lobe_right": sct("266005", "Structure of lower lobe of right lung"),
    "atrial_appendage_left": sct("33626005", "Left auricular appendage"),
}
"""Structure → the concept that names its side too, for forms that have no place for a laterality (FHIR R4)."""

_VERTEBRAE: Mapping[str, str] = {
    "C1": "14806007",
    "C2": "39976000",
    "C3": "113205007",
    "C4": "5329002",
    "C5": "36978003",
    "C6": "36054005",
    "C7": "87391001",
    "T1": "64864005",
    "T2": "53733008",
    "T3": "1626008",
    "T4": "73071006",
    "T5": "56401006",
    "T6": "45296009",
    "T7": "62487009",
    "T8": "11068009",
    "T9": "82687006",
    "T10": "7610001",
    "T11": "12989004",
    "T12": "23215003",
    "L1": "66794005",
    "L2": "14293000",
    "L3": "36470004",
    "L4": "11994002",
    "L5": "49668003",
}


def site_of(structure: str) -> Site | None:
    """Where a TotalSegmentator class, a guidance region or a chest-6 region is; ``None`` when no code is certain."""
    if level := re.search(r"vertebrae_([CTL]\d+)$", structure):
        code = _VERTEBRAE.get(level[1])
        return Site(sct(code, f"{level[1]} vertebra")) if code else None
    if structure in _PLACES:
        return Site(_PLACES[structure])
    side = re.search(r"_(left|right)(_\d+)?$", structure)
    stem = structure[: side.start()] if side else ""
    if side is None or stem not in _PLACES:
        return None
    if stem == "lung_middle_lobe":  # the concept names its side
        return Site(_PLACES[stem])
    return Site(_PLACES[stem], LEFT if side[1] == "left" else RIGHT)
