"""Rows of different lengths: padding carries nothing, and only report tokens carry loss."""

from __future__ import annotations

import pytest
import torch

from ctscribe.model.features import Tokens
from ctscribe.model.rows import IGNORED, attended, labels_of, padded

ROWS = [torch.full((length, 2), float(length)) for length in (3, 1, 2)]


def test_padding_on_the_right() -> None:
    values, attention = padded(ROWS, "right")
    assert values[:, :, 0].tolist() == [[3, 3, 3], [1, 0, 0], [2, 2, 0]]
    assert attention.tolist() == [[True, True, True], [True, False, False], [True, True, False]]


def test_padding_on_the_left() -> None:
    values, attention = padded(ROWS, "left")
    assert values[:, :, 1].tolist() == [[3, 3, 3], [0, 0, 1], [0, 2, 2]]
    assert attention.tolist() == [[True, True, True], [False, False, True], [False, True, True]]


def test_a_row_of_zeros_is_still_there() -> None:
    _, attention = padded([torch.zeros(2, 2), torch.ones(1, 2)], "right")
    assert attention.tolist() == [[True, True], [True, False]]


def test_gradient_reaches_every_row() -> None:
    rows = [torch.zeros(length, 2, requires_grad=True) for length in (2, 4)]
    padded(rows, "left")[0].sum().backward()
    assert all(row.grad is not None and bool((row.grad == 1).all()) for row in rows)


def test_labels_are_the_reports_and_nothing_else() -> None:
    references = [torch.tensor([7, 2]), torch.tensor([8, 9, 2]), torch.tensor([2])]
    labels = labels_of(ROWS, references)
    assert labels.tolist() == [
        [IGNORED, IGNORED, IGNORED, 7, 2],
        [IGNORED, 8, 9, 2, IGNORED],
        [IGNORED, IGNORED, 2, IGNORED, IGNORED],
    ]
    whole = [torch.cat([row, torch.ones(len(text), 2)]) for row, text in zip(ROWS, references, strict=True)]
    assert labels.shape == padded(whole, "right")[0].shape[:2]


def test_every_prompt_needs_its_report() -> None:
    with pytest.raises(ValueError, match="shorter"):
        labels_of(ROWS, [torch.tensor([2])])


def test_what_a_cross_attending_decoder_is_given() -> None:
    valid = torch.tensor([[True, True, False]])
    memory = Tokens(torch.zeros(1, 3, 4), valid)
    assert attended(None) == {}
    given = attended(memory)
    assert given["encoder_hidden_states"] is memory.values
    assert given["encoder_attention_mask"].tolist() == [[1, 1, 0]]
    assert set(attended(memory, masked=False)) == {"encoder_hidden_states"}
