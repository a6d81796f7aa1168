"""The model card says what a page says, that it is for research, and how to load the folder."""

from __future__ import annotations

import pytest
import yaml

from ctscribe import __version__
from ctscribe.model.card import model_card
from ctscribe.model.config import Page
from ctscribe.systems import page_names
from ctscribe.systems.pages import load_page


@pytest.mark.parametrize("name", page_names())
def test_a_card_names_the_system_its_parts_and_its_stages(name: str) -> None:
    page = load_page(name)
    card = model_card(page)
    for said in (f"# {page.title}\n", page.paper, f"`{name}`", page.language.model, page.language.tuning, __version__):
        assert said in card
    for part, encoder in page.encoders.items():
        assert f"{part} ({encoder.type})" in card
    for part, stream in page.streams.items():
        assert f"{part} ({stream.projector.type} over {', '.join(stream.sources)})" in card
    stages = [line for line in card.splitlines() if line.startswith(tuple(f"- {s.name} (" for s in page.stages))]
    assert len(stages) == len(page.stages)
    assert "Not for clinical use" in card


def test_the_front_matter_is_yaml() -> None:
    _, front, body = model_card(load_page("hilt")).split("---\n", 2)
    assert yaml.safe_load(front)["library_name"] == "ctscribe"
    assert body.startswith("# HILT\n")


def test_a_stage_in_a_line() -> None:
    assert (
        "- report (report): encoders.vit, streams, language; 100 epochs, adamw, learning rate 0.0001, batch 8"
        in model_card(load_page("hilt"))
    )


def test_braces_in_a_page_are_only_text() -> None:
    content = load_page("hilt-tiny").content() | {"title": "A {name} system", "about": "{0} {"}
    card = model_card(Page.check(content))
    assert "# A {name} system\n\n{0} {\n" in card


def test_without_a_sentence_about_it_the_title_stands() -> None:
    content = load_page("hilt-tiny").content() | {"about": ""}
    assert "# HILT, tiny twin\n\nHILT, tiny twin\n" in model_card(Page.check(content))
