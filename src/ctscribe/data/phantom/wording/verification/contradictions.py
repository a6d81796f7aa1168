"""What in a report is not true of the findings, and which findings it does not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.data.phantom.wording.document import Figure, PhantomReport, PhantomSentence
from ctscribe.data.phantom.wording.verification.lexicon import TOLD_SINGLY
from ctscribe.data.phantom.wording.verification.matching import ROUNDING, one_each, told_by
from ctscribe.data.phantom.wording.verification.reading import Reading, joined, read, speaks_of_nothing, undictated


@dataclass(frozen=True)
class _Checked:
    """A sentence, with those that go on speaking of it, held to the findings.

    Parameters
    ----------
    carried : the structured sentence that it is, or the first of those that it stands for.
    told : indices of the findings that it tells by its words.
    """

    reading: Reading
    carried: tuple[PhantomSentence, ...]
    told: tuple[int, ...]


def contradictions(report: PhantomReport, findings: Sequence[PhantomFinding]) -> list[str]:
    """Everything that is wrong with a report; empty when all is well.

    Every sentence of the sections and of the impression, structured and as dictated, is read back by its words and held
    to the findings. Every finding must be told in a section, each nodule, cyst or effusion by words of its own. A
    sentence of a section must be dictated once, and what is to be dropped must speak of no finding.
    """
    told = cache(lambda text: told_by(read(text), findings))  # most sentences are dictated as they stand
    structured = [one for said in report.sections.values() for one in _checked([(s.text, (s,)) for s in said], told)]
    kept = [free for free in report.clean if free.stands_for]
    concluded = [(s.text, (s,)) for free in kept if free.part == "impression" for s in free.stands_for]
    dictated = _checked([(undictated(free.text), free.stands_for) for free in kept], told)
    everything = (*structured, *_checked(concluded, told), *dictated)
    return [
        *(f"“{one.reading.text}”: {problem}" for one in everything if (problem := _problem(one, findings))),
        *_untold(structured, findings),
        *_misplaced(report),
        *_misdictated(report),
        *_wrong_figures(report, findings),
    ]


def _checked(
    said: Sequence[tuple[str, tuple[PhantomSentence, ...]]], told: Callable[[str], tuple[int, ...]]
) -> list[_Checked]:
    together = joined([text for text, _ in said])
    return [_Checked(read(text), said[place][1], told(text)) for place, text in together]


def _problem(one: _Checked, findings: Sequence[PhantomFinding]) -> str | None:
    """Why a sentence is not true, or not what it is said to be."""
    kinds, there = one.reading.kinds, {finding.kind for finding in findings}
    carried = {kind for sentence in one.carried for kind in sentence.kinds}
    if not kinds and not speaks_of_nothing(one.reading.text):
        return "not understood"
    if carried != kinds:
        return f"speaks of {sorted(kinds)} and carries {sorted(carried)}"
    if one.reading.denied or not kinds:
        return f"denies {sorted(kinds & there)}" if kinds & there else None
    if not one.told:
        return f"affirms {sorted(kinds)}, which fits no finding"
    indices = one.carried[0].findings
    return None if indices and set(indices) <= set(one.told) else f"carries {indices}, tells {one.told}"


def _untold(structured: Sequence[_Checked], findings: Sequence[PhantomFinding]) -> list[str]:
    """Findings that no sentence of the sections tells."""
    affirmed = [one for one in structured if not one.reading.denied and one.told]
    singly = [one for one in affirmed if one.reading.kinds <= TOLD_SINGLY and not one.reading.plural]
    together = {index for one in affirmed if one not in singly for index in one.told}
    left = [index for index in range(len(findings)) if index not in together]
    missing = one_each(left, [one.told for one in singly])
    return [f"finding {index} ({findings[index].kind}) is not told" for index in missing]


def _misplaced(report: PhantomReport) -> list[str]:
    """Sentences under another section than that of what they speak of."""
    return [
        f"“{sentence.text}” stands under {key}"
        for key, said in report.sections.items()
        for sentence in said
        if sentence.section != key or any(FINDING_KINDS[kind].region != key for kind in sentence.kinds)
    ]


def _misdictated(report: PhantomReport) -> list[str]:
    """Where the dictation is not the sentences of the sections, each once, and what is to be dropped."""
    wrong = [
        f"the {part} are not the dictation's sentences"
        for part, text in (("findings", report.findings), ("impression", report.impression))
        if text != " ".join(free.text for free in report.clean if free.part == part)
    ]
    dictated = [sentence.text for free in report.clean if free.part == "findings" for sentence in free.stands_for]
    structured = [sentence.text for said in report.sections.values() for sentence in said]
    if sorted(dictated) != sorted(structured):
        wrong.append("the dictation does not hold each sentence of the sections once")
    dropped = [free.text for free in report.clean if not free.stands_for]
    return wrong + [f"“{text}” is to be dropped" for text in dropped if read(undictated(text)).kinds]


def _wrong_figures(report: PhantomReport, findings: Sequence[PhantomFinding]) -> list[str]:
    """Figures that a sentence carries and its findings do not have."""
    return [
        f"“{sentence.text}” carries {figure}"
        for said in (*report.sections.values(), *(free.stands_for for free in report.clean))
        for sentence in said
        for figure in sentence.figures
        if not _has(figure, findings)
    ]


def _has(figure: Figure, findings: Sequence[PhantomFinding]) -> bool:
    finding = findings[figure.finding] if figure.finding < len(findings) else None
    true = finding and {**finding.measures, "diameter_mm": finding.diameter_mm}.get(figure.measure)
    return true is not None and abs(true - figure.value) <= ROUNDING.get(figure.measure, 0.5) + 1e-6
