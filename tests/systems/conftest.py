"""Whole models run here, some of them in training: attention's smallest probabilities make denormal numbers, with which
a CPU is many times slower."""

from __future__ import annotations

import torch

torch.set_flush_denormal(True)
