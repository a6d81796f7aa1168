"""Names stand for parts; what a page says about a part is checked against its constructor."""

from __future__ import annotations

import pytest

from ctscribe.errors import BadInput
from ctscribe.registry import Registry


class Part:
    def __init__(self, given: int = 0) -> None:
        self.given = given


@pytest.fixture
def parts() -> Registry[type[Part]]:
    registry: Registry[type[Part]] = Registry("projector")

    @registry.register("packer")
    class Packer(Part):
        def __init__(self, given: int, *, grid: tuple[int, int, int], heads: int = 1, bias: bool = True) -> None:
            super().__init__(given)
            self.grid, self.heads, self.bias = grid, heads, bias

    return registry


def test_options_become_keyword_arguments_of_the_right_kind(parts: Registry[type[Part]]) -> None:
    options = parts.options("packer", {"grid": [8, 4, 4], "heads": 2}, "streams.x.projector")
    assert options == {"grid": (8, 4, 4), "heads": 2}
    assert parts["packer"](1, **options).grid == (8, 4, 4)  # type: ignore[call-arg, attr-defined]


def test_an_unknown_name_is_answered_with_the_nearest(parts: Registry[type[Part]]) -> None:
    with pytest.raises(BadInput) as error:
        parts["pakcer"]
    assert error.value.message == "there is no projector 'pakcer'"
    assert error.value.hint == "did you mean 'packer'?"


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"grid": [8, 4, 4], "haeds": 2}, "streams.x.projector.haeds: no such key", "did you mean 'heads'?"),
        ({}, "streams.x.projector.grid: this key is missing", None),
    ],
)
def test_a_wrong_key_is_named_with_its_place(
    parts: Registry[type[Part]], given: dict, message: str, hint: str | None
) -> None:
    with pytest.raises(BadInput) as error:
        parts.options("packer", given, "streams.x.projector")
    assert (error.value.message, error.value.hint) == (message, hint)


def test_a_wrong_value_is_named_with_its_place_and_shown(parts: Registry[type[Part]]) -> None:
    with pytest.raises(BadInput, match=r"^streams\.x\.projector\.heads: .* got 'many'$"):
        parts.options("packer", {"grid": [8, 4, 4], "heads": "many"}, "streams.x.projector")


def test_positional_arguments_are_not_options(parts: Registry[type[Part]]) -> None:
    with pytest.raises(BadInput, match="given: no such key"):
        parts.options("packer", {"grid": [8, 4, 4], "given": 3}, "streams.x.projector")


def test_a_name_is_given_once(parts: Registry[type[Part]]) -> None:
    with pytest.raises(ValueError, match="two projectors are called 'packer'"):
        parts.register("packer")(Part)
