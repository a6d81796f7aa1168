import pytest

from ctscribe.errors import BadInput
from ctscribe.model.inner import inner_part
from ctscribe.registry import Registry

PARTS: Registry[type] = Registry("part")


@PARTS.register("fine")
class Fine:
    def __init__(self, *, size: int = 1) -> None:
        self.size = size


def test_a_part_and_its_checked_options():
    part, options = inner_part(PARTS, {"type": "fine", "size": "3"}, "outer.part")
    assert part is Fine and options == {"size": 3}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 3}, "outer.part.type: this key is missing"),
        ({"type": "fin"}, "there is no part 'fin'"),
        ({"type": "fine", "sise": 3}, "outer.part.sise: no such key"),
    ],
)
def test_wrong_words_are_refused(given, message):
    with pytest.raises(BadInput) as error:
        inner_part(PARTS, given, "outer.part")
    assert error.value.message == message
