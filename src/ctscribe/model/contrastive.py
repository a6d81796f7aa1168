"""Contrastive models: a scan and its report become neighbours in one space (CT-CLIP; HSENet, stages 1 and 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import AutoModel, PretrainedConfig, PreTrainedTokenizerBase

from ctscribe.errors import BadInput
from ctscribe.model.contrastive_loss import Consistency, consistency_weight, info_nce, semantic_consistency
from ctscribe.model.encoders.encoder import Encoder
from ctscribe.model.features import Features, ViewShape


class ContrastiveModel(nn.Module):
    """An image encoder and a text encoder with one shared space, trained by symmetric InfoNCE.

    HSENet's stage 1 with a 3-D ViT, its second stage's pair with a 2E3 encoder, CT-CLIP with CTViT, whose own latent is
    already in the shared space (``project_image=False``, ``bias=False``).

    Parameters
    ----------
    encoder : gives one pooled embedding of a view.
    shape : of the view, without the batch axis.
    text : architecture of a BERT-like text encoder, whose first token (CLS) stands for the text.
    dim : width of the shared space; 512 in both papers.
    project_image : whether a linear layer leads from the image embedding to the shared space.
    bias : whether the linear layers have one.
    as_published : multiply similarities by the learned scale itself, where HSENet's code forgets the exponential.

    Raises
    ------
    BadInput : the encoder does not pool to one embedding, or, unprojected, not to one of width ``dim``.
    """

    def __init__(
        self,
        encoder: Encoder,
        shape: ViewShape,
        text: PretrainedConfig,
        *,
        dim: int = 512,
        project_image: bool = True,
        bias: bool = True,
        as_published: bool = False,
    ) -> None:
        super().__init__()
        spec = encoder.spec(shape)
        if spec.slots != 1:
            raise BadInput(f"a contrastive model needs one embedding of a view, not {spec.slots}", code="no-pooled")
        if not project_image and spec.channels != dim:
            raise BadInput(
                f"an image embedding of width {spec.channels} is not in a shared space of {dim}", code="wrong-width"
            )
        self.as_published = as_published
        self.encoder = encoder
        self.image_projection = nn.Linear(spec.channels, dim, bias=bias) if project_image else nn.Identity()
        self.text_encoder = _without_pooler(AutoModel.from_config(text))
        self.text_projection = nn.Linear(text.hidden_size, dim, bias=bias)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))  # HSENet, authors' code

    @property
    def scale(self) -> Float[Tensor, ""]:
        """1/τ, what cosine similarities are multiplied by."""
        return self.logit_scale if self.as_published else self.logit_scale.exp()

    def embed_image(self, view: Tensor, context: Features | None = None) -> Float[Tensor, "batch latent"]:
        """Views as unit vectors; ``context`` is what the encoder's context encoder saw."""
        pooled = self.encoder(view, context).pooled  # (batch, 1, channels)
        return normalize(self.image_projection(pooled[:, 0]), dim=-1)

    def embed_text(
        self, input_ids: Int[Tensor, "batch length"], attention_mask: Int[Tensor, "batch length"]
    ) -> Float[Tensor, "batch latent"]:
        """Texts as unit vectors."""
        states = self.text_encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return normalize(self.text_projection(states[:, 0]), dim=-1)

    def forward(
        self,
        view: Tensor,
        input_ids: Int[Tensor, "batch length"],
        attention_mask: Int[Tensor, "batch length"],
        context: Features | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of a batch of scans and their reports."""
        images, texts = self.embed_image(view, context), self.embed_text(input_ids, attention_mask)
        return info_nce(images, texts, self.scale)

    @torch.no_grad()
    def zero_shot(
        self,
        images: Float[Tensor, "batch latent"],
        tokenizer: PreTrainedTokenizerBase,
        findings: Sequence[str],
    ) -> Float[Tensor, "batch findings"]:
        """Probability of each finding: softmax over "… is present." and "… is not present." (CT-CLIP).

        Parameters
        ----------
        images : from ``embed_image``.
        tokenizer : the text encoder's.
        findings : names, such as the 18 abnormalities of CT-RATE.
        """
        prompts = [f"{finding} is {word}present." for finding in findings for word in ("", "not ")]
        tokens = tokenizer(prompts, padding=True, return_tensors="pt").to(images.device)
        texts = self.embed_text(tokens["input_ids"], tokens["attention_mask"])
        logits = self.scale * similarity(images, texts)  # (batch, findings·2)
        return logits.unflatten(1, (len(findings), 2)).softmax(dim=2)[..., 0]


class ConsistentModel(nn.Module):
    """HSENet's stage 2: a second pair of encoders learns while the frozen first one holds its similarities in place.

    Parameters
    ----------
    stage1 : the trained first pair; it is frozen here.
    stage2 : the pair with the 2E3 encoder.
    form : of the consistency loss, see ``semantic_consistency``.
    """

    def __init__(self, stage1: ContrastiveModel, stage2: ContrastiveModel, *, form: Consistency = "diagonal") -> None:
        super().__init__()
        self.stage1, self.stage2 = stage1.requires_grad_(False).eval(), stage2
        self.form: Consistency = form

    def train(self, mode: bool = True) -> ConsistentModel:
        """Switch the second pair to training; the first stays as it is."""
        super().train(mode)
        self.stage1.eval()
        return self

    def forward(
        self,
        view: Tensor,
        input_ids: Int[Tensor, "batch length"],
        attention_mask: Int[Tensor, "batch length"],
        context: Features | None = None,
        *,
        step: int = 0,
    ) -> Float[Tensor, ""]:
        """L = L_CL + λ_s L_SA of a batch at a training step (HSENet, Eq. 5); ``context`` is the 2E3 encoder's."""
        texts = input_ids, attention_mask
        later = self.stage2.embed_image(view, context), self.stage2.embed_text(*texts)
        loss = info_nce(*later, self.stage2.scale)
        weight = consistency_weight(step)
        if weight == 0:
            return loss
        with torch.no_grad():
            earlier = self.stage1.embed_image(view), self.stage1.embed_text(*texts)
        return loss + weight * semantic_consistency(earlier, later, self.stage2.scale, self.form)


def similarity(
    images: Float[Tensor, "images latent"], texts: Float[Tensor, "texts latent"]
) -> Float[Tensor, "images texts"]:
    """Cosine of every unit vector with every other, for retrieval either way or between volumes."""
    return images @ texts.T


def _without_pooler(text_encoder: Any) -> nn.Module:
    """A BERT whose own pooling layer, which nothing here reads or trains, is left out."""
    text_encoder.pooler = None
    return text_encoder
