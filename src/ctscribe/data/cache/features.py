"""What a page's frozen encoders give, as entries of the cache: named by all it depends on, packed and unpacked.

A store of features is keyed by the finished view, the encoder's options, its context and its very weights: features of
other weights are never taken for these.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from ctscribe.data.cache.keys import Recipe, finished_recipe, resolved
from ctscribe.data.cache.store import store_folder
from ctscribe.errors import BadInput, CTScribeError
from ctscribe.model.building import build_encoders
from ctscribe.model.config import Page
from ctscribe.model.encoders import ENCODERS, Encoder
from ctscribe.model.features import Features, FeatureSpec, Grid
from ctscribe.model.views import build_views

FeatureType: TypeAlias = Literal["float16", "float32"]

FIELDS = ("tokens", "pooled", "scores")
"""Of ``Features``; hidden layers are kept as ``layers.NUMBER``."""


def frozen_features(page: Page) -> tuple[str, ...]:
    """Features of encoders that no stage trains, in the order in which encoders run."""
    trained = [part for stage in page.stages for part in stage.train]
    frozen: list[str] = []
    for feature, (name, _) in page.features.items():
        whole, context = f"encoders.{name}", page.encoders[name].context
        still = not any(f"{part}.".startswith(f"{whole}.") or whole.startswith(f"{part}.") for part in trained)
        if still and (context is None or context in frozen):
            frozen.append(feature)
    return tuple(frozen)


def starting_encoders(page: Page, *, seed: int = 0, download: bool = False) -> nn.ModuleDict:
    """A page's encoders as training finds the frozen ones, without the language model.

    Parameters
    ----------
    seed : of random weights, where the page names no public ones.
    download : fetch named weights that are not on this machine.

    Raises
    ------
    BadInput : named weights are not here, or do not fit; ``nothing-frozen``.
    """
    frozen = {page.features[feature][0] for feature in frozen_features(page)}
    if not frozen:
        problem = f"{page.name} trains every one of its encoders"
        raise BadInput(problem, hint="leave --features out", code="nothing-frozen")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        encoders = build_encoders(page, build_views(page.views))
    for name in frozen:
        encoder = encoders[name]
        source = page.encoders[name].weights or getattr(encoder, "named_weights", None)
        if source is not None and isinstance(encoder, Encoder):
            encoder.load_weights(source, download=download)
    return encoders.eval()


def feature_folders(
    page: Page, encoders: nn.ModuleDict, folder: Path, dtype: FeatureType
) -> dict[str, tuple[Path, Recipe]]:
    """Frozen feature → the folder of its store, and what its entries depend on."""
    recipes: dict[str, Recipe] = {}
    for feature in frozen_features(page):
        name, view = page.features[feature]
        config = page.encoders[name]
        options = ENCODERS.options(config.type, config.options, f"encoders.{name}")
        recipes[feature] = {
            "features": config.type,
            "options": resolved(inspect.signature(ENCODERS[config.type]), options),
            "view": finished_recipe(page.views, view),
            "context": None if config.context is None else recipes[config.context],
            "weights": weights_digest(encoders[name]),
            "dtype": dtype,
        }
    return {name: (store_folder(folder, f"features-{name}", recipe), recipe) for name, recipe in recipes.items()}


def weights_digest(encoder: nn.Module) -> str:
    """SHA-256 of an encoder's weights and buffers, by name."""
    whole = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        whole.update(f"{name} {tensor.dtype} {list(tensor.shape)} ".encode())
        whole.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return whole.hexdigest()


def entry_bytes(spec: FeatureSpec, dtype: FeatureType) -> int:
    """Bytes of the features of one case, at most."""
    numbers = prod((spec.channels, spec.tokens * (1 + len(spec.layers)) + spec.slots)) + spec.tokens
    return numbers * getattr(torch, dtype).itemsize


def packed(features: Features, dtype: FeatureType) -> list[dict[str, Tensor]]:
    """The entry of every case of a batch.

    Raises
    ------
    CTScribeError : ``too-large-for-float16``.
    """
    named = {name: values for name in FIELDS if (values := getattr(features, name)) is not None}
    named |= {f"layers.{layer}": values for layer, values in features.layers.items()}
    kept = {name: values.to("cpu", getattr(torch, dtype)) for name, values in named.items()}
    for name, values in kept.items():
        if not values.isfinite().all() and named[name].isfinite().all():
            raise CTScribeError(
                f"{name}: some features are larger than float16 can hold",
                hint="give --feature-type float32",
                code="too-large-for-float16",
            )
    count = len(next(iter(kept.values())))
    return [{name: values[k].clone() for name, values in kept.items()} for k in range(count)]


def unpacked(entries: Sequence[Mapping[str, Tensor]], grid: Grid | None) -> Features:
    """Entries of several cases as a batch, float32.

    Parameters
    ----------
    grid : patches along (z, y, x), as the encoder's ``spec`` says.
    """
    batch = {name: torch.stack([entry[name] for entry in entries]).float() for name in entries[0]}
    layers = {int(name.removeprefix("layers.")): batch[name] for name in batch if name.startswith("layers.")}
    return Features(grid, layers=layers, **{name: batch[name] for name in FIELDS if name in batch})
