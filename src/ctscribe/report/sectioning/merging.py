"""Step three, anatomical merging: every sentence into the section that it is read under."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.sectioning.anatomy import mentions, usual_region
from ctscribe.report.sectioning.draft import Draft, Drop, tidy
from ctscribe.report.sectioning.enumerations import pieces
from ctscribe.report.sectioning.headings import Heading
from ctscribe.report.sectioning.nouns import is_plural
from ctscribe.report.sectioning.structured import StructuredSentence

_BACK = re.compile(
    r"^(?:it|its|they|their|these|those|this|that|the (?:largest|biggest|smallest|lesion|latter|former|other|same|rest|"
    r"others|finding|findings|described|mass|nodule|nodules|lesions|larger|smaller|collection|cyst)|largest|one of|"
    r"some of|most of|both of|measuring|another|a (?:similar|further|second|third)|similar|others?|each)\b",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(
    r"^(?:normal|unremarkable|clear|patent|open|within normal limits|no (?:abnormality|pathology|abnormal findings?)"
    r"(?: (?:is|was|detected|seen|noted|observed|identified))*|intact|"
    r"not (?:enlarged|dilated)|negative|natural|free)\b[^,;]*$",
    re.IGNORECASE,
)


def merge(drafts: Iterable[Draft]) -> tuple[dict[str, tuple[StructuredSentence, ...]], list[Drop]]:
    """Sections of chest-6 with their sentences, and the sentences that name no organ and follow none.

    What a sentence says itself decides; then what it refers back to; then its heading; then where such a finding mostly
    lies; then the sentence before it.
    """
    sections: dict[str, list[StructuredSentence]] = {region.key: [] for region in CHEST6}
    nowhere: list[Drop] = []
    before: str | None = None
    heading: Heading | None = None
    for draft in drafts:
        if draft.source.heading != heading:
            heading, before = draft.source.heading, None
        placed = _placed(draft, before)
        if not placed:
            nowhere.append(Drop(draft.source, "names no organ"))
            continue
        for region, text, changes in placed:
            sections[region].append(StructuredSentence(text, draft.source.index, draft.source.span, changes))
            before = region
    return {key: tuple(sentences) for key, sentences in sections.items()}, nowhere


def _placed(draft: Draft, before: str | None) -> list[tuple[str, str, tuple[str, ...]]]:
    """Section, wording and changes of each piece of a sentence."""
    named = draft.source.heading.region if draft.source.heading else None
    found = pieces(draft.text, named)
    if len(found) == 1:
        region = found[0].region or _carried(draft.text, before, named)
        if region is None:
            return []
        draft = _with_subject(draft)
        return [(region, tidy(draft.text), draft.changes)]
    changes = (*draft.changes, "split by section")
    split: list[tuple[str, str, tuple[str, ...]]] = []
    for piece in found:
        region = piece.region or before or named or usual_region(piece.text) or "lung"
        split.append((region, tidy(piece.text), changes))
        before = region
    return split


def _carried(text: str, before: str | None, heading: str | None) -> str | None:
    """The section of a sentence that does not name one."""
    refers = _BACK.match(text) is not None or not any(one.entity for one in mentions(text))
    if refers:
        return before or heading or usual_region(text)
    return heading or usual_region(text) or before


def _with_subject(draft: Draft) -> Draft:
    """``Lungs: clear.`` as ``The lungs are clear.``"""
    heading, fragment = draft.source.heading, draft.text.rstrip(".")
    if heading is None or heading.region is None or not _FRAGMENT.match(fragment) or mentions(fragment):
        return draft
    words = heading.words[0].lower() + heading.words[1:].lower()
    if re.match(r"no\b", fragment, re.IGNORECASE):
        return draft.reworded(f"{heading.words.capitalize()}: {fragment[0].lower()}{fragment[1:]}", "heading joined")
    verb = "are" if is_plural(words) or " and " in words else "is"
    return draft.reworded(f"The {words} {verb} {fragment[0].lower()}{fragment[1:]}", "heading joined")
