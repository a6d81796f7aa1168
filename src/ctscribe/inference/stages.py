"""The stages of a run: what is under way now, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stages:
    """Keeps the seconds of each stage and tells a listener what starts.

    Parameters
    ----------
    announce : called with a stage's name when it starts, such as a progress display's update.
    """

    def __init__(self, announce: Callable[[str], None] = lambda name: None) -> None:
        self._announce = announce
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time one stage."""
        self._announce(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)
