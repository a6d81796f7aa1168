"""The losses of contrastive image–report models. They take embeddings already gathered from every process."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy

Consistency = Literal["diagonal", "matrix"]


def info_nce(
    images: Float[Tensor, "batch latent"], texts: Float[Tensor, "batch latent"], scale: Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """Symmetric InfoNCE: each image must find its text among all, and each text its image (HSENet, Eq. 2).

    Parameters
    ----------
    images, texts : unit vectors; row i of one belongs to row i of the other.
    scale : 1/τ, what cosine similarities are multiplied by.
    """
    logits = scale * images @ texts.T  # (images, texts)
    own = torch.arange(len(logits), device=logits.device)
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


def semantic_consistency(
    earlier: tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]],
    later: tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]],
    scale: Float[Tensor, ""],
    form: Consistency = "diagonal",
) -> Float[Tensor, ""]:
    """How far a stage's image–text similarities move from an earlier stage's (HSENet, L_SA).

    Parameters
    ----------
    earlier, later : each stage's image and text embeddings, unit vectors; the earlier stage gets no gradient.
    scale : 1/τ of both stages.
    form : ``diagonal``: squared differences of matching pairs, summed (Eq. 4); ``matrix``: of all pairs, averaged, as
        the authors' code has it and the text calls it.
    """
    before, after = (scale * images @ texts.T for images, texts in (earlier, later))
    squared = (before.detach() - after).square()  # (images, texts)
    return squared.diagonal().sum() if form == "diagonal" else squared.mean()


def consistency_weight(step: int, *, initial: float = 0.1, steps: int = 5000) -> float:
    """λ_s at a training step: 0.1 falling linearly to 0 at step 5000, then 0 (HSENet, authors' code; paper: 0.1)."""
    return initial * max(0.0, 1 - step / steps)
