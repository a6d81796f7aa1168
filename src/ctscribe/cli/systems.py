"""``ctscribe systems``: the systems side by side, or one of them in figures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ctscribe.cli.options import AsJson, Device, Fast, Force, Masks, Quiet, SegmenterChoice, Verbose
from ctscribe.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console

    from ctscribe.case import Case
    from ctscribe.model.summary import Summary

Name = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="A system, SYSTEM:VARIANT, or the path of a page of your own.")
]
Changes = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Changes of the page, such as language.tuning=lora.")
]
Everything = Annotated[bool, typer.Option("--all", help="List the tiny twins and every variant as well.")]
OnScan = Annotated[
    Path | None, typer.Option("--scan", metavar="SCAN", help="Count the visual tokens that this scan has.")
]


def systems(
    name: Name = None,
    changes: Changes = None,
    everything: Everything = False,
    scan: OnScan = None,
    masks: Masks = None,
    segmenter: SegmenterChoice = "atlas",
    force: Force = False,
    device: Device = "cpu",
    fast: Fast = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the systems; of one: parts, visual tokens, parameters, operations, memory. Nothing is downloaded."""
    from ctscribe.cli.console import print_json, progress

    if name is None:
        if scan is not None:
            raise BadInput("--scan counts the tokens of one system", hint="name it first", code="no-system")
        _print_all(everything=everything, as_json=as_json, quiet=quiet)
        return
    with progress(quiet=quiet, verbose=verbose) as announce:
        announce("building on the meta device")
        from ctscribe.model.summary import summarise, tokens_of_case
        from ctscribe.systems.pages import load_page

        page = load_page(name, changes or ())
        summary, counted = summarise(page), None
        if scan is not None:
            announce("segmenting the scan")
            case = _read_case(scan, str(masks) if masks else segmenter, device=device, fast=fast, force=force)
            counted = tokens_of_case(page, case)
    if as_json:
        print_json(asdict(summary) | ({} if counted is None else {"scan_tokens": counted}))
    else:
        _print_one(summary, counted)


def _read_case(scan: Path, segmenter: str, *, device: str, fast: bool, force: bool) -> Case:
    from ctscribe.anatomy.segmenters import load_segmenter
    from ctscribe.case import Case
    from ctscribe.inference.pipeline import Reading, read_chest

    volume = read_chest(scan, Reading(force=force))
    # Tokens depend on organs alone, so nothing is detected or measured.
    return Case(volume, load_segmenter(segmenter, device=device, fast=fast, force=force)(volume))


def _print_all(*, everything: bool, as_json: bool, quiet: bool) -> None:
    from rich.progress import track

    from ctscribe.cli.console import print_json
    from ctscribe.model.summary import summarise
    from ctscribe.systems import TWIN, page_names
    from ctscribe.systems.pages import load_page, variant_names

    names = [name for name in page_names() if everything or not name.endswith(TWIN)]
    if everything:
        names = [each for name in names for each in (name, *variant_names(name))]
    errors = _errors()
    hidden = quiet or not errors.is_terminal
    shown = track(names, "building on the meta device", console=errors, transient=True, disable=hidden)
    summaries = [summarise(load_page(name)) for name in shown]
    if as_json:
        print_json({"systems": [asdict(summary) for summary in summaries]})
    else:
        _print_table(summaries)


def _errors() -> Console:
    from rich.console import Console

    return Console(stderr=True)


def _print_table(summaries: list[Summary]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(
        Column("system", no_wrap=True), "encoders", "projectors", "visual tokens", "language model", "trained", "in all"
    )
    for one in summaries:
        table.add_row(
            one.name,
            ", ".join(dict.fromkeys(one.encoders.values())),
            ", ".join(dict.fromkeys(stream.projector for stream in one.streams.values())),
            _tokens(one),
            f"{one.language.rpartition('/')[2]}, {one.tuning}",
            _short(one.trainable_parameters),
            _short(one.total_parameters),
        )
    Console().print(table)
    typer.echo("ctscribe systems NAME shows one of them; papers and equations: docs/systems.md")


def _print_one(one: Summary, counted: dict[str, dict[str, int]] | None) -> None:
    def line(name: str, content: str) -> None:
        typer.echo(f"{name:<20} {content}")

    line(one.name, f"{one.title}. {one.about}")
    line("paper", one.paper)
    for name, shape in one.views.items():
        line(f"view {name}", " × ".join(map(str, shape)))
    for name, kind in one.encoders.items():
        line(f"encoder {name}", kind)
    for name, stream in one.streams.items():
        tokens = " + ".join(f"{count} {kind}" for kind, count in stream.tokens.items())
        line(f"stream {name}", f"{stream.projector} over {', '.join(stream.sources)}: {tokens} tokens")
        if counted is not None:
            line("  in this scan", " + ".join(f"{count} {kind}" for kind, count in counted[name].items()))
    line("visual tokens", _tokens(one))
    line("language model", f"{one.language}, {one.tuning}")
    line("parameters", f"{one.trainable_parameters:,} trained, {one.total_parameters:,} in all")
    for stage in one.stages:
        line(f"stage {stage.name}", f"{stage.objective}: {', '.join(stage.train)} ({stage.trainable_parameters:,})")
    cost = one.estimates
    line(
        "one report",
        f"{_short(cost.encode_flops)}FLOP to encode, {_short(cost.prefill_flops)}FLOP to prefill, "
        f"{_short(cost.decode_flops)}FLOP a token",
    )
    line(
        "memory",
        f"weights {cost.weights_gb:.2f} GB, cache {cost.cache_gb:.3f} GB, training state "
        f"{cost.training_gb:.2f} GB and activations (bfloat16)",
    )


def _tokens(one: Summary) -> str:
    return f"{one.visual_tokens}" if one.fixed_tokens else f"at most {one.visual_tokens}, by patient"


def _short(number: int) -> str:
    """A large number with three digits and its prefix: 279 M."""
    value = float(number)
    for prefix in ("", "k", "M", "G", "T"):
        if value < 1000:
            return f"{value:.3g} {prefix}"
        value /= 1000
    return f"{value:.3g} P"
