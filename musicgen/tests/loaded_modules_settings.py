"""The site's settings with an address that reports what its process has loaded (`loaded_modules`)."""

from musicgen.settings import *  # noqa: F403
from musicgen.settings import MIDDLEWARE as SITE_MIDDLEWARE

MIDDLEWARE = ["musicgen.tests.loaded_modules.LoadedModulesMiddleware", *SITE_MIDDLEWARE]
