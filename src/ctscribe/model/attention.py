"""Multi-head attention and the pre-norm transformer block that encoders and projectors are made of."""

from __future__ import annotations

from typing import Literal

from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

Activation = Literal["gelu", "relu"]


class Attention(nn.Module):
    """Queries attend to keys and values: softmax(q kᵀ / √d_head) v, then an output projection.

    Parameters
    ----------
    width : channels of queries and of the output.
    heads : attention heads; must divide ``width``.
    context_width : channels of what is attended to, ``width`` by default.
    input_bias, output_bias : whether the q, k, v projections and the output projection have a bias.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        context_width: int | None = None,
        input_bias: bool = True,
        output_bias: bool = True,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        self.heads = heads
        self.query = nn.Linear(width, width, bias=input_bias)
        self.key_value = nn.Linear(context_width or width, 2 * width, bias=input_bias)
        self.output = nn.Linear(width, width, bias=output_bias)

    def forward(
        self,
        queries: Float[Tensor, "batch queries width"],
        context: Float[Tensor, "batch keys context_width"] | None = None,
        mask: Bool[Tensor, "#batch #queries keys"] | None = None,
    ) -> Float[Tensor, "batch queries width"]:
        """Attend to ``context``, or to the queries themselves; ``mask`` is True where a key may be seen."""
        context = queries if context is None else context
        q = rearrange(self.query(queries), "b n (h c) -> b h n c", h=self.heads)
        k, v = rearrange(self.key_value(context), "b n (two h c) -> two b h n c", two=2, h=self.heads)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask[:, None])
        return self.output(rearrange(seen, "b h n c -> b n (h c)"))


class Block(nn.Module):
    """A pre-norm transformer block: x + attention(norm(x)), then x + MLP(norm(x))."""

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        mlp_ratio: float = 4.0,
        activation: Activation = "gelu",
        dropout: float = 0.0,
        input_bias: bool = True,
        output_bias: bool = True,
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, input_bias=input_bias, output_bias=output_bias)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = feed_forward(width, round(width * mlp_ratio), activation=activation, dropout=dropout)

    def forward(self, x: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens width"]:
        """Mix the tokens of each case."""
        x = x + self.attention(self.attention_norm(x))
        return x + self.mlp(self.mlp_norm(x))


def feed_forward(
    width: int, hidden: int, out: int | None = None, *, activation: Activation = "gelu", dropout: float = 0.0
) -> nn.Sequential:
    """Linear, activation, linear: the two-layer MLP of transformers and projectors."""
    return nn.Sequential(
        nn.Linear(width, hidden),
        nn.GELU() if activation == "gelu" else nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, out or width),
        nn.Dropout(dropout),
    )
