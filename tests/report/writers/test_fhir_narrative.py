from xml.etree import ElementTree

from ctscribe.report.schema import RESEARCH_USE
from ctscribe.report.writers.fhir_narrative import narrative
from ctscribe.report.writers.key_slices import sentences


def test_the_narrative_holds_every_sentence_with_its_origin_escaped(report):
    root = ElementTree.fromstring(narrative(report))
    words = "".join(root.itertext())
    for sentence in sentences(report):
        assert sentence.finding.text in words
    assert words.count("measured on this scan") == len(list(sentences(report))) - 1
    assert words.startswith(RESEARCH_USE)
    assert report.technique.limits[0] in words


def test_only_elements_of_the_allowed_subset_are_used(report):
    root = ElementTree.fromstring(narrative(report))
    assert {element.tag for element in root.iter()} == {
        "{http://www.w3.org/1999/xhtml}" + name for name in ("div", "p", "b", "i", "ul", "li")
    }
    assert all(not element.attrib for element in root.iter())
