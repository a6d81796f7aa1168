"""Cases with one report text, such as reconstructions of one scan, or normal reports written alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ctscribe.data.record import CaseRecord

_KEPT_FIRST = ("test", "validation", "train")


def same_text(records: Sequence[CaseRecord]) -> list[list[int]]:
    """Positions of the records that share their text, a group each; case and white space do not matter.

    The first of a group is the one to keep: one that is held out before one that is trained on.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for at, record in enumerate(records):
        text = plain(record.reference)
        if text:
            groups[text].append(at)
    return [
        sorted(group, key=lambda at: (_KEPT_FIRST.index(records[at].split), at))
        for group in groups.values()
        if len(group) > 1
    ]


def without_copies(records: Sequence[CaseRecord]) -> list[CaseRecord]:
    """One record for each report text, as HILT has it; records without text stay."""
    copies = {at for group in same_text(records) for at in group[1:]}
    return [record for at, record in enumerate(records) if at not in copies]


def duplicate_notes(records: Sequence[CaseRecord]) -> list[str]:
    """Sentences on what ``same_text`` finds, within splits and across them."""
    groups = same_text(records)
    if not groups:
        return []
    across = sum(len({records[at].split for at in group}) > 1 for group in groups)
    copies = sum(len(group) - 1 for group in groups)
    return [f"Cases that repeat another's report: {copies}; texts that are in more than one split: {across}."]


def plain(text: str | None) -> str:
    """A text as it is compared: lower case, single spaces."""
    return " ".join((text or "").casefold().split())
