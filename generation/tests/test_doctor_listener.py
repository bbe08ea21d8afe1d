"""What the doctor makes of the answers that somebody gets who should be kept out."""

from collections.abc import Mapping

import pytest

from generation.doctor.listener import Listener, _tampered
from generation.doctor.probe import Probe
from generation.doctor.steps import State, failed
from generation.storage import LocalAudioStorage
from musicgen.outbound import Answer


@pytest.mark.parametrize(
    ("status", "state", "hint"),
    [
        (200, State.FAILED, "Close it."),
        (399, State.FAILED, "Close it."),
        (400, State.OK, ""),
        (499, State.OK, ""),
        (500, State.FAILED, "Ask again."),
    ],
)
def test_only_a_refusal_keeps_somebody_out(tmp_path, status, state, hint):
    asked: list[str] = []

    def fetch(url: str, headers: Mapping[str, str], method: str) -> Answer:
        asked.append(url)
        return Answer(status, {}, b"")

    probe = Probe(LocalAudioStorage(location=tmp_path))
    listener = Listener(probe, fetch, lambda answer: failed("it fails", "Ask again."), "Close it.")
    for outcome in (listener.tamper(), listener.ask_unsigned()):
        assert (outcome.state, outcome.hint) == (state, hint)
    assert "signature=" in asked[0]
    assert "?" not in asked[1]


@pytest.mark.parametrize("first", "019ae")
@pytest.mark.parametrize("name", ["signature", "X-Amz-Signature"])
def test_an_altered_signature_is_another_whatever_it_begins_with(first, name):
    start, end = f"/files/a.wav?expires=9&{name}=", "01&b=1"
    altered = _tampered(f"{start}{first}{end}")
    assert altered.startswith(start)
    assert altered.endswith(end)
    assert altered[len(start)] != first
