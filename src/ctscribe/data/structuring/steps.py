"""The three steps as DSPy signatures. Only imported when a language model structures."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import BaseModel

VERSION = 1
"""Changes with the wording of a step, so that answers to an older wording are not taken for answers to this one."""

Reason = Literal["", "technique", "history", "identity", "recommendation", "comparison", "impression", "names no organ"]
SectionKey = Literal["lung", "airway", "mediastinum", "heart", "abdomen", "musculoskeletal"]


class Numbered(BaseModel):
    """A sentence by its number."""

    number: int
    heading: str = ""
    text: str


class Rewritten(BaseModel):
    """A sentence after a step; ``dropped`` is the reason when it is left out, empty when it stays."""

    number: int
    text: str = ""
    dropped: Reason = ""


class Filed(BaseModel):
    """A sentence in its section."""

    number: int
    section: SectionKey
    text: str


class Cleanse(dspy.Signature):
    """Clinical cleansing of a chest CT report, sentence by sentence.

    Write every abbreviation out in full, as its context suggests. Drop sentences that are only about technique,
    clinical history, identity (names of persons, signatures) or recommendations. Change nothing else: no figure, side,
    place, finding or negation. Answer every number once.
    """

    sentences: list[Numbered] = dspy.InputField()
    complaint: str = dspy.InputField(desc="What was wrong with an earlier answer; empty at first")
    rewritten: list[Rewritten] = dspy.OutputField()


class Refine(dspy.Signature):
    """Temporal refinement of a chest CT report, sentence by sentence.

    Leave out every comparison with earlier examinations, dates and earlier measurements, and keep the current finding
    as a plain sentence: "The 8 mm nodule in the lingula is unchanged" becomes "There is an 8 mm nodule in the lingula."
    Of "increased from 6 to 8 mm" the 8 mm stay. A finding that has resolved becomes "There is no ...". Drop a sentence
    that states nothing current. Change nothing else. Answer every number once.
    """

    sentences: list[Numbered] = dspy.InputField()
    complaint: str = dspy.InputField(desc="What was wrong with an earlier answer; empty at first")
    rewritten: list[Rewritten] = dspy.OutputField()


class Merge(dspy.Signature):
    """Anatomical merging of a chest CT report into six sections.

    lung: parenchyma, peripheral bronchi, pleura. airway: trachea, main bronchi. mediastinum: hila, lymph nodes of the
    chest, oesophagus, hiatal hernia, thyroid. heart: heart, pericardium, aorta, coronary and pulmonary arteries,
    devices. abdomen: organs of the upper abdomen. musculoskeletal: bones, chest wall, breast. Give every sentence its
    section. A sentence that speaks of several sections becomes one sentence for each, with the same number, no item
    lost or doubled.
    """

    sentences: list[Numbered] = dspy.InputField()
    complaint: str = dspy.InputField(desc="What was wrong with an earlier answer; empty at first")
    filed: list[Filed] = dspy.OutputField()


STEPS: dict[str, type[dspy.Signature]] = {"cleanse": Cleanse, "refine": Refine, "merge": Merge}
"""The steps in their order."""
