"""The provider guide says what the code does."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from generation.checks import storage_endpoint_is_url
from generation.doctor.cors import cors_rules
from generation.doctor.endpoint import check_endpoint
from generation.doctor.place import Place
from generation.doctor.providers import provider_of
from generation.doctor.steps import State
from generation.storage.endpoints import region_from_endpoint
from generation.tests.doctor_calls import ORIGIN

GUIDE = (Path(settings.BASE_DIR) / "docs" / "storage.md").read_text()
NAMES = ["ENDPOINT_URL", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "BUCKET_NAME", "REGION"]


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", GUIDE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def examples() -> dict[str, dict[str, str]]:
    found = {
        title: dict(re.findall(r"^STORAGE_(\w+)=(.+)$", text, flags=re.MULTILINE))
        for title, text in sections().items()
    }
    return {title: values for title, values in found.items() if values}


def documents(title: str) -> list[object]:
    return [
        json.loads(block) for block in re.findall(r"```json\n(.+?)```", sections()[title], flags=re.DOTALL)
    ]


def test_every_provider_is_there():
    assert list(examples()) == [
        "AWS S3",
        "Cloudflare R2",
        "Google Cloud Storage",
        "DigitalOcean Spaces",
        "Backblaze B2",
        "MinIO, for development",
        "SeaweedFS, for development",
    ]


@pytest.mark.parametrize("title", list(examples()))
def test_example_is_whole_and_its_region_is_the_one_worked_out(title, settings):
    values = examples()[title]
    assert list(values) == NAMES
    assert region_from_endpoint(values["ENDPOINT_URL"]) == values["REGION"]
    settings.STORAGE_ENDPOINT_URL, settings.STORAGE_BUCKET_NAME = (
        values["ENDPOINT_URL"],
        values["BUCKET_NAME"],
    )
    assert storage_endpoint_is_url() == []
    place = Place(values["BUCKET_NAME"], values["ENDPOINT_URL"], values["REGION"])
    local = values["ENDPOINT_URL"].startswith("http:")
    assert check_endpoint(place, ["http://127.0.0.1:8000"] if local else [ORIGIN]).state is State.OK


def test_cors_document_is_the_one_that_is_set():
    assert documents("CORS") == [cors_rules([ORIGIN])]


def test_google_has_its_own_document():
    provider = provider_of(examples()["Google Cloud Storage"]["ENDPOINT_URL"])
    assert documents("Google Cloud Storage") == [json.loads(provider.document(cors_rules([ORIGIN])))]
    assert provider.how_to_paste("music").partition(": ")[2] in " ".join(GUIDE.split())


def test_amazon_policy_grants_what_the_hints_ask_for():
    (policy,) = documents("AWS S3")
    granted = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {"s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket"} <= granted
    assert {"s3:GetBucketCORS", "s3:PutBucketCORS"} <= granted


@pytest.mark.parametrize("wrong", re.findall(r"`(https://[^`]+)`", sections()["DigitalOcean Spaces"]))
def test_pitfall_is_one_that_the_doctor_reports(wrong):
    assert check_endpoint(Place("music", wrong, "auto"), [ORIGIN]).state is State.FAILED
