"""A system as one page: what it looks at, how that becomes tokens, which language model reads them, what is trained.

``Page`` checks a page's own words and that its parts refer to each other; the options of a part are checked by the part
itself when it is built. Nothing here runs or loads a model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.language import LanguageConfig
from ctscribe.model.prompt import PromptConfig
from ctscribe.registry import invalid, nearest_hint


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PartConfig(BaseModel):
    """A registered part and its options: ``type`` names it, every other key is an option of its own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str

    @property
    def options(self) -> dict[str, Any]:
        """The part's own keys, as given."""
        return dict(self.model_extra or {})


class EncoderConfig(PartConfig):
    """An encoder and what it reads."""

    view: str | None = Field(default=None, description="The view it encodes; its features take the encoder's name")
    views: tuple[str, ...] = Field(
        default=(), description="Or several views, the largest first; features are called ENCODER.VIEW"
    )
    context: str | None = Field(default=None, description="Features of another encoder that it attends to")
    weights: str | None = Field(default=None, description="Pretrained weights, when its options do not imply them")

    @model_validator(mode="after")
    def _one_or_several(self) -> EncoderConfig:
        if (self.view is None) == (not self.views):
            raise ValueError("an encoder reads either one 'view' or several 'views'")
        return self

    def features(self, name: str) -> dict[str, str]:
        """Feature name → view, for an encoder of this name."""
        return {name: self.view} if self.view else {f"{name}.{view}": view for view in self.views}


class StreamConfig(_Words):
    """One stream of tokens: a projector over features."""

    sources: tuple[str, ...] = Field(alias="from", description="Features that it projects")
    masks: str | None = Field(default=None, description="A region_masks view that guides the projector")
    projector: PartConfig

    @model_validator(mode="before")
    @classmethod
    def _single_source(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and isinstance(given.get("from"), str):
            return {**given, "from": (given["from"],)}
        return given


class TextEncoderConfig(_Words):
    """The text encoder that a contrastive stage sets beside an image encoder."""

    model: str
    latent: int = Field(default=512, description="Width of the space that both share")


class StageConfig(_Words):
    """What is trained, on what, and how. Figures are the paper's unless the page says otherwise."""

    name: str
    objective: Literal["report", "vqa", "labels", "contrastive", "consistency"] = "report"
    train: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        description="Parts: language, streams, streams.NAME, encoders.NAME or deeper"
    )
    image: str | None = Field(default=None, description="The encoder that a contrastive or label stage trains")
    text: TextEncoderConfig | None = None
    epochs: float = 1
    learning_rate: float = 1e-4
    batch: int = Field(default=8, description="Effective: over devices and accumulation")
    optimizer: Literal["adamw", "adam"] = "adamw"
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = Field(default=0.03, description="Share of the steps when below 1, else steps")
    weight_decay: float = 0.0
    max_length: int = Field(default=512, description="Text tokens kept")


class Page(_Words):
    """A system."""

    name: str
    title: str
    paper: str = Field(description="Where the system is described")
    about: str = Field(default="", description="What is particular to it, in a sentence")
    views: Mapping[str, Mapping[str, Any]]
    encoders: Mapping[str, EncoderConfig]
    streams: Mapping[str, StreamConfig]
    prompt: PromptConfig
    language: LanguageConfig
    stages: tuple[StageConfig, ...]

    @classmethod
    def check(cls, content: Mapping[str, Any]) -> Page:
        """A page from what its file holds.

        Raises
        ------
        BadInput : a wrong key or value, or a reference to a part that the page does not have.
        """
        name = str(content.get("name", "page"))
        try:
            page = cls.model_validate(dict(content))
        except ValidationError as error:
            raise invalid(error, name, _keys_at(cls, error)) from None
        page._check_references()
        return page

    def content(self) -> dict[str, Any]:
        """The page as plain JSON values; ``check`` takes it back."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @property
    def features(self) -> dict[str, tuple[str, str]]:
        """Feature name → (encoder, view), in the order in which encoders run."""
        return {
            feature: (name, view)
            for name, encoder in self.encoders.items()
            for feature, view in encoder.features(name).items()
        }

    def views_needed(self, known: Collection[str] = ()) -> frozenset[str]:
        """The views that masks and encoders look at, but for the encoders whose features are known."""
        masks = {stream.masks for stream in self.streams.values() if stream.masks is not None}
        return frozenset(masks | {view for name, (_, view) in self.features.items() if name not in known})

    @property
    def report_stage(self) -> StageConfig:
        """The last stage that teaches report writing: what it trains is what the page is said to train."""
        return next(stage for stage in reversed(self.stages) if stage.objective == "report")

    def _check_references(self) -> None:
        for kind, names in (("views", self.views), ("encoders", self.encoders), ("streams", self.streams)):
            for name in names:
                if not name.isidentifier() or hasattr(nn.ModuleDict, name):  # it becomes an attribute of one
                    hint = "take letters, digits and _, and no word of Python's dictionaries"
                    raise BadInput(f"{self.name}.{kind}: {name!r} cannot be a name", hint=hint, code="bad-name")
        seen: list[str] = []
        for name, encoder in self.encoders.items():
            for view in encoder.features(name).values():
                self._known(view, self.views, f"encoders.{name}.view", "view")
            if encoder.context is not None:
                self._known(encoder.context, seen, f"encoders.{name}.context", "features above it")
            seen += encoder.features(name)
        for name, stream in self.streams.items():
            for source in stream.sources:
                self._known(source, self.features, f"streams.{name}.from", "features")
            if stream.masks is not None:
                self._known(stream.masks, self.views, f"streams.{name}.masks", "view")
        for stage in self.stages:
            if stage.image is not None:
                self._known(stage.image, self.encoders, f"stages.{stage.name}.image", "encoder")
        if self.language.attends is not None:
            self._known(self.language.attends, self.streams, "language.attends", "stream")
        if not any(stage.objective == "report" for stage in self.stages):
            raise BadInput(f"{self.name}.stages: none of them teaches report writing", code="no-report-stage")

    def _known(self, name: str, known: Collection[str], where: str, what: str) -> None:
        if name not in known:
            hint = nearest_hint(name, known) if known else None
            raise BadInput(f"{self.name}.{where}: the page has no {what} {name!r}", hint=hint, code="unknown-reference")


def _keys_at(schema: type[BaseModel], error: ValidationError) -> list[str]:
    """Keys that are right where the first complaint stands."""
    known: Any = schema
    for step in error.errors()[0]["loc"][:-1]:
        if isinstance(known, type) and issubclass(known, BaseModel) and step in known.model_fields:
            known = _inner(known.model_fields[str(step)].annotation)
    return [field.alias or name for name, field in known.model_fields.items()]


def _inner(annotation: Any) -> Any:
    """The model inside ``Mapping[str, Model]``, ``tuple[Model, ...]`` or ``Model | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_inner(part) for part in getattr(annotation, "__args__", ())]
    return next((part for part in found if isinstance(part, type)), None)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A page with changes: mappings merge, everything else is replaced, null removes a key.

    A mapping that names another ``type`` replaces the old one whole, whose options would not fit it.
    """
    if "type" in changes and changes["type"] != base.get("type", changes["type"]):
        return _without_null(changes)
    result = dict(base)
    for key, value in changes.items():
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = _without_null(value)
    return _without_null(result)


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(inner) for key, inner in value.items() if inner is not None}
    return value
