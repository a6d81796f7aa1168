"""What a free sentence speaks of: sides, lobes, vertebrae, slices, findings, and whether they are denied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ctscribe.report.wording import LOBE_NAMES

Span = tuple[int, int]

NOT_A_SIDE = (
    r"(?!\s+(?:(?:upper|middle|lower)\b|ventric|atri|heart|main|anterior|circumflex|coronary|subclavian|"
    r"brachiocephalic|pulmonary|lung, probably))"
)
SIDE = re.compile(rf"\b(left|right|bilateral|both)\b{NOT_A_SIDE}", re.IGNORECASE)
LEVEL = r"(?:upper|middle|lower)"
LOBE = re.compile(
    rf"\b(?:(?P<side>left|right|both|bilateral)\s+(?:lung, probably\s+)?)?"
    rf"(?P<levels>{LEVEL}(?:(?:,| and)\s+{LEVEL})*)\s+lobes?\b"
    r"|\b(?P<short>RUL|RML|RLL|LUL|LLL)\b|\b(?P<lingula>lingula)",
    re.IGNORECASE,
)
SHORT_LOBES = {
    "RUL": "right upper lobe",
    "RML": "right middle lobe",
    "RLL": "right lower lobe",
    "LUL": "left upper lobe",
    "LLL": "left lower lobe",
}
VERTEBRA = re.compile(r"\b([CTL])(\d{1,2})\b")
SLICE = re.compile(r"\bslices?\s+(\d+)(?:\s*(?:–|-|to)\s*(\d+))?(?:\s+of\s+(\d+))?", re.IGNORECASE)
CLAUSE_END = re.compile(r"[;:]|\.(?=\s|$)|,?\s+but\s+")
DENIAL_BEFORE = re.compile(r"\b(?:no|not|without|absence|free of|clear of|nor|neither|never)\b", re.IGNORECASE)
DENIAL_AFTER = re.compile(
    r"\b(?:absent|not (?:seen|detected|found|present|identified|evident|visible))\b", re.IGNORECASE
)
EXCEPTING = re.compile(
    r"\bno (?:other|additional|further|new)\b|\b(?:other than|except|apart from|outside)\b", re.IGNORECASE
)
NORMAL = re.compile(r"\bnormal\b", re.IGNORECASE)

KIND_WORDS: Mapping[str, re.Pattern[str]] = {
    "lung_nodule": re.compile(r"\b(?:nodules?|mass(?:es)?)\b", re.IGNORECASE),
    "pleural_effusion": re.compile(r"\bpleural(?: (?:or|and|nor) pericardial)? (?:effusions?|fluid)\b", re.IGNORECASE),
    "pericardial_effusion": re.compile(
        r"\bpericardial(?: (?:or|and|nor) pleural)? (?:effusions?|fluid)\b", re.IGNORECASE
    ),
    "kidney_cyst": re.compile(r"\b(?:renal|kidney|cortical)\b.*\bcysts?\b|\bcysts?\b.*\bkidneys?\b", re.IGNORECASE),
    "consolidation": re.compile(r"\bconsolidat", re.IGNORECASE),
    "ground_glass": re.compile(r"\bground[- ]glass\b", re.IGNORECASE),
}
"""Lesion kind → the words that speak of it."""

LUNG_WORDS = re.compile(r"\b(?:pulmonary|lungs?|lobes?|lingula|RUL|RML|RLL|LUL|LLL)\b", re.IGNORECASE)
BIOMARKER_WORDS: Mapping[str, re.Pattern[str]] = {
    "cardiothoracic_ratio": re.compile(
        r"\bcardiomegaly|\bheart size|\bheart\b.*\benlarged|\benlarged\b.*\bheart", re.IGNORECASE
    ),
    "emphysema_index": re.compile(r"\bemphysem", re.IGNORECASE),
    "ascending_aorta_diameter": re.compile(r"\bascending aort.*(?:dilat|ectas|aneurysm|normal)", re.IGNORECASE),
    "descending_aorta_diameter": re.compile(r"\bdescending aort.*(?:dilat|ectas|aneurysm|normal)", re.IGNORECASE),
    "pulmonary_trunk_diameter": re.compile(r"\bpulmonary (?:trunk|artery).*(?:dilat|enlarged|normal)", re.IGNORECASE),
    "aortic_calcification_volume": re.compile(r"\baort.*calcif|\bcalcif.*\baort", re.IGNORECASE),
    "coronary_calcification_volume": re.compile(r"\bcoronar.*calcif|\bcalcif.*\bcoronar", re.IGNORECASE),
    "tracheal_diameter": re.compile(r"\btrache.*(?:narrow|stenos|normal)|\btracheal stenosis", re.IGNORECASE),
    "liver_attenuation": re.compile(r"\bsteatosis|\bfatty (?:liver|infiltration)", re.IGNORECASE),
}
"""Biomarker → the words that judge it."""


@dataclass(frozen=True)
class LobeMention:
    """Lobes named in one place of the text; ``any_of`` when the side is left open and one of them is meant."""

    span: Span
    lobes: frozenset[str]
    any_of: bool = False


def clauses(text: str) -> list[str]:
    """The parts of a sentence that are affirmed or denied each on its own."""
    return [part.strip() for part in CLAUSE_END.split(text) if part.strip()]


def lesion_mentions(clause: str, section: str | None) -> list[tuple[str, bool]]:
    """Lesion kinds a clause affirms or denies, and whether it denies them.

    A clause that excepts something ("no other nodule") does neither.
    """
    if EXCEPTING.search(clause):
        return []
    return [(kind, _denied(clause, match)) for kind, match in _kind_matches(clause, section).items()]


def named_kinds(text: str, section: str | None) -> frozenset[str]:
    """Lesion kinds that a text speaks of in any way."""
    return frozenset(_kind_matches(text, section))


def _kind_matches(text: str, section: str | None) -> dict[str, re.Match[str]]:
    """Lesion kind → where it is named; nodules and masses only where the lung is meant."""
    named = {kind: match for kind, words in KIND_WORDS.items() if (match := words.search(text))}
    if section != "lung" and not LUNG_WORDS.search(text):
        named.pop("lung_nodule", None)
    return named


def biomarker_mentions(clause: str) -> list[tuple[str, bool]]:
    """Biomarkers a clause judges in words, and whether it denies that they are abnormal."""
    named = [(name, match) for name, words in BIOMARKER_WORDS.items() if (match := words.search(clause))]
    return [(name, _denied(clause, match) or bool(NORMAL.search(clause))) for name, match in named]


def _denied(clause: str, match: re.Match[str]) -> bool:
    """Denied by a word before the mention's end, or by "is absent", "was not seen" after it."""
    return bool(DENIAL_BEFORE.search(clause[: match.end()]) or DENIAL_AFTER.search(clause[match.end() :]))


def sides(text: str) -> list[tuple[Span, str]]:
    """Where a side is named: ``left``, ``right`` or ``both``; sides that belong to a name, such as the right atrium's
    and the lobes', do not count."""
    return [
        (match.span(), "both" if match[1].lower() in {"both", "bilateral"} else match[1].lower())
        for match in SIDE.finditer(text)
    ]


def lobes(text: str) -> list[LobeMention]:
    """Where lobes are named."""
    return [_lobe_mention(match) for match in LOBE.finditer(text)]


def _lobe_mention(match: re.Match[str]) -> LobeMention:
    if match["short"]:
        return LobeMention(match.span(), frozenset({SHORT_LOBES[match["short"].upper()]}))
    if match["lingula"]:
        return LobeMention(match.span(), frozenset({"left upper lobe"}))
    side = (match["side"] or "").lower()
    levels = re.findall(LEVEL, match["levels"].lower())
    named = frozenset(
        lobe
        for lobe in LOBE_NAMES
        if lobe.split()[1] in levels and (side not in {"left", "right"} or lobe.startswith(side))
    )
    return LobeMention(match.span(), named, any_of=not side)
