"""Whole models run here, some of them in training."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def flushed_denormals() -> Iterator[None]:
    """Attention's smallest probabilities are denormal numbers, with which a CPU is many times slower."""
    torch.set_flush_denormal(True)
    yield
    torch.set_flush_denormal(False)
