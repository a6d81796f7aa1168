"""Write a report from a case's findings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.data.phantom.canvas import Phase
from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.affirming import affirmed, concluded
from ctscribe.data.phantom.wording.denying import (
    Denial,
    clear_lungs,
    deniable,
    named,
    named_together,
    normal_statements,
    something,
)
from ctscribe.data.phantom.wording.dictating import (
    Dictation,
    Passage,
    asides,
    dictated,
    draw_dictation,
    ordered,
    passage,
)
from ctscribe.data.phantom.wording.document import STYLES, FreeSentence, PhantomReport, PhantomSentence, Style
from ctscribe.data.phantom.wording.grammar import chosen, hospital
from ctscribe.data.phantom.wording.grouping import grouped, kind_page
from ctscribe.data.phantom.wording.slots import telling

_MERGED = 0.8  # how often findings that could share a sentence do
_CONCLUSIONS = 5  # most sentences of an impression
_ACROSS = ("pleural_effusion", "pericardial_effusion", "lymphadenopathy")
"""What is often denied in one breath, although it belongs to different sections."""


def write_report(
    findings: Sequence[PhantomFinding],
    rng: np.random.Generator,
    *,
    visible: frozenset[str],
    style: Style = "mixed",
    phase: Phase | None = None,
    slice_mm: float | None = None,
) -> PhantomReport:
    """A report of the findings in both forms: structured, and as dictated.

    Every finding is spoken of, every sentence is true of them, and what is called normal is what could have been drawn,
    lies in view, and was not drawn.

    Parameters
    ----------
    visible : TotalSegmentator classes in the field of view; nothing is said of an organ that is not.
    style : whose wordings: hospital ``a``, ``b``, or both.
    phase, slice_mm : what sentences on technique may say of the scan; nothing where ``None``.
    """
    voice = chosen(rng, STYLES) if style == "mixed" else style
    how = draw_dictation(voice, phase, slice_mm, rng)
    tellings = [telling(findings, members, hospital(voice, rng), rng) for members in grouped(findings, rng, _MERGED)]
    passages = [passage(affirmed(told, findings, rng)) for told in tellings]
    passages += _normal_passages(findings, visible, voice, rng)
    first, last = asides(how, rng)
    clean = (
        *first,
        *dictated(ordered(passages, voice, rng), how, rng),
        *last,
        *_impression(findings, visible, how, rng),
    )
    return PhantomReport(_sections(passages), _joined(clean, "findings"), _joined(clean, "impression"), clean)


def _normal_passages(
    findings: Sequence[PhantomFinding], visible: frozenset[str], style: Style, rng: np.random.Generator
) -> list[Passage]:
    """What every section says of what is normal; a section never stays empty."""
    present = frozenset(finding.kind for finding in findings)
    passages: list[Passage] = []
    denials: list[Denial] = []
    for section in (region.key for region in CHEST6):
        absent = deniable(section, present, visible)
        said, named_absent = normal_statements(section, absent, visible, style, rng)
        if not (said or named_absent or any(FINDING_KINDS[kind].region == section for kind in present)):
            said = [something(section, absent, visible, style, rng)]
        passages += [passage([sentence]) for sentence in said]
        denials += named_absent
    return passages + _denied(denials, style, rng)


def _denied(denials: Sequence[Denial], style: Style, rng: np.random.Generator) -> list[Passage]:
    """Absent findings, at times those of several sections in one dictated sentence."""
    across = [denial for denial in denials if set(denial.kinds) <= set(_ACROSS)]
    if rng.random() < 0.5:
        across = [denial for denial in across if denial.section != "mediastinum"]
    if len({denial.section for denial in across}) < 2 or rng.random() < 0.3:
        across = []
    alone = [passage([named(denial, hospital(style, rng), rng)]) for denial in denials if denial not in across]
    if not across:
        return alone
    together, *each = named_together(across, hospital(style, rng), rng)
    parts = [PhantomSentence(text, denial.section, denial.kinds) for text, denial in zip(each, across, strict=True)]
    return [*alone, (FreeSentence(together, "findings", tuple(parts)),)]


def _impression(
    findings: Sequence[PhantomFinding], visible: frozenset[str], how: Dictation, rng: np.random.Generator
) -> list[FreeSentence]:
    """The most important findings, summed up where they can be; where the lungs have none, at times that, too."""
    tellings = [telling(findings, members, hospital(how.style, rng), rng) for members in grouped(findings, rng, 1.0)]
    ranked = sorted(tellings, key=lambda told: kind_page(told.kind)["rank"])[:_CONCLUSIONS]
    said = [concluded(told, rng) for told in ranked]
    clear = clear_lungs(frozenset(finding.kind for finding in findings), visible, hospital(how.style, rng), rng)
    if clear and (not said or rng.random() < 0.3):
        said.insert(0, clear)
    return dictated([passage([sentence], "impression") for sentence in said], how, rng)


def _sections(passages: Sequence[Passage]) -> dict[str, tuple[PhantomSentence, ...]]:
    told = [sentence for one in passages for free in one for sentence in free.stands_for]
    return {region.key: tuple(one for one in told if one.section == region.key) for region in CHEST6}


def _joined(clean: Sequence[FreeSentence], part: str) -> str:
    return " ".join(sentence.text for sentence in clean if sentence.part == part)
