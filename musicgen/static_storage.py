"""Where static files are served from: compressed, and under names that change with their content."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

MODULES = "js/*.js"
IMPORT = r'(?P<matched>import (?P<names>[^;]+) from "(?P<url>\./[^"]+)";)'


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """The JavaScript modules of this site import each other by those names too, so a browser never mixes old with new.

    Django's own `support_js_module_import_aggregation` would rewrite the files of every package, and django-htmx ships
    one that imports a file which is not there.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (MODULES, ((IMPORT, 'import %(names)s from "%(url)s";'),)),
    )
