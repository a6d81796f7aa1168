"""Binary questioning (AMOS-MM design space): a second model says true or false of common findings and their places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from ctscribe.report.augmentation.sentences import Keywords, speaks_of, with_findings
from ctscribe.report.schema import Finding, Report


class Triplet(BaseModel):
    """An entity and its position; the answer to its question says whether it exists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(description="chest-6 key of the section that the answer joins")
    entity: str
    position: str = Field(description="With its preposition, such as 'in the left kidney'")
    keywords: Keywords = Field(description="Words for the entity, then words for the position")
    labels: tuple[str, ...] = Field(default=(), description="CT-RATE abnormality labels the answer speaks of")

    def fill(self, template: str) -> str:
        """A template with this entity and position."""
        return template.format(entity=self.entity, position=self.position)


def add_answers(report: Report, ask: Callable[[str], bool | None], triplets: Sequence[Triplet] | None = None) -> Report:
    """Ask for every triplet of which the report does not speak, and add the answers as sentences.

    The sentences have the origin ``question`` and no evidence. Triplets that the report speaks of are not asked.

    Parameters
    ----------
    report : a complete report.
    ask : takes a question, in the first of the packaged wordings; answers it, or gives ``None`` when it cannot.
    triplets : what to ask for, the packaged list by default.
    """
    added: defaultdict[str, list[Finding]] = defaultdict(list)
    for triplet in common_triplets() if triplets is None else triplets:
        if speaks_of(report, triplet.keywords):
            continue
        exists = ask(triplet.fill(question_templates()[0]))
        if exists is not None:
            added[triplet.region].append(_answer(triplet, exists))
    return with_findings(report, added)


def _answer(triplet: Triplet, exists: bool) -> Finding:
    return Finding(
        text=triplet.fill(_page()["answers"][exists]),
        polarity="present" if exists else "absent",
        origin="question",
        labels=triplet.labels,
    )


@cache
def common_triplets() -> tuple[Triplet, ...]:
    """The packaged list: common findings of the chest and the upper abdomen."""
    return tuple(
        Triplet(region=region, **entry) for region, entries in _page()["triplets"].items() for entry in entries
    )


def question_templates() -> tuple[str, ...]:
    """Wordings of a question, with the slots ``entity`` and ``position``; a model that is to answer learns all."""
    return tuple(_page()["questions"])


@cache
def _page() -> dict[str, Any]:
    page = resources.files("ctscribe.report.augmentation") / "triplets.yaml"
    return yaml.safe_load(page.read_text(encoding="utf-8"))
