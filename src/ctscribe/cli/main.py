"""The ``ctscribe`` command: one verb a file, and one place where errors become exit codes.

Nothing heavy is imported here or at the top of a verb's file, so that ``ctscribe --help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ctscribe import __version__
from ctscribe.cli.data import data
from ctscribe.cli.inspect import inspect
from ctscribe.cli.labels import labels
from ctscribe.cli.measure import measure
from ctscribe.cli.process import abandon_output, prepared_process
from ctscribe.cli.report import report
from ctscribe.cli.sample import sample
from ctscribe.cli.segment import segment
from ctscribe.cli.systems import systems
from ctscribe.errors import CTScribeError

app = typer.Typer(
    name="ctscribe",
    help="A chest CT goes in, a structured radiology report comes out. Research use only, not a medical device.",
    epilog="Exit codes: 0 done, 1 failed, 2 bad input or usage.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (report, sample, inspect, segment, measure, labels, systems):
    app.command()(verb)
app.add_typer(data)


def _print_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"ctscribe {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
) -> None:
    """Take the options that belong to no verb."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code; errors become one ``error:`` line and perhaps a hint."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    with prepared_process(debug=debug):
        code = _run([word for word in given if word != "--debug"], debug=debug)
    sys.exit(code)


def _run(arguments: list[str], *, debug: bool) -> int:
    try:
        code = app(arguments or ["--help"], standalone_mode=False) or 0
        if sys.stdout:
            sys.stdout.flush()
        return code
    except typer.TyperException as error:
        return _fail(error.format_message(), "ctscribe --help lists the verbs, ctscribe VERB --help its options", 2)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("interrupted", "what was finished is kept; run the same command again to go on", 130)
    except CTScribeError as error:
        if debug:
            raise
        return _fail(error.message, error.hint, error.exit_code)
    except BrokenPipeError:
        # Whoever read the results has seen enough, as head does.
        abandon_output()
        return 1
    except MemoryError:
        return _fail("out of memory", "close other programs, or reduce the scan", 1)
    except Exception as error:
        if debug:
            raise
        abandon_output()
        if isinstance(error, OSError) and error.strerror:
            return _fail(f"the system refuses: {error.strerror}", "--debug shows where", 1)
        # The message of an unforeseen error may hold a header's values, so only its kind is shown.
        return _fail(f"unforeseen {type(error).__name__}", "run again with --debug and report what it shows", 1)


def _fail(message: str, hint: str | None, code: int) -> int:
    typer.echo(f"error: {message}", err=True)
    if hint:
        typer.echo(f"hint: {hint}", err=True)
    return code
