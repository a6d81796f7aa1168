"""Every page holds together, and each tiny twin is wired exactly like the page it stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ctscribe.errors import BadInput
from ctscribe.model.config import Page, merged
from ctscribe.model.summary import summarise
from ctscribe.systems import TWIN, page_names
from ctscribe.systems.pages import load_page, variant_names

PAGES = tuple(name for name in page_names() if not name.endswith(TWIN))


def wiring(page: Page) -> dict[str, Any]:
    """Which parts there are and what reads what: everything but sizes and weights."""
    return {
        "views": {name: (view["type"], view.get("like"), view.get("of")) for name, view in page.views.items()},
        "encoders": {
            name: (encoder.type, encoder.view, encoder.views, encoder.context)
            for name, encoder in page.encoders.items()
        },
        "streams": {
            name: (stream.sources, stream.masks, stream.projector.type) for name, stream in page.streams.items()
        },
        "prompt": page.prompt,
        "tuning": (page.language.tuning, page.language.attends),
        "stages": [(stage.name, stage.objective, stage.train, stage.image) for stage in page.stages],
    }


def test_the_pages_that_were_promised_are_there() -> None:
    assert set(PAGES) >= {
        "medregion", "rad3d-prefix-v1", "rad3d-prefix-v2", "rad3d-prefix-v3", "amosmm", "hilt", "hsenet",
        "r2gengpt", "clip-text-decoder", "m3d", "llava-slices",
    }  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_twin_differs_in_size_only(name: str) -> None:
    assert wiring(load_page(name + TWIN)) == wiring(load_page(name))
    twins = {variant.partition(":")[2] for variant in variant_names(name + TWIN)}
    assert twins == {variant.partition(":")[2] for variant in variant_names(name)}


@pytest.mark.parametrize("name", [variant for name in PAGES for variant in variant_names(name)])
def test_a_variant_of_a_twin_differs_in_size_only(name: str) -> None:
    page, _, variant = name.partition(":")
    assert wiring(load_page(f"{page}{TWIN}:{variant}")) == wiring(load_page(name))


def test_a_variant_changes_what_it_says_and_nothing_else() -> None:
    plain, scaled = load_page("hilt"), load_page("hilt:scaled")
    assert scaled.name == "hilt:scaled"
    assert scaled.streams["tokens"].projector.options == {"form": "eq3", "scale": True}
    assert scaled.model_copy(update={"name": plain.name, "streams": plain.streams}) == plain


def test_a_page_survives_its_own_json() -> None:
    for name in page_names():
        page = load_page(name)
        assert Page.check(page.content()) == page


def test_changes_from_the_command_line() -> None:
    page = load_page("hilt", ["views.high.size=[256, 512, 512]", "language.tuning=frozen", "language.lora=null"])
    assert page.views["high"]["size"] == [256, 512, 512]
    assert page.language.tuning == "frozen"


def test_another_type_replaces_the_part_whole() -> None:
    base = {"projector": {"type": "slowfast", "stride": 8}, "from": "slice"}
    assert merged(base, {"projector": {"type": "linear"}}) == {"projector": {"type": "linear"}, "from": "slice"}
    assert merged(base, {"projector": {"stride": 4}})["projector"] == {"type": "slowfast", "stride": 4}
    assert merged(base, {"from": None}) == {"projector": {"type": "slowfast", "stride": 8}}


WRONG = {
    "hlit": ("there is no system 'hlit'", "did you mean 'hilt'?"),
    "hilt:scald": ("hilt has no variant 'scald'", "did you mean 'scaled'?"),
    "hilt streams.tokens.from=vit.lwo": (
        "hilt.streams.tokens.from: the page has no features 'vit.lwo'",
        "did you mean 'vit.low'?",
    ),
    "medregion streams.tokens.masks=foregruond": (
        "medregion.streams.tokens.masks: the page has no view 'foregruond'",
        "did you mean 'foreground'?",
    ),
    "hsenet encoders.local.context=global.x": (
        "hsenet.encoders.local.context: the page has no features above it 'global.x'",
        "did you mean 'global'?",
    ),
    "hilt langauge.tuning=full": ("hilt.langauge: no such key", "did you mean 'language'?"),
    "hilt language.tunning=full": ("hilt.language.tunning: no such key", "did you mean 'tuning'?"),
    "hilt language": ("'language' is not key=value", "such as language.tuning=lora"),
    "hilt stages=[]": ("hilt.stages: none of them teaches report writing", None),
    "hilt encoders.vit.veiw=low": (None, None),
    "hilt streams.keys={from: vit.low, projector: {type: linear}}": (None, None),
    "hilt streams.two-words={from: vit.low, projector: {type: linear}}": (None, None),
    "hilt encoders.vit.pacth=4": ("hilt.encoders.vit.pacth: no such key", "did you mean 'patch'?"),
    "hilt-tiny views.low.size=[15,32,32]": (None, None),
    "hilt language.tuning=all": (None, None),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_page_gets_one_clear_line(words: str) -> None:
    name, *changes = words.split(" ", maxsplit=1)
    with pytest.raises(BadInput) as error:
        summarise(load_page(name, changes))
    assert "\n" not in error.value.message
    message, hint = WRONG[words]
    if message is not None:
        assert (error.value.message, error.value.hint) == (message, hint)


def test_a_page_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: hilt-tiny\nname: mine\nlanguage: {tuning: full, lora: null}\n")
    assert load_page(path).language.tuning == "full"
    path.write_text("views: [1, 2")
    with pytest.raises(BadInput, match=r"mine\.yaml, line \d+: not YAML"):
        load_page(path)
    path.write_text("- a list")
    with pytest.raises(BadInput, match="a page is a mapping"):
        load_page(path)
