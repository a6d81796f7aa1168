"""Generated text with how sure the language model was of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import TypeAlias

from transformers import PreTrainedTokenizerBase

from ctscribe.model.sentences import sentence_spans

OnText: TypeAlias = Callable[[int, str], None]
"""Takes the number of a case in the batch and the next piece of its text."""

PARTIAL = "\ufffd"
"""What a tokenizer gives for the first bytes of a character whose rest has not come yet."""


@dataclass(frozen=True)
class Sentence:
    """A sentence and the geometric mean of its tokens' probabilities, so that long sentences are not less sure."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Generated:
    """What a language model wrote for one case.

    Parameters
    ----------
    ids : tokens, without the end token.
    text : exactly what the tokens say, white space included.
    confidences : probability of each token under the language model itself, before temperature or penalties.
    sentences : the text in sentences.
    """

    ids: tuple[int, ...]
    text: str
    confidences: tuple[float, ...]
    sentences: tuple[Sentence, ...]

    @classmethod
    def of(cls, ids: Sequence[int], confidences: Sequence[float], tokenizer: PreTrainedTokenizerBase) -> Generated:
        """Text and sentences of tokens."""
        text, ends = decoded(ids, tokenizer), token_ends(ids, tokenizer)
        starts = [0, *ends[:-1]]
        sentences = []
        for first, last in sentence_spans(text):
            logs = [
                log(max(confidence, 1e-30))
                for start, end, confidence in zip(starts, ends, confidences, strict=True)
                if start < last and end > first
            ]
            sentences.append(Sentence(text[first:last], exp(sum(logs) / len(logs))))
        return cls(tuple(ids), text, tuple(confidences), tuple(sentences))


def decoded(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> str:
    """The text of tokens, exactly; special tokens have none."""
    return str(tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))


def token_ends(ids: Sequence[int], tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """Where each token ends in the text; a token that holds part of a character ends before that character."""
    ends = [len(decoded(ids[:n], tokenizer).rstrip(PARTIAL)) for n in range(1, len(ids))]
    return [*ends, len(decoded(ids, tokenizer))] if ids else []


class TextStreams:
    """Turns the tokens of several cases, as they come, into text that can be shown: never half a character.

    Leaving the ``with`` block shows what is left.
    """

    def __init__(self, cases: int, tokenizer: PreTrainedTokenizerBase, on_text: OnText | None) -> None:
        self.tokenizer, self.on_text = tokenizer, on_text
        self.ids: list[list[int]] = [[] for _ in range(cases)]
        self.shown = [0] * cases

    def put(self, case: int, token: int) -> None:
        """Take the next token of a case."""
        if self.on_text is not None:
            self.ids[case].append(token)
            self._show(case, decoded(self.ids[case], self.tokenizer).rstrip(PARTIAL))

    def _show(self, case: int, text: str) -> None:
        if self.on_text is not None and len(text) > self.shown[case]:
            self.on_text(case, text[self.shown[case] :])
            self.shown[case] = len(text)

    def __enter__(self) -> TextStreams:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        if failure is None:
            for case, ids in enumerate(self.ids):
                self._show(case, decoded(ids, self.tokenizer))
