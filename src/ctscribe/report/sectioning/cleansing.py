"""Step one, clinical cleansing: abbreviations are written out; technique, history, identity and advice are left out."""

from __future__ import annotations

import re
from functools import cache

from ctscribe.report.sectioning.anatomy import mentions, named_structures, speaks_of_findings
from ctscribe.report.sectioning.draft import Draft, Drop, articles
from ctscribe.report.sectioning.pages import page
from ctscribe.report.sectioning.sentences import SourceSentence

_FIGURE = re.compile(r"\d\s*(?:mm|cm|ml|HU)\b", re.IGNORECASE)
_REMOVED_PARTS = ("technique", "history", "comparison", "recommendation", "identity")


def cleanse(sentence: SourceSentence) -> Draft | Drop:
    """Write abbreviations out, cut what is not said of the scanned body, drop the sentence where nothing else is left.

    Figures are not touched. A limit of the examination stays when it names an organ.
    """
    part = sentence.heading.part if sentence.heading else "findings"
    if part in _REMOVED_PARTS:
        return Drop(sentence, part)
    draft = Draft(sentence.text, sentence)
    draft = draft.reworded(expand(draft.text, sentence.heading.words if sentence.heading else ""), "abbreviations")
    if not _names_organ(draft.text) and any(pattern.search(draft.text) for pattern in _drops()["identity"]):
        return Drop(sentence, "identity")
    for reason, patterns in _cuts().items():
        for pattern in patterns:
            draft = draft.reworded(pattern.sub(" ", draft.text), f"{reason} cut")
    draft = draft.reworded(_pattern("persons").sub("the patient", draft.text), "name cut")
    reason = _drop_reason(draft.text)
    return draft if reason is None else Drop(sentence, reason)


def expand(text: str, heading: str = "") -> str:
    """A text with its abbreviations written out, each as the sentence and its heading suggest."""
    context = f"{heading}. {text}"

    def written_out(match: re.Match[str]) -> str:
        return _long(match[0].rstrip("."), context) or match[0]

    return articles(_abbreviation().sub(written_out, text))


@cache
def _abbreviation() -> re.Pattern[str]:
    table = page("abbreviations")
    words = "|".join(sorted(map(re.escape, table["words"]), key=len, reverse=True))
    signs = "|".join(sorted(map(re.escape, table["signs"]), key=len, reverse=True))
    return re.compile(
        rf"\b(?:{words})\b(?:\.(?=\s+[a-z\d]))?(?![/'’]\w)|(?<!\w)(?:{signs})(?=\W|\w)|\b(?:{words})(?=/(?:{words})\b)"
    )


def _long(short: str, context: str) -> str | None:
    """What an abbreviation stands for here, ``None`` where no reading fits."""
    table = page("abbreviations")
    readings = table["words"].get(short, table["signs"].get(short))
    if isinstance(readings, str):
        return readings
    for reading in [readings] if isinstance(readings, dict) else readings:
        if "when" not in reading or re.search(reading["when"], context, re.IGNORECASE):
            return reading["long"]
    return None


def _drop_reason(text: str) -> str | None:
    if not re.search(r"[A-Za-z]{2}", text):
        return "says nothing"
    for reason in ("technique", "recommendation", "history"):
        if any(pattern.search(text) for pattern in _drops()[reason]):
            return None if _stays(text, reason) else reason
    return None


def _names_organ(text: str) -> bool:
    return any(mention.region for mention in mentions(text))


def _names_finding(text: str) -> bool:
    return any(mention.entity and mention.region for mention in mentions(text))


def _stays(text: str, reason: str) -> bool:
    """Whether a sentence says something of the body in spite of its look."""
    if reason == "technique":
        limited = bool(named_structures(text)) and _pattern("limits").search(text) is not None
        return limited or (_names_finding(text) and _pattern("shown").search(text) is not None)
    if reason == "recommendation":
        return _FIGURE.search(text) is not None and speaks_of_findings(text)
    return False


@cache
def _drops() -> dict[str, tuple[re.Pattern[str], ...]]:
    return {reason: _compiled(patterns) for reason, patterns in page("cleansing")["drops"].items()}


@cache
def _cuts() -> dict[str, tuple[re.Pattern[str], ...]]:
    return {reason: _compiled(patterns) for reason, patterns in page("cleansing")["cuts"].items()}


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(page("cleansing")[name], re.IGNORECASE)


def _compiled(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
