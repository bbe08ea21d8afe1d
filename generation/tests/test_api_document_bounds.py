"""The OpenAPI document is one that good clients are generated from: all has a name, an end, and plain words."""

import copy
import re

import pytest
from rest_framework.test import APIClient

from generation.api.bounds import lacks, lacks_items, lacks_length, parts_of, put_bounds
from generation.tests.api_calls import API, client_of, wrong_fields


@pytest.fixture
def document(db):
    return APIClient().get(f"{API}/openapi.json").json()


def schemas_of(document):
    """Every schema with the path to it: of components, parameters and headers."""

    def nested(path, schema):
        yield path, schema
        for name, each in schema.get("properties", {}).items():
            yield from nested(f"{path}.{name}", each)
        for each in parts_of(schema):
            yield from nested(f"{path}[]", each)

    for name, schema in document["components"]["schemas"].items():
        yield from nested(name, schema)
    for where, call in calls_of(document):
        for parameter in call.get("parameters", ()):
            yield from nested(f"{where} ?{parameter['name']}", parameter["schema"])
    for where, response in responses_of(document):
        for name, header in response.get("headers", {}).items():
            shared = document["components"]["headers"].get(name)
            yield from nested(f"{where} {name}:", (shared if "$ref" in header else header)["schema"])


def calls_of(document):
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            yield f"{method} {path}", call


def responses_of(document):
    for where, call in calls_of(document):
        for status, response in call["responses"].items():
            yield f"{where} {status}", response
    yield from document["components"]["responses"].items()


def boundless(document):
    return [
        path
        for path, schema in schemas_of(document)
        if lacks_length(schema) or lacks_items(schema) or lacks(schema, "minimum") or lacks(schema, "maximum")
    ]


def test_every_number_list_and_text_has_bounds(document):
    assert boundless(document) == []
    assert len(list(schemas_of(document))) > 250


@pytest.mark.parametrize(
    "schema",
    [{"type": "string"}, {"type": ["integer", "null"]}, {"type": "array", "items": {"type": "boolean"}}],
)
def test_one_that_has_none_is_found(document, schema):
    document["components"]["schemas"]["Job"]["properties"]["new"] = copy.deepcopy(schema)
    put_bounds(document["components"]["schemas"]["Job"], owner="Job")
    assert boundless(document) == ["Job.new"]


def test_every_choice_has_a_name_and_null_is_none(document):
    named = {name for name, schema in document["components"]["schemas"].items() if "enum" in schema}
    assert named == {
        "ArchiveFormat",
        "ArchiveStatus",
        "Include",
        "JobErrorCode",
        "JobStage",
        "JobStatus",
        "MasterFormat",
        "StorageType",
        "TokenScope",
        "TrackFormat",
        "TrackOrdering",
        "Visibility",
        "WebhookDeliveryStatus",
        "WebhookEvent",
        "WebhookMessageType",
    }
    assert [path for path, schema in schemas_of(document) if "enum" in schema and path not in named] == []
    stage = document["components"]["schemas"]["Job"]["properties"]["stage"]
    assert stage["oneOf"] == [{"$ref": "#/components/schemas/JobStage"}, {"type": "null"}]
    assert not [
        name for name in document["components"]["schemas"] if re.search("Enum|Patched|Request$", name)
    ]


def test_bodies_take_no_other_fields(document):
    bodies = [
        content["schema"]["$ref"].rpartition("/")[2]
        for _, call in calls_of(document)
        for content in call.get("requestBody", {}).get("content", {}).values()
    ]
    assert {"Order", "TrackChanges"} <= set(bodies)
    for name in bodies:
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_truths_are_booleans(document):
    calls = dict(calls_of(document))
    for where, name in ((f"get {API}/tracks", "favorite"), (f"get {API}/tracks/{{id}}/audio", "download")):
        [parameter] = [each for each in calls[where]["parameters"] if each["name"] == name]
        assert parameter["schema"]["type"] == "boolean"
        assert "enum" not in parameter["schema"]


def test_it_says_where_the_site_is(document):
    assert document["servers"] == [{"url": "http://testserver", "description": "This site"}]


def test_every_call_has_a_title_in_plain_words(document):
    titles = [call["summary"] for _, call in calls_of(document)]
    assert all(5 < len(title) < 60 and title[0].isupper() and "`" not in title for title in titles)
    assert len(set(titles)) == len(titles)


def test_words_of_the_code_are_in_no_description(document):
    words = [schema.get("description", "") for _, schema in schemas_of(document)]
    words += [call["description"] for _, call in calls_of(document)]
    assert [text for text in words if re.search(r"MusicRequest|serializer|context|queryset", text)] == []


@pytest.mark.parametrize(
    ("path", "name"),
    [("jobs", "genre"), ("jobs", "engine"), ("tracks", "genre"), ("tracks", "tag"), ("tracks", "q")],
)
def test_the_bounds_of_a_query_hold(document, alice, scripted, path, name):
    [parameter] = [
        each for each in document["paths"][f"{API}/{path}"]["get"]["parameters"] if each["name"] == name
    ]
    longest = parameter["schema"]["maxLength"]
    client = client_of(alice)
    assert client.get(f"{API}/{path}", {name: "x" * longest}).status_code == 200
    assert name in wrong_fields(client.get(f"{API}/{path}", {name: "x" * (longest + 1)}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "x" * 2001),
        ("prompt", ""),
        ("genre", "x" * 41),
        ("engine", "x" * 41),
        ("key", "x" * 21),
        ("duration", 86_401),
        ("duration", 0),
        ("variations", 5),
        ("takes", 9),
        ("bpm", 301),
        ("seed", 2**32),
        ("tags", ["x"] * 11),
        ("tags", ["x" * 41]),
        ("ignored_words", ["x"] * 21),
        ("ignored_words", ["x" * 81]),
        ("title", "x" * 121),
        ("lyrics", "x" * 10_001),
        ("unknown", 1),
    ],
)
def test_the_bounds_of_an_order_hold(alice, scripted, field, value):
    response = client_of(alice).post(f"{API}/jobs", {"prompt": "rain", field: value})
    assert field in wrong_fields(response)
