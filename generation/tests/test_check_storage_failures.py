"""The doctor at buckets where something is wrong: each fault made for real, each shown with its hint."""

import pytest

from generation.tests.doctor_calls import AT_HOME, report_on_bucket
from generation.tests.s3_proxy import Message, s3_error


def is_write(request: Message) -> bool:
    return request.method == "PUT" and "/probe/" in request.path


def is_signed_link(request: Message) -> bool:
    return request.method == "GET" and "X-Amz-Signature=" in request.path


def is_authorized(request: Message) -> bool:
    return "Authorization" in request.headers


# --- wrong settings, refused by a real server


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        ({"secret_key": "not-the-secret"}, "SignatureDoesNotMatch", "STORAGE_SECRET_ACCESS_KEY"),
        ({"access_key": "nobody"}, "InvalidAccessKeyId", "STORAGE_ACCESS_KEY_ID"),
        ({"bucket_name": "elsewhere"}, "NoSuchBucket", "Create the bucket “elsewhere”"),
        ({"access_key": "reader"}, "AccessDenied", "s3:PutObject"),
    ],
)
def test_wrong_setting_fails_the_write_and_names_itself(s3_server, options, said, hint):
    report = report_on_bucket(s3_server, *AT_HOME, **options)
    assert not report.well
    assert report.failed() == ["write"]
    assert report.steps["write"].said.startswith(f"the service answers {said}")
    assert hint in report.steps["write"].under
    assert "\n" not in report.steps["write"].under
    assert report.steps["gone"].said == "because “write” did not work"
    for secret in (s3_server.secret_key, "not-the-secret"):
        assert secret not in report.text


def test_missing_keys_are_reported(s3_server, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    report = report_on_bucket(s3_server, access_key=None, secret_key=None)
    assert report.failed() == ["sign"]
    assert "STORAGE_SECRET_ACCESS_KEY" in report.steps["sign"].under


# --- what services refuse, which SeaweedFS does not: refused by the proxy before it, in their words


@pytest.mark.parametrize(
    ("refusal", "hint"),
    [
        (
            s3_error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            "Set STORAGE_REGION=eu-west-1.",
        ),
        (
            s3_error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-2"),
            "Set STORAGE_REGION=eu-west-2.",
        ),
        (s3_error(403, "RequestTimeTooSkewed"), "Set this machine's clock"),
        (s3_error(403, "QuotaExceeded"), "Free some space in the bucket “music”"),
        (s3_error(507, "XMinioStorageFull"), "Free some space in the bucket “music”"),
        (s3_error(400, "AccessControlListNotSupported"), "add an ACL"),
        (s3_error(400, "ExpiredToken"), "Renew the temporary keys"),
        (s3_error(401, "Unauthorized"), "STORAGE_ACCESS_KEY_ID"),
    ],
)
def test_refused_write_is_reported_with_its_hint(rewriter, report_through, refusal, hint):
    rewriter.answer = lambda request: refusal(request) if is_write(request) else None
    report = report_through()
    assert report.failed() == ["write"]
    assert hint in report.steps["write"].under


def test_busy_service_is_reported(rewriter, report_through):
    rewriter.answer = lambda request: s3_error(503, "SlowDown")(request) if is_write(request) else None
    report = report_through()
    assert report.failed() == ["write"]
    assert "Try again" in report.steps["write"].under


def test_unheard_of_refusal_is_shown_in_the_words_of_the_service_without_keys(
    s3_server, rewriter, report_through
):
    said = f"{s3_server.secret_key} of {s3_server.access_key}".encode()

    def answer(request: Message) -> Message | None:
        if not is_write(request):
            return None
        answer = s3_error(400, "Moonphase")(request)
        answer.body = answer.body.replace(b"No.", said)
        return answer

    rewriter.answer = answer
    report = report_through()
    assert report.steps["write"].said.startswith("the service answers Moonphase")
    assert "… of …" in report.steps["write"].under
    assert s3_server.secret_key not in report.text


@pytest.mark.parametrize(
    ("method", "step", "right"), [("HEAD", "stat", "s3:GetObject"), ("DELETE", "delete", "s3:DeleteObject")]
)
def test_each_denied_right_is_reported_apart(rewriter, report_through, method, step, right):
    rewriter.answer = lambda r: (
        s3_error(403, "AccessDenied")(r) if r.method == method and is_authorized(r) else None
    )
    report = report_through()
    assert report.steps[step].state == "failed"
    assert right in report.steps[step].under


def test_missing_right_to_list_is_reported(rewriter, report_through):
    deleted: list[Message] = []

    def answer(request: Message) -> Message | None:
        if request.method == "DELETE":
            deleted.append(request)
        return s3_error(403, "AccessDenied")(request) if request.method == "HEAD" and deleted else None

    rewriter.answer = answer
    report = report_through()
    assert report.failed() == ["gone"]
    assert "s3:ListBucket" in report.steps["gone"].under


def test_reading_keys_are_reported_when_links_are_refused(rewriter, report_through):
    rewriter.answer = lambda r: s3_error(403, "AccessDenied")(r) if is_signed_link(r) else None
    report = report_through()
    assert report.failed() == ["listen"]
    assert "s3:GetObject" in report.steps["listen"].under
    assert report.steps["delete"].state == "ok"


def test_wrong_region_that_only_links_suffer_from_is_reported(rewriter, report_through):
    refusal = s3_error(400, "AuthorizationQueryParametersError", "<Region>eu-west-1</Region>")
    rewriter.answer = lambda request: refusal(request) if is_signed_link(request) else None
    report = report_through()
    assert report.failed() == ["listen"]
    assert report.steps["listen"].under == "Set STORAGE_REGION=eu-west-1."


# --- what listeners would notice


def test_bucket_open_to_everybody_is_reported(rewriter, report_through):
    def open_door(answer: Message) -> None:
        if answer.method == "GET" and answer.status == 403:
            answer.status, answer.body = 200, b"come in"

    rewriter.change = open_door
    report = report_through()
    assert report.failed() == ["tamper", "private"]
    assert "no public access" in report.steps["private"].under


def test_a_service_that_fails_has_not_refused_an_intruder(rewriter, report_through):
    def fail(answer: Message) -> None:
        if answer.method == "GET" and answer.status == 403:
            answer.status = 500

    rewriter.change = fail
    assert report_through().failed() == ["tamper", "private"]


@pytest.mark.parametrize("name", ["Content-Type", "Cache-Control", "Content-Disposition"])
def test_lost_header_is_reported(rewriter, report_through, name):
    def lose(answer: Message) -> None:
        if is_signed_link(answer):
            answer.headers[name] = "none"

    rewriter.change = lose
    report = report_through()
    assert report.failed() == ["headers"]
    assert name in report.steps["headers"].said


def test_whole_instead_of_a_part_is_reported(s3_server, rewriter, report_through):
    def ignore_range(request: Message) -> None:
        if is_signed_link(request) and "Origin" not in request.headers:
            request.headers.pop("Range", None)

    rewriter.answer = ignore_range
    report = report_through()
    assert report.failed() == ["seek"]


def test_changed_content_is_reported(rewriter, report_through):
    def spoil(answer: Message) -> None:
        if answer.method == "GET" and "/probe/" in answer.path and answer.status in (200, 206):
            answer.body = answer.body[::-1]

    rewriter.change = spoil
    report = report_through()
    assert report.failed() == ["read", "range", "listen"]


def test_object_that_others_delete_is_reported(rewriter, report_through):
    rewriter.answer = lambda r: s3_error(404, "NoSuchKey")(r) if r.method == "HEAD" else None
    report = report_through()
    assert report.failed() == ["stat"]
    assert "lifecycle rule" in report.steps["stat"].under


def test_object_that_cannot_be_deleted_is_reported(rewriter, report_through):
    rewriter.answer = lambda r: Message(r.method, r.path, {}, b"", 204) if r.method == "DELETE" else None
    report = report_through()
    assert report.failed() == ["gone"]
    assert "object lock" in report.steps["gone"].under
