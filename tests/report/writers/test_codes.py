import pytest
from pydicom.sr.codedict import codes as known
from pydicom.sr.coding import Code
from report_cases import lesion_entry

from ctscribe.anatomy.detectors.opacity import SOURCE as OPACITY_DETECTOR
from ctscribe.report.writers import body_sites, codes
from ctscribe.report.writers.body_sites import site_of
from ctscribe.report.writers.codes import Concept, finding_of, quantity_of, unit_of


def every_concept():
    """Every coded concept that the two modules can hand out."""
    found = [value for value in (*vars(codes).values(), *vars(body_sites).values()) if isinstance(value, Concept)]
    for table in (codes.LESIONS, body_sites.SIDED, body_sites._PLACES):
        found += table.values()
    found += [site_of(f"vertebrae_{level}").concept for level in body_sites._VERTEBRAE]
    found += [quantity.concept for quantity in codes._QUANTITIES.values()]
    return sorted(set(found), key=lambda concept: (concept.scheme, concept.value, concept.meaning))


def in_pydicom(concept):
    return concept.scheme in {"SCT", "DCM"} and concept.value not in codes.CHECKED_ELSEWHERE


@pytest.fixture(scope="module")
def listed():
    """(scheme, value) → the meanings that pydicom lists."""
    meanings = {}
    for scheme in ("SCT", "DCM"):
        dictionary = getattr(known, scheme)
        for entry in (getattr(dictionary, name) for name in dir(dictionary)):
            if isinstance(entry, Code):
                meanings.setdefault((scheme, entry.value), set()).add(entry.meaning.lower())
    return meanings


IN_PYDICOM = [concept for concept in every_concept() if in_pydicom(concept)]


@pytest.mark.parametrize("concept", IN_PYDICOM, ids=lambda concept: f"{concept.scheme}-{concept.value}")
def test_the_meaning_is_the_one_pydicom_lists(concept, listed):
    names = listed[concept.scheme, concept.value]
    assert any(name.removesuffix(" (body structure)") == concept.meaning.lower() for name in names)


def test_the_others_are_the_few_known_from_elsewhere():
    others = [concept for concept in every_concept() if not in_pydicom(concept)]
    assert {c.value for c in others if c.scheme == "SCT"} <= codes.CHECKED_ELSEWHERE
    assert {c.scheme for c in others} == {"SCT", "LN", "UMLS", "RADELEMENT", codes.LOCAL_SCHEME}
    assert all(len(concept.meaning) <= 64 for concept in every_concept())


def test_what_is_not_known_for_certain_gets_no_code():
    assert quantity_of("spleen_volume", "abdomen").concept.scheme == codes.LOCAL_SCHEME
    assert finding_of(lesion_entry("bronchiectasis", 5.0)).scheme == codes.LOCAL_SCHEME
    assert unit_of("g/L").meaning == "g/L"


def test_a_nodule_above_30_mm_is_a_mass():
    assert finding_of(lesion_entry("lung_nodule", 30.4)).meaning == "Nodule of lung"
    assert finding_of(lesion_entry("lung_nodule", 30.6)).meaning == "Mass"


def test_dense_lung_is_not_coded_as_consolidation_unless_somebody_saw_that():
    assert finding_of(lesion_entry("consolidation", 40.0)).meaning == "Lung consolidation"
    by_density = finding_of(lesion_entry("consolidation", 40.0, OPACITY_DETECTOR))
    assert (by_density.scheme, by_density.meaning) == (codes.LOCAL_SCHEME, "Dense lung opacity")


def test_vertebral_attenuation_is_measured_at_its_level():
    quantity = quantity_of("vertebral_attenuation_T9", "musculoskeletal")
    assert (quantity.concept.meaning, quantity.site) == ("Mean Attenuation Coefficient", "vertebrae_T9")


def test_the_liver_is_measured_by_its_median():
    assert quantity_of("liver_attenuation", "abdomen").concept.meaning == "Median Attenuation Coefficient"
