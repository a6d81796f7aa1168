"""A stage opens exactly what it names, and of the language model nothing beyond its tuning."""

from __future__ import annotations

import pytest
from torch import nn

from ctscribe.errors import BadInput
from ctscribe.model.config import StageConfig
from ctscribe.model.trained_parts import is_trained, train_only

TUNED = frozenset({"language.adapter.weight"})


def model() -> nn.ModuleDict:
    """Two encoders of which one's name begins the other's, one stream, a language model with an adapter."""
    return nn.ModuleDict(
        {
            "encoders": nn.ModuleDict({"slice": nn.Linear(2, 2), "slices": nn.Linear(2, 2)}),
            "streams": nn.ModuleDict({"tokens": nn.Linear(2, 2)}),
            "language": nn.ModuleDict({"base": nn.Linear(2, 2, bias=False), "adapter": nn.Linear(2, 2, bias=False)}),
        }
    )


@pytest.mark.parametrize(
    ("named", "trained"),
    [
        (("streams",), {"streams.tokens.weight", "streams.tokens.bias"}),
        (("streams.tokens.bias",), {"streams.tokens.bias"}),
        (("encoders.slice",), {"encoders.slice.weight", "encoders.slice.bias"}),
        (("language",), TUNED),
        (("language.base",), set()),
        (("streams.tokens.weight", "language"), {"streams.tokens.weight", *TUNED}),
        ((), set()),
    ],
)
def test_what_is_named_is_trained(named: tuple[str, ...], trained: set[str]) -> None:
    whole = model()
    train_only(whole, StageConfig(name="report", train=named), TUNED)
    assert {name for name, parameter in whole.named_parameters() if parameter.requires_grad} == trained


def test_the_stage_before_leaves_nothing_open() -> None:
    whole = model()
    train_only(whole, StageConfig(name="align", train=("encoders", "streams")), TUNED)
    train_only(whole, StageConfig(name="report", train=("language",)), TUNED)
    assert not is_trained(whole["encoders"]) and not is_trained(whole["streams"])
    assert is_trained(whole["language"])


def test_an_unknown_part_is_one_line_with_the_nearest_name() -> None:
    with pytest.raises(BadInput) as refused:
        train_only(model(), StageConfig(name="align", train=("encoders.slcie",)), TUNED)
    assert refused.value.message == "stage 'align' trains 'encoders.slcie', which the model does not have"
    assert refused.value.hint == "did you mean 'encoders.slice'?"


def test_a_part_without_parameters_is_not_trained() -> None:
    assert not is_trained(nn.GELU())
