"""What the README tells people to type is what the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ctscribe.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[str]:
    """Every ``ctscribe …`` line in a code block of the README and the docs."""
    blocks = [block for page in DOCUMENTS for block in re.findall(r"```\w*\n(.*?)```", page.read_text("utf-8"), re.S)]
    lines = [line.split("#")[0].strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if line.startswith("ctscribe ")})


def help_of(*verb: str) -> str:
    result = CliRunner().invoke(app, [*verb, "--help"], terminal_width=200)
    assert result.exit_code == 0
    return result.output


def groups() -> dict[str, typer.Typer]:
    """Verbs that have verbs of their own."""
    return {group.typer_instance.info.name: group.typer_instance for group in app.registered_groups}


def names(of: typer.Typer) -> list[str]:
    """The verbs of the command line, or of one of its groups."""
    return [command.callback.__name__ for command in of.registered_commands if command.callback]


def test_readme_shows_commands() -> None:
    assert len(commands()) >= 5


@pytest.mark.parametrize("command", commands())
def test_documented_command_exists_with_its_options(command: str) -> None:
    words = shlex.split(command)[1:]
    verb = [] if words[0].startswith("-") else words[: 2 if words[0] in groups() else 1]
    text = help_of(*verb)
    for option in (word.split("=")[0] for word in words if word.startswith("-")):
        assert re.search(rf"(^|[\s,]){re.escape(option)}\b", text), f"{option} is not in the help of {verb}"


def test_every_verb_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    verbs = names(app) + [f"{group} {name}" for group, verbs in groups().items() for name in names(verbs)]
    assert len(verbs) > 10
    assert [verb for verb in verbs if f"ctscribe {verb}" not in readme] == []


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", (ROOT / "README.md").read_text("utf-8"), re.M))
    assert {target for pair in named for target in pair if target} <= targets
