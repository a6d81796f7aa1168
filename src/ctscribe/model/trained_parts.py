"""Which parameters a stage trains: those that it names, and of a language model those that its tuning leaves open."""

from __future__ import annotations

from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.config import StageConfig
from ctscribe.registry import nearest_hint


def is_trained(part: nn.Module) -> bool:
    """Whether any of a part's parameters is trained."""
    return any(parameter.requires_grad for parameter in part.parameters())


def train_only(model: nn.Module, stage: StageConfig, tuned: frozenset[str]) -> None:
    """Set ``requires_grad`` on exactly what a stage names.

    Parameters
    ----------
    model : the whole model.
    stage : names parts such as ``language``, ``streams``, ``encoders.volume`` or anything deeper.
    tuned : names of the language model's parameters that its tuning trains; all others stay frozen whatever the stage.

    Raises
    ------
    BadInput : the stage names something that the model does not have.
    """
    modules = {name for name, _ in model.named_modules()} | {name for name, _ in model.named_parameters()}
    for part in stage.train:
        if part not in modules:
            near = {name for name in modules if name.count(".") <= part.count(".")} - {""}
            raise BadInput(
                f"stage {stage.name!r} trains {part!r}, which the model does not have",
                hint=nearest_hint(part, near),
                code="unknown-part",
            )
    for name, parameter in model.named_parameters():
        named = any(name == part or name.startswith(f"{part}.") for part in stage.train)
        parameter.requires_grad_(named and (not name.startswith("language.") or name in tuned))
