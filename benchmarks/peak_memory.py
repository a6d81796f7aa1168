"""How much memory a piece of work takes at its peak."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable

import torch


def peak(measure: Callable[..., float], *given: object) -> float:
    """What ``measure`` says in a process of its own, as a process's peak memory never falls."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ctscribe.model.report_model"])
    with context.Pool(1) as pool:
        return pool.apply(measure, given)


@torch.inference_mode()
def risen(warm_up: Callable[[], object], work: Callable[[], object], device: str) -> float:
    """MB by which work raises the peak memory of this process, or of the GPU.

    Parameters
    ----------
    warm_up : loads the code that the work needs, and takes little memory.
    """
    warm_up()
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    before = _peak_bytes(device)
    work()
    return (_peak_bytes(device) - before) / 1e6


def _peak_bytes(device: str) -> int:
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
