import pytest
from report_cases import lesion_entry

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.schema import Technique
from ctscribe.report.thresholds import is_mass
from ctscribe.report.wording import structure_words
from ctscribe.report.writers.titles import biomarker_title, lesion_title, remarks


@pytest.mark.parametrize(
    ("structure", "title"),
    [
        ("lung_lower_lobe_left", "left lower lobe"),
        ("rib_left_7", "left rib 7"),
        ("vertebrae_T7", "T7"),
        ("clavicula_right", "right clavicle"),
        ("heart", "heart"),
        ("superior_vena_cava", "superior vena cava"),
    ],
)
def test_structures_read_as_people_say_them(structure, title):
    assert structure_words(structure) == title


def test_no_title_shows_the_key_of_a_structure():
    titles = [structure_words(structure) for region in CHEST6 for structure in region.structures]
    assert not any("_" in title for title in titles)
    assert len(set(titles)) == len(titles)


def test_a_mass_begins_where_the_printed_figure_exceeds_30_mm():
    assert [is_mass("lung_nodule", diameter) for diameter in (29.9, 30.4, 30.6, 45.0)] == [False, False, True, True]
    assert not is_mass("consolidation", 80.0)
    assert lesion_title(lesion_entry("lung_nodule", 45.0)) == "Lung mass"
    assert lesion_title(lesion_entry("ground_glass", 45.0)) == "Ground-glass opacity"


def test_biomarkers_read_as_people_say_them():
    assert biomarker_title("vertebral_attenuation_T12") == "Vertebral attenuation, T12"
    assert biomarker_title("cardiothoracic_ratio") == "Cardiothoracic ratio"


def test_remarks_are_those_that_the_technique_line_leaves_out():
    technique = Technique(
        format="dicom",
        slices=3,
        spacing_mm=(1, 1, 1),
        size_mm=(1, 1, 1),
        repairs=("a slice was interpolated",),
        limits=("Slices are thick.", "The lungs are cut."),
        text="CT. Limits: slices are thick.",
    )
    assert remarks(technique) == ("a slice was interpolated", "The lungs are cut.")
