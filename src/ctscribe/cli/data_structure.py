"""``ctscribe data structure``: free-text reports into six sections."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ctscribe.cli.options import AsJson, Quiet, Verbose
from ctscribe.errors import BadInput

if TYPE_CHECKING:
    from ctscribe.data.structuring import Structurer, Usage


class Engine(StrEnum):
    """What structures."""

    rules = "rules"
    lm = "lm"


Input = Annotated[
    Path,
    typer.Argument(metavar="INPUT", help="CSV, TSV, XLSX, Parquet or JSON lines with a text column, or an INDEX."),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="OUT", help="JSON lines to write; of an index, the new index.")
]
Column = Annotated[str, typer.Option("--column", metavar="NAME", help="The column that holds the reports.")]
IdColumn = Annotated[
    str | None, typer.Option("--id", metavar="NAME", help="The column that names the rows; default: id, or the number.")
]
EngineChoice = Annotated[Engine, typer.Option("--engine", help="Rules, or a language model.")]
EndpointURL = Annotated[str, typer.Option("--endpoint", metavar="URL", help="Base URL of an OpenAI-compatible server.")]
ModelName = Annotated[str, typer.Option("--model", metavar="NAME", help="The language model's name there.")]
KeyFrom = Annotated[str, typer.Option("--key-from", metavar="ENV", help="The environment variable with the key.")]
AtOnce = Annotated[int, typer.Option("--at-once", min=1, help="Reports that the language model is asked at a time.")]
Price = Annotated[
    str, typer.Option("--price", metavar="IN,OUT", help="Cost of a million tokens read and written, to add up.")
]
WithQuestions = Annotated[bool, typer.Option("--questions", help="Add the true-or-false questions a report answers.")]


def structure(
    texts: Input,
    output: Output,
    column: Column = "findings",
    id_column: IdColumn = None,
    engine: EngineChoice = Engine.rules,
    endpoint: EndpointURL = "",
    model: ModelName = "",
    key_from: KeyFrom = "",
    at_once: AtOnce = 8,
    price: Price = "",
    questions: WithQuestions = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring free-text reports into six sections. A run that was stopped goes on where it was."""
    from ctscribe.cli.console import print_json, progress
    from ctscribe.data.structuring.indexing import write_sections
    from ctscribe.data.structuring.run import structure_reports
    from ctscribe.data.structuring.texts import index_at, read_texts, texts_of

    if output.resolve() == texts.resolve():
        raise BadInput("the output would replace the input", hint="give another -o", code="output-is-input")
    prices = _prices(price)
    with progress(quiet=quiet, verbose=verbose) as announce:
        announce("reading the reports")
        index = index_at(texts)
        reports = read_texts(texts, column, id_column) if index is None else texts_of(index, column)
        structurer = _structurer(engine, endpoint, model, key_from, output)
        lines = output if index is None else output.with_name(f"{output.name}.sentences.jsonl")
        outcome = structure_reports(
            reports,
            structurer,
            lines,
            questions=questions,
            at_once=at_once if engine is Engine.lm else 1,
            announce=announce,
        )
        if index is not None:
            announce("writing the index")
            write_sections(index, lines, output, engine=engine.value)
    used = getattr(structurer, "usage", None)
    said: dict[str, Any] = {
        "file": str(output),
        "sentences_file": str(lines),
        "reports": outcome.reports,
        "resumed": outcome.resumed,
        "engines": dict(outcome.engines),
        "sentences": outcome.sentences,
        "dropped": dict(outcome.dropped),
    }
    if used is not None:
        said["usage"] = {**vars(used), "cost": _cost(used, prices)}
    if as_json:
        print_json(said)
    else:
        _print_text(said)


def _structurer(engine: Engine, endpoint: str, model: str, key_from: str, output: Path) -> Structurer:
    if engine is Engine.rules:
        from ctscribe.data.structuring.rules import RulesStructurer

        return RulesStructurer()
    if not endpoint or not model:
        raise BadInput(
            "a language model needs --endpoint URL and --model NAME",
            hint="such as --endpoint http://127.0.0.1:8000/v1 --model NAME, and --key-from ENV where a key is needed",
            code="no-endpoint",
        )
    from ctscribe.data.structuring.answers import Answers
    from ctscribe.data.structuring.endpoint import Endpoint
    from ctscribe.data.structuring.language import LanguageModelStructurer

    answers = Answers(output.with_name(f"{output.name}.answers"))
    return LanguageModelStructurer(Endpoint(endpoint, model, key_from), answers)


def _prices(price: str) -> tuple[float, float] | None:
    if not price:
        return None
    try:
        read, written = map(float, price.split(","))
    except ValueError:
        raise BadInput(f"--price {price} is not IN,OUT", hint="such as --price 0.15,0.60", code="bad-price") from None
    return read, written


def _cost(used: Usage, prices: tuple[float, float] | None) -> float | None:
    if prices is None:
        return None
    return round((used.prompt_tokens * prices[0] + used.completion_tokens * prices[1]) / 1e6, 6)


def _print_text(said: dict[str, Any]) -> None:
    typer.echo(said["file"])
    engines = ", ".join(f"{count} by {name}" for name, count in said["engines"].items())
    typer.echo(f"{said['reports']} reports ({engines}), {said['resumed']} of them by an earlier run")
    left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(said["dropped"].items()))
    typer.echo(f"{said['sentences']} sentences in sections; left out: {left_out or 'none'}")
    if "usage" in said:
        used = said["usage"]
        cost = "no --price given" if used["cost"] is None else f"cost {used['cost']:.4f}"
        typer.echo(
            f"{used['calls']} calls, {used['prompt_tokens']} tokens read, {used['completion_tokens']} written, {cost}"
        )
