"""JavaScript modules, joined: what only one module imports becomes a part of it, so that a page fetches few files."""

import re
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

IMPORT = re.compile(r'^import (?:(?P<names>\{[^}]*\}|\* as \w+) from )?"\./(?P<name>[^"]+)";$', re.MULTILINE)
LATER_IMPORT = re.compile(r'\bimport\("\./(?P<name>[^"]+)"\)')
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)
UNKNOWN = re.compile(r"^(?:import|export)\b(?!\().*", re.MULTILINE)
# Only comments that have lines of their own: what looks like one within a line may be a part of a string.
COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//.*)[ \t]*\n", re.MULTILINE)


def without_comments(text: str) -> str:
    """A module or stylesheet without those comments that have lines of their own, and without empty lines."""
    return re.sub(r"\n{2,}", "\n", COMMENT.sub("", text)).lstrip("\n")


def join(sources: Mapping[str, str]) -> dict[str, str]:
    """Those modules of a folder that a page can fetch, by name, each with what only it imports in it.

    A module stays a file of its own when nothing imports it, when it is loaded later by `import("./name.js")`, or when
    modules of different files import it. `sources` has the text of every module by its name, such as `clock.js`.

    Raises ValueError for modules that import each other, and for an import or export of a kind that is not known here:
    it knows `import { a, b as c }`, `import * as all` and `import "./name.js"`, and the export of a function, a class
    or a constant where it is made.
    """
    imports = {name: [found["name"] for found in IMPORT.finditer(text)] for name, text in sources.items()}
    importers: dict[str, list[str]] = {name: [] for name in sources}
    for name, imported in imports.items():
        for each in imported:
            if each not in sources:
                raise ValueError(f"{name} imports {each}, which is not there")
            importers[each].append(name)
    try:
        importers_first = list(TopologicalSorter(importers).static_order())
    except CycleError as error:
        raise ValueError(f"Modules import each other: {', '.join(error.args[1])}") from error

    loaded_later = {found["name"] for text in sources.values() for found in LATER_IMPORT.finditer(text)}
    file_of: dict[str, str] = {}
    for name in importers_first:
        files = {file_of[importer] for importer in importers[name]}
        file_of[name] = files.pop() if len(files) == 1 and name not in loaded_later else name
    return {
        file: _file(file, dict.fromkeys(_parts(file, imports, file_of)), sources, imports)
        for file in sources
        if file_of[file] == file
    }


def _parts(name: str, imports: Mapping[str, list[str]], file_of: Mapping[str, str]) -> Iterator[str]:
    """The modules of a file in the order in which a browser would run them, a module after all that it imports."""
    for imported in imports[name]:
        if file_of[imported] == file_of[name]:
            yield from _parts(imported, imports, file_of)
    yield name


def _file(
    file: str, parts: Collection[str], sources: Mapping[str, str], imports: Mapping[str, list[str]]
) -> str:
    others = dict.fromkeys(each for part in parts for each in imports[part] if each not in parts)
    lines = [f'import * as {_constant(other)} from "./{other}";\n' for other in others]
    for part in parts:
        if part == file:
            continue
        text = _with_constants(part, sources[part])
        exported = ", ".join(_exported(text))
        body = EXPORT.sub("", text)
        lines.append(f"const {_constant(part)} = (() => {{\n{body}return {{ {exported} }};\n}})();\n")
    return "".join([*lines, _with_constants(file, sources[file])])


def _with_constants(name: str, source: str) -> str:
    """A module's text that takes what it imports from constants, each of which holds all of a module's exports."""

    def constant(found: re.Match[str]) -> str:
        names, module = found["names"], _constant(found["name"])
        if names is None:
            return ""
        if names.startswith("{"):
            return f"const {re.sub(r' as ', ': ', names)} = {module};"
        return f"const {names.removeprefix('* as ')} = {module};"

    text = without_comments(IMPORT.sub(constant, source))
    for found in UNKNOWN.finditer(text):
        if not EXPORT.match(found[0]):
            raise ValueError(f"{name} cannot be joined, for this is not understood: {found[0]}")
    return text


def _exported(text: str) -> Iterator[str]:
    return (found["name"] for found in EXPORT.finditer(text))


def _constant(name: str) -> str:
    return re.sub(r"\W", "_", name)
