"""The 21 entities that RAD3D-Prefix divides INSPECT by (Tab. 6), found in impressions by their words.

The paper extracts them with a language model (ReXKG), and its counts are of what is affirmed: embolism in a fifth of
the reports of a cohort that is all about it. Here a word counts unless its clause denies it, and ``Others`` are the
reports that affirm none of the twenty.
"""

from __future__ import annotations

import re

import numpy as np
from jaxtyping import Bool

from ctscribe.report.consistency.mentions import DENIAL_AFTER, DENIAL_BEFORE, clauses

ENTITIES: dict[str, re.Pattern[str]] = {
    name: re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for name, words in {
        "Embolism": "embol",
        "Opacities": "opaci",
        "Nodules": "nodul|micronodul",
        "Disease": "disease",
        "Atelectasis": "atelecta",
        "Infection": "infect",
        "Thickening": "thicken",
        "Effusions": "effusion",
        "Edema": "o?edema",
        "Aspiration": "aspirat",
        "Consolidation": "consolidat",
        "Mass": r"mass(?:es)?\b",
        "Pneumonia": "pneumonia",
        "Metastatic": "metastatic",
        "Lymphadenopathies": "lymphadenopath|adenopath",
        "Hypertension": "hypertensi",
        "Metastases": r"metastas[ei]s\b",
        "Lesions": "lesion",
        "Malignancy": "malignan",
        "Node": r"(?:lymph)?nodes?\b",
    }.items()
}
OTHERS = "Others"


def entities_of(impression: str) -> list[str]:
    """Names of the entities that an impression affirms, in the table's order; ``Others`` when it affirms none."""
    parts = [clause for line in impression.splitlines() for clause in clauses(line)]
    return [name for name, words in ENTITIES.items() if any(_affirmed(part, words) for part in parts)] or [OTHERS]


def marks(named: list[list[str]]) -> Bool[np.ndarray, "cases entities"]:
    """One column an entity, ``Others`` last."""
    columns = [*ENTITIES, OTHERS]
    return np.array([[name in names for name in columns] for names in named], dtype=bool).reshape(-1, len(columns))


def _affirmed(clause: str, words: re.Pattern[str]) -> bool:
    match = words.search(clause)
    return match is not None and not (
        DENIAL_BEFORE.search(clause[: match.start()]) or DENIAL_AFTER.search(clause[match.end() :])
    )
