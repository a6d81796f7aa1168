"""What a labelled report says of each label, and the words that decided it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Polarity(StrEnum):
    """What a report says of a label."""

    present = "present"
    absent = "absent"
    uncertain = "uncertain"
    not_mentioned = "not mentioned"


@dataclass(frozen=True)
class LabelMention:
    """What decided one label.

    Parameters
    ----------
    label, polarity : the label, and what is said of it.
    sentence : the sentence that says it, as it is written; empty where the label is not mentioned.
    words : the words in it that name the finding.
    start, end : where these words stand in the text (of the section, where sections were labelled).
    section : the section that they stand in, where sections were labelled.
    """

    label: str
    polarity: Polarity = Polarity.not_mentioned
    sentence: str = ""
    words: str = ""
    start: int | None = None
    end: int | None = None
    section: str | None = None


@dataclass(frozen=True)
class Labelling:
    """A report's labels: one mention for every label of the table, in its order."""

    table: str
    mentions: tuple[LabelMention, ...]

    def __getitem__(self, label: str) -> LabelMention:
        for mention in self.mentions:
            if mention.label == label:
                return mention
        raise KeyError(label)

    @property
    def polarities(self) -> dict[str, Polarity]:
        """Label → polarity, in the table's order."""
        return {mention.label: mention.polarity for mention in self.mentions}

    def vector(self, uncertain: int = 1) -> tuple[int, ...]:
        """1 for every label that is present, else 0, in the table's order.

        Parameters
        ----------
        uncertain : what an uncertain label counts as, 0 or 1. By default a finding that is put forward counts as
            reported, as where CheXbert's labels (Smit et al., EMNLP 2020) score reports.
        """
        said = {Polarity.present: 1, Polarity.uncertain: uncertain}
        return tuple(said.get(mention.polarity, 0) for mention in self.mentions)
