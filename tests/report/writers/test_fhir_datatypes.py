from ctscribe.report.writers.codes import DIAMETER
from ctscribe.report.writers.fhir_datatypes import body_site, codeable, coding, quantity, term


def test_a_coding_names_its_system():
    assert coding(DIAMETER) == {"system": "http://snomed.info/sct", "code": "81827009", "display": "Diameter"}
    assert codeable(DIAMETER, text="size")["text"] == "size"
    assert term("v2-0074", "RAD", "Radiology")["coding"][0]["system"].endswith("/CodeSystem/v2-0074")


def test_a_quantity_is_in_ucum():
    assert quantity(12.34567, "[hnsf'U]") == {
        "value": 12.346,
        "unit": "Hounsfield unit",
        "system": "http://unitsofmeasure.org",
        "code": "[hnsf'U]",
    }


def test_a_body_site_keeps_its_side_in_code_or_in_words():
    assert body_site("lung_lower_lobe_left")["coding"][0]["code"] == "41224006"
    assert body_site("kidney_left") == {
        "coding": [{"system": "http://snomed.info/sct", "code": "64033007", "display": "Kidney"}],
        "text": "left kidney",
    }
    assert body_site("thyroid_gland") == {"text": "thyroid gland"}
