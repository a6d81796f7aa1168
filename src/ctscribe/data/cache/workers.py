"""Blocks over processes. They are spawned: numba's threads do not survive a fork, and a fork server outlives a kill."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

import torch

from ctscribe.data.processes import end_with_parent
from ctscribe.errors import CTScribeError

R = TypeVar("R")

_given: list[Any] = []
"""The job of this process."""


def over_blocks(work: Callable[[Any, int], R], job: Any, blocks: Sequence[int], processes: int) -> Iterator[R]:
    """``work(job, block)`` for every block, in their order; in this process where one is enough.

    Raises
    ------
    CTScribeError : ``process-ended``: one of the processes was killed, as a system short of memory does.
    """
    processes = min(processes, len(blocks))
    if processes <= 1:
        yield from (work(job, block) for block in blocks)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begin, initargs=(job,))
    try:
        yield from pool.map(_work, [work] * len(blocks), blocks)
    except BrokenProcessPool as error:
        raise CTScribeError(
            "a process was ended from outside, as happens where memory runs out",
            hint="give the same command again with fewer --processes: it goes on where it stopped",
            code="process-ended",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(job: Any) -> None:
    """Prepare a worker: it ends with its parent, and shows nothing that may quote a scan's header."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    _given.append(job)


def _work(work: Callable[[Any, int], R], block: int) -> R:
    return work(_given[0], block)
