"""The public variant of HILT, with learned attention (AMOS-MM design space, its code)."""

from __future__ import annotations

from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ctscribe.model.attention import Attention, feed_forward


class InformingBlocks(nn.Module):
    """Blocks in which low-resolution tokens attend to high-resolution ones, then LayerNorm."""

    def __init__(self, width: int, blocks: int, heads: int, mlp_hidden: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(InformingBlock(width, heads, mlp_hidden) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, low: Float[Tensor, "batch low width"], high: Float[Tensor, "batch high width"]
    ) -> Float[Tensor, "batch low width"]:
        """Inform the low-resolution tokens."""
        for block in self.blocks:
            low, high = block(low, high)
        return self.norm(low)


class InformingBlock(nn.Module):
    """Both token sets attend to themselves, the low-resolution ones then to the high, and one MLP serves both.

    As in that code no residual goes round the self-attentions, and the norms and the MLP are shared.
    """

    def __init__(self, width: int, heads: int, mlp_hidden: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.low_attention = Attention(width, heads, input_bias=False)
        self.high_attention = Attention(width, heads, input_bias=False)
        self.informing = InformingAttention(width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = feed_forward(width, mlp_hidden)

    def forward(
        self, low: Float[Tensor, "batch low width"], high: Float[Tensor, "batch high width"]
    ) -> tuple[Float[Tensor, "batch low width"], Float[Tensor, "batch high width"]]:
        """Update both."""
        low, high = self.low_attention(self.attention_norm(low)), self.high_attention(self.attention_norm(high))
        low = self.informing(low, high)
        return low + self.mlp(self.mlp_norm(low)), high + self.mlp(self.mlp_norm(high))


class InformingAttention(nn.Module):
    """Cross-attention that keeps its queries: output(q + softmax(q kᵀ / √d_head) v), after HILT's Eq. 3."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.output = nn.Linear(width, width)

    def forward(
        self, low: Float[Tensor, "batch low width"], high: Float[Tensor, "batch high width"]
    ) -> Float[Tensor, "batch low width"]:
        """Inform ``low`` by ``high``."""
        q = rearrange(self.query(low), "b n (h c) -> b h n c", h=self.heads)
        k, v = rearrange(self.key_value(high), "b n (two h c) -> two b h n c", two=2, h=self.heads)
        informed = q + scaled_dot_product_attention(q, k, v)
        return self.output(rearrange(informed, "b h n c -> b n (h c)"))
