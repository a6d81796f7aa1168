"""Sentences about lesions that several sections share: what was found, what was looked for in vain."""

from __future__ import annotations

from collections.abc import Sequence

from ctscribe.report.facts import Facts, lesion_evidence
from ctscribe.report.findings import LABEL_OF_KIND
from ctscribe.report.measured.statement import SectionDraft, Statement, measured
from ctscribe.report.schema import Evidence, Finding
from ctscribe.report.wording import figure, sentence, side_of


def found(facts: Facts, indices: Sequence[int], words: str, *, sure: bool = True) -> Finding:
    """A sentence on lesions: a claim when ``sure`` and one of them is firm, else "Possible …"."""
    lesions = [facts.case.lesions[index] for index in indices]
    firm = sure and any(facts.firm(index) for index in indices)
    label = LABEL_OF_KIND[lesions[0].kind]
    known = [lesion.confidence for lesion in lesions if lesion.confidence is not None]
    return measured(
        sentence(words if firm else f"possible {words}"),
        "present" if firm else "uncertain",
        [lesion_evidence(facts.case.lesions[index], index) for index in indices],
        [label] if label else [],
        max(known) if len(known) == len(lesions) else None,
    )


def extent(facts: Facts, indices: Sequence[int]) -> str:
    """Volume of lesions of one kind in one place, and where to look: ``120 mL, slice 80 of 133``."""
    lesions = [facts.case.lesions[index] for index in indices]
    largest = max(lesions, key=lambda lesion: lesion.volume_ml)
    volume = figure(sum(lesion.volume_ml for lesion in lesions), "mL")
    if len(lesions) == 1:
        return f"{volume}, {facts.slice_words(largest.key_slice)}"
    return f"{volume} in {len(lesions)} parts, the largest at {facts.slice_words(largest.key_slice)}"


def by_place(facts: Facts, kind: str) -> dict[str, list[int]]:
    """Sub-region → indices of the kind's lesions there, the sub-region with the most volume first."""
    places: dict[str, list[int]] = {}
    for index in facts.lesions_of(kind):
        places.setdefault(facts.case.lesions[index].sub_region, []).append(index)
    return dict(sorted(places.items(), key=lambda item: -sum(facts.case.lesions[i].volume_ml for i in item[1])))


def not_found(facts: Facts, kind: str, words: str, name: str, organ: str, structures: Sequence[str]) -> SectionDraft:
    """Absence, where it may be said: the kind was looked for, inside organs that are there, and nothing was found.

    Parameters
    ----------
    kind : lesion kind.
    words : the sentence, with the size that the absence holds from.
    name : the kind, for the list of what was not assessed.
    organ : where it is looked for, in words.
    structures : the organ's classes; of a paired one both sides must be there.
    """
    if facts.lesions_of(kind):
        return SectionDraft()
    looked_at = facts.present(structures)
    if not facts.looked_for(kind) or not looked_at:
        return SectionDraft(gaps=[name])
    if {side_of(structure) for structure in looked_at} != {side_of(structure) for structure in structures}:
        return SectionDraft(gaps=[f"{name} (only one side was segmented)"])
    if facts.distrust:
        return SectionDraft(gaps=[f"{name} (the organs' outlines are unreliable)"])
    if not facts.searched_in_vain(kind):
        return SectionDraft()
    if facts.cut_off(looked_at):
        words += f" in the part of the {organ} that the scan shows"
    label = LABEL_OF_KIND[kind]
    evidence = Evidence(structures=looked_at, source=facts.case.labelmap.source)
    return SectionDraft([Statement(measured(sentence(words), "absent", [evidence], [label] if label else []))])
