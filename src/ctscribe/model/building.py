"""From a page's words to its parts, with clear errors where they do not fit together."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.config import Page
from ctscribe.model.encoders import ENCODERS, Encoder
from ctscribe.model.features import FeatureSpec, MaskSpec
from ctscribe.model.projectors import PROJECTORS
from ctscribe.model.views import View
from ctscribe.model.views.region_masks import RegionMasks
from ctscribe.registry import placed


def build_encoders(page: Page, views: Mapping[str, View]) -> nn.ModuleDict:
    """Every encoder of a page, built for the largest of its views."""
    built = nn.ModuleDict()
    specs: dict[str, FeatureSpec] = {}
    for name, config in page.encoders.items():
        where = f"{page.name}.encoders.{name}"
        with placed(where):
            part = ENCODERS[config.type]
        options = ENCODERS.options(config.type, config.options, where)
        shapes = {feature: views[view].shape for feature, view in config.features(name).items()}
        context = None if config.context is None else specs[config.context]
        with placed(where):
            encoder = part(next(iter(shapes.values())), context, **options)
            specs |= {feature: encoder.spec(shape) for feature, shape in shapes.items()}
        built[name] = encoder
    return built


def feature_specs(page: Page, views: Mapping[str, View], encoders: nn.ModuleDict) -> dict[str, FeatureSpec]:
    """Feature name → what it holds."""
    return {
        feature: encoder.spec(views[view].shape)
        for feature, (name, view) in page.features.items()
        if isinstance(encoder := encoders[name], Encoder)
    }


def build_streams(page: Page, views: Mapping[str, View], encoders: nn.ModuleDict, width: int) -> nn.ModuleDict:
    """Every stream's projector, into a language model of this width."""
    specs = feature_specs(page, views, encoders)
    built = nn.ModuleDict()
    for name, stream in page.streams.items():
        where = f"{page.name}.streams.{name}.projector"
        with placed(where):
            part = PROJECTORS[stream.projector.type]
        options = PROJECTORS.options(stream.projector.type, stream.projector.options, where)
        sources = tuple(specs[source] for source in stream.sources)
        with placed(where):
            masks = None if stream.masks is None else _mask_spec(views[stream.masks], stream.masks)
            built[name] = part(sources, width, masks, **options)
    return built


def _mask_spec(view: View, name: str) -> MaskSpec:
    if not isinstance(view, RegionMasks):
        raise BadInput(f"view {name!r} holds no masks", hint="name a view of type region_masks", code="not-masks")
    regions, depth, height, width = view.shape
    return MaskSpec(regions, (depth, height, width))
