"""What to do about each storage error: one sentence for the operator, by the error's code."""

from collections.abc import Mapping

# "code:case" where what to do depends on more than the code.
HINTS = {
    "access_denied": "Check the keys, and that they may read, write and delete objects in the bucket “{bucket}”.",
    "access_denied:write": "Let these keys write to the bucket “{bucket}” (s3:PutObject), and let no policy of it ask "
    "for an ACL or for encryption, which this site does not send.",
    "access_denied:read": "Let these keys read from the bucket “{bucket}” (s3:GetObject).",
    "access_denied:delete": "Let these keys delete from the bucket “{bucket}” (s3:DeleteObject).",
    "access_denied:list": "Let these keys list the bucket “{bucket}” (s3:ListBucket): without it what is missing looks "
    "forbidden.",
    "access_denied:uploads": "Let these keys list the unfinished uploads of the bucket “{bucket}” "
    "(s3:ListBucketMultipartUploads): without it prune_audio cannot look for what they have left.",
    "access_denied:abort": "Let these keys end unfinished uploads in the bucket “{bucket}” "
    "(s3:AbortMultipartUpload): without it what was sent of them is kept for ever.",
    "archived": "Have no lifecycle rule of the bucket “{bucket}” move audio into an archive: nothing plays from there.",
    "bad_ca_bundle": "Name a file of certificates (PEM) in AWS_CA_BUNDLE, or unset it to trust the public ones.",
    "bad_certificate": "Use the host name in STORAGE_ENDPOINT_URL that the certificate is for; if its issuer is your "
    "own, name the file of it in AWS_CA_BUNDLE.",
    "bad_key": "Copy STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY again, each in one line without blanks.",
    "bucket_full": "Free some space in the bucket “{bucket}”, or raise its quota.",
    "busy": "Try again later; if it stays so, ask the makers of {service}.",
    "disk_failed": "Check the folder and its disk.",
    "disk_full": "Free some space there.",
    "expired_credentials": "Renew the temporary keys, or give this machine a role that renews them.",
    "expired_credentials:platform": "Check this machine's role, and its clock.",
    "kms": "Let these keys use that key (kms:GenerateDataKey and kms:Decrypt), or encrypt the bucket “{bucket}” with "
    "the service's own.",
    "no_credentials": "Set STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY, or give this machine a role.",
    "no_credentials:platform": "Check this machine's role.",
    "no_such_bucket": "Create the bucket “{bucket}” there, or correct STORAGE_BUCKET_NAME or STORAGE_ENDPOINT_URL.",
    "no_such_bucket:not_s3": "Check STORAGE_ENDPOINT_URL: what answers there does not speak S3.",
    "no_tls": "Write http:// instead of https:// in STORAGE_ENDPOINT_URL, or give the service a certificate.",
    "not_supported": "See what {service} can do, or use another service.",
    "not_supported:parts": "Use a service that takes uploads in parts: music of more than 90 seconds goes so.",
    "not_supported:uploads": "Have a lifecycle rule of the bucket “{bucket}” end unfinished uploads after a day: "
    "prune_audio goes on without looking for them.",
    "not_configured": "Set STORAGE_BUCKET_NAME and the other STORAGE_ variables that it was made with.",
    "not_stored_whole": "Try again; if it stays so, look for a proxy in front of {service} that changes what passes, "
    "and go around it.",
    "not_stored_whole:local": "Try again; if it stays so, check the disk.",
    "not_writable": "Let the user that runs this site write there.",
    "read_only": "Check STORAGE_ENDPOINT_URL: it must be the address of the S3 API, not that of a website, a CDN or a "
    "public bucket.",
    "refused:acl": "Let no proxy in front of {service} add an ACL: this site sends none, and the bucket takes none.",
    "suspended": "Look at the account's messages and bills at {service}.",
    "too_large": "Let what stands in front of {service} take uploads of 17 MB (nginx: client_max_body_size).",
    "unreachable": "Check STORAGE_ENDPOINT_URL, and that a firewall lets this machine out to {service}, or try again "
    "later.",
    "unreachable:bad_address": "Correct STORAGE_ENDPOINT_URL: it must look like https://s3.example.org.",
    "unreachable:no_http": "Check port and scheme in STORAGE_ENDPOINT_URL: if the service speaks TLS there, write "
    "https://.",
    "unreachable:refused": "Check host and port in STORAGE_ENDPOINT_URL, and that the service runs there.",
    "unreachable:unknown_host": "Check the spelling of STORAGE_ENDPOINT_URL, and that this machine can look names up.",
    "unsorted_listing": "Use a bucket of a kind that does, which at Amazon is a general purpose bucket.",
    "wrong_access_key": "Copy the access key again into STORAGE_ACCESS_KEY_ID, and see that it is one of {service}.",
    "wrong_clock": "Set this machine's clock by NTP: signatures count by the time.",
    "wrong_region": "Set STORAGE_REGION to the region that the bucket was made in.",
    "wrong_region:known": "Set STORAGE_REGION={region}.",
    "wrong_region:amazon": "Set STORAGE_ENDPOINT_URL=https://s3.{region}.amazonaws.com and STORAGE_REGION={region}.",
    "wrong_secret_key": "Copy the secret key again into STORAGE_SECRET_ACCESS_KEY, and see that it belongs to "
    "STORAGE_ACCESS_KEY_ID.",
}
_UNNAMED = {"bucket": "STORAGE_BUCKET_NAME", "service": "the storage", "region": "…"}


def hint_for(code: str, case: str = "", names: Mapping[str, str] | None = None) -> str:
    """Return the hint of an error's code, the one for this case where there is one; empty for a code without.

    `names` are those of `bucket`, `service` and `region` that are known.
    """
    template = HINTS.get(f"{code}:{case}") or HINTS.get(code, "")
    return template.format_map({**_UNNAMED, **(names or {})})
