from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.wording.document import FreeSentence, PhantomReport, PhantomSentence

PLEURAL = PhantomSentence("No pleural effusion.", "lung", ("pleural_effusion",))
PERICARDIAL = PhantomSentence("No pericardial effusion.", "heart", ("pericardial_effusion",))


def test_a_dictated_sentence_knows_what_it_stands_for():
    both = FreeSentence("No pleural or pericardial effusion.", "findings", (PLEURAL, PERICARDIAL))
    assert (both.section, both.cleaned) == ("lung", "No pleural effusion. No pericardial effusion.")
    dropped = FreeSentence("Clinical history: cough.", "findings")
    assert (dropped.section, dropped.cleaned) == (None, "")


def test_a_report_s_text_is_its_sections_in_order():
    sections = {region.key: () for region in CHEST6} | {"lung": (PLEURAL, PLEURAL), "heart": (PERICARDIAL,)}
    report = PhantomReport(sections, "What was found.", "What it means.", ())
    lines = report.text.split("\n")
    assert lines[0] == "Lung parenchyma: No pleural effusion. No pleural effusion."
    assert lines[3] == "Heart and great vessels: No pericardial effusion."
    assert report.free_text == ("What was found.", "What it means.")
