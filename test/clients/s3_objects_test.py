"""Objects, by boto3 with its defaults: checksums in headers over HTTP, in trailers over TLS."""

import base64
import datetime
import hashlib
import io
import os
import zlib

import pytest
from botocore import UNSIGNED

from errors import refused


def md5(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def base64_of(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def keys(s3, bucket: str, **query) -> list[str]:
    return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, **query).get("Contents", [])]


# Around nothing, the chunks of a streaming signature, what rides with its row, and frames.
@pytest.mark.parametrize("size", [0, 1, 4096, 65_535, 65_536, 65_537, 1_048_577, 5_000_000])
def test_what_was_put_comes_back(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert put["ETag"] == md5(body)
    assert put["ChecksumCRC32"] == base64_of(zlib.crc32(body).to_bytes(4, "big"))
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == body
    assert answer["ContentLength"] == size
    assert answer["ETag"] == put["ETag"]
    assert answer["ContentType"] == "binary/octet-stream"
    assert answer["ChecksumCRC32"] == put["ChecksumCRC32"]


def test_a_stream_of_unsaid_type_is_put(s3, bucket):
    body = os.urandom(300_000)
    s3.upload_fileobj(io.BytesIO(body), bucket, "streamed")
    assert s3.get_object(Bucket=bucket, Key="streamed")["Body"].read() == body


def test_metadata_and_headers_come_back(s3, bucket):
    expires = datetime.datetime(2031, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
    s3.put_object(Bucket=bucket, Key="k", Body=b"{}", ContentType="application/json",
                  ContentEncoding="identity", ContentLanguage="de", ContentDisposition="inline",
                  CacheControl="max-age=60", Expires=expires, Metadata={"Author": "Ada", "n": "1"})
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert answer["ContentType"] == "application/json"
        assert answer["ContentEncoding"] == "identity"
        assert answer["ContentLanguage"] == "de"
        assert answer["ContentDisposition"] == "inline"
        assert answer["CacheControl"] == "max-age=60"
        assert answer["ExpiresString"] == "Tue, 06 May 2031 07:08:09 GMT"
        assert answer["Metadata"] == {"author": "Ada", "n": "1"}
        assert answer["ContentLength"] == 2
        age = datetime.datetime.now(datetime.timezone.utc) - answer["LastModified"]
        assert abs(age.total_seconds()) < 60


@pytest.mark.parametrize("key", ["a b", "a+b", "a%20b", "ä/ö.txt", "日本語", "x" * 1024, "a//b", "?q=1&r",
                                 "(1)*'!~", "tab\there", "<&>\"", "trailing/"])
def test_any_key_is_a_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert keys(s3, bucket) == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert keys(s3, bucket) == []


def test_a_key_that_is_too_long(s3, bucket):
    with refused("KeyTooLongError", 400):
        s3.put_object(Bucket=bucket, Key="x" * 1025, Body=b"")


def test_an_object_is_overwritten(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"first", Metadata={"a": "1"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"second one")
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"second one", {})


def test_an_object_that_is_not_there(s3, bucket):
    with refused("NoSuchKey", 404) as error:
        s3.get_object(Bucket=bucket, Key="absent")
    assert error.response["Error"]["Key"] == "absent"
    assert error.message == "The specified key does not exist."
    assert error.response["ResponseMetadata"]["RequestId"]
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket=bucket, Key="absent")
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="absent")
    deleted = s3.delete_object(Bucket=bucket, Key="absent")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize("asked, start, end", [("bytes=0-4", 0, 5), ("bytes=5-", 5, 1000),
                                               ("bytes=-3", 997, 1000), ("bytes=990-5000", 990, 1000),
                                               ("bytes=999-999", 999, 1000), ("bytes=-5000", 0, 1000)])
def test_a_range(s3, bucket, asked, start, end):
    body = os.urandom(1000)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    answer = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert answer["Body"].read() == body[start:end]
    assert answer["ContentRange"] == f"bytes {start}-{end - 1}/1000"
    assert answer["ContentLength"] == end - start
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_ranges_of_a_large_object(s3, bucket):
    body = os.urandom(3_000_000)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    for start in (0, 65_535, 262_143, 262_144, 1_048_575, 2_999_990):
        answer = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={start}-{start + 99}")
        assert answer["Body"].read() == body[start:start + 100]


def test_ranges_that_are_none(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    with refused("InvalidRange", 416) as error:
        s3.get_object(Bucket=bucket, Key="k", Range="bytes=10-20")
    assert error.response["Error"]["ActualObjectSize"] == "10"
    # What is not a range of bytes is as if it were not said.
    assert s3.get_object(Bucket=bucket, Key="k", Range="lines=1-2")["Body"].read() == b"0123456789"


def test_a_create_that_must_not_overwrite(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")
    with refused("PreconditionFailed", 412) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*")
    assert error.response["Error"]["Condition"] == "If-None-Match"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


def test_an_overwrite_of_what_was_read(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"first")["ETag"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"third", IfMatch=etag)
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="absent", Body=b"third", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second"
    assert keys(s3, bucket) == ["k"]


def test_conditional_reads(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"x"
    with refused("304", 304):
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"other"')
    with refused("412", 412):
        s3.head_object(Bucket=bucket, Key="k", IfMatch='"other"')
    written = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    day = datetime.timedelta(days=1)
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=written - day)
    with refused("304", 304):
        s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=written)
    assert s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=written - day)["Body"].read() == b"x"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256", "CRC64NVME", "CRC32C"])
def test_a_checksum_of_the_caller_s_choice(s3, bucket, algorithm):
    body = b"123456789"
    known = {"CRC32": bytes.fromhex("cbf43926"), "CRC32C": bytes.fromhex("e3069283"),
             "CRC64NVME": bytes.fromhex("ae8b14860a799888"), "SHA1": hashlib.sha1(body).digest(),
             "SHA256": hashlib.sha256(body).digest()}
    member = f"Checksum{algorithm}"
    # boto3 computes the two newer kinds only with an extension; the caller may always say the value.
    said = {member: base64_of(known[algorithm])}
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, **said)
    assert put[member] == said[member]
    answer = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert answer[member] == said[member]
    wrong = {member: base64_of(bytes(len(known[algorithm])))}
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="wrong", Body=body, **wrong)
    assert keys(s3, bucket) == ["k"]


def test_a_body_that_is_not_what_its_md5_says(s3, bucket):
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5=base64_of(hashlib.md5(b"y").digest()))
    with refused("InvalidDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5="short")
    assert keys(s3, bucket) == []
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5=base64_of(hashlib.md5(b"x").digest()))


def test_pages_of_a_listing(s3, bucket):
    names = sorted(f"dir{i % 3}/file{i:02}" for i in range(25))
    for each in names:
        s3.put_object(Bucket=bucket, Key=each, Body=each.encode())
    pages = list(s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 7}))
    assert [p["KeyCount"] for p in pages] == [7, 7, 7, 4]
    assert [o["Key"] for p in pages for o in p["Contents"]] == names
    assert [p["IsTruncated"] for p in pages] == [True, True, True, False]
    first = pages[0]["Contents"][0]
    assert (first["Size"], first["ETag"], first["StorageClass"]) == (
        len(names[0]), md5(names[0].encode()), "STANDARD")


def test_a_listing_of_folders(s3, bucket):
    for key in ("a/1", "a/2", "b/1", "c", "d/e/f"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in answer["CommonPrefixes"]] == ["a/", "b/", "d/"]
    assert [o["Key"] for o in answer["Contents"]] == ["c"]
    assert answer["KeyCount"] == 4
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="d/")
    assert [p["Prefix"] for p in answer["CommonPrefixes"]] == ["d/e/"]
    assert keys(s3, bucket, Prefix="a/") == ["a/1", "a/2"]
    assert keys(s3, bucket, StartAfter="a/2") == ["b/1", "c", "d/e/f"]
    pages = list(s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1}))
    found = [p["CommonPrefixes"][0]["Prefix"] if "CommonPrefixes" in p else p["Contents"][0]["Key"]
             for p in pages]
    assert found == ["a/", "b/", "c", "d/"]


def test_listing_arguments_that_make_no_sense(s3, bucket):
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="not one of ours")
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=bucket, MaxKeys=-1)
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)["MaxKeys"] == 1000


def test_who_asks_is_checked(aws, s3, bucket):
    with refused("SignatureDoesNotMatch", 403):
        aws.client("s3", secret_key="not the secret that was agreed").list_buckets()
    with refused("InvalidAccessKeyId", 403) as error:
        aws.client("s3", access_key="AKIANOBODYKNOWSTHIS0").list_buckets()
    assert error.response["Error"]["AWSAccessKeyId"] == "AKIANOBODYKNOWSTHIS0"
    with refused("AccessDenied", 403):
        aws.client("s3", signature_version=UNSIGNED).get_object(Bucket=bucket, Key="k")
