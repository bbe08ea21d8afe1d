"""The settings of a site whose audio breaks off when a test asks for it."""

from musicgen.settings import *  # noqa: F403
from musicgen.settings import MIDDLEWARE

MIDDLEWARE = ["generation.tests.breaking_audio.BreakingAudioMiddleware", *MIDDLEWARE]
