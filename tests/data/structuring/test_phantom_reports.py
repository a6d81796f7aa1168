"""The rules give the phantom's sections back from its dictated reports."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from ctscribe.anatomy.guidance import LOBES
from ctscribe.data.phantom.level import LEVELS
from ctscribe.data.phantom.plan import draw_plan
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording import STYLES, PhantomReport, write_report
from ctscribe.report.sectioning import StructuredText, split_sentences, structure_text

REPORTS = 300
PLACES: dict[str, tuple[str, ...]] = {
    "pleural_effusion": ("pleura_left", "pleura_right"),
    "lymphadenopathy": ("mediastinum",),
    "hiatal_hernia": ("esophagus",),
    "arterial_calcification": ("aorta",),
    "kidney_cyst": ("kidney_left", "kidney_right"),
    "liver_cyst": ("liver",),
    "hepatic_steatosis": ("liver",),
    "vertebral_compression": tuple(f"vertebrae_T{level}" for level in range(4, 13)),
    "rib_fracture": tuple(f"rib_{side}_{number}" for side in ("left", "right") for number in range(3, 10)),
}
SIZED = frozenset({"nodule", "mass", "consolidation", "lymphadenopathy", "kidney_cyst", "liver_cyst"})
SEVERAL = frozenset({"nodule", "consolidation", "lymphadenopathy", "kidney_cyst", "rib_fracture"})
VISIBLE = frozenset().union(
    LOBES,
    *PLACES.values(),
    ("heart", "trachea", "spleen", "pancreas", "stomach", "gallbladder", "adrenal_gland_left", "adrenal_gland_right"),
)


def drawn(kind: str, number: int, rng: np.random.Generator) -> PhantomFinding:
    """A finding of a kind with random attributes; only what is worded matters here."""
    page = FINDING_KINDS[kind]
    places = PLACES.get(kind, tuple(LOBES) if page.region == "lung" else ("heart",))
    place = str(rng.choice(places))
    attributes = {name: str(rng.choice(values)) for name, values in page.attributes.items()}
    where = attributes.get("station", place)
    side = "left" if "left" in where else "right" if "right" in where else None
    measures = {name: 0.56 if name == "cardiothoracic_ratio" else float(rng.integers(11, 40)) for name in page.measures}
    size = float(round(rng.uniform(5, 30), 1)) if kind in SIZED else None
    return PhantomFinding(kind, (place,), side, attributes, measures, size, number, 1.0, (0.0, 0.0, 0.0), (3, 5))


@cache
def pairs() -> list[tuple[PhantomReport, StructuredText]]:
    made: list[tuple[PhantomReport, StructuredText]] = []
    for index in range(REPORTS):
        rng = np.random.default_rng([11, index])
        kinds = [kind for kind in sorted(draw_plan(rng, LEVELS["standard"])) for _ in range(1 + (kind in SEVERAL))]
        findings = [drawn(kind, number, rng) for number, kind in enumerate(kinds, 1)]
        phase = ("none", "arterial", "portal")[index % 3]
        report = write_report(
            findings, rng, visible=VISIBLE, style=STYLES[index % len(STYLES)], phase=phase, slice_mm=1.5
        )
        made.append((report, structure_text(report.findings)))
    return made


def wanted(report: PhantomReport) -> Counter[tuple[str, str]]:
    held = [one for free in report.clean if free.part == "findings" for one in free.stands_for]
    return Counter((one.section, one.text) for one in held)


def given(structured: StructuredText) -> Counter[tuple[str, str]]:
    return Counter((key, one.text) for key, found in structured.sections.items() for one in found)


def test_sentences_come_back_word_for_word_in_their_sections() -> None:
    right = sum((wanted(report) & given(structured)).total() for report, structured in pairs())
    total = sum(wanted(report).total() for report, _ in pairs())
    invented = sum((given(structured) - wanted(report)).total() for report, structured in pairs())
    assert total > 3000
    assert right / total >= 0.99
    assert invented / total <= 0.01


def test_no_sentence_is_lost_or_doubled() -> None:
    for report, structured in pairs():
        kept = {one.source for found in structured.sections.values() for one in found}
        dropped = [one.source for one in structured.dropped]
        assert not kept & set(dropped)
        assert kept | set(dropped) == set(range(len(split_sentences(report.findings))))
        assert len(kept) + len(dropped) == len(split_sentences(report.findings))


def test_nothing_of_technique_history_or_earlier_scans_is_left() -> None:
    for _, structured in pairs():
        for text in structured.texts.values():
            assert not any(
                word in text for word in ("previous exam", "prior", "unchanged", "stable", ".20", "Indication")
            )


@pytest.mark.parametrize("kind", sorted(FINDING_KINDS))
def test_every_kind_of_finding_comes_to_its_section(kind: str) -> None:
    region = FINDING_KINDS[kind].region
    for index in range(6):
        rng = np.random.default_rng([13, index])
        finding = drawn(kind, 1, rng)
        report = write_report([finding], rng, visible=VISIBLE, style=STYLES[index % len(STYLES)])
        told = [
            one.text for free in report.clean for one in free.stands_for if one.findings and free.part == "findings"
        ]
        found = [one.text for one in structure_text(report.findings).sections[region]]
        assert set(told) <= set(found)
