"""Examples that the OpenAPI document shows; a test holds them against the schema."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_ID = "8d3f2c1e-5b7a-4f0e-9c55-3a1d1c0b9e77"
_TRACK_ID = "0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11"
_API = "https://music.example/api/v1"

_TRACK: dict[str, Any] = {
    "id": _TRACK_ID,
    "title": "Rainy night lo-fi",
    "duration": 30.0,
    "sample_rate": 48000,
    "channels": 2,
    "master_format": "wav",
    "size": 5760044,
    "storage_key": f"tracks/{_ID}/{_TRACK_ID}/master.wav",
    "storage_type": "s3",
    "measured": {"bpm": 82.0, "key": "D minor", "time_signature": "4/4", "lufs": -14.0, "true_peak_db": -1.2},
    "score_version": 1,
    "takes": [],
    "favorite": False,
    "tags": [],
    "visibility": "private",
    "urls": {
        "audio": f"{_API}/tracks/{_TRACK_ID}/audio",
        "score": f"{_API}/tracks/{_TRACK_ID}/score",
        "midi": f"{_API}/tracks/{_TRACK_ID}/midi",
        "stems": f"{_API}/tracks/{_TRACK_ID}/audio?format=stems",
        "peaks": f"{_API}/tracks/{_TRACK_ID}/peaks",
        "web": f"https://music.example/tracks/{_TRACK_ID}",
        "share": None,
    },
}
_COMPLETED: dict[str, Any] = {
    "id": _ID,
    "status": "completed",
    "stage": None,
    "progress": 1.0,
    "queue_position": None,
    "engine": "composer",
    "attempt": 1,
    "retry_of": None,
    "input": {
        "prompt": "rainy night lo-fi",
        "genre": "lofi",
        "duration": 30.0,
        "engine": "composer",
        "seed": 1234,
        "variations": 1,
        "takes": 1,
        "bpm": 82.0,
        "key": "D minor",
        "time_signature": "4/4",
        "instrumental": None,
        "lyrics": None,
        "negative_prompt": None,
        "title": None,
        "tags": [],
        "ignored_words": [],
    },
    "readings": [{"words": "rainy", "meaning": "Lo-fi, calmer, darker"}],
    "reasons": ["'rainy' → Lo-fi, calmer, darker"],
    "notices": [],
    "tracks": [_TRACK],
    "error": None,
    "metrics": {"queue_seconds": 0.1, "generate_seconds": 1.2, "store_seconds": 0.05, "cost_usd": None},
    "cancel_requested_at": None,
    "created_at": "2026-01-31T18:00:00Z",
    "started_at": "2026-01-31T18:00:00.100000Z",
    "estimated_finish_at": None,
    "finished_at": "2026-01-31T18:00:01.350000Z",
    "urls": {
        "self": f"{_API}/jobs/{_ID}",
        "cancel": f"{_API}/jobs/{_ID}/cancel",
        "retry": f"{_API}/jobs/{_ID}/retry",
        "events": f"{_API}/jobs/{_ID}/events",
        "audio": f"{_API}/jobs/{_ID}/audio",
        "web": f"https://music.example/jobs/{_ID}",
    },
}
_QUEUED: dict[str, Any] = _COMPLETED | {
    "status": "queued",
    "progress": None,
    "queue_position": 1,
    "attempt": 0,
    "tracks": [],
    "metrics": {"queue_seconds": None, "generate_seconds": None, "store_seconds": None, "cost_usd": None},
    "started_at": None,
    "estimated_finish_at": "2026-01-31T18:00:02Z",
    "finished_at": None,
    "urls": _COMPLETED["urls"] | {"audio": None},
}


def _problem(
    title: str, status: int, code: str, detail: str, *errors: dict[str, str], retryable: bool = False
) -> OpenApiExample:
    value = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": list(errors),
        "retryable": retryable,
        "request_id": "5f0c8f0e3a8b4b0f9d6f6a5e7c1d2b3a",
    }
    return OpenApiExample(code, value=value, response_only=True, status_codes=[str(status)])


JOB = OpenApiExample("completed", value=_COMPLETED, response_only=True, status_codes=["200", "201"])
QUEUED_JOB = OpenApiExample("queued", value=_QUEUED, response_only=True, status_codes=["202"])
ENGINES = OpenApiExample(
    "engines",
    value={
        "default": "modal",
        "results": [
            {
                "name": "modal",
                "title": "ACE-Step 1.5 XL-turbo",
                "description": "An open AI model on a GPU.",
                "default": True,
                "deterministic": False,
                "model": "ACE-Step/acestep-v15-xl-turbo-diffusers",
                "licence": "MIT",
                "licence_url": "https://huggingface.co/ACE-Step/acestep-v15-xl-turbo-diffusers",
                "licence_note": None,
                "commercial_use": True,
                "used_up_until": None,
                "fields": ["bpm", "instrumental", "key", "lyrics"],
                "midi": False,
                "stems": False,
                "genres": ["ambient", "lofi"],
                "keys": ["A minor", "C major"],
                "time_signatures": {},
                "limits": {
                    "duration": {"min": 10, "max": 600, "default": 30},
                    "variations": {"min": 1, "max": 4},
                    "takes": {"min": 1, "max": 8},
                    "bpm": {"min": 30, "max": 300},
                    "seed": {"min": 0, "max": 4294967295},
                    "prompt_length": 2000,
                    "title_length": 120,
                    "lyrics_length": 10000,
                    "tags": 10,
                    "tag_length": 40,
                },
            }
        ],
    },
    response_only=True,
)
SIGNED_AUDIO = OpenApiExample(
    "a WAV",
    value={
        "url": f"https://bucket.example/tracks/{_ID}/{_TRACK_ID}/master.wav?X-Amz-Signature=…",
        "expires_at": "2026-01-31T19:00:00Z",
        "content_type": "audio/wav",
        "size": 5760044,
    },
    response_only=True,
    status_codes=["200"],
)
PENDING_AUDIO = OpenApiExample(
    "being made",
    value={"detail": "The audio is being made into flac. Ask again in a moment.", "retry_after": 2},
    response_only=True,
    status_codes=["202"],
)
PEAKS = OpenApiExample(
    "peaks",
    value={
        "version": 2,
        "channels": 1,
        "sample_rate": 48000,
        "samples_per_pixel": 1440,
        "bits": 8,
        "length": 3,
        "data": [-2, 3, -41, 38, -77, 80],
    },
    response_only=True,
)
ORDERS = [
    OpenApiExample("a few words", value={"prompt": "rainy night lo-fi"}, request_only=True),
    OpenApiExample(
        "in detail",
        value={
            "prompt": "warm piano over rain",
            "genre": "lofi",
            "duration": 60,
            "seed": 7,
            "variations": 2,
            "bpm": 82,
            "key": "D minor",
            "time_signature": "6/8",
            "title": "Late train",
            "tags": ["study"],
        },
        request_only=True,
    ),
]
CHANGES = [OpenApiExample("a favourite", value={"title": "Late train", "favorite": True}, request_only=True)]
NO_SCORE = _problem(
    "Conflict",
    409,
    "no_score",
    "ACE-Step 1.5 XL-turbo writes no score, so there is no MIDI of this track and no stems. "
    "Generate it with an engine that writes one, such as the built-in composer.",
)
OUTDATED_SCORE = _problem(
    "Gone",
    410,
    "score_outdated",
    "Built-in composer has changed since it made this track, and would write other notes today. "
    "The audio is kept as it is; for MIDI and stems, generate the music again.",
)
AUDIO_MISSING = _problem(
    "Gone",
    410,
    "audio_missing",
    "The audio of this track is not stored any more as it was. It cannot be made again from its seed: Built-in "
    "composer has changed since it made this track. The operator of this site may have it in a backup.",
)
AUDIO_NOT_MADE = _problem(
    "Service Unavailable",
    503,
    "audio_not_made",
    "The place where music is kept cannot be used at the moment. Try again in a few minutes.",
    retryable=True,
)
TOKEN_LIMIT = _problem(
    "Conflict",
    409,
    "too_many_tokens",
    "There are 50 API tokens of this account, which is as many as there may be. Revoke one that is no longer used.",
)
EXCEEDS_OWN_TOKEN = _problem(
    "Forbidden",
    403,
    "exceeds_own_token",
    "This API token lacks the scope “read”, so it cannot make a token that has it.",
)
GUEST_WITHOUT_TOKENS = _problem(
    "Forbidden",
    403,
    "account_required",
    "Guests have no API tokens. Sign up first; what you have made is kept.",
)
GUEST_WITHOUT_WEBHOOKS = _problem(
    "Forbidden",
    403,
    "account_required",
    "Guests have no webhooks. Sign up first; what you have made is kept.",
)
WEBHOOK_LIMIT = _problem(
    "Conflict",
    409,
    "too_many_webhooks",
    "There are 20 webhooks of this account, which is as many as there may be. Delete one that is no longer used.",
)
PLAYLIST_LIMIT = _problem(
    "Conflict", 409, "too_many_playlists", "You have 500 playlists already. Delete one first."
)
PLAYLIST_FULL = _problem(
    "Conflict", 409, "playlist_full", "A playlist holds 1000 tracks, and “Rainy evenings” has 998."
)
WEBHOOK_DISABLED = _problem("Conflict", 409, "webhook_disabled", "This webhook is disabled. Enable it first.")
SECRET_LOST = _problem(
    "Conflict",
    409,
    "secret_lost",
    "The site's own key has changed, and with it this webhook's secret. Rotate the secret, then enable it.",
)
TEST_PENDING = _problem(
    "Conflict",
    409,
    "test_pending",
    "A test message to this webhook is being sent already. Look at its deliveries.",
)
DELIVERY_PENDING = _problem(
    "Conflict", 409, "delivery_pending", "This delivery is being sent already: it is tried again by itself."
)
KEY_IN_USE = _problem(
    "Conflict",
    409,
    "idempotency_key_in_use",
    "The first request with this “Idempotency-Key” is still being stored. Send the same again in a moment.",
    retryable=True,
)
KEY_REUSED = _problem(
    "Unprocessable Entity",
    422,
    "idempotency_key_reused",
    "This “Idempotency-Key” stands for another request of the last 24 hours. Take a new key for a new order.",
)
CHANGED_MEANWHILE = _problem(
    "Precondition Failed",
    412,
    "changed_meanwhile",
    "It has changed since you read the ETag in “If-Match”. Read it again, and decide anew.",
)


def _invalid(name: str, field: str, code: str, message: str) -> OpenApiExample:
    error = {"field": field, "code": code, "message": message}
    example = _problem("Bad Request", 400, "invalid_request", message, error)
    return OpenApiExample(name, value=example.value, response_only=True, status_codes=["400"])


DURATION = _invalid("too long", "duration", "out_of_range", "The duration must be between 5 and 300 seconds.")
UNKNOWN_FILTER = _invalid(
    "unknown filter",
    "page_sise",
    "unknown_filter",
    "There is no filter “page_sise”. Use: cursor, page_size.",
)
UNKNOWN_FIELD = _invalid("unknown field", "colour", "unknown_field", "There is no field “colour” here.")
MISSING_TRACK = _invalid(
    "no such track",
    "track_ids",
    "not_found",
    "There is no track 0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11, or it is not yours.",
)
MISSING_NEIGHBOUR = _invalid(
    "not in the playlist",
    "before",
    "not_found",
    "The track 0b1e6f5a-73c2-5d3b-8f6e-2f7f1f6f0a11 is not in this playlist.",
)
RATE_LIMITED = _problem(
    "Too Many Requests",
    429,
    "rate_limited",
    "Too many requests. Ask again in 34 seconds.",
    retryable=True,
)
TOO_MANY_STREAMS = _problem(
    "Too Many Requests",
    429,
    "concurrency_limited",
    "As many event streams are open as one user, or the guests of one address, may have. Close one, or listen "
    "to all of your jobs in one stream, /api/v1/events.",
    retryable=True,
)
NO_STREAM_FREE = _problem(
    "Service Unavailable",
    503,
    "no_stream_free",
    "All event streams are taken. Try again in 10 seconds, or ask for the job itself.",
    retryable=True,
)
PROBLEMS = {
    "404": [_problem("Not Found", 404, "not_found", "There is nothing at this address, or it is not yours.")],
}
