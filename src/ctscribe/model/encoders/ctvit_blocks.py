"""The parts of CT-CLIP's CTViT, wired and named as in its public code so that its checkpoint fits.

What differs from a usual transformer is CT-CLIP's own: normalisation has a scale but no learned shift; keys and values
see the tokens before normalisation, queries after it; attention is between unit vectors, times 8; position comes from
a depthwise convolution and, in space, from a bias that a small network computes from the offset of two patches.
"""

from __future__ import annotations

from contextlib import nullcontext

import torch
from einops import rearrange
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm, normalize, pad, scaled_dot_product_attention

ATTENTION_SCALE = 8.0
"""Multiplies the cosine of query and key [CT-CLIP's public code]."""


class ScaleNorm(nn.Module):
    """Layer normalisation with a learned scale; the shift is kept at zero and stored, as in the public checkpoint."""

    beta: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))
        self.register_buffer("beta", torch.zeros(width))

    def forward(self, x: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch width"]:
        """Normalise every token."""
        return layer_norm(x, x.shape[-1:], self.gamma, self.beta)


class GatedGelu(nn.Module):
    """GEGLU: the first half of the channels times the GELU of the second half."""

    def forward(self, x: Float[Tensor, "*batch doubled"]) -> Float[Tensor, "*batch hidden"]:
        """Halve the channels."""
        value, gate = x.chunk(2, dim=-1)
        return value * gelu(gate)


class PositionConvolution(nn.Module):
    """The position generating module: a depthwise 3×3×3 convolution that sees, along time, only what came before."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dsconv = nn.Conv3d(width, width, 3, groups=width)

    def forward(
        self, x: Float[Tensor, "sequences tokens width"], video: tuple[int, int, int, int]
    ) -> Float[Tensor, "sequences tokens width"]:
        """Convolve tokens laid out as (batch, t, h, w).

        The layout is taken from memory order. Sequences along time, (batch h w) × t, are therefore not put back into
        place before they are convolved; the public weights were trained so.
        """
        volume = rearrange(x.reshape(*video, -1), "b t h w c -> b c t h w")
        mixed = self.dsconv(pad(volume, (1, 1, 1, 1, 2, 0)))
        return rearrange(mixed, "b c t h w -> b t h w c").reshape(x.shape)


class CosineAttention(nn.Module):
    """Self-attention by cosine similarity with learned per-channel scales of queries and keys."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = ScaleNorm(width)
        self.to_q = nn.Linear(width, heads * head_width, bias=False)
        self.to_kv = nn.Linear(width, 2 * heads * head_width, bias=False)
        self.q_scale = nn.Parameter(torch.ones(head_width))
        self.k_scale = nn.Parameter(torch.ones(head_width))
        self.to_out = nn.Linear(heads * head_width, width, bias=False)

    def forward(
        self, x: Float[Tensor, "sequences tokens width"], bias: Float[Tensor, "heads tokens tokens"] | None
    ) -> Float[Tensor, "sequences tokens width"]:
        """Attend within every sequence; ``bias`` is added to the similarities."""
        q = rearrange(self.to_q(self.norm(x)), "s n (h c) -> s h n c", h=self.heads)
        k, v = rearrange(self.to_kv(x), "s n (two h c) -> two s h n c", two=2, h=self.heads)
        q, k = normalize(q, dim=-1) * self.q_scale, normalize(k, dim=-1) * self.k_scale
        added = None if bias is None else bias[None]
        seen = scaled_dot_product_attention(q, k, v, attn_mask=added, scale=ATTENTION_SCALE)
        return self.to_out(rearrange(seen, "s h n c -> s n (h c)"))


class Layer(nn.ModuleDict):
    """Position convolution, attention and gated feed-forward, each added to its input.

    They are called 0, 1 and 3 as in the public checkpoint, where 2 is a cross-attention that CTViT lacks.
    """

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        parts = {"0": PositionConvolution(width), "1": CosineAttention(width, heads, head_width)}
        super().__init__(parts | {"3": _feed_forward(width)})

    def forward(
        self,
        x: Float[Tensor, "sequences tokens width"],
        video: tuple[int, int, int, int],
        bias: Float[Tensor, "heads tokens tokens"] | None,
    ) -> Float[Tensor, "sequences tokens width"]:
        """Mix the tokens of every sequence."""
        x = x + self["0"](x, video)
        x = x + self["1"](x, bias)
        return x + self["3"](x)


class AxisTransformer(nn.Module):
    """Layers that attend within sequences along one axis or plane of a (t, h, w) grid of tokens."""

    def __init__(self, width: int, depth: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, heads, head_width) for _ in range(depth))
        self.norm_out = ScaleNorm(width)

    def forward(
        self,
        x: Float[Tensor, "sequences tokens width"],
        video: tuple[int, int, int, int],
        bias: Float[Tensor, "heads tokens tokens"] | None = None,
    ) -> Float[Tensor, "sequences tokens width"]:
        """Mix the tokens of every sequence; ``video`` is (batch, t, h, w)."""
        for layer in self.layers:
            x = layer(x, video, bias)
        return self.norm_out(x)


def _feed_forward(width: int) -> nn.Sequential:
    hidden = int(4 * (2 / 3) * width)
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, 2 * hidden, bias=False),
        GatedGelu(),
        nn.Identity(),  # the public code's dropout of 0, which counts in its key names
        nn.Linear(hidden, width, bias=False),
    )


class OffsetBias(nn.Module):
    """Continuous position bias: a network from the log-distance of two patches to one attention bias a head.

    It is computed once for each offset that occurs, (2h − 1)(2w − 1) times instead of (h w)² times.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.net = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(2, width), nn.LeakyReLU(0.1)),
                nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.1)),
                nn.Linear(width, heads),
            ]
        )

    def forward(self, height: int, width: int) -> Float[Tensor, "heads tokens tokens"]:
        """The bias between any two patches of an image of height × width patches."""
        weight = next(self.parameters())
        rows = torch.arange(1 - height, height, device=weight.device, dtype=weight.dtype)
        columns = torch.arange(1 - width, width, device=weight.device, dtype=weight.dtype)
        offsets = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)  # (2h − 1, 2w − 1, 2)
        table = offsets.sign() * offsets.abs().log1p()
        for layer in self.net:
            table = layer(table)
        row = _differences(height, weight.device)[:, None, :, None]
        column = _differences(width, weight.device)[None, :, None, :]
        return rearrange(table[row, column], "i j k l heads -> heads (i j) (k l)")


def _differences(count: int, device: torch.device) -> Int64[Tensor, "count count"]:
    """Which row of a table of offsets belongs to each pair of positions."""
    at = torch.arange(count, device=device)
    return at[:, None] - at[None, :] + count - 1


class Codebook(nn.Module):
    """A table of code vectors as the public checkpoint stores it."""

    embed: Tensor

    def __init__(self, codes: int, width: int) -> None:
        super().__init__()
        self.register_buffer("embed", normalize(torch.randn(1, codes, width), dim=-1))


class Quantiser(nn.Module):
    """Replaces every token by the code vector of the largest cosine; codes stay as published, in training too."""

    def __init__(self, codes: int, width: int) -> None:
        super().__init__()
        self._codebook = Codebook(codes, width)

    def forward(self, x: Float[Tensor, "batch t h w width"]) -> Float[Tensor, "batch t h w width"]:
        """Quantise; the gradient passes to the tokens as if nothing had happened (straight through)."""
        codes = self._codebook.embed[0]
        directions = normalize(codes, dim=-1).T  # (width, codes)
        # frame by frame: the similarities of all tokens with all codes would be the largest tensor of the encoder;
        # never in half precision, in which many codes would be equally near
        with nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False):
            frames = [(frame @ directions).argmax(dim=-1) for frame in x.detach().to(codes.dtype).unbind(dim=1)]
        nearest = torch.stack(frames, dim=1)  # (batch, t, h, w)
        quantised = codes[nearest]
        return x + (quantised - x).detach() if x.requires_grad else quantised
