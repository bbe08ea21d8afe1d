"""What ACE-Step's planner is given and what it writes, as text. Free of torch.

The form is that of its training, as github.com/ace-step/ACE-Step-1.5 has it (acestep/llm_inference.py, constants.py
and constrained_logits_processor.py; pull request 1127 for the prompt without a request): a chat in which the
assistant thinks six lines of YAML, its keys in alphabetical order and long captions folded, and then, in the same
turn, writes the codes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from generation.diffusion.languages import UNKNOWN
from generation.diffusion.prompts import INSTRUMENTAL, AceStepWords

INSTRUCTION: Final = "# Instruction\nGenerate audio semantic tokens based on the given conditions:\n\n"
# What guidance leads away from: in training it stood in the place of some requests, above an empty thought.
NO_REQUEST: Final = "NO USER INPUT"
NO_THOUGHT: Final = "<think>\n\n</think>\n\n"
CAPTION: Final = "caption"
FIELDS: Final = ("bpm", CAPTION, "duration", "keyscale", "language", "timesignature")
_LANGUAGES: Final = (
    "ar az bg bn ca cs da de el en es fa fi fr he hi hr ht hu id is it ja ko la lt ms ne nl no pa pl pt ro ru sa sk sr "
    "sv sw ta te th tl tr uk ur vi yue zh unknown"
)
# All that a field may say, but for the caption, which is free, and the duration, which is always asked.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "bpm": tuple(map(str, range(30, 301))),
    "keyscale": tuple(
        f"{note}{sign} {mode}"
        for note in "ABCDEFG"
        for sign in ("", "#", "b", "♯", "♭")
        for mode in ("major", "minor")
    ),
    "language": tuple(_LANGUAGES.split()),
    "timesignature": ("2", "3", "4", "6"),
}
_SINGING: Final = re.compile(
    r"\b(vocal\w*|voices?|sing(s|ers?|ing)?|sung|rap(s|pers?|ping)?|choirs?)\b", re.IGNORECASE
)
# The first line that is not a continuation: one that is folded begins with two spaces.
_NEXT_FIELD: Final = re.compile(r"\n[^ \n]|\n\n")
# Databases do not keep all of them.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a song is to be, in the words of ACE-Step, and what of it the planner chose.

    `time_signature` counts the beats of a bar, "6" being eighths. `audio_codes` has five numbers for each second.
    """

    caption: str
    lyrics: str
    language: str
    bpm: int | None
    key: str | None
    time_signature: str | None
    audio_codes: tuple[int, ...]
    reasons: tuple[str, ...]


def asked_fields(words: AceStepWords, seconds: int) -> dict[str, Any]:
    """The fields that are settled before the planner is asked: what it may not choose."""
    asked: dict[str, Any] = {"bpm": words.bpm, "duration": seconds, "keyscale": words.key}
    if words.lyrics == INSTRUMENTAL or words.language != UNKNOWN:
        asked["language"] = words.language
    return {name: value for name, value in asked.items() if value is not None}


def request_text(words: AceStepWords) -> str:
    """What the user says in the chat."""
    return f"# Caption\n{_harmless(words.caption)}\n\n# Lyric\n{_harmless(words.lyrics)}\n"


def thought(fields: Mapping[str, Any], next_field: str | None = None) -> str:
    """The fields as the assistant thinks them: to the colon of the next one, or to the end of the thought.

    >>> thought({"bpm": 92}, "caption")
    '<think>\\nbpm: 92\\ncaption:'
    """
    lines = yaml.dump(dict(fields), allow_unicode=True, sort_keys=True) if fields else ""
    end = "</think>\n\n" if next_field is None else f"{next_field}:"
    return f"<think>\n{lines}{end}"


def finished_caption(written: str) -> str | None:
    """What was written of a caption where the next field has begun, else None."""
    end = _NEXT_FIELD.search(written)
    return written[: end.start()] if end else None


def read_caption(written: str) -> str:
    """A caption in one line, of what was written behind "caption:", folded and quoted as YAML or not."""
    try:
        # This loader makes text of all scalars. Others make dates and numbers of some, and fail at "1999-99-99".
        value = yaml.load(f"{CAPTION}:{written}", yaml.BaseLoader)[CAPTION]  # noqa: S506
    except (yaml.YAMLError, TypeError, KeyError, RecursionError):
        value = None
    return " ".join(_CONTROL.sub(" ", value if isinstance(value, str) else written).split())


def planned(words: AceStepWords, seconds: int, fields: Mapping[str, Any], codes: tuple[int, ...]) -> Plan:
    """The plan of all six fields: what was asked stays as it was asked."""
    caption = str(fields[CAPTION]) or words.caption
    if words.lyrics == INSTRUMENTAL and _SINGING.search(caption):
        caption = words.caption
    if not words.lyrics and not _SINGING.search(caption):
        caption = f"{caption} With vocals."
    beats = str(fields["timesignature"])
    return Plan(
        caption=caption,
        lyrics=words.lyrics,
        language=str(fields["language"]),
        bpm=int(fields["bpm"]),
        key=_ascii(str(fields["keyscale"])),
        time_signature=beats,
        audio_codes=codes,
        reasons=_reasons(words, asked_fields(words, seconds), fields, caption),
    )


def _reasons(
    words: AceStepWords, asked: Mapping[str, Any], fields: Mapping[str, Any], caption: str
) -> tuple[str, ...]:
    beats = str(fields["timesignature"])
    says = {
        "bpm": f"{fields['bpm']} BPM",
        "keyscale": _ascii(str(fields["keyscale"])),
        "timesignature": f"{beats}/{8 if beats == '6' else 4}",
    }
    chosen = [said for name, said in says.items() if name not in asked]
    reasons = []
    if chosen:
        *others, last = chosen
        listed = f"{', '.join(others)} and {last}" if others else last
        reasons.append(f"The planner chose {listed}.")
    if caption != words.caption:
        reasons.append(f"The planner describes it as: {caption}")
    return tuple(reasons)


def _ascii(key: str) -> str:
    return key.replace("♯", "#").replace("♭", "b")


def _harmless(text: str) -> str:
    """Nothing that a person writes is taken for one of the marks of the chat, or for a code."""
    return text.replace("<|", "< |").replace("<think>", "< think>").replace("</think>", "< /think>")
