"""CT-RATE's labels of a phantom."""

from __future__ import annotations

from collections.abc import Iterable

from ctscribe.data.phantom.truth import FINDING_KINDS, PhantomFinding
from ctscribe.report.findings import CT_RATE_LABELS


def labels_of(findings: Iterable[PhantomFinding]) -> tuple[int, ...]:
    """1 for each of the 18 labels that a finding makes positive, else 0, in the order of ``CT_RATE_LABELS``."""
    positive = {label for finding in findings for label in FINDING_KINDS[finding.kind].labels}
    return tuple(int(label in positive) for label in CT_RATE_LABELS)
