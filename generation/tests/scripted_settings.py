"""The site's settings with the scripted engine, for tests that need it in another process."""

import os

from musicgen.settings import *  # noqa: F403
from musicgen.settings import MIDDLEWARE

MIDDLEWARE = ["generation.tests.breaking_audio.BreakingAudioMiddleware", *MIDDLEWARE]
ENGINES = {"scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"}}
GENERATION_ENGINE = "scripted"
JOB_LEASE_SECONDS = float(os.environ.get("SCRIPTED_LEASE_SECONDS", "4"))
# A server that outlives a test must not remember its queue.
QUEUE_LOOK_SECONDS = 0.0
# Nobody guesses at these passwords, and a good hash takes a third of a second each time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
