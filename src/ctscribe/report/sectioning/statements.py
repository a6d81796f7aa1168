"""What a sentence claims: which findings it affirms and which it denies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ctscribe.report.consistency.mentions import DENIAL_AFTER, DENIAL_BEFORE, EXCEPTING, clauses
from ctscribe.report.sectioning.anatomy import Mention, mentions

_NOT_AFTER = re.compile(
    r"\b(?:is|are|was|were|has|have|been|be|do|does|can|could)\s+not\b|\bnot\s+(?:seen|observed|detected|noted)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """A finding that is affirmed or denied.

    Parameters
    ----------
    entity : a name of ``anatomy.yaml``.
    exists : whether it is affirmed.
    clause : the words it is said in.
    """

    entity: str
    exists: bool
    clause: str


def statements(text: str) -> list[Statement]:
    """The findings that a text names, each with whether it is there; "no other nodule" claims neither."""
    found: list[Statement] = []
    for clause in clauses(text):
        if EXCEPTING.search(clause):
            continue
        for mention in mentions(clause):
            if mention.entity is not None:
                found.append(Statement(mention.entity.name, not _denied(clause, mention), clause))
    return found


def _denied(clause: str, mention: Mention) -> bool:
    before, after = clause[: mention.span[1]], clause[mention.span[1] :]
    return any((DENIAL_BEFORE.search(before), DENIAL_AFTER.search(after), _NOT_AFTER.search(after)))
