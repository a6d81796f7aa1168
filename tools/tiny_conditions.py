"""What stands before a tiny report and decides it: keywords, lesion lines, region lines, sentences, questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tiny_reports import KINDS, NORMAL, Finding, drawn, sections, written

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.model.instructions import draw_instruction, draw_question

NOTHING = ("normal", "no findings", "unremarkable")
LESIONS = {
    "lung nodule": "lung_nodule",
    "consolidation": "consolidation",
    "ground glass": "ground_glass",
    "pleural effusion": "pleural_effusion",
    "pericardial effusion": "pericardial_effusion",
    "kidney cyst": "kidney_cyst",
}
"""Kinds that a prompt may name by a lesion sentence."""

Said = dict[str, list[str]]


@dataclass(frozen=True)
class Sample:
    """A prompt as pieces of text, the text that follows it, and the findings that it prescribes.

    ``sure`` tells what the prompt decides: the ``findings``, only their ``kinds``, the ``answer``, or ``nothing``;
    ``first`` that it does so by its first piece alone, about one finding at most.
    """

    prompt: tuple[str, ...]
    answer: str
    findings: tuple[Finding, ...]
    sure: str
    first: bool = False


def sample(rng: np.random.Generator) -> Sample:
    """One training example."""
    findings = drawn(rng)
    said = sections(findings, rng)
    report = written(said, "\n" if rng.random() < 0.8 else " ")
    form = rng.random()
    if form < 0.1:
        return _question(findings, rng)
    if form < 0.2:
        return Sample(_with_instruction((), rng), report, findings, "nothing")
    if form < 0.3:
        return Sample(_with_instruction(_bare(findings, rng), rng), report, findings, "kinds")
    condition = CONDITIONS[int(rng.choice(len(CONDITIONS), p=SHARES))]
    pieces = condition(findings, said, rng)
    prompt = _with_instruction(pieces, rng)
    first = len(findings) <= 1 and pieces == prompt[:1]
    return Sample(prompt, report, findings, "findings", first)


def keywords(findings: Sequence[Finding], said: Said, rng: np.random.Generator) -> tuple[str, ...]:
    """Every finding in a few words, in any order."""
    if not findings:
        return (str(rng.choice(NOTHING)),)
    mark = str(rng.choice((", ", "; ", " ", "\n")))
    texts = [_named(findings[i], rng) for i in rng.permutation(len(findings))]
    return tuple(text + (mark if i + 1 < len(texts) else "") for i, text in enumerate(texts))


def lesion_lines(findings: Sequence[Finding], said: Said, rng: np.random.Generator) -> tuple[str, ...]:
    """Lesions as MedRegion-CT's prompt names them, what is no lesion in keywords."""
    lines, others = [], []
    for i in rng.permutation(len(findings)):
        finding = findings[i]
        if KINDS[finding.kind].name not in LESIONS or finding.place == "bilateral":
            others.append(finding)
        else:
            lines.append(_lesion_line(finding, rng) + "\n")
    return (*lines, *(keywords(others, said, rng) if others or not lines else ()))


def region_lines(findings: Sequence[Finding], said: Said, rng: np.random.Generator) -> tuple[str, ...]:
    """Every region's title and what is in it."""
    lines = []
    for region in CHEST6:
        inside = [finding for finding in findings if KINDS[finding.kind].section == region.key]
        words = "".join(keywords(inside, said, rng)) if inside or rng.random() < 0.3 else ""
        lines.append(f"{region.title}: {words.replace(chr(10), ', ')}\n")
    return tuple(lines)


def sentences(findings: Sequence[Finding], said: Said, rng: np.random.Generator) -> tuple[str, ...]:
    """The report's own sentences, shuffled; normal ones may be left out."""
    normal = {text for texts in NORMAL.values() for text in texts}
    kept = [text for texts in said.values() for text in texts if text not in normal or rng.random() < 0.7]
    return tuple(kept[i] + " " for i in rng.permutation(len(kept))) or (str(rng.choice(NOTHING)),)


Condition = Callable[[Sequence[Finding], Said, np.random.Generator], tuple[str, ...]]
CONDITIONS: tuple[Condition, ...] = (keywords, lesion_lines, region_lines, sentences)
SHARES = (0.5, 0.17, 0.16, 0.17)


def _bare(findings: Sequence[Finding], rng: np.random.Generator) -> tuple[str, ...]:
    """Only which kinds there are."""
    if not findings:
        return (str(rng.choice(NOTHING)),)
    mark = str(rng.choice((", ", " ", "")))
    return tuple(str(rng.choice(KINDS[findings[i].kind].names)) + mark for i in rng.permutation(len(findings)))


def _named(finding: Finding, rng: np.random.Generator) -> str:
    words = [str(rng.choice(KINDS[finding.kind].names))]
    details = [detail for detail in (finding.place, f"{finding.size} mm" if finding.size else "") if detail]
    words += [details[i] for i in rng.permutation(len(details))]
    return " ".join(words)


def _lesion_line(finding: Finding, rng: np.random.Generator) -> str:
    """The form of ``lesion_sentence``: a report's size is the diameter to the nearest millimetre."""
    name = KINDS[finding.kind].name
    diameter = finding.size + int(rng.integers(-4, 5)) / 10 if finding.size else rng.uniform(10, 120)
    return f"{name}: diameter {diameter:.1f} mm, volume {rng.uniform(0.1, 90):.1f} mL, location {_location(finding)}"


def _location(finding: Finding) -> str:
    """A guidance region's name with spaces: ``left lower lobe`` → ``lung lower lobe left``."""
    name = KINDS[finding.kind].name
    if name == "pericardial effusion":
        return "pericardium"
    if "lobe" in finding.place:
        side, part = finding.place.split(" ", 1)
        return f"lung {part} {side}"
    return f"{'kidney' if name == 'kidney cyst' else 'pleura'} {finding.place}"


def _with_instruction(condition: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """An instruction before the condition, after it, or none; and what parts the prompt from the report."""
    where = rng.random()
    instruction = draw_instruction("report", rng)
    gap, end = str(rng.choice(("\n", " ", ""))), str(rng.choice(("\n", "", "\n\n")))
    if where < 0.45:
        return (*condition, gap + instruction, end)
    if where < 0.6:
        return (instruction + gap, *condition, end)
    return (*condition, end)


def _question(findings: tuple[Finding, ...], rng: np.random.Generator) -> Sample:
    """A question about the findings, and its answer."""
    condition = CONDITIONS[int(rng.choice(len(CONDITIONS), p=SHARES))](findings, sections(findings, rng), rng)
    question, answer = _asked(findings, rng)
    return Sample((*condition, "\n" + question, "\n"), answer, findings, "answer")


def _asked(findings: tuple[Finding, ...], rng: np.random.Generator) -> tuple[str, str]:
    topic = rng.random()
    if topic < 0.2:
        names = ", ".join(KINDS[finding.kind].name for finding in findings)
        return draw_question("abnormality", "open", {}, rng), f"{names.capitalize()}." if names else "None."
    placed = [finding for finding in findings if finding.place]
    sized = [finding for finding in findings if finding.size]
    if topic < 0.4 and placed:
        finding = placed[int(rng.integers(len(placed)))]
        known = {"finding": KINDS[finding.kind].name}
        return draw_question("location", "open", known, rng), f"{finding.place.capitalize()}."
    if topic < 0.6 and sized:
        finding = sized[int(rng.integers(len(sized)))]
        return f"How large is the {KINDS[finding.kind].name}?", f"{finding.size} mm."
    asked = int(rng.integers(len(KINDS)))
    if findings and rng.random() < 0.5:
        asked = findings[int(rng.integers(len(findings)))].kind
    answer = "Yes." if asked in {finding.kind for finding in findings} else "No."
    return draw_question("presence", "closed", {"finding": KINDS[asked].name}, rng), answer
