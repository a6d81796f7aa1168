"""The process a command runs in: libraries kept quiet, output that any terminal can show, an end that cleans up."""

from __future__ import annotations

import io
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ctscribe.files import can_write_below

TERMINATED = 128 + signal.SIGTERM


@contextmanager
def prepared_process(*, debug: bool) -> Iterator[None]:
    """Run a command inside.

    Warnings and log lines of libraries are dropped, unless ``debug``: they speak of our calls, not of the user's scan,
    and may quote header values, which may be the patient's. Being terminated unwinds, so that what was unpacked from a
    scan is removed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    with ExitStack() as stack:
        if not debug:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            stack.callback(logging.disable, logging.root.manager.disable)
            logging.disable(logging.CRITICAL)
        if threading.current_thread() is threading.main_thread():
            stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _leave))
        _give_numba_a_cache(stack)
        yield


def abandon_output() -> None:
    """Let what is still buffered for a closed pipe or a full disk go, so that leaving does not fail on it again."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _leave(number: int, frame: object) -> None:
    sys.exit(TERMINATED)


def _give_numba_a_cache(stack: ExitStack) -> None:
    """A cache for this run alone where neither the package nor the home can be written to: numba refuses without.

    Private, because numba runs the code it finds there.
    """
    beside_the_kernels = Path(__file__).parents[1] / "ct" / "__pycache__"
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/"), ".cache")) / "numba"
    if "NUMBA_CACHE_DIR" in os.environ or can_write_below(beside_the_kernels) or can_write_below(users):
        return
    folder = tempfile.mkdtemp(prefix="ctscribe-numba-")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    stack.callback(os.environ.pop, "NUMBA_CACHE_DIR")
    os.environ["NUMBA_CACHE_DIR"] = folder
