from __future__ import annotations

import re

import pytest
from report_cases import lesion, make_case, random_case

from ctscribe.report.measured import MeasuredReporter
from ctscribe.report.schema import RESEARCH_USE, Finding
from ctscribe.report.writers.text import WIDTH, write_text


@pytest.mark.parametrize("seed", range(10))
def test_every_sentence_once_within_the_width(seed: int) -> None:
    report = MeasuredReporter()(random_case(seed))
    text = write_text(report)
    assert max(map(len, text.splitlines())) <= WIDTH
    flowing = re.sub(r"\s+", " ", text)
    assert RESEARCH_USE in flowing and report.technique.text in flowing
    places = [flowing.index(f" {section.title.upper()} ") for section in report.sections]
    assert places == sorted(places) and flowing.index(" IMPRESSION ") < places[0]
    for section, start in zip(report.sections, places, strict=True):
        for finding in section.findings:
            assert finding.text in flowing[start:]


def test_the_whole_page() -> None:
    text = write_text(MeasuredReporter()(make_case([lesion()], looked_for=[])))
    assert text.startswith(f"CHEST CT REPORT\n===============\n\n{RESEARCH_USE}\n\nTECHNIQUE\n  Chest CT read from")
    assert (
        "\n\nIMPRESSION\n  1. 12 mm nodule in the left lower lobe (0.90 mL, slice 19 of 26).\n\nLUNG PARENCHYMA\n"
        in text
    )
    assert text.endswith("segmentation by masks drawn by hand.\n")


def test_the_origin_of_each_sentence_shows() -> None:
    report = MeasuredReporter()(make_case())
    default = Finding(text="The bones are unremarkable.", polarity="uncertain", origin="default")
    bones = report.sections[-1].model_copy(update={"findings": (default,)})
    text = write_text(report.model_copy(update={"sections": (*report.sections[:-1], bones), "notes": ("Something.",)}))
    assert "  [D] The bones are unremarkable.\n" in text
    assert "[D] added because nothing contradicted it" in text and "[M]" not in text
    assert "CHECK AGAINST THE MEASUREMENTS\n  Something.\n" in text
