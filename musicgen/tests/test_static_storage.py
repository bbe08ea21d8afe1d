import re

import brotli
import pytest
from django.core.management import call_command

from musicgen.static_storage import SiteStaticFilesStorage


@pytest.fixture
def modules(settings, tmp_path):
    """The folder of a site's JavaScript: two modules that import two others, and beside them a package's file."""
    folder = tmp_path / "source" / "js"
    folder.mkdir(parents=True)
    (folder / "player.js").write_text(
        'import { clock } from "./clock.js";\nimport * as keys from "./keys.js";\n'
    )
    (folder / "list.js").write_text((folder / "player.js").read_text())
    (folder / "clock.js").write_text("export const clock = String;\n")
    (folder / "keys.js").write_text("export const play = 1;\n")
    package = tmp_path / "source" / "package"
    package.mkdir()
    (package / "extension.js").write_text('import { core } from "./nowhere.js";\n')
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "musicgen.static_storage.SiteStaticFilesStorage"}
    }
    return folder


def collect(settings) -> tuple[str, str]:
    """The address of the module `player`, and its text."""
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    address = SiteStaticFilesStorage().url("js/player.js")
    return address, (settings.STATIC_ROOT / address.removeprefix(settings.STATIC_URL)).read_text()


def test_a_module_imports_others_by_the_name_of_their_content(modules, settings):
    _, text = collect(settings)
    imported = re.findall(r"import .+ from \"\./(\w+)\.[0-9a-f]{12}\.js\";", text)
    assert imported == ["clock", "keys"]


def test_what_one_module_alone_imports_is_a_part_of_it(modules, settings):
    (modules / "list.js").write_text("")
    before, text = collect(settings)
    assert "import" not in text
    assert "export" not in text
    (modules / "clock.js").write_text("export const clock = Number;\n")
    after, text = collect(settings)
    assert "const clock = Number;" in text
    assert before != after
    with pytest.raises(ValueError, match=r"Missing staticfiles manifest entry for 'js/clock\.js'"):
        SiteStaticFilesStorage().url("js/clock.js")


def test_a_module_gets_a_new_name_when_what_it_imports_changes(modules, settings):
    before, _ = collect(settings)
    (modules / "clock.js").write_text("export const clock = Number;\n")
    after, _ = collect(settings)
    assert before != after


def test_a_module_that_is_loaded_later_is_named_by_its_content_too(modules, settings):
    (modules / "player.js").write_text('const load = () => import("./clock.js");\n')
    _, text = collect(settings)
    assert re.fullmatch(r'const load = \(\) => import\("\./clock\.[0-9a-f]{12}\.js"\);\n', text)


def test_the_stylesheet_is_one_file_that_changes_with_each_of_its_parts(modules, settings):
    folder = modules.parent / "css"
    folder.mkdir()
    (folder / "site.css").write_text('/* all */\n@import "./a.css";\n@import "./b.css";\n')
    (folder / "a.css").write_text("a { color: red }\n")
    (folder / "b.css").write_text("b { color: blue }\n")

    def collected() -> tuple[str, str]:
        call_command("collectstatic", verbosity=0, interactive=False)
        address = SiteStaticFilesStorage().url("css/site.css")
        return address, (settings.STATIC_ROOT / address.removeprefix(settings.STATIC_URL)).read_text()

    before, text = collected()
    assert text == "a { color: red }\nb { color: blue }\n"
    (folder / "b.css").write_text("b { color: green }\n")
    after, text = collected()
    assert "green" in text
    assert before != after


def test_what_pages_fetch_is_compressed_by_brotli_too_and_packages_by_gzip_alone(modules, settings):
    (modules / "player.js").write_text("const text = 'la la la';\n" * 100)
    (modules.parent / "package" / "extension.js").write_text("const text = 'la la la';\n" * 100)
    address, text = collect(settings)
    player = settings.STATIC_ROOT / address.removeprefix(settings.STATIC_URL)
    assert brotli.decompress(player.with_name(f"{player.name}.br").read_bytes()).decode() == text
    assert player.with_name(f"{player.name}.gz").exists()
    package = settings.STATIC_ROOT / "package"
    assert list(package.glob("*.gz"))
    assert not list(package.glob("*.br"))
