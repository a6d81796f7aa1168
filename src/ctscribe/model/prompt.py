"""The prompt as a page writes it and as one case fills it: ``"{global}{local}{instruction}"``.

What a case brings (its instruction, its lesions) goes in as it stands, never as a template of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, model_validator
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ctscribe.anatomy.lesions import Lesion, lesion_sentence
from ctscribe.anatomy.taxonomy import load_taxonomy
from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.slots import Piece, Slot, Template, Text, merged
from ctscribe.registry import nearest_hint

BLOCKS = ("instruction", "lesions", "regions")
"""Slots of a prompt that are not a stream's."""


class RegionsConfig(BaseModel):
    """``{regions}``: a line for every region that is in the scan.

    Parameters
    ----------
    stream : its token k belongs to region k.
    taxonomy : the regions and their order.
    line : a template with ``{token}`` and, if wanted, the region's ``{title}`` or ``{key}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: str
    taxonomy: str = "chest6"  # MedRegion-CT, Tab. S2
    line: str = "{title}: {token}\n"  # ours: the paper has a slot for each region, its words are not given


class LesionsConfig(BaseModel):
    """``{lesions}``: a line for every lesion, a template with ``{sentence}``, and the text where there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: str = "{sentence}\n"  # ours
    none: str = ""  # MedRegion-CT, Eq. 6: nothing is said of an empty Ω


class PromptConfig(BaseModel):
    """A page's ``prompt``; a bare string is its template.

    Parameters
    ----------
    template : text with slots: a stream's name, ``{regions}``, ``{lesions}`` or ``{instruction}``; ``{{`` is a brace.
    regions, lesions : how those slots are written; ``{regions}`` needs its entry, ``{lesions}`` does not.
    instructions : the list that ``{instruction}`` is drawn from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: str
    regions: RegionsConfig | None = None
    lesions: LesionsConfig | None = None
    instructions: Literal["report", "vqa"] = "report"

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, given: Any) -> Any:
        return {"template": given} if isinstance(given, str) else given


class _RegionLines:
    """``{regions}`` for one case."""

    def __init__(self, config: RegionsConfig | None, streams: Collection[str]) -> None:
        if config is None:
            raise BadInput(
                "prompt.regions: this key is missing, but prompt.template has {regions}",
                hint="say whose tokens they are: regions: {stream: NAME}",
                code="missing-key",
            )
        if config.stream not in streams:
            raise BadInput(
                f"prompt.regions.stream: there is no stream {config.stream!r}",
                hint=nearest_hint(config.stream, streams),
                code="unknown-stream",
            )
        self.stream = config.stream
        self._line = Template(config.line, "prompt.regions.line", ["title", "key", "token"], needed="token")
        self._taxonomy = load_taxonomy(config.taxonomy)

    def pieces(self, present: Sequence[bool] | None) -> list[Piece]:
        """The lines of the regions that are present; ``None`` stands for all of them."""
        regions = self._taxonomy.regions
        inside = [True] * len(regions) if present is None else present
        if len(inside) != len(regions):
            raise BadInput(
                f"stream {self.stream!r} has {len(inside)} regions, taxonomy {self._taxonomy.name} {len(regions)}",
                hint="the stream's masks and prompt.regions need the same taxonomy",
                code="wrong-regions",
            )
        pieces: list[Piece] = []
        for k, (region, is_inside) in enumerate(zip(regions, inside, strict=True)):
            values = {"title": [Text(region.title)], "key": [Text(region.key)], "token": [Slot(self.stream, k)]}
            pieces += self._line.filled(values) if is_inside else []
        return pieces


class PromptTemplate:
    """A page's prompt, checked once and filled for every case.

    Parameters
    ----------
    config : the page's ``prompt``.
    streams : the names of the page's streams.

    Raises
    ------
    BadInput : a slot that is nothing, a stream or an entry that the prompt never uses, or braces that do not match.
    """

    def __init__(self, config: PromptConfig, streams: Collection[str]) -> None:
        self._template = Template(config.template, "prompt.template", [*streams, *BLOCKS])
        lesions = config.lesions or LesionsConfig()
        self._lesion_line = Template(lesions.line, "prompt.lesions.line", ["sentence"], needed="sentence")
        self._no_lesion = lesions.none
        slots = self._template.slots
        self._regions = _RegionLines(config.regions, streams) if "regions" in slots else None
        self._streams = [name for name in slots if name not in BLOCKS]
        _check_use(config, streams, slots + ([self._regions.stream] if self._regions else []))

    def render(
        self, instruction: str, *, present: Mapping[str, Sequence[bool]] = {}, lesions: Sequence[str] = ()
    ) -> tuple[Piece, ...]:
        """One case's prompt.

        Parameters
        ----------
        instruction : what the reader asks for.
        present : for the stream of the regions, which of them are in the scan; without its entry all are.
        lesions : a sentence for each lesion.

        Returns
        -------
        Text and slots in reading order, no two texts next to each other and none empty. A region that is absent leaves
        neither its slot nor its words.

        Raises
        ------
        BadInput : ``present`` tells of another number of regions than the taxonomy has.
        """
        values: dict[str, list[Piece]] = {name: [Slot(name)] for name in self._streams}
        lines = [piece for lesion in lesions for piece in self._lesion_line.filled({"sentence": [Text(lesion)]})]
        values["lesions"] = lines or [Text(self._no_lesion)]
        values["instruction"] = [Text(instruction)]
        if self._regions:
            values["regions"] = self._regions.pieces(present.get(self._regions.stream))
        return merged(self._template.filled(values))


def _check_use(config: PromptConfig, streams: Collection[str], used: Collection[str]) -> None:
    """Nothing is named for nothing, and no name means two things."""
    for name in sorted(streams):
        if name in BLOCKS:
            hint = "rename the stream"
            raise BadInput(f"streams.{name}: a slot of the prompt has this name", hint=hint, code="reserved-name")
        if name not in used:
            raise BadInput(
                f"prompt.template: stream {name!r} has no slot", hint=f"add {{{name}}}", code="unused-stream"
            )
    for key in ("regions", "lesions"):
        if getattr(config, key) is not None and key not in used:
            raise BadInput(f"prompt.{key}: prompt.template has no such slot", hint=f"add {{{key}}}", code="unused-key")


def lesion_lines(case: Case) -> tuple[str, ...]:
    """A sentence for the largest lesion of every kind in every sub-region: MedRegion-CT, Eq. 6–7.

    The case lists every component; the prompt, as in the paper, holds one of each kind and place, which bounds it.
    """
    largest: dict[tuple[str, str], Lesion] = {}
    for lesion in case.lesions:  # by descending volume
        largest.setdefault((lesion.kind, lesion.sub_region), lesion)
    return tuple(lesion_sentence(lesion) for lesion in largest.values())


def tokenise(pieces: Iterable[Piece], tokenizer: PreTrainedTokenizerBase, *, begin: bool) -> tuple[Tensor | Slot, ...]:
    """Token ids of every text on its own, so that no word grows across a slot; slots stay as they are.

    Parameters
    ----------
    pieces : a rendered prompt.
    tokenizer : the language model's; its special tokens are written only where the text spells them.
    begin : put the beginning-of-sequence token in front, if the tokenizer has one.

    Returns
    -------
    Tensors of int64, shape (tokens,), never empty, and slots.
    """
    parts: list[Tensor | Slot] = []
    if begin and tokenizer.bos_token_id is not None:
        parts.append(torch.tensor([tokenizer.bos_token_id]))
    for piece in pieces:
        if isinstance(piece, Slot):
            parts.append(piece)
        elif ids := tokenizer(piece.text, add_special_tokens=False)["input_ids"]:
            parts.append(torch.tensor(ids))
    return tuple(parts)
