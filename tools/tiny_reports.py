"""A small grammar of chest CT reports: the text that the tiny language model learns from.

A report is a set of findings written under the six headings. ``written`` writes one, ``found`` reads it back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctscribe.anatomy.guidance import LOBES
from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.report.wording import structure_words

LOBE_WORDS = tuple(structure_words(lobe) for lobe in LOBES)
SIDES = ("left", "right")
BOTH = (*SIDES, "bilateral")
LEVELS = ("T6", "T8", "T11", "T12", "L1", "L2")


@dataclass(frozen=True)
class Kind:
    """One kind of finding: where it is written, how it is called, where it may lie, how large it may be (mm)."""

    section: str
    names: tuple[str, ...]
    sentences: tuple[str, ...]
    places: tuple[str, ...] = ()
    sizes: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True, order=True)
class Finding:
    """A kind by its place in ``KINDS``; the place and the size are empty and 0 where the kind has none."""

    kind: int
    place: str = ""
    size: int = 0


KINDS: tuple[Kind, ...] = (
    Kind(
        "lung",
        ("lung nodule", "nodule"),
        ("Nodule of {size} mm in the {place}.", "There is a nodule of {size} mm in the {place}."),
        LOBE_WORDS,
        (3, 30),
    ),
    Kind(
        "lung",
        ("consolidation",),
        ("Consolidation in the {place}.", "There is consolidation of the {place}."),
        LOBE_WORDS,
    ),
    Kind(
        "lung",
        ("ground glass", "ground-glass opacity"),
        ("Ground-glass opacity in the {place}.", "Ground-glass density of the {place}."),
        LOBE_WORDS,
    ),
    Kind(
        "lung",
        ("atelectasis",),
        ("Atelectasis of the {place}.", "There is atelectasis of the {place}."),
        LOBE_WORDS,
    ),
    Kind("lung", ("scarring", "fibrotic sequela"), ("Fibrotic scarring in the {place}.",), LOBE_WORDS),
    Kind(
        "lung",
        ("pleural effusion", "effusion"),
        ("Pleural effusion, {place}.", "There is pleural effusion, {place}."),
        BOTH,
    ),
    Kind("lung", ("emphysema",), ("Emphysema is present.", "Emphysematous changes in both lungs.")),
    Kind("lung", ("mosaic attenuation",), ("Mosaic attenuation is seen in both lungs.",)),
    Kind("lung", ("septal thickening",), ("Interlobular septal thickening is present.",)),
    Kind("airway", ("bronchial wall thickening",), ("The bronchial walls are thickened.", "Peribronchial thickening.")),
    Kind("airway", ("bronchiectasis",), ("Bronchiectasis on the {place} side.",), SIDES),
    Kind(
        "mediastinum",
        ("lymphadenopathy", "enlarged lymph node"),
        ("An enlarged lymph node measures {size} mm.", "Lymphadenopathy up to {size} mm."),
        sizes=(11, 30),
    ),
    Kind("mediastinum", ("hiatal hernia",), ("A hiatal hernia is present.", "Hiatal hernia.")),
    Kind("heart", ("cardiomegaly", "enlarged heart"), ("The heart is enlarged.", "Cardiomegaly.")),
    Kind("heart", ("pericardial effusion",), ("There is a pericardial effusion.", "Pericardial fluid is seen.")),
    Kind("heart", ("coronary calcification",), ("The coronary arteries are calcified.",)),
    Kind("heart", ("aortic calcification",), ("The wall of the aorta is calcified.",)),
    Kind("heart", ("catheter", "medical material"), ("A central venous catheter is in place.",)),
    Kind(
        "abdomen",
        ("kidney cyst", "cyst"),
        ("Cyst of {size} mm in the {place} kidney.", "There is a cyst of {size} mm in the {place} kidney."),
        SIDES,
        (5, 40),
    ),
    Kind("abdomen", ("fatty liver", "steatosis"), ("The liver is fatty.", "Hepatic steatosis.")),
    Kind("abdomen", ("gallstone",), ("A gallstone is seen.",)),
    Kind("musculoskeletal", ("degenerative changes",), ("Degenerative changes of the spine.",)),
    Kind("musculoskeletal", ("vertebral fracture",), ("Compression fracture of {place}.",), LEVELS),
    Kind("musculoskeletal", ("rib fracture",), ("A healed rib fracture on the {place}.",), SIDES),
)

NORMAL: dict[str, tuple[str, ...]] = {
    "lung": ("The lungs are clear.", "No nodule, consolidation or effusion."),
    "airway": ("The trachea and main bronchi are open.", "Normal."),
    "mediastinum": ("No enlarged lymph nodes.", "The mediastinum is normal."),
    "heart": ("Heart size is normal.", "The heart and great vessels are normal."),
    "abdomen": ("The upper abdominal organs are normal.", "Unremarkable."),
    "musculoskeletal": ("No bone lesion.", "The bones are intact."),
}

HOW_MANY = (0.12, 0.2, 0.24, 0.2, 0.14, 0.1)
"""Share of reports with 0, 1, … findings."""


USUAL = 0.8
"""Share of the first sentence where there are two."""


def drawn(rng: np.random.Generator) -> tuple[Finding, ...]:
    """The findings of one patient, in the order of the report."""
    kinds = rng.choice(len(KINDS), size=rng.choice(len(HOW_MANY), p=HOW_MANY), replace=False)
    return tuple(sorted(_detailed(int(kind), rng) for kind in kinds))


def _detailed(number: int, rng: np.random.Generator) -> Finding:
    kind = KINDS[number]
    place = str(rng.choice(kind.places)) if kind.places else ""
    return Finding(number, place, int(rng.integers(kind.sizes[0], kind.sizes[1] + 1)) if kind.sizes else 0)


def _chosen(sentences: tuple[str, ...], rng: np.random.Generator) -> str:
    return sentences[0] if rng.random() < USUAL else sentences[-1]


def sections(findings: Sequence[Finding], rng: np.random.Generator) -> dict[str, list[str]]:
    """Sentences by region; a region without a finding is normal."""
    said: dict[str, list[str]] = {region.key: [] for region in CHEST6}
    for finding in findings:
        sentence = _chosen(KINDS[finding.kind].sentences, rng)
        said[KINDS[finding.kind].section].append(sentence.format(place=finding.place, size=finding.size))
    return {key: sentences or [_chosen(NORMAL[key], rng)] for key, sentences in said.items()}


def written(said: dict[str, list[str]], between: str = "\n") -> str:
    """The report: every region's title and sentences."""
    return between.join(f"{region.title}: {' '.join(said[region.key])}" for region in CHEST6)


def found(report: str) -> frozenset[Finding]:
    """Every finding that a report states in the grammar's sentences."""
    return frozenset(
        Finding(number, match.groupdict().get("place", ""), int(match.groupdict().get("size", 0)))
        for number, kind in enumerate(KINDS)
        for sentence in kind.sentences
        for match in re.finditer(_pattern(sentence, kind), report)
    )


def _pattern(sentence: str, kind: Kind) -> str:
    escaped = re.escape(sentence)
    places = "|".join(map(re.escape, kind.places))
    return escaped.replace(r"\{place\}", f"(?P<place>{places})").replace(r"\{size\}", r"(?P<size>\d+)")
