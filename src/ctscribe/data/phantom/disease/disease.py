"""What every disease is: a function that draws itself on a body."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ctscribe.data.phantom.canvas import Canvas
from ctscribe.data.phantom.level import Level


class Disease(Protocol):
    """Draws one kind of disease, as much of it as a case of this level has.

    It changes ``canvas.hu`` (and ``canvas.labels`` where an organ gives way), and tells what it did by ``canvas.add``;
    where there is no room for it, it changes nothing and adds nothing. A distractor only changes the attenuation: it
    looks like a finding and is none.
    """

    def __call__(self, canvas: Canvas, level: Level, rng: np.random.Generator) -> None: ...
