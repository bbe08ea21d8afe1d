"""The OpenAPI document as people read it: calls by subject, fields with their types in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from json import dumps
from typing import Any

Schema = Mapping[str, Any]
PREFIX = "/api/v1"
_FIRST = ("jobs", "tracks", "archives", "catalog", "account")
_PLACES = {"path": "in the path", "query": "in the query", "header": "header"}


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is: `text`, in which `name` is a schema of the document; `bounds` is what limits it."""

    text: str
    name: str = ""
    bounds: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a property of a schema. `key` is unique within the page where the field is filled in."""

    name: str
    type: Type
    description: str
    required: bool
    place: str = ""
    key: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that a call answers with, the type of its body and the names of its headers."""

    status: str
    description: str
    type: Type | None
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `body` is the type of what it takes, `example` such a body as JSON, `answers` those of its own."""

    id: str
    method: str
    path: str
    title: str
    description: str
    fields: tuple[Field, ...]
    body: Type | None
    example: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A schema: an object with its fields, or one of a few words."""

    name: str
    description: str
    fields: tuple[Field, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """All calls by their subject, the problems that any of them can meet, and all schemas."""

    subjects: tuple[tuple[str, tuple[Call, ...]], ...]
    problems: tuple[Answer, ...]
    schemas: tuple[Named, ...]


def reference_of(document: Schema) -> Reference:
    """Read a document that `document.finish` has finished."""
    calls = [
        (str(call["tags"][0]), _call(document, path, method, call))
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]
    order = list(dict.fromkeys((*_FIRST, *(tag for tag, _ in calls))))
    calls.sort(key=lambda each: order.index(each[0]))
    subjects = [
        (tag, tuple(call for _, call in group)) for tag, group in groupby(calls, lambda each: each[0])
    ]
    problems = [
        _answer(name[-3:], response) for name, response in document["components"]["responses"].items()
    ]
    schemas = [_named(name, schema) for name, schema in document["components"]["schemas"].items()]
    return Reference(tuple(subjects), tuple(problems), tuple(schemas))


def type_of(schema: Schema) -> Type:
    """The type in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Type(name, name)
    for kind in ("allOf", "oneOf", "anyOf"):
        if kind in schema:
            parts = [type_of(part) for part in schema[kind]]
            named = next((part.name for part in parts if part.name), "")
            return Type(" or ".join(part.text for part in parts), named)
    kinds = schema.get("type", "anything")
    words = list(dict.fromkeys([kinds] if isinstance(kinds, str) else kinds))
    text, name = " or ".join(words), ""
    if "array" in words:
        item = type_of(schema["items"])
        text, name = text.replace("array", f"list of {item.text}"), item.name
    if "format" in schema and schema["format"] not in ("double", "int64"):
        text = f"{text} ({schema['format']})"
    return Type(text, name, ", ".join(_bounds(schema)))


def _bounds(schema: Schema) -> Iterator[str]:
    words = {
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "minimum": "from {}",
        "exclusiveMinimum": "above {}",
        "maximum": "to {}",
        "maxItems": "at most {} items",
        "default": "{} unless given",
    }
    for keyword, text in words.items():
        if keyword in schema:
            value = schema[keyword]
            yield text.format(str(value).lower() if isinstance(value, bool) else value)


def _call(document: Schema, path: str, method: str, call: Schema) -> Call:
    fields = tuple(
        _parameter(document, call["operationId"], parameter) for parameter in call.get("parameters", ())
    )
    content = next(iter(call.get("requestBody", {}).get("content", {}).values()), None)
    answers = [
        _answer(status, response)
        for status, response in sorted(call["responses"].items())
        if "$ref" not in response
    ]
    return Call(
        id=call["operationId"],
        method=method.upper(),
        path=path,
        title=call["summary"],
        description=call["description"],
        fields=tuple(sorted(fields, key=lambda field: list(_PLACES.values()).index(field.place))),
        body=type_of(content["schema"]) if content else None,
        example=_example(content) if content else "",
        answers=tuple(answers),
    )


def _parameter(document: Schema, call: str, parameter: Schema) -> Field:
    schema = parameter["schema"]
    type_ = type_of(schema)
    named = document["components"]["schemas"].get(type_.name, {})
    choices = ("true", "false") if schema.get("type") == "boolean" else tuple(named.get("enum", ()))
    default = schema.get("default")
    return Field(
        name=parameter["name"],
        type=Type(type_.text, type_.name, type_.bounds or (f"{default} unless given" if default else "")),
        description=parameter.get("description", ""),
        required=parameter.get("required", False),
        place=_PLACES[parameter["in"]],
        key=f"{call}-{parameter['name']}",
        choices=choices,
    )


def _answer(status: str, response: Schema) -> Answer:
    content = next(iter(response.get("content", {}).values()), None)
    type_ = type_of(content["schema"]) if content else None
    return Answer(status, response["description"], type_, tuple(response.get("headers", ())))


def _example(content: Schema) -> str:
    examples = list(content.get("examples", {}).values())
    return dumps(examples[0]["value"] if examples else {}, indent=2, ensure_ascii=False)


def _named(name: str, schema: Schema) -> Named:
    required = schema.get("required", ())
    fields = tuple(
        Field(field, type_of(inner), inner.get("description", ""), field in required)
        for field, inner in schema.get("properties", {}).items()
    )
    return Named(name, schema.get("description", ""), fields, tuple(schema.get("enum", ())))
