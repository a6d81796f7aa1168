"""Text with slots: a template such as ``"{title}: {token}"``, and the pieces it is filled with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import Formatter
from typing import TypeAlias

from ctscribe.errors import BadInput
from ctscribe.registry import nearest_hint


@dataclass(frozen=True)
class Text:
    """Words that the language model reads as words."""

    text: str


@dataclass(frozen=True)
class Slot:
    """The place of a stream's tokens: all its valid ones, or the one at ``index``."""

    stream: str
    index: int | None = None


Piece: TypeAlias = Text | Slot


class Template:
    """Text whose ``{names}`` are slots; ``{{`` and ``}}`` are braces.

    Parameters
    ----------
    text : the template.
    where : its place in the page, for messages.
    known : the slots it may have.
    needed : the slot it must have.

    Raises
    ------
    BadInput : braces that do not match, an unknown slot, or the needed one missing.
    """

    def __init__(self, text: str, where: str, known: Collection[str], needed: str | None = None) -> None:
        try:
            fields = list(Formatter().parse(text))
        except ValueError as error:
            hint = "write a brace that is no slot twice: {{ or }}"
            raise BadInput(f"{where}: {str(error).lower()}", hint=hint, code="wrong-template") from None
        for _, name, form, conversion in fields:
            if name is not None and (name not in known or form or conversion):
                hint = nearest_hint(name, known)
                raise BadInput(f"{where}: there is no slot {name!r}", hint=hint, code="unknown-slot")
        self._fields = [(words, name) for words, name, _, _ in fields]
        if needed is not None and needed not in self.slots:
            raise BadInput(f"{where}: {{{needed}}} is missing", hint=f"add {{{needed}}}", code="missing-slot")

    @property
    def slots(self) -> list[str]:
        """The slots in reading order."""
        return [name for _, name in self._fields if name is not None]

    def filled(self, values: Mapping[str, Sequence[Piece]]) -> list[Piece]:
        """The template with every slot's pieces in its place."""
        pieces: list[Piece] = []
        for words, name in self._fields:
            pieces.append(Text(words))
            pieces += values[name] if name is not None else []
        return pieces


def merged(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The same prompt without empty texts and without two texts next to each other."""
    joined: list[Piece] = []
    for is_text, run in groupby(pieces, key=lambda piece: isinstance(piece, Text)):
        if not is_text:
            joined += run
        elif text := "".join(piece.text for piece in run if isinstance(piece, Text)):
            joined.append(Text(text))
    return tuple(joined)
