import pytest

from ctscribe.anatomy.guidance import GUIDANCE
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.writers.body_sites import SIDED, site_of


def test_every_structure_of_the_six_regions_has_a_place():
    for region in CHEST6:
        assert site_of(region.key) is not None
        for structure in region.structures:
            assert site_of(structure) is not None, structure


def test_every_guidance_region_has_a_place():
    for regions in GUIDANCE.values():
        for region in regions:
            assert site_of(region.name) is not None, region.name


@pytest.mark.parametrize(
    ("structure", "meaning", "side"),
    [
        ("lung_lower_lobe_left", "Lower lobe of lung", "Left"),
        ("lung_middle_lobe_right", "Middle lobe of right lung", None),
        ("rib_right_7", "Rib", "Right"),
        ("vertebrae_T7", "T7 vertebra", None),
        ("pleura_right", "Pleura", "Right"),
        ("heart", "Heart", None),
    ],
)
def test_the_side_is_kept_apart_from_the_place(structure, meaning, side):
    site = site_of(structure)
    assert site.concept.meaning == meaning
    assert (site.laterality.meaning if site.laterality else None) == side


def test_what_is_not_known_for_certain_gets_no_code():
    assert site_of("thyroid_gland") is None
    assert site_of("vertebrae_S1") is None


def test_sided_concepts_name_their_side():
    for structure, concept in SIDED.items():
        assert structure.rsplit("_", 1)[1] in concept.meaning.lower()
