"""A system as a model: views → features → streams → prompt → language model.

``forward`` and ``write`` read like that sentence; which parts stand behind each word is the page's affair. Weights
are kept in ``checkpoint.py``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.modeling_outputs import CausalLMOutput

from ctscribe.anatomy.taxonomy import CHEST6
from ctscribe.model.building import build_encoders, build_streams
from ctscribe.model.config import Page, StageConfig
from ctscribe.model.decoding import Decoding
from ctscribe.model.features import Features, Tokens
from ctscribe.model.generated import Generated
from ctscribe.model.generation import generate
from ctscribe.model.language import build_language, report_loss
from ctscribe.model.processor import Batch, Prompt
from ctscribe.model.prompt import Slot
from ctscribe.model.rows import attended, labels_of, padded
from ctscribe.model.structured import generate_sections
from ctscribe.model.trained_parts import is_trained, train_only
from ctscribe.model.tuning import apply_tuning, trainable_names
from ctscribe.model.views import build_views, finish_views

HEADINGS = {region.key: f"{region.title}:" for region in CHEST6}
"""Section key → heading, as structured reports have them."""


class ReportModelConfig(PretrainedConfig):
    """A page, in the form in which Hugging Face models keep their configuration.

    Parameters
    ----------
    page : the page's content.
    named : part → the public weights that it was taken from.
    """

    model_type = "ctscribe"

    def __init__(
        self, page: Mapping[str, Any] | None = None, named: Mapping[str, str] | None = None, **rest: Any
    ) -> None:
        self.page = dict(page or {})
        self.named = dict(named or {})
        super().__init__(**rest)

    def to_json_string(self, use_diff: bool = True) -> str:
        """As JSON in the page's own order, which has meaning: views and encoders refer to those above them."""
        return json.dumps(self.to_diff_dict() if use_diff else self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def keeps_named(self, part: str) -> bool:
        """Whether a part still is the public weights that it was taken from: named, and trained by no stage."""
        page = Page.check(self.page)
        if part not in self.named:
            return False
        if part == "language":
            # The cross-attention that ``attends`` adds was published with no language model.
            return page.language.tuning != "full" and not page.language.trained and page.language.attends is None
        trained = [name for stage in page.stages for name in stage.train]
        return not any(f"{name}.".startswith(f"{part}.") or f"{part}.".startswith(f"{name}.") for name in trained)


class ReportModel(PreTrainedModel):
    """A page's model.

    Parameters
    ----------
    config : holds the page.
    language : a language model with its weights; by default one of the page's architecture with random weights.
    """

    config_class = ReportModelConfig
    base_model_prefix = ""
    main_input_name = "samples"

    def __init__(self, config: ReportModelConfig, language: PreTrainedModel | None = None) -> None:
        super().__init__(config)
        self.page = page = Page.check(config.page)
        self.views = build_views(page.views)
        self.encoders = build_encoders(page, self.views)
        language = build_language(page.language) if language is None else language
        self.language = apply_tuning(language, page.language)
        self.streams = build_streams(page, self.views, self.encoders, self.language_width)
        self._tuned = frozenset(f"language.{name}" for name in trainable_names(self.language))
        self.begin_stage(page.report_stage)

    @classmethod
    def from_page(cls, page: Page, **weights: bool) -> ReportModel:
        """A new model of a page; ``checkpoint.new_model`` says which weights it starts from."""
        from ctscribe.model.checkpoint import new_model

        return new_model(page, **weights)

    @property
    def language_width(self) -> int:
        """Width of the language model's token embeddings."""
        weight = self.language.get_input_embeddings().weight
        assert isinstance(weight, Tensor)
        return weight.shape[1]

    def begin_stage(self, stage: StageConfig) -> None:
        """Let exactly the parts that a stage names be trained."""
        train_only(self, stage, self._tuned)

    def train(self, mode: bool = True) -> ReportModel:
        """Training mode for what is trained; the dropout and the statistics of frozen parts stay still."""
        super().train(mode)
        for part in (*self.encoders.values(), *self.streams.values(), self.language):
            part.train(mode and is_trained(part))
        return self

    def forward(
        self,
        samples: Mapping[str, Tensor],
        prompts: Sequence[Prompt],
        references: Sequence[Int64[Tensor, " _"]] | None = None,
        features: Mapping[str, Features] | None = None,
    ) -> CausalLMOutput:
        """Read a batch of scans and prompts, and the reports if there are any.

        Parameters
        ----------
        features : what ``encode`` gave for these samples, where frozen encoders need not see them again; the samples of
            views that only they look at may be left out.

        Returns
        -------
        CausalLMOutput : logits of every position, rows padded at the end; the loss is the mean cross-entropy over the
            report tokens of the batch alone.
        """
        streams = self.see(samples, features)
        rows = self.splice(prompts, streams)
        if references is None:
            return CausalLMOutput(logits=self.read(*padded(rows, "right"), streams))
        labels = labels_of(rows, references)
        rows = [torch.cat([row, self.embed(reference)]) for row, reference in zip(rows, references, strict=True)]
        logits = self.read(*padded(rows, "right"), streams)
        return CausalLMOutput(loss=report_loss(logits, labels.to(logits.device)), logits=logits)

    @torch.no_grad()
    def write(
        self, batch: Batch, tokenizer: PreTrainedTokenizerBase, decoding: Decoding | None = None
    ) -> list[Generated]:
        """Write a text for every case of a batch: a report, or the answer to what its prompt asks."""
        streams = self.see(batch.samples)
        embeds, attention = padded(self.splice(batch.prompts, streams), "left")
        memory = self.memory(streams)
        return generate(self.language, embeds, attention, tokenizer, decoding or Decoding(), memory=memory)

    @torch.no_grad()
    def write_sections(
        self, batch: Batch, tokenizer: PreTrainedTokenizerBase, decoding: Decoding | None = None
    ) -> list[dict[str, Generated]]:
        """Write the six sections of a report for every case of a batch; no section can be missing."""
        streams = self.see(batch.samples)
        embeds, attention = padded(self.splice(batch.prompts, streams), "left")
        memory = self.memory(streams)
        return generate_sections(
            self.language, embeds, attention, tokenizer, HEADINGS, decoding or Decoding(), memory=memory
        )

    def see(self, samples: Mapping[str, Tensor], features: Mapping[str, Features] | None = None) -> dict[str, Tokens]:
        """Samples of a batch → views → features, but for those given → streams of tokens."""
        known = features or {}
        views = finish_views(self.views, samples, self.page.views_needed(known))
        return self.project(self.encode(views, known), views)

    def encode(self, views: Mapping[str, Tensor], known: Mapping[str, Features] | None = None) -> dict[str, Features]:
        """Views → the features of every encoder, each computed once, but for those known.

        Frozen encoders keep no activations.
        """
        features = dict(known or {})
        for feature, (name, view) in self.page.features.items():
            if feature in features:
                continue
            encoder, context = self.encoders[name], self.page.encoders[name].context
            with torch.set_grad_enabled(torch.is_grad_enabled() and is_trained(encoder)):
                features[feature] = encoder(views[view], None if context is None else features[context])
        return features

    def project(self, features: Mapping[str, Features], views: Mapping[str, Tensor]) -> dict[str, Tokens]:
        """Features → streams of tokens in the language model's width."""
        return {
            name: self.streams[name](
                *(features[source] for source in stream.sources),
                masks=None if stream.masks is None else views[stream.masks],
            )
            for name, stream in self.page.streams.items()
        }

    def splice(self, prompts: Sequence[Prompt], streams: Mapping[str, Tokens]) -> list[Float[Tensor, "length width"]]:
        """Prompts with their slots filled: one row of embeddings a case."""
        return [
            torch.cat([self._filled(piece, streams, case) for piece in prompt]) for case, prompt in enumerate(prompts)
        ]

    def _filled(self, piece: Tensor | Slot, streams: Mapping[str, Tokens], case: int) -> Float[Tensor, "length width"]:
        if isinstance(piece, Tensor):
            return self.embed(piece)
        stream = streams[piece.stream]
        if piece.index is None:
            return stream.values[case][stream.valid[case]]
        return stream.values[case, piece.index][None]

    def embed(self, tokens: Int64[Tensor, " length"]) -> Float[Tensor, "length width"]:
        """Embeddings of text tokens."""
        return self.language.get_input_embeddings()(tokens.to(self.device))

    def memory(self, streams: Mapping[str, Tokens]) -> Tokens | None:
        """What a cross-attending language model attends to besides the row it reads."""
        return None if self.page.language.attends is None else streams[self.page.language.attends]

    def read(
        self,
        embeds: Float[Tensor, "batch length width"],
        attention: Bool[Tensor, "batch length"],
        streams: Mapping[str, Tokens],
    ) -> Float[Tensor, "batch length vocabulary"]:
        """Rows of embeddings → logits."""
        return self.language(
            inputs_embeds=embeds, attention_mask=attention.long(), **attended(self.memory(streams))
        ).logits

    def own_state(self) -> dict[str, Tensor]:
        """Weights of encoders and streams that no public name stands for."""
        named = tuple(f"{part}." for part in self.config.named if self.config.keeps_named(part))
        return {
            name: tensor for name, tensor in self.state_dict().items() if not name.startswith(("language.", *named))
        }

    def save_pretrained(self, save_directory: str | PathLike[str], **kwargs: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Write the model into a folder; ``checkpoint.py`` says what lies where. ``push_to_hub`` uploads the same."""
        from ctscribe.model.checkpoint import save_model

        save_model(self, Path(save_directory))

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, *args: Any, **kwargs: Any) -> ReportModel:
        """Load a model that ``save_pretrained`` wrote; keywords as ``checkpoint.load_model`` takes them."""
        from ctscribe.model.checkpoint import load_model

        return load_model(Path(pretrained_model_name_or_path), **kwargs)
