"""Where static files are served from: compressed, and under names that change with their content."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLESHEET = "css/site.css"
PARTS = re.compile(rb'^@import "\./([^"]+)";$', re.MULTILINE)
MODULES = "js/*.js"
IMPORT = r'(?P<matched>import (?P<names>[^;]+) from "(?P<url>\./[^"]+)";)'
LATER_IMPORT = r'(?P<matched>import\("(?P<url>\./[^"]+)"\))'


class SiteStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """The site's stylesheet is one file, and its modules import each other by names that change with their content too.

    So a browser never mixes old with new. Django's own `support_js_module_import_aggregation` would rewrite the files
    of every package, and django-htmx ships one that imports a file which is not there.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            MODULES,
            ((IMPORT, 'import %(names)s from "%(url)s";'), (LATER_IMPORT, 'import("%(url)s")')),
        ),
    )

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        if not dry_run and STYLESHEET in paths:
            self._join_stylesheet(paths)
            paths = {**paths, STYLESHEET: (self, STYLESHEET)}
        yield from super().post_process(paths, dry_run, **options)

    def _join_stylesheet(self, paths: dict[str, tuple[Storage, str]]) -> None:
        """Put what the stylesheet imports in its place, each file as it is where it was collected from."""

        def source(name: str) -> bytes:
            storage, path = paths[name]
            with storage.open(path) as file:
                return bytes(file.read())

        joined = PARTS.sub(lambda found: source(f"css/{found[1].decode()}"), source(STYLESHEET))
        self.delete(STYLESHEET)
        self.save(STYLESHEET, ContentFile(joined))
