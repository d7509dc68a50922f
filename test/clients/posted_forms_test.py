"""Uploads by POST forms, as boto3's generate_presigned_post makes them for browsers."""

import base64
import datetime
import hashlib
import hmac
import json
import re
import urllib.parse
import zlib

import pytest
import urllib3

from raw import Connection, crc32_base64, signing_key
from server import ACCESS_KEY, SECRET_KEY


SOON = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(params=["default", "s3v4"])
def signer(request, aws):
    """Version 2 is the default of forms."""
    if request.param == "default":
        return aws.client("s3")
    return aws.client("s3", signature_version="s3v4")


class Posted:
    def __init__(self, answer):
        self.status_code = answer.status
        self.headers = answer.headers
        self.content = answer.data
        self.text = answer.data.decode()


def send(server, url: str, parts: list, headers: dict | None = None) -> Posted:
    """As a browser: knows nothing of AWS and follows nothing."""
    trusted = {"ca_certs": str(server.certificate)} if server.certificate else {}
    body, content_type = urllib3.filepost.encode_multipart_formdata(parts)
    with urllib3.PoolManager(**trusted) as web:
        return Posted(web.request("POST", url, body=body, redirect=False, retries=False, timeout=30,
                                  headers={"Content-Type": content_type} | (headers or {})))


def post(server, form: dict, content: bytes = b"content", name: str | None = "a.txt", **how) -> Posted:
    return send(server, form["url"], [*form["fields"].items(), ("file", (name, content) if name else content)],
                **how)


def element(answer, name: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", answer.text, re.S)
    return found.group(1).replace("&quot;", '"') if found else ""


def outcome(answer) -> tuple[int, str]:
    return answer.status_code, element(answer, "Code")


def test_a_file(server, signer, bucket):
    answer = post(server, signer.generate_presigned_post(bucket, "k"), b"x" * 300_000)
    assert answer.status_code == 204 and answer.content == b"", answer.text
    assert answer.headers["ETag"] == f'"{hashlib.md5(b"x" * 300_000).hexdigest()}"'
    got = signer.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"x" * 300_000
    assert got["ContentType"] == "binary/octet-stream" and got["ChecksumCRC64NVME"]


def test_an_empty_file(server, signer, bucket):
    assert post(server, signer.generate_presigned_post(bucket, "k"), b"").status_code == 204
    assert signer.head_object(Bucket=bucket, Key="k")["ContentLength"] == 0


def test_fields_are_headers(server, signer, bucket):
    crc = crc32_base64(zlib.crc32(b"content"))
    said = {"Content-Type": "text/plain", "Cache-Control": "max-age=5", "x-amz-meta-Mood": "good",
            "x-amz-storage-class": "STANDARD_IA", "acl": "private"}
    fields = said | {"x-amz-checksum-crc32": crc}  # Which no condition names.
    form = signer.generate_presigned_post(bucket, "k", Fields=fields,
                                          Conditions=[{name: value} for name, value in said.items()])
    assert post(server, form).status_code == 204
    head = signer.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head["ContentType"], head["CacheControl"], head["StorageClass"]) == (
        "text/plain", "max-age=5", "STANDARD_IA")
    assert head["Metadata"] == {"mood": "good"} and head["ChecksumCRC32"] == crc
    form["fields"]["x-amz-checksum-crc32"] = "AAAAAA=="
    assert outcome(post(server, form))[0] == 400


def test_tags(server, signer, bucket):
    tags = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1+2</Value></Tag></TagSet></Tagging>"
    form = signer.generate_presigned_post(bucket, "k", Fields={"tagging": tags},
                                          Conditions=[["starts-with", "$tagging", ""]])
    assert post(server, form).status_code == 204
    assert signer.head_object(Bucket=bucket, Key="k")["TagCount"] == 1
    form["fields"]["tagging"] = "not xml"
    assert outcome(post(server, form)) == (400, "MalformedXML")


@pytest.mark.parametrize("file_name, key", [("a.txt", "in/a.txt"), ("C:\\dir\\a b.txt", "in/a b.txt"),
                                       ("/home/x.txt", "in/x.txt"), (None, "in/${filename}")])
def test_the_name_of_the_file(server, signer, bucket, file_name, key):
    form = signer.generate_presigned_post(bucket, "in/${filename}")
    assert post(server, form, name=file_name).status_code == 204
    assert [o["Key"] for o in signer.list_objects_v2(Bucket=bucket)["Contents"]] == [key]


def test_what_is_answered(server, signer, bucket):
    def form(**fields):
        return signer.generate_presigned_post(bucket, "a/b.txt", Fields=fields,
                                              Conditions=[{n: v} for n, v in fields.items()])

    created = post(server, form(success_action_status="201"))
    assert created.status_code == 201 and created.headers["Content-Type"] == "application/xml"
    assert element(created, "Bucket") == bucket and element(created, "Key") == "a/b.txt"
    assert element(created, "ETag") == created.headers["ETag"]
    assert element(created, "Location") == created.headers["Location"]
    assert created.headers["Location"].endswith("/a%2Fb.txt")
    assert post(server, form(success_action_status="200")).status_code == 200
    assert post(server, form(success_action_status="404")).status_code == 204

    sent = post(server, form(success_action_redirect="http://example.com/done?x=1"))
    assert sent.status_code == 303 and sent.content == b""
    target = urllib.parse.urlparse(sent.headers["Location"])
    assert target.netloc == "example.com"
    assert urllib.parse.parse_qs(target.query) == {
        "x": ["1"], "bucket": [bucket], "key": ["a/b.txt"], "etag": [sent.headers["ETag"]]}
    # What is no absolute URL of the web is as if it were not there.
    for nowhere in ("/relative", "javascript:alert(1)", "http://a b"):
        assert post(server, form(success_action_redirect=nowhere)).status_code == 204


def test_conditions(server, signer, bucket):
    def answer(conditions, fields=None, content=b"content"):
        form = signer.generate_presigned_post(bucket, "k", Conditions=conditions)
        form["fields"] |= fields or {}
        return post(server, form, content)

    refused = answer([["eq", "$x-amz-meta-a", "1"]], {"x-amz-meta-a": "2"})
    assert outcome(refused) == (403, "AccessDenied")
    assert element(refused, "Message") == ('Invalid according to Policy: Policy Condition failed: '
                                           '["eq", "$x-amz-meta-a", "1"]')
    refused = answer([], {"x-amz-meta-a": "2"})
    assert element(refused, "Message") == "Invalid according to Policy: Extra input fields: x-amz-meta-a"
    assert answer([], {"x-ignore-me": "2"}).status_code == 204
    assert answer([["starts-with", "$Content-Type", "image/"]],
                  {"Content-Type": "image/png,image/gif"}).status_code == 204
    assert answer([["starts-with", "$Content-Type", "image/"]],
                  {"Content-Type": "image/png,text/html"}).status_code == 403
    refused = answer([{"a": "1", "b": "2"}])
    assert outcome(refused) == (400, "InvalidPolicyDocument")
    assert element(refused, "Message") == ("Invalid Policy: Invalid Simple-Condition: Simple-Conditions must "
                                           "have exactly one property specified.")
    refused = answer([["content-length-range", 5, 10]], content=b"a" * 12)
    assert outcome(refused) == (400, "EntityTooLarge")
    assert (element(refused, "ProposedSize"), element(refused, "MaxSizeAllowed")) == ("12", "10")
    refused = answer([["content-length-range", 5, 10]], content=b"a")
    assert outcome(refused) == (400, "EntityTooSmall")
    assert (element(refused, "ProposedSize"), element(refused, "MinSizeAllowed")) == ("1", "5")
    refused = answer([["content-length-range", "test", 10]])
    assert element(refused, "Message").endswith('["content-length-range", "test", "10"]')
    assert answer([["content-length-range", 5, 10]], content=b"a" * 10).status_code == 204


def test_nothing_is_stored_that_is_refused(server, signer, bucket):
    form = signer.generate_presigned_post(bucket, "k", Conditions=[["content-length-range", 0, 1000]])
    assert outcome(post(server, form, b"a" * 2_000_000)) == (400, "EntityTooLarge")
    assert signer.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_signatures(server, signer, bucket):
    form = signer.generate_presigned_post(bucket, "k")
    names = {name.lower(): name for name in form["fields"]}
    version_4 = "x-amz-signature" in names
    signature = names["x-amz-signature" if version_4 else "signature"]

    def without(*gone, **changed):
        fields = {n: v for n, v in form["fields"].items() if n not in gone} | changed
        return post(server, {"url": form["url"], "fields": fields})

    assert outcome(without(**{signature: "AAAA"})) == (403, "SignatureDoesNotMatch")
    assert outcome(without(policy=form["fields"]["policy"][:-8])) == (403, "SignatureDoesNotMatch")
    missing = without(signature)
    assert outcome(missing) == (400, "InvalidArgument")
    assert element(missing, "ArgumentName") == ("X-Amz-Signature" if version_4 else "Signature")
    assert outcome(without("key")) == (400, "InvalidArgument")
    related = [n for n in form["fields"] if n not in ("key", "policy")]
    assert outcome(without(*related)) == (403, "AccessDenied")
    assert outcome(without("policy", *related)) == (403, "AccessDenied")
    if version_4:
        credential = form["fields"][names["x-amz-credential"]]
        elsewhere = without(**{names["x-amz-credential"]: credential.replace("us-east-1", "eu-west-1")})
        assert outcome(elsewhere) == (400, "AuthorizationQueryParametersError")
        assert element(elsewhere, "Region") == "us-east-1"
    else:
        unknown = without(**{names["awsaccesskeyid"]: "AKIAUNKNOWN"})
        assert outcome(unknown) == (403, "InvalidAccessKeyId")
    assert signer.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_policy_ends(server, signer, bucket):
    refused = post(server, signer.generate_presigned_post(bucket, "k", ExpiresIn=-1))
    assert outcome(refused) == (403, "AccessDenied")
    assert element(refused, "Message") == "Invalid according to Policy: Policy expired."


@pytest.mark.parametrize("days, expected", [(6.9, (204, "")), (7.1, (403, "AccessDenied")), (-1, (403, "AccessDenied"))])
def test_a_signing_key_is_good_for_seven_days(server, bucket, days, expected):
    """Whatever its policy says."""
    signed = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)
    day, date = signed.strftime("%Y%m%d"), signed.strftime("%Y%m%dT%H%M%SZ")
    fields = {"key": "k", "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-date": date,
              "x-amz-credential": f"{ACCESS_KEY}/{day}/us-east-1/s3/aws4_request"}
    policy = {"expiration": SOON, "conditions": [{"bucket": bucket}, *({name: v} for name, v in fields.items())]}
    text = base64.b64encode(json.dumps(policy).encode()).decode()
    signature = hmac.new(signing_key(day, "s3"), text.encode(), hashlib.sha256).hexdigest()
    form = {"url": f"{server.endpoint}/{bucket}",
            "fields": fields | {"policy": text, "x-amz-signature": signature}}
    answer = post(server, form)
    assert outcome(answer) == expected, answer.text
    if days > 7:
        assert element(answer, "Message") == "Request has expired"


def signed_policy(server, bucket: str, policy: object) -> dict:
    text = base64.b64encode(policy if isinstance(policy, bytes) else json.dumps(policy).encode()).decode()
    signature = base64.b64encode(hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha1).digest()).decode()
    return {"url": f"{server.endpoint}/{bucket}",
            "fields": {"key": "k", "AWSAccessKeyId": ACCESS_KEY, "policy": text, "signature": signature}}


@pytest.mark.parametrize("policy, message", [
    (b"", "Invalid JSON."), (b"{", "Invalid JSON."), (b"[]", "Invalid JSON."), (b"\xff", "Invalid JSON."),
    ({"conditions": []}, "Policy missing expiration."),
    ({"expiration": SOON}, "Policy missing conditions."),
    ({"expiration": "tomorrow", "conditions": []}, "Invalid 'expiration' value: 'tomorrow'"),
    ({"expiration": SOON, "conditions": [{}]}, "Simple-Conditions must have exactly one property"),
    ({"expiration": SOON, "conditions": [{"acl": 1}]}, "value must be a string."),
    ({"expiration": SOON, "conditions": [{"acl": None}]}, "Invalid JSON."),
    ({"expiration": SOON, "conditions": [["content-length-range", 1]]}, "Invalid Condition"),
    ({"expiration": SOON, "conditions": [["content-length-range", -1, 1]]}, "content-length-range"),
    ({"expiration": SOON, "conditions": [["like", "$key", "k"]]}, "Invalid Condition"),
    ({"expiration": SOON, "conditions": ["key"]}, "Invalid Condition"),
])
def test_policies_that_are_none(plain_server, bucket, policy, message):
    form = signed_policy(plain_server, bucket, policy)
    if policy == b"":
        form["fields"]["policy"] = "="
        form["fields"]["signature"] = base64.b64encode(
            hmac.new(SECRET_KEY.encode(), b"=", hashlib.sha1).digest()).decode()
    refused = post(plain_server, form)
    assert outcome(refused) == (400, "InvalidPolicyDocument"), refused.text
    assert message in element(refused, "Message").replace("&apos;", "'")


def test_a_policy_must_name_the_bucket(plain_server, bucket):
    form = signed_policy(plain_server, bucket, {"expiration": SOON, "conditions": [{"key": "k"}]})
    refused = post(plain_server, form)
    assert element(refused, "Message") == "Invalid according to Policy: Extra input fields: bucket"


def test_what_is_no_form(server, signer, bucket):
    form = signer.generate_presigned_post(bucket, "k")
    refused = post(server, form, headers={"Content-Type": "text/html"})
    assert outcome(refused) == (412, "PreconditionFailed")
    assert element(refused, "Condition") == "Bucket POST must be of the enclosure-type multipart/form-data"
    nothing = send(server, form["url"], list(form["fields"].items()))
    assert outcome(nothing) == (400, "IncorrectNumberOfFilesInPostRequest")
    large = signer.generate_presigned_post(bucket, "k")
    large["fields"]["x-amz-meta-a"] = "v" * 21_000
    assert outcome(post(server, large)) == (400, "MaxPostPreDataLengthExceeded")


def test_a_form_that_is_cut_off_leaves_nothing(server, s3, bucket):
    if server.certificate:
        pytest.skip("sockets here are in the clear")
    form = s3.generate_presigned_post(bucket, "k")
    body, content_type = urllib3.filepost.encode_multipart_formdata(
        [*form["fields"].items(), ("file", ("a", b"x" * 100_000))])
    with Connection(server) as connection:
        head = (f"POST /{bucket} HTTP/1.1\r\nHost: {connection.host}\r\n"
                f"Content-Type: {content_type}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        connection.send(head + body[:-30])
        connection.end_of_sending()
        answer = connection.answer()
        assert answer is None or answer.status == 400
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_bucket_that_is_not_there(server, signer, name):
    assert outcome(post(server, signer.generate_presigned_post(name, "k"))) == (404, "NoSuchBucket")


def test_headers_say_nothing_of_the_object(server, s3, bucket):
    """A form's fields are what its policy is about; a header of its request is not signed."""
    form = s3.generate_presigned_post(bucket, "k")
    assert post(server, form, headers={"x-amz-meta-forged": "1"}).status_code == 204
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {}
