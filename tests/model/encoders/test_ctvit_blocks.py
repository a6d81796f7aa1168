"""The parts of CTViT: what each of them sees. Their arithmetic is compared with loops in the test of the whole."""

from __future__ import annotations

import torch

from ctscribe.model.encoders.ctvit_blocks import AxisTransformer, OffsetBias, Quantiser


def test_slabs_see_no_later_slab_before_attention_along_z() -> None:
    torch.manual_seed(0)
    stack = AxisTransformer(8, depth=2, heads=2, head_width=3).double()
    x = torch.randn(4, 6, 8, dtype=torch.float64)  # 4 slabs of 2 × 3 tokens
    changed = x.clone()
    changed[2, 1] += 1
    moved = (stack(x, (1, 4, 2, 3)) - stack(changed, (1, 4, 2, 3))).abs().amax(dim=(1, 2)) > 1e-9
    assert moved.tolist() == [False, False, True, True]


def test_the_bias_of_two_patches_depends_on_their_offset_alone() -> None:
    torch.manual_seed(0)
    bias = OffsetBias(8, 2)(3, 4).reshape(2, 3, 4, 3, 4)
    torch.testing.assert_close(bias[:, 0, 1, 1, 3], bias[:, 1, 0, 2, 2])
    assert not torch.allclose(bias[:, 0, 1, 1, 3], bias[:, 1, 3, 0, 1])


def test_quantised_tokens_are_codes_whatever_the_precision_around() -> None:
    torch.manual_seed(0)
    quantiser, x = Quantiser(512, 8), torch.randn(1, 2, 3, 3, 8)
    plain = quantiser(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = quantiser(x)
    assert torch.equal(plain, half)
    codes = quantiser.state_dict()["_codebook.embed"][0]
    assert all((codes == token).all(dim=1).any() for token in plain.reshape(-1, 8))


def test_the_gradient_passes_the_codes_unchanged() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 2, 3, 3, 8, requires_grad=True)
    slopes = torch.randn(1, 2, 3, 3, 8)
    (Quantiser(512, 8)(x) * slopes).sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, slopes)
