from __future__ import annotations

import pytest

from ctscribe.anatomy.taxonomy import CHEST6, load_taxonomy, totalsegmentator_classes
from ctscribe.errors import BadInput

NUMBERS = range(1, 13)

# MedRegion-CT, Supplementary Tab. S2, with TotalSegmentator's spelling.
TABLE_S2 = {
    "lung": {
        "lung_upper_lobe_left",
        "lung_lower_lobe_left",
        "lung_upper_lobe_right",
        "lung_middle_lobe_right",
        "lung_lower_lobe_right",
    },
    "airway": {"trachea"},
    "mediastinum": {
        "esophagus",
        "brachiocephalic_trunk",
        "subclavian_artery_right",
        "subclavian_artery_left",
        "brachiocephalic_vein_left",
        "brachiocephalic_vein_right",
    },
    "heart": {
        "heart",
        "aorta",
        "pulmonary_vein",
        "atrial_appendage_left",
        "superior_vena_cava",
        "inferior_vena_cava",
    },
    "abdomen": {
        "spleen",
        "kidney_right",
        "kidney_left",
        "gallbladder",
        "liver",
        "stomach",
        "pancreas",
        "adrenal_gland_right",
        "adrenal_gland_left",
        "small_bowel",
        "duodenum",
    },
    "musculoskeletal": {
        *("vertebrae_C6", "vertebrae_C7"),
        *(f"vertebrae_T{level}" for level in NUMBERS),
        *(f"vertebrae_L{level}" for level in range(1, 5)),
        "spinal_cord",
        *(f"{bone}_{side}" for bone in ("humerus", "scapula", "clavicula") for side in ("left", "right")),
        *(f"rib_{side}_{number}" for side in ("left", "right") for number in NUMBERS),
        "sternum",
        "costal_cartilages",
    },
}


def test_chest6_is_the_papers_table():
    assert {region.key: set(region.structures) for region in CHEST6} == TABLE_S2


def test_chest6_is_in_the_reports_order():
    assert [region.key for region in CHEST6] == list(TABLE_S2)


def test_totalsegmentator_has_its_117_classes():
    classes = totalsegmentator_classes()
    assert sorted(classes) == list(range(1, 118))
    assert len(set(classes.values())) == 117
    known = {1: "spleen", 10: "lung_upper_lobe_left", 43: "vertebrae_T1", 51: "heart", 79: "spinal_cord"}
    assert known.items() <= classes.items()


@pytest.mark.parametrize(("name", "count"), [("chest6", 6), ("radgenome10", 10), ("amos3", 3)])
def test_every_structure_exists_and_belongs_to_one_region(name, count):
    taxonomy = load_taxonomy(name)
    structures = [structure for region in taxonomy for structure in region.structures]
    assert len(taxonomy.regions) == count
    assert len(structures) == len(set(structures))
    assert set(structures) <= set(totalsegmentator_classes().values())


def test_region_of():
    region = CHEST6.region_of("rib_left_4")
    assert region is not None and region.key == "musculoskeletal"
    assert CHEST6.region_of("brain") is None


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(BadInput) as refusal:
        CHEST6["thorax"]
    assert "musculoskeletal" in (refusal.value.hint or "")
    with pytest.raises(BadInput) as refusal:
        load_taxonomy("chest7")
    assert refusal.value.hint == "known: amos3, chest6, radgenome10"
