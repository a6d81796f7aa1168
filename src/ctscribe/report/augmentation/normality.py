"""Naive normality (AMOS-MM design space): a structure of which a report says nothing is called normal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field

from ctscribe.report.augmentation.sentences import Keywords, speaks_of, with_findings
from ctscribe.report.schema import Finding, Report


class NormalSentence(BaseModel):
    """What is said of a structure when the report does not speak of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str = Field(description="chest-6 key of the section that it joins")
    keywords: Keywords
    sentence: str
    labels: tuple[str, ...] = Field(default=(), description="CT-RATE abnormality labels the sentence speaks of")


@cache
def normal_sentences() -> tuple[NormalSentence, ...]:
    """The packaged table: chest and upper abdomen, by section."""
    page = resources.files("ctscribe.report.augmentation") / "normality.yaml"
    table = yaml.safe_load(page.read_text(encoding="utf-8"))
    return tuple(NormalSentence(region=region, **entry) for region, entries in table.items() for entry in entries)


def add_normal_sentences(report: Report, table: Sequence[NormalSentence] | None = None) -> Report:
    """Add the normal sentence of everything that no sentence of the report speaks of.

    Nothing was looked at for it, so each sentence has the origin ``default`` and no evidence; a reader sees that, and
    ``check_consistency`` drops it where a measurement says otherwise.

    Parameters
    ----------
    report : a complete report.
    table : sentences to add, the packaged ones by default.
    """
    added: defaultdict[str, list[Finding]] = defaultdict(list)
    for normal in normal_sentences() if table is None else table:
        if not speaks_of(report, normal.keywords):
            added[normal.region].append(
                Finding(text=normal.sentence, polarity="normal", origin="default", labels=normal.labels)
            )
    return with_findings(report, added)
