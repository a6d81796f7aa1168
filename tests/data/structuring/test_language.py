"""The language-model engine over real HTTP, against a local server that answers well, badly, or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from language_server import LanguageServer, Rows, serving

from ctscribe.data.structuring import RulesStructurer
from ctscribe.data.structuring.answers import Answers
from ctscribe.data.structuring.endpoint import Endpoint
from ctscribe.data.structuring.language import LanguageModelStructurer
from ctscribe.errors import BadInput, CTScribeError, MissingExtra

pytestmark = pytest.mark.filterwarnings("ignore")  # DSPy's and its clients' own

REPORT = (
    "There is a 7 mm nodule in the RUL. No pleural or pericardial effusion. "
    "Compared with the CT of 12.03.2021, the liver cyst is unchanged. No new nodule."
)


@pytest.fixture
def server() -> Iterator[LanguageServer]:
    with serving() as running:
        yield running


def engine(server: LanguageServer, folder: Path, **options: Any) -> LanguageModelStructurer:
    return LanguageModelStructurer(Endpoint(server.url, "model-x", retries=0, **options), Answers(folder / "answers"))


def test_three_steps_give_the_sections(server: LanguageServer, tmp_path: Path) -> None:
    structured = engine(server, tmp_path)(REPORT)
    assert structured.engine == "lm"
    assert structured.notes == ()
    assert structured.text.texts == RulesStructurer()(REPORT).text.texts
    assert [step for step, _, _ in server.asked] == ["cleanse", "refine", "merge"]
    assert [drop.reason for drop in structured.text.dropped] == ["comparison"]


def test_every_source_sentence_is_accounted_for(server: LanguageServer, tmp_path: Path) -> None:
    text = engine(server, tmp_path)(REPORT).text
    kept = {one.source for found in text.sections.values() for one in found}
    dropped = {one.source for one in text.dropped}
    assert not kept & dropped
    assert kept | dropped == {0, 1, 2, 3}


def test_an_answer_on_disk_is_not_asked_for_again(server: LanguageServer, tmp_path: Path) -> None:
    first = engine(server, tmp_path)
    once = first(REPORT)
    assert (first.usage.calls, first.usage.prompt_tokens, first.usage.completion_tokens) == (3, 300, 60)
    second = engine(server, tmp_path)
    assert second(REPORT) == once
    assert second.usage.calls == 0
    assert len(server.asked) == 3
    for kept in (tmp_path / "answers").rglob("*"):
        assert kept.is_dir() or json.loads(kept.read_text(encoding="utf-8"))["answer"]["rows"]


def test_a_damaged_answer_on_disk_is_asked_for_again(server: LanguageServer, tmp_path: Path) -> None:
    once = engine(server, tmp_path)(REPORT)
    next((tmp_path / "answers").rglob("*.json")).write_text('{"asked"', encoding="utf-8")
    assert engine(server, tmp_path)(REPORT) == once
    assert len(server.asked) == 4


def test_another_model_is_asked_anew(server: LanguageServer, tmp_path: Path) -> None:
    engine(server, tmp_path)(REPORT)
    other = LanguageModelStructurer(Endpoint(server.url, "model-y", retries=0), Answers(tmp_path / "answers"))
    other(REPORT)
    assert len(server.asked) == 6
    assert other.fingerprint != engine(server, tmp_path).fingerprint


def test_a_lost_finding_is_complained_of_and_mended(server: LanguageServer, tmp_path: Path) -> None:
    def forgets_once(step: str, rows: Rows, call: int) -> Rows:
        if step == "merge" and call == 3:
            return [row if "nodule" not in row["text"] else {**row, "text": "The lungs are clear."} for row in rows]
        return rows

    server.change = forgets_once
    structured = engine(server, tmp_path)(REPORT)
    assert structured.engine == "lm"
    assert "nodule" in structured.text.texts["lung"]
    assert "lost: nodule there" in structured.notes[0]
    assert "lost: nodule there" in server.asked[3][2]


@pytest.mark.parametrize(
    ("said", "instead", "complaint"),
    [
        ("7 mm", "9 mm", "gained: 9 mm"),
        ("upper", "lower", "lost: right upper lobe"),
        ("No pericardial", "Small pericardial", "gained: pericardial effusion there"),
        ("nodule in", "nodule and emphysema in", "gained: emphysema there"),
    ],
)
def test_a_changed_fact_falls_back_to_the_rules(
    server: LanguageServer, tmp_path: Path, said: str, instead: str, complaint: str
) -> None:
    server.change = lambda step, rows, call: (
        [{**row, "text": row["text"].replace(said, instead)} for row in rows] if step == "merge" else rows
    )
    structured = engine(server, tmp_path)(REPORT)
    assert structured.engine == "rules"
    assert structured.text == RulesStructurer()(REPORT).text
    assert len(structured.notes) == 2
    assert any(complaint in note for note in structured.notes)


def test_a_sentence_left_unanswered_is_refused(server: LanguageServer, tmp_path: Path) -> None:
    server.change = lambda step, rows, call: rows[1:] if step == "cleanse" else rows
    structured = engine(server, tmp_path)(REPORT)
    assert structured.engine == "rules"
    assert "did not answer every sentence" in structured.notes[0]


@pytest.mark.parametrize("said", ['{"rewritten": [{"number": 0,', "I am sorry, I cannot help with that.", "{}"])
def test_malformed_answers_and_refusals_fall_back_to_the_rules(
    server: LanguageServer, tmp_path: Path, said: str
) -> None:
    server.raw = lambda step, call: said
    structured = engine(server, tmp_path)(REPORT)
    assert structured.engine == "rules"
    assert structured.text == RulesStructurer()(REPORT).text
    assert all("cleanse" in note for note in structured.notes)


def fails(*_: Any) -> Rows:
    raise ConnectionError


def test_a_failing_server_is_asked_again(server: LanguageServer, tmp_path: Path) -> None:
    def fails_once(step: str, rows: Rows, call: int) -> Rows:
        return fails() if call == 1 else rows

    server.change = fails_once
    structured = LanguageModelStructurer(Endpoint(server.url, "model-x", retries=1), Answers(tmp_path / "answers"))(
        REPORT
    )
    assert structured.engine == "lm"
    assert len(server.asked) == 4


def test_a_server_that_stays_down_ends_the_run(server: LanguageServer, tmp_path: Path) -> None:
    server.change = fails
    structurer = engine(server, tmp_path)
    with pytest.raises(CTScribeError) as caught:
        for _ in range(20):
            assert structurer(REPORT).engine == "rules"
    assert caught.value.code == "endpoint-down"


def test_a_refused_key_is_said_at_once(server: LanguageServer, tmp_path: Path) -> None:
    def refuses(step: str, rows: Rows, call: int) -> Rows:
        raise PermissionError

    server.change = refuses
    with pytest.raises(BadInput) as caught:
        engine(server, tmp_path)(REPORT)
    assert caught.value.code == "key-refused"


def test_the_key_comes_from_the_environment(
    server: LanguageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput) as caught:
        engine(server, tmp_path, key_from="CTSCRIBE_TEST_KEY")
    assert caught.value.code == "no-key"
    monkeypatch.setenv("CTSCRIBE_TEST_KEY", "secret-7")
    engine(server, tmp_path, key_from="CTSCRIBE_TEST_KEY")(REPORT)
    assert set(server.keys) == {"Bearer secret-7"}
    assert not any("secret-7" in kept.read_text() for kept in (tmp_path / "answers").rglob("*.json"))


def test_a_missing_dspy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dspy", None)
    with pytest.raises(MissingExtra) as caught:
        LanguageModelStructurer(Endpoint("http://127.0.0.1:9/v1", "model-x"), Answers(tmp_path))
    assert caught.value.code == "no-dspy"


def test_dspy_is_imported_only_when_asked_and_keeps_no_cache_of_its_own() -> None:
    code = (
        "import sys, ctscribe.data.structuring.language, ctscribe.cli.data_structure;"
        "assert 'dspy' not in sys.modules and 'litellm' not in sys.modules;"
        "import dspy; from ctscribe.data.structuring.endpoint import Asker, Endpoint;"
        "from ctscribe.data.structuring.answers import Answers; from pathlib import Path;"
        "asker = Asker(Endpoint('http://127.0.0.1:9/v1', 'm'), Answers(Path('x')));"
        "assert asker._language_model.cache is False; assert 'diskcache' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
