"""What a report already speaks of, and a report with more sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ctscribe.report.schema import Finding, Report

Keywords: TypeAlias = tuple[tuple[str, ...], ...]
"""Groups of alternatives: a sentence holds the keywords when it holds a word of every group."""


def speaks_of(report: Report, keywords: Keywords) -> bool:
    """Whether one sentence of the report, in a section or in the impression, holds the keywords.

    A keyword is the beginning of a word, whatever its case: ``nodul`` stands for nodule, nodules and nodular. What a
    sentence says of the matter does not count: "not assessed" speaks of it too.
    """
    groups = [re.compile("|".join(rf"\b{re.escape(word)}" for word in group), re.IGNORECASE) for group in keywords]
    findings = [finding for section in report.sections for finding in section.findings]
    return any(all(group.search(finding.text) for group in groups) for finding in (*findings, *report.impression))


def with_findings(report: Report, added: Mapping[str, Sequence[Finding]]) -> Report:
    """The report with findings at the ends of its sections, by chest-6 key."""
    sections = tuple(
        section.model_copy(update={"findings": (*section.findings, *added.get(section.key, ()))})
        for section in report.sections
    )
    return report.model_copy(update={"sections": sections})
