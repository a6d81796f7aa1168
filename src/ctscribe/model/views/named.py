"""The views of a page by name: built from its keys, sampled from a case, finished in batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from torch import Tensor

from ctscribe.case import Case
from ctscribe.errors import BadInput
from ctscribe.model.views.grids import SampledGrid
from ctscribe.model.views.view import VIEWS, View
from ctscribe.registry import placed


def build_views(config: Mapping[str, Mapping[str, Any]], where: str = "views") -> dict[str, View]:
    """A page's views, in its order.

    Parameters
    ----------
    config : view name → ``type`` and the options of that kind.
    where : the place in the page, for messages.

    Raises
    ------
    BadInput : an unknown kind or key, a value that makes no sense, or a view named that stands not above.
    """
    views: dict[str, View] = {}
    for name, entry in config.items():
        place = f"{where}.{name}"
        options = dict(entry)
        kind = options.pop("type", None)
        if kind is None:
            hint = f"known: {', '.join(VIEWS.names)}"
            raise BadInput(f"{place}.type: this key is missing", hint=hint, code="missing-key")
        with placed(place):
            part = VIEWS[kind]
        options = VIEWS.options(kind, options, place)
        with placed(place):
            views[name] = part(views, **options)
    return views


def sample_views(views: Mapping[str, View], case: Case) -> dict[str, Tensor]:
    """What every view takes from one case: no batch axis, on the CPU, in the smallest number type that holds it.

    Raises
    ------
    BadInput : the case lacks what a view needs, such as organ masks.
    """
    samples: dict[str, Tensor] = {}
    grids: dict[str, SampledGrid] = {}
    for name, view in views.items():
        if view.of is None:
            with placed(f"view {name!r}"):
                samples[name], grids[name] = view.sample(case, grids)
    return samples


def finish_views(
    views: Mapping[str, View], samples: Mapping[str, Tensor], wanted: Collection[str] | None = None
) -> dict[str, Tensor]:
    """Views of a batch, float32 (batch, *shape), on the device of its samples; all of them, or those wanted.

    What a wanted view is made from is among them.
    """
    needed = with_origins(views, views if wanted is None else wanted)
    finished: dict[str, Tensor] = {}
    for name, view in views.items():
        if name in needed:
            finished[name] = view.finish(samples[name] if view.of is None else finished[view.of])
    return finished


def with_origins(views: Mapping[str, View], wanted: Collection[str]) -> frozenset[str]:
    """Views, and those that they are made from."""
    needed = set(wanted)
    for name in reversed(list(views)):  # a view stands below what it is made from
        origin = views[name].of
        if name in needed and origin is not None:
            needed.add(origin)
    return frozenset(needed)
