"""The settings of a site whose audio breaks off when a test asks for it."""

from generation.tests.scripted_settings import *  # noqa: F403
from generation.tests.scripted_settings import MIDDLEWARE

MIDDLEWARE = ["generation.tests.browsers.breaking_audio.BreakingAudioMiddleware", *MIDDLEWARE]
