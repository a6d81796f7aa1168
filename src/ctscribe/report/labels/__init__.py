"""Labels of free-text reports: which findings a report affirms, denies, leaves open, or does not mention.

Rules and lexicons are the YAML pages beside this file.
"""

from __future__ import annotations

from ctscribe.report.labels.labeller import label_report, label_sections
from ctscribe.report.labels.labelling import Labelling, LabelMention, Polarity
from ctscribe.report.labels.tables import LabelTable, label_table

__all__ = [
    "CT_RATE",
    "INSPECT",
    "LabelMention",
    "LabelTable",
    "Labelling",
    "Polarity",
    "label_report",
    "label_sections",
    "label_table",
]

CT_RATE = "ct_rate"
INSPECT = "inspect"
