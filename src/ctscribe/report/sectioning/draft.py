"""A sentence on its way through the three steps."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ctscribe.report.sectioning.sentences import SourceSentence


@dataclass(frozen=True)
class Draft:
    """A sentence as it stands after some of the steps.

    Parameters
    ----------
    text : its wording so far.
    source : the sentence that it comes from.
    changes : what was changed.
    """

    text: str
    source: SourceSentence
    changes: tuple[str, ...] = ()

    def reworded(self, text: str, change: str) -> Draft:
        """The draft with another wording; itself when nothing differs."""
        if text == self.text:
            return self
        tidied = tidy(text)
        return self if tidied == tidy(self.text) else replace(self, text=tidied, changes=(*self.changes, change))


@dataclass(frozen=True)
class Drop:
    """A sentence that a step left out."""

    source: SourceSentence
    reason: str


def tidy(text: str) -> str:
    """White space and punctuation as they should be, a capital first, a full stop last."""
    text = re.sub(r"\(\s*[,;]*\s*\)|\[\s*\]", "", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,;.:)])", r"\1", text)
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"([,;:(])\s*\.", ".", text).strip(" ,;:-–")
    text = re.sub(r"[,;:]?\s+(?:and|but|or|which|that)\s*\.?$", "", text).rstrip(" ,;:")
    if not text:
        return text
    text = articles(text[0].upper() + text[1:])
    return text if text.endswith((".", "!", "?")) else f"{text}."


def articles(text: str) -> str:
    """``a`` or ``an`` by the word that follows."""
    return re.sub(r"\b([Aa])n? (?=(\w+))", lambda match: f"{match[1]}{'n' if _vowel(match[2]) else ''} ", text)


def _vowel(word: str) -> bool:
    """Whether a word begins with a vowel as it is spoken: "8 mm", "11 mm", "18 mm" do, "unilateral" does not."""
    if word[0].isdigit():
        return re.match(r"8|1[18](?!\d)", word) is not None
    return word[0].lower() in "aeiou" and re.match(r"(?:uni|use|usu|eu|one)", word, re.IGNORECASE) is None
