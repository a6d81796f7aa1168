"""What structures a free-text report: one protocol, two engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ctscribe.report.sectioning import StructuredText


@dataclass(frozen=True)
class Usage:
    """What a language model was asked.

    Parameters
    ----------
    calls : answers that were paid for; those read from disk do not count.
    prompt_tokens, completion_tokens : of these calls.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True)
class Structured:
    """A report in sections, and how it came about.

    Parameters
    ----------
    engine : what made the sections in the end; ``rules`` too where a language model's answer was refused.
    notes : why an answer was refused, one sentence each.
    """

    text: StructuredText
    engine: str
    notes: tuple[str, ...] = ()


@runtime_checkable
class Structurer(Protocol):
    """Brings a free-text report into six sections.

    ``fingerprint`` names everything that its results depend on, so that results of one engine are never taken for
    another's.
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    def __call__(self, text: str) -> Structured: ...
