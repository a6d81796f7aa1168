"""Many reports: one line each, in their order, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ctscribe.data.structuring.engine import Structured, Structurer
from ctscribe.data.structuring.texts import ReportText
from ctscribe.data.structuring.triplets import stated_triplets, triplet_questions
from ctscribe.errors import BadInput
from ctscribe.files import check_output_folder

_AHEAD = 4  # reports in flight for each call at a time, so that a slow one does not hold the others up
_SAID_EVERY_S = 1.0


@dataclass
class Outcome:
    """What a run did.

    Parameters
    ----------
    reports : in the output.
    resumed : of these, done by an earlier run.
    engines : engine → reports that it structured.
    sentences, dropped : in sections, and by reason in none.
    """

    reports: int = 0
    resumed: int = 0
    engines: Counter[str] = field(default_factory=Counter)
    sentences: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def add(self, row: dict[str, Any]) -> None:
        """Count a row of the output."""
        self.reports += 1
        self.engines[row["engine"]] += 1
        self.sentences += len(row["sentences"])
        self.dropped.update(one["reason"] for one in row["dropped"])


def structure_reports(
    reports: Sequence[ReportText],
    structurer: Structurer,
    output: Path,
    *,
    questions: bool = False,
    at_once: int = 1,
    announce: Callable[[str], None] = lambda stage: None,
) -> Outcome:
    """Structure reports into a JSON-lines file; keys of a line are documented at ``row_of``.

    Lines are added to a hidden file beside the output, which gets the output's name when it is complete. That file is
    named after the reports and the engine, so what another run left behind is never taken for this one's.

    Parameters
    ----------
    questions : add the closed questions that the report answers.
    at_once : reports that are structured at a time; more than one only helps an engine that waits for a server.

    Raises
    ------
    CTScribeError : the output cannot be written.
    """
    check_output_folder(output.parent)
    if output.is_dir():
        raise BadInput(f"{output} is a folder", hint="name a file with -o", code="output-is-a-folder")
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{output.name}.{_digest(reports, structurer, questions)}.part")
    outcome = Outcome()
    for row in _finished(part, reports):
        outcome.add(row)
    outcome.resumed = outcome.reports
    said = time.monotonic()
    with part.open("ab") as lines:
        for report, structured in _results(reports[outcome.resumed :], structurer, at_once):
            row = row_of(report, structured, questions=questions)
            lines.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            lines.flush()
            outcome.add(row)
            if time.monotonic() - said > _SAID_EVERY_S:
                said = time.monotonic()
                os.fsync(lines.fileno())
                announce(f"structured {outcome.reports} of {len(reports)}")
        os.fsync(lines.fileno())
    part.replace(output)
    for leftover in output.parent.glob(f".{output.name}.*.part"):
        leftover.unlink()
    return outcome


def row_of(report: ReportText, structured: Structured, *, questions: bool = False) -> dict[str, Any]:
    """A line of the output.

    ``id``; ``sections`` {chest-6 key: text}; ``sentences`` [{section, text, source, span, changes}] where ``source`` is
    the number of the input's sentence and ``span`` its characters; ``dropped`` [{text, source, span, reason}];
    ``engine``; ``notes``; with ``questions`` also ``questions`` [{kind, question, answer, choices, region}].
    """
    text = structured.text
    row: dict[str, Any] = {
        "id": report.id,
        "sections": text.texts,
        "sentences": [{"section": key, **vars(one)} for key, found in text.sections.items() for one in found],
        "dropped": [vars(one) for one in text.dropped],
        "engine": structured.engine,
        "notes": list(structured.notes),
    }
    if questions:
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(report.id.encode()).digest()[:8], "big"))
        row["questions"] = [vars(one) for one in triplet_questions(stated_triplets(text), rng)]
    return row


def _digest(reports: Iterable[ReportText], structurer: Structurer, questions: bool) -> str:
    """Of everything that the output depends on."""
    digest = hashlib.sha256(f"{structurer.fingerprint} {questions}".encode())
    for report in reports:
        digest.update(json.dumps([report.id, report.text], ensure_ascii=False).encode())
    return digest.hexdigest()[:16]


def _finished(part: Path, reports: Sequence[ReportText]) -> Iterator[dict[str, Any]]:
    """The rows that an earlier run finished; a line that it was stopped in is cut off."""
    if not part.exists():
        return
    good = 0
    with part.open("rb") as lines:
        for line, report in zip(lines, reports, strict=False):
            row = _row(line)
            if row is None or row["id"] != report.id:
                break
            good += len(line)
            yield row
    os.truncate(part, good)


def _row(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return json.loads(line)
    except ValueError:
        return None


def _results(
    reports: Sequence[ReportText], structurer: Structurer, at_once: int
) -> Iterator[tuple[ReportText, Structured]]:
    """Every report with its result, in order; ``at_once`` of them at a time."""
    if at_once == 1:
        yield from ((report, structurer(report.text)) for report in reports)
        return
    pool = ThreadPoolExecutor(at_once)
    waiting: deque[tuple[ReportText, Future[Structured]]] = deque()
    try:
        for report in reports:
            waiting.append((report, pool.submit(structurer, report.text)))
            if len(waiting) >= _AHEAD * at_once:
                first, result = waiting.popleft()
                yield first, result.result()
        while waiting:
            first, result = waiting.popleft()
            yield first, result.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
