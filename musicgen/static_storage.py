"""Where static files are served from: compressed, and under names that change with their content."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

from musicgen.static_modules import join, without_comments

STYLESHEET = "css/site.css"
PARTS = re.compile(r'^@import "\./([^"]+)";$', re.MULTILINE)
MODULES = "js/"
# What pages fetch: made a sixth smaller by Brotli than by gzip, which takes too long for all that packages bring.
OF_PAGES = ("css/", "js/", "img/", "django_htmx/htmx-2.min")
IMPORT = r'(?P<matched>import (?P<names>[^;]+) from "(?P<url>\./[^"]+)";)'
LATER_IMPORT = r'(?P<matched>import\("(?P<url>\./[^"]+)"\))'


class SiteCompressor(Compressor):
    """Compresses what pages fetch by Brotli and gzip, all else by gzip alone."""

    def __init__(self, root: str, **options: Any) -> None:
        super().__init__(**options)
        self._root = Path(root)
        self._gzip_alone = Compressor(use_brotli=False, **options)

    def compress(self, path: str) -> list[str]:
        name = Path(path).relative_to(self._root).as_posix()
        compressed: list[str] = (
            super().compress(path) if name.startswith(OF_PAGES) else self._gzip_alone.compress(path)
        )
        return compressed


class SiteStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """The site's stylesheet is one file, its modules are few, and they name each other by names that change too.

    So a browser fetches little and never mixes old with new. Django's own `support_js_module_import_aggregation` would
    rewrite the files of every package, and django-htmx ships one that imports a file which is not there.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            f"{MODULES}*.js",
            ((IMPORT, 'import %(names)s from "%(url)s";'), (LATER_IMPORT, 'import("%(url)s")')),
        ),
    )

    def create_compressor(self, **options: Any) -> Compressor:
        return SiteCompressor(self.location, **options)

    def post_process(
        self, paths: dict[str, tuple[Storage, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        if not dry_run:
            modules = [name for name in paths if name.startswith(MODULES)]
            joined = self._stylesheet(paths) | self._modules(paths, modules)
            for name, text in joined.items():
                self.delete(name)
                self.save(name, ContentFile(text.encode()))
            # What is a part of another module has no address.
            paths = {name: path for name, path in paths.items() if name not in modules}
            paths |= {name: (self, name) for name in joined}
        yield from super().post_process(paths, dry_run, **options)

    def _stylesheet(self, paths: dict[str, tuple[Storage, str]]) -> dict[str, str]:
        """The stylesheet by its name, with what it imports in its place; nothing where a site has none."""
        if STYLESHEET not in paths:
            return {}
        text = PARTS.sub(lambda found: _source(paths, f"css/{found[1]}"), _source(paths, STYLESHEET))
        return {STYLESHEET: without_comments(text)}

    def _modules(self, paths: dict[str, tuple[Storage, str]], names: list[str]) -> dict[str, str]:
        joined = join({name.removeprefix(MODULES): _source(paths, name) for name in names})
        return {f"{MODULES}{name}": text for name, text in joined.items()}


def _source(paths: dict[str, tuple[Storage, str]], name: str) -> str:
    """The text of a file as it is where it was collected from."""
    storage, path = paths[name]
    with storage.open(path) as file:
        return bytes(file.read()).decode()
