"""What can go wrong, said so that a reader knows what is wrong, where, and what to do.

The command line turns every ``CTScribeError`` into one ``error: …`` line, an optional ``hint: …`` line and an exit
code; nothing else is ever shown without ``--debug``. Messages never carry patient identity.
"""

from __future__ import annotations


class CTScribeError(Exception):
    """Something failed although the input was fine (exit code 1).

    Parameters
    ----------
    message : what is wrong and where, in one line.
    hint : what the user can do about it, in one line.
    code : a short stable name of the problem, such as ``missing-slices``; tests and ``--json`` use it.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None, code: str = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


class BadInput(CTScribeError):
    """What the user gave cannot be used (exit code 2)."""

    exit_code = 2


class BadScan(BadInput):
    """The scan cannot be read, or is not what a chest CT report can be written from."""


class BadMasks(BadInput):
    """The masks cannot be read, or do not belong to the scan."""


class MissingExtra(CTScribeError):
    """An optional package or program is not installed."""

    exit_code = 2
