"""Hooks of drf-spectacular that finish the OpenAPI document: what holds for every call and every schema."""

import re
from collections.abc import Iterator
from typing import Any

from generation.api import examples, headers
from generation.api.bounds import MAX_HEADER, parts_of, put_bounds
from generation.api.message_docs import MESSAGE_HEADERS
from generation.api.problems import CONTENT_TYPE
from generation.api.summaries import SUMMARIES

Schema = dict[str, Any]
NULL = "NullEnum"
_PROBLEMS = {
    "400": "The request cannot be understood, or something in it is wrong; `errors` names it. "
    "`words_blocked`: it has words that the operator of this site does not allow.",
    "401": "Nobody is logged in, and there is no good token: `token_expired`, `token_revoked` and "
    "`account_suspended` say why.",
    "403": "The token lacks the scope, or the session's request lacks the CSRF token, or its account is suspended "
    "(`account_suspended`).",
    "429": "Too much: `rate_limited` by requests, `concurrency_limited` by what waits, or `quota_exceeded` by what "
    "was ordered or spent in a day, or is stored. Wait for `Retry-After` seconds.",
    "500": "Something went wrong here; the `request_id` finds it in the logs.",
    "503": "The database or the place where music is kept cannot be reached, or orders cannot be checked at present "
    "(`words_unchecked`): try again after `Retry-After` seconds.",
}
# Of parameters that stand at calls of several kinds.
_NAMES = {"include": "Include"}
_SECONDS = {
    "description": "Seconds after which asking again makes sense.",
    "schema": {"type": "integer", "minimum": 1},
}
_RATE_HEADERS = {
    "RateLimit-Policy": 'How many requests (`q`) you may make in `w` seconds, such as `"requests";q=1200;w=60`.',
    "RateLimit": 'How many of them are left (`r`) for the next `t` seconds, such as `"requests";r=1187;t=34`.',
}
# Whose ids stand in the paths below a tag, where it is not the tag itself.
_OWNERS = {"account": "token"}
# Who asks is not known, or may not ask, before requests are counted.
_NOT_COUNTED = ("401", "403")


def include_messages(result: Schema, generator: Any, **_: Any) -> Schema:
    """Add the schemas of the section `webhooks`, which drf-spectacular meets after it has collected all others."""
    result["components"] = generator.registry.build({})
    return result


def describe_errors(result: Schema, **_: Any) -> Schema:
    """Add to every call the problems that any call can meet."""
    components = result["components"].setdefault("responses", {})
    for status, description in _PROBLEMS.items():
        content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        components[f"Problem{status}"] = {"description": description, "content": content}
    _limited = components["Problem429"]["content"][CONTENT_TYPE]
    _limited["examples"] = {"rate_limited": {"value": examples.RATE_LIMITED.value}}
    components["Problem401"]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    for status in ("429", "503"):
        components[f"Problem{status}"]["headers"] = {"Retry-After": dict(_SECONDS)}
    for call in _calls(result):
        _tell_rate(call["responses"])
        for status in _PROBLEMS:
            call["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    _tell_rate({status: components[f"Problem{status}"] for status in _PROBLEMS})
    result["components"]["headers"] = {
        name: {"description": description, "schema": {"type": "string", "maxLength": 200}}
        for name, description in _RATE_HEADERS.items()
    }
    return result


def name_choices(result: Schema, **_: Any) -> Schema:
    """Give the choices of every parameter a name, the one they have elsewhere where it is the same choice."""
    schemas = result["components"].setdefault("schemas", {})
    named = {frozenset(schema["enum"]): name for name, schema in schemas.items() if "enum" in schema}
    for call in _calls(result):
        for parameter in call.get("parameters", ()):
            schema = parameter["schema"]
            if schema.get("type") == "boolean":
                schema.pop("enum", None)
                continue
            choice = schema["items"] if schema.get("type") == "array" else schema
            if "enum" not in choice:
                continue
            new = _NAMES.get(parameter["name"]) or _name_of(call["tags"][0], parameter["name"])
            name = named.setdefault(frozenset(choice["enum"]), new)
            schemas.setdefault(name, {"type": "string", "enum": choice["enum"]})
            reference = {"$ref": f"#/components/schemas/{name}"}
            if choice is not schema:
                schema["items"] = reference
            elif "default" in schema:
                parameter["schema"] = {"allOf": [reference], "default": schema["default"]}
            else:
                parameter["schema"] = reference
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def finish(result: Schema, **_: Any) -> Schema:
    """Say what each call does in a few words, refuse what bodies do not know, bound all that can be long or large."""
    schemas = result["components"].setdefault("schemas", {})
    schemas.pop(NULL, None)
    for name, schema in schemas.items():
        _write_plainly(schema)
        put_bounds(schema, owner=name)
    for call in _calls(result):
        call.setdefault("summary", SUMMARIES.get(call["operationId"], ""))
        for parameter in call.get("parameters", ()):
            put_bounds(parameter["schema"], parameter["name"])
            parameter["description"] = parameter.get("description", "").strip() or _id_of(
                call, parameter["name"]
            )
            if parameter["in"] == "header":
                _bound_header(parameter["schema"], headers.MAX_LENGTH)
        for content in call.get("requestBody", {}).get("content", {}).values():
            _refuse_unknown(content["schema"], schemas)
    responses = [response for call in _calls(result) for response in call["responses"].values()]
    for response in (*responses, *result["components"]["responses"].values()):
        for header in response.get("headers", {}).values():
            _bound_header(header.get("schema", {}), MAX_HEADER)
    for methods in result.get("webhooks", {}).values():
        methods["post"]["parameters"] = [dict(parameter) for parameter in MESSAGE_HEADERS]
    return result


def _name_of(tag: str, parameter: str) -> str:
    return f"{tag.removesuffix('s')}_{parameter}".title().replace("_", "")


def _id_of(call: Schema, parameter: str) -> str:
    """What a parameter of the path is, which the code says by its name alone."""
    if parameter == "track_id":
        return "The `id` of a track."
    if parameter == "delivery_id":
        return "The `id` of the delivery, which is the `webhook-id` of its message."
    return f"The `id` of the {_OWNERS.get(call['tags'][0], call['tags'][0].removesuffix('s'))}."


def _calls(result: Schema) -> Iterator[Schema]:
    for methods in result["paths"].values():
        yield from methods.values()


def _tell_rate(responses: Schema) -> None:
    """Add to the responses, by status, the headers of the rate."""
    for status, response in responses.items():
        if status not in _NOT_COUNTED:
            headers = response.setdefault("headers", {})
            headers.update({name: {"$ref": f"#/components/headers/{name}"} for name in _RATE_HEADERS})


def _refuse_unknown(schema: Schema, schemas: Schema) -> None:
    """Say of the schema of a body that it takes no other fields."""
    name = re.sub(r".*/", "", schema.get("$ref", ""))
    body = schemas.get(name, schema)
    if "properties" in body:
        body["additionalProperties"] = False


def _write_plainly(schema: Schema) -> None:
    """Write “nothing” as null, not as a choice of null alone, and “not empty, or empty” as what is meant, the first."""
    if schema.get("$ref") == f"#/components/schemas/{NULL}":
        del schema["$ref"]
        schema["type"] = "null"
    # Nothing that is sent is read elsewhere: a schema is of answers or of bodies, and generators would double it.
    schema.pop("readOnly", None)
    if schema.keys() <= {"allOf", "description"} and len(schema.get("allOf", ())) == 1:
        schema.update(schema.pop("allOf")[0])
    choices = schema.get("oneOf", ())
    if len(choices) == 2 and choices[1] == {"type": "string", "maxLength": 0}:
        del schema["oneOf"]
        schema.update(choices[0])
    for nested in (*schema.get("properties", {}).values(), *parts_of(schema)):
        _write_plainly(nested)


def _bound_header(schema: Schema, longest: int) -> None:
    """Servers refuse headers that are any longer; seconds are counted in whole ones."""
    if schema.get("type") == "string":
        schema.setdefault("maxLength", longest)
    if schema.get("type") == "integer":
        schema.setdefault("minimum", 0)
        schema.setdefault("maximum", 86_400)
