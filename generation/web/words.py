"""What pages say about states, genres and engines."""

from math import ceil

from generation.composer.metre import FOUR_FOUR, METRES
from generation.engines.registry import UnknownEngine, get_engine
from generation.models import Job
from generation.models.job_states import Stage, Status

STAGES = {
    Stage.STARTING: "Starting",
    Stage.GENERATING: "Generating",
    Stage.MASTERING: "Mastering",
    Stage.UPLOADING: "Saving",
}


def format_title(name: str) -> str:
    """How a format is written: "mp3" is "MP3", but "opus" "Opus" and the stems "stems"."""
    return {"opus": "Opus", "stems": "stems"}.get(name, name.upper())


def engine_words(alias: str) -> str:
    """What an engine is, in a sentence: "Built-in composer: rule-based, no AI model". Of a model also its licence."""
    try:
        can = get_engine(alias).capabilities
    except UnknownEngine:
        return alias
    description = can.description.rstrip(".")
    description = f"{description[:1].lower()}{description[1:]}"
    licence = f"licence {can.licence}" if can.licence else ""
    use = "" if can.commercial_use else "not for commercial use"
    details = ", ".join(part for part in (description, licence, use) if part)
    return f"{can.title}: {details}" if details else can.title


def engine_title(alias: str) -> str:
    """What an engine is called. One that is no longer there goes by its alias."""
    try:
        return get_engine(alias).capabilities.title
    except UnknownEngine:
        return alias


def licence_note(alias: str) -> str:
    """What the licence of an engine's model asks of those who use it, in a sentence; often nothing."""
    try:
        return get_engine(alias).capabilities.licence_note or ""
    except UnknownEngine:
        return ""


def unusual_signature(time_signature: str) -> str:
    """A time signature where it is worth a word: nobody says that a piece is in 4/4."""
    return "" if time_signature == FOUR_FOUR.name else time_signature


def counted_notes(time_signature: str) -> str:
    """What a tempo counts, to stand after "BPM", where that is not the quarter note."""
    metre = METRES.get(time_signature)
    return ", counted in dotted quarter notes" if metre and metre.count != 1 else ""


def waiting_words(job: Job, position: int | None) -> str:
    """Where a queued job stands; `position` 1 is the next to start."""
    if job.attempt:
        return "Waiting to try again"
    if position is None or position == 1:
        return "Next in line"
    return f"Number {position} in line"


def working_words(job: Job) -> str:
    """What is being done about a job that is queued or processing, apart from its place in the line."""
    if job.cancel_requested_at and job.status == Status.PROCESSING:
        return "Stopping"
    return STAGES.get(Stage(job.stage), "Starting") if job.stage else "Starting"


def too_many_orders(wait: int) -> str:
    """What is said to who orders too often, with the seconds that they have to wait."""
    number, unit = (wait, "second") if wait < 60 else (ceil(wait / 60), "minute")
    return (
        f"Too many orders came from your address. Try again in {number} {unit}{'' if number == 1 else 's'}."
    )
