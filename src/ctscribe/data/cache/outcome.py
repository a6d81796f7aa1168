"""What a caching run is asked to do, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from ctscribe.data.cache.store import BLOCK
from ctscribe.errors import BadInput, CTScribeError


@dataclass(frozen=True)
class Part:
    """Which share of the blocks a run takes: every ``count``-th, from ``number`` on."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            problem = f"there is no part {self.number} of {self.count}"
            hint = "say in how many parts with --num-parts, and count them from 0"
            raise BadInput(problem, hint=hint, code="wrong-part")

    def blocks(self, cases: int) -> range:
        """Numbers of its blocks."""
        return range(self.number, -(-cases // BLOCK), self.count)


@dataclass(frozen=True)
class Failure:
    """A case that could not be cached, and why."""

    id: str
    error: str
    hint: str | None
    code: str

    @classmethod
    def of(cls, case: str, error: Exception) -> Failure:
        """Of an unforeseen error only its kind is told: its message may quote a header."""
        if isinstance(error, CTScribeError):
            return cls(case, error.message, error.hint, error.code)
        hint = "look at this scan with ctscribe inspect, or run again with --debug"
        return cls(case, f"unforeseen {type(error).__name__}", hint, "unforeseen")


@dataclass(frozen=True)
class Outcome:
    """What became of a run, or of one block of it.

    Parameters
    ----------
    made, kept : cases that were cached now, and those that had been before.
    outdated : entries of cases that have changed since they were cached, or have moved in the index.
    failures : cases that could not be cached.
    complete : whether all cases of the index are accounted for; not so while other parts are still to be cached.
    """

    made: int = 0
    kept: int = 0
    outdated: int = 0
    failures: tuple[Failure, ...] = ()
    complete: bool = False

    def plus(self, block: Outcome) -> Outcome:
        """With what became of another block; not complete before all blocks are."""
        return Outcome(
            self.made + block.made,
            self.kept + block.kept,
            self.outdated + block.outdated,
            self.failures + block.failures,
        )
