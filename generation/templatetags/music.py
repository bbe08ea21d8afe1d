"""What templates need to draw: times, names, covers, waves, icons."""

from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from generation.audio.formats import FORMATS
from generation.composer.genre.titles import genre_title
from generation.covers.cover import cover_of
from generation.covers.shapes import FINENESS, SIZE
from generation.models import Track
from generation.web import card_pattern, undo, wave, words
from generation.web.http import wants_fragment
from generation.web.library_page import Shown
from generation.web.shared import EMBED_HEIGHT, EMBED_WIDTH, SharedTrack
from musicgen.durations import clock
from musicgen.paths import NOBODY, path_to
from musicgen.text_direction import isolated

# How many covers and lines of facts a process keeps drawn (1.3 kB each), and how many waves (5 kB with their peaks).
PICTURES = 4096
WAVES = 1024
_WAVE = """<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">
  <clipPath id="wave-{name}"><path d="{path}"></path></clipPath>
  <g clip-path="url(#wave-{name})">
    <rect class="wave-rest" width="{width}" height="{height}"></rect>
    <rect class="wave-played" id="played-{name}" width="{played}" height="{height}"></rect>
  </g>
</svg>
"""
MOMENTS = {
    "": "j F Y, H:i",
    "date-only": "j F Y",
    "time-only": "H:i",
    "with-seconds": "j F Y, H:i:s",
}
register = template.Library()
register.filter("clock", clock)
register.filter("format_title", words.format_title)
register.filter("genre_title", genre_title)
register.filter("engine_words", words.engine_words)
register.filter("counted_notes", words.counted_notes)
register.filter("licence_note", words.licence_note)
register.filter("undo", undo.undo_of)


@register.simple_tag
def site_name() -> str:
    """The site's name, also where a page is drawn without a request, as after an error."""
    return str(settings.SITE_NAME)


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any]) -> str:
    """The address of the page that the reader sees, also while only a part of it is drawn."""
    request = context["request"]
    if wants_fragment(request):
        return request.htmx.current_url_abs_path or "/"
    return str(request.get_full_path())


@register.filter
def spoken(seconds: float) -> str:
    """Seconds in words: "30 seconds", "2 minutes", "1 minute 30 seconds"."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [
        f"{count} {unit}{'' if count == 1 else 's'}"
        for count, unit in ((minutes, "minute"), (rest, "second"))
        if count
    ]
    return " ".join(parts) or "0 seconds"


@register.filter
def percent(part: float) -> str:
    """A part of 1 as "87 %", on one line."""
    return f"{round(100 * part)}\N{NO-BREAK SPACE}%"


@register.filter
def minus(number: str) -> str:
    """A number with a real minus sign, which is as wide as its figures."""
    return number.replace("-", "−", 1)


@register.simple_tag
def moment(when: datetime, kind: str = "") -> SafeString:
    """A moment in the visitor's own time zone; in UTC without script. `kind` may be one of MOMENTS."""
    context = {"moment": when, "kind": kind, "format": MOMENTS[kind]}
    return mark_safe(render_to_string("components/moment.html", context).strip())  # noqa: S308


@register.simple_tag
def path(route: str, pk: UUID | None = None) -> str:
    """The address of a thing by its route and id, if it has one: what `url` gives, for pages that hold hundreds."""
    return path_to(route, pk)


@register.simple_tag
def audio_formats() -> list[str]:
    """The names of the formats in which every track can be had."""
    return list(FORMATS)


@register.simple_tag
def download_list(pk: UUID, midi: bool, stems: bool) -> SafeString:
    """The links of a track's downloads. They are the same for all tracks, but for the id."""
    around = _downloads_around_id(bool(midi), bool(stems), get_script_prefix())
    return mark_safe(str(pk).join(around))  # noqa: S308


@cache
def _downloads_around_id(midi: bool, stems: bool, _script_prefix: str) -> list[str]:
    drawn = {"pk": NOBODY, "midi": midi, "stems": stems}
    return render_to_string("components/download_list.html", drawn).split(str(NOBODY))


@register.simple_tag
@lru_cache(maxsize=PICTURES)
def facts(genre: str, duration: float, bpm: float | None, key: str, time_signature: str) -> SafeString:
    """What is said about a piece below its title; many have it in common."""
    said = {"genre": genre, "duration": duration, "bpm": bpm, "key": key}
    return render_to_string(
        "components/facts.html", said | {"time_signature": words.unusual_signature(time_signature)}
    )


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """An icon of the sprite, for decoration: its button or link says in words what it does."""
    sprite = static("img/icons.svg")
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true"><use href="{}#{}"></use></svg>', name, sprite, name
    )


@register.simple_tag(name="cover")
@lru_cache(maxsize=PICTURES)
def draw_cover(genre: str, seed: int, key: str = "") -> SafeString:
    """The cover of a piece of music; `key` is "" while it is not known."""
    drawn = {"cover": cover_of(genre, seed, key), "size": round(SIZE * FINENESS)}
    return render_to_string("components/cover.html", drawn)


@register.simple_tag(takes_context=True)
def library_card(context: dict[str, Any], shown: Shown, view: str) -> SafeString:
    """The card of a track in the library, laid out in this way."""
    card, track = shown.card, shown.card.track
    assert track is not None  # noqa: S101  in a library each card is a track's
    kind = card_pattern.Kind(
        is_liked=track.favorite,
        is_scored=card.has_score,
        is_tagged=bool(track.tags),
        has_wave=view == "list",
        script_prefix=get_script_prefix(),
    )
    begins_at = "" if shown.begins_at is None else f' data-begins-at="{shown.begins_at}"'
    words = {
        "pk": str(track.pk),
        "job_id": str(track.job_id),
        "title": isolated(track.title),
        "name": isolated(card.title),
        "seconds": f"{track.duration:.3f}".rstrip("0").rstrip("."),
        "csrf_token": str(context["csrf_token"]),
    }
    drawn = {
        "begins_at": begins_at,
        "cover": draw_cover(track.genre, track.seed, track.key),
        "facts": facts(track.genre, track.duration, track.bpm, track.key, track.time_signature),
        "tags": format_html_join("", "<span>{}</span>", ((isolated(tag),) for tag in track.tags)),
        "wave": track_wave(track, 90, "card") if kind.has_wave else "",
    }
    return card_pattern.fill(kind, words, drawn)


@register.simple_tag
def track_wave(track: Track, bars: int, place: str) -> SafeString:
    """The wave of a track in that many bars. `place` sets two waves of a track on one page apart."""
    return _drawn_wave(track.pk, bytes(track.peaks), bars, place)


@register.simple_tag
def shared_wave(shared: SharedTrack, bars: int) -> SafeString:
    """The wave of a shared track, which goes by its key there."""
    return _drawn_wave(shared.key, bytes(shared.track.peaks), bars, "shared")


@register.simple_tag
def shared_words(track: Track) -> str:
    """What a search engine or a message shows below the title of a shared track."""
    tempo = f"{track.bpm:.0f} BPM" if track.bpm else ""
    genre = genre_title(track.genre) if track.genre else ""
    signature = words.unusual_signature(track.time_signature)
    facts = ", ".join(filter(None, (genre, clock(track.duration), tempo, track.key, signature)))
    return f"{facts}. Made with {settings.SITE_NAME}."


@register.simple_tag
def embed_code(shared: SharedTrack) -> str:
    """The HTML by which another site shows a shared track, as text to copy."""
    frame = {"shared": shared, "width": EMBED_WIDTH, "height": EMBED_HEIGHT}
    return str(render_to_string("components/embed_code.html", frame)).strip()


@register.simple_tag
def progress_wave(bars: int, name: str, percent: int | None) -> SafeString:
    """A wave that is not there yet: a line of dots, filled as far as the music is made."""
    return _wave(wave.dotted_path(bars), bars, name, (percent or 0) / 100)


@lru_cache(maxsize=WAVES)
def _drawn_wave(track_id: UUID | str, peaks: bytes, bars: int, place: str) -> SafeString:
    """A track's peaks never change, so each picture is drawn once."""
    return _wave(wave.path_of(wave.bars_of(peaks, bars)), bars, f"{place}-{track_id}", 0)


def _wave(path: str, bars: int, name: str, played: float) -> SafeString:
    width = wave.width_of(bars)
    return format_html(
        _WAVE, path=path, width=width, height=wave.HEIGHT, name=name, played=f"{played * width:g}"
    )
