"""Objects copied within a server, by boto3 with its defaults."""

import datetime
import hashlib
import os

import pytest

from errors import refused


def md5(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


def source(bucket: str, key: str) -> dict:
    return {"Bucket": bucket, "Key": key}


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
def test_bytes_are_copied(s3, bucket, size):
    body = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="from", Body=body, ContentType="text/plain", Metadata={"a": "b"})
    result = s3.copy_object(Bucket=bucket, Key="to", CopySource=source(bucket, "from"))["CopyObjectResult"]
    assert result["ETag"] == md5(body)
    assert isinstance(result["LastModified"], datetime.datetime)
    assert result["ChecksumType"] == "FULL_OBJECT"
    answer = s3.get_object(Bucket=bucket, Key="to")
    assert answer["Body"].read() == body
    assert (answer["ContentType"], answer["Metadata"]) == ("text/plain", {"a": "b"})
    assert answer["ChecksumCRC32"] == result["ChecksumCRC32"]


@pytest.mark.parametrize("key", ["a b", "a+b", "a%20b", "ä/ö.txt", "日本語", "a//b", "?q=1&r", "trailing/"])
def test_any_key_can_be_a_source(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    s3.copy_object(Bucket=bucket, Key="copy/" + key, CopySource=source(bucket, key))
    assert s3.get_object(Bucket=bucket, Key="copy/" + key)["Body"].read() == key.encode()


def test_a_source_may_be_written_in_several_ways(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b", Body=b"bytes")
    for text in (f"{bucket}/a b", f"/{bucket}/a b", f"{bucket}/a b?versionId=null"):  # boto3 encodes them.
        s3.copy_object(Bucket=bucket, Key="to", CopySource=text)
        assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == b"bytes"
        s3.delete_object(Bucket=bucket, Key="to")
    with refused("InvalidArgument", 400):
        s3.copy_object(Bucket=bucket, Key="to", CopySource="nothing")


def test_between_buckets(s3, bucket):
    other = bucket + "-other"
    s3.create_bucket(Bucket=other)
    s3.put_object(Bucket=bucket, Key="k", Body=b"bytes")
    s3.copy_object(Bucket=other, Key="k", CopySource=source(bucket, "k"))
    assert s3.get_object(Bucket=other, Key="k")["Body"].read() == b"bytes"
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=other, Key="k", CopySource=source(bucket, "absent"))
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=other, Key="k", CopySource=source(bucket + "-absent", "k"))
    s3.delete_object(Bucket=other, Key="k")
    s3.delete_bucket(Bucket=other)


def test_directives(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=b"x", Metadata={"a": "b"}, Tagging="t=1")
    s3.copy_object(Bucket=bucket, Key="kept", CopySource=source(bucket, "from"), Metadata={"c": "d"})
    assert s3.head_object(Bucket=bucket, Key="kept")["Metadata"] == {"a": "b"}
    s3.copy_object(Bucket=bucket, Key="new", CopySource=source(bucket, "from"), Metadata={"c": "d"},
                   MetadataDirective="REPLACE", TaggingDirective="REPLACE", Tagging="u=2&v=3",
                   StorageClass="STANDARD_IA")
    head = s3.head_object(Bucket=bucket, Key="new")
    assert (head["Metadata"], head["TagCount"], head["StorageClass"]) == ({"c": "d"}, 2, "STANDARD_IA")
    with refused("InvalidArgument", 400):
        s3.copy_object(Bucket=bucket, Key="new", CopySource=source(bucket, "from"), MetadataDirective="KEEP")


def test_onto_itself(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="k", CopySource=source(bucket, "k"))
    s3.copy_object(Bucket=bucket, Key="k", CopySource=source(bucket, "k"), MetadataDirective="REPLACE",
                   Metadata={"n": "1"})
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"n": "1"}


def test_conditions(s3, bucket):
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    copy = {"Bucket": bucket, "CopySource": source(bucket, "k")}
    with refused("PreconditionFailed", 412):
        s3.copy_object(Key="to", CopySourceIfMatch='"other"', **copy)
    with refused("PreconditionFailed", 412):
        s3.copy_object(Key="to", CopySourceIfNoneMatch=tag, **copy)
    s3.copy_object(Key="to", CopySourceIfMatch=tag, IfNoneMatch="*", **copy)
    with refused("PreconditionFailed", 412):
        s3.copy_object(Key="to", IfNoneMatch="*", **copy)
    with refused("NoSuchKey", 404):
        s3.copy_object(Key="absent", IfMatch=tag, **copy)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_another_checksum(s3, bucket, algorithm):
    s3.put_object(Bucket=bucket, Key="k", Body=b"bytes")
    made = s3.copy_object(Bucket=bucket, Key="to", CopySource=source(bucket, "k"), ChecksumAlgorithm=algorithm)
    text = made["CopyObjectResult"]["Checksum" + algorithm]
    if algorithm not in ("CRC32C", "CRC64NVME"):  # boto3 alone cannot make these.
        put = s3.put_object(Bucket=bucket, Key="other", Body=b"bytes", ChecksumAlgorithm=algorithm)
        assert text == put["Checksum" + algorithm]
    facts = s3.get_object_attributes(Bucket=bucket, Key="to", ObjectAttributes=["Checksum", "ETag", "ObjectSize"])
    assert facts["Checksum"]["Checksum" + algorithm] == text
    assert (facts["ObjectSize"], '"' + facts["ETag"] + '"') == (5, md5(b"bytes"))


def test_parts_are_copied(s3, bucket):
    body = os.urandom(6 << 20)
    s3.put_object(Bucket=bucket, Key="from", Body=body)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="to", ChecksumAlgorithm="CRC32C")["UploadId"]
    part = {"Bucket": bucket, "Key": "to", "UploadId": upload, "CopySource": source(bucket, "from")}
    with refused("InvalidArgument", 400) as error:
        s3.upload_part_copy(PartNumber=1, CopySourceRange="0-8", **part)
    assert error.response["Error"]["ArgumentName"] == "x-amz-copy-source-range"
    with refused("InvalidArgument", 400):
        s3.upload_part_copy(PartNumber=1, CopySourceRange=f"bytes=0-{len(body)}", **part)
    with refused("InvalidRequest", 400):
        s3.upload_part_copy(PartNumber=1, CopySourceRange=f"bytes={len(body)}-{len(body) + 5}", **part)
    with refused("PreconditionFailed", 412):
        s3.upload_part_copy(PartNumber=1, CopySourceIfMatch='"other"', **part)
    first = s3.upload_part_copy(PartNumber=1, **part)["CopyPartResult"]
    assert first["ETag"] == md5(body)
    second = s3.upload_part_copy(PartNumber=2, CopySourceRange="bytes=10-99", **part)["CopyPartResult"]
    assert second["ETag"] == md5(body[10:100])
    s3.complete_multipart_upload(Bucket=bucket, Key="to", UploadId=upload, MultipartUpload={"Parts": [
        {"PartNumber": 1, "ETag": first["ETag"], "ChecksumCRC32C": first["ChecksumCRC32C"]},
        {"PartNumber": 2, "ETag": second["ETag"], "ChecksumCRC32C": second["ChecksumCRC32C"]}]})
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == body + body[10:100]

    asked = {"Bucket": bucket, "Key": "to", "ObjectAttributes": ["ObjectParts", "ObjectSize"]}
    facts = s3.get_object_attributes(**asked)
    assert facts["ObjectSize"] == len(body) + 90
    assert [(p["PartNumber"], p["Size"]) for p in facts["ObjectParts"]["Parts"]] == [(1, len(body)), (2, 90)]
    page = s3.get_object_attributes(**asked, MaxParts=1)["ObjectParts"]
    assert (page["IsTruncated"], page["NextPartNumberMarker"], page["TotalPartsCount"]) == (True, 1, 2)
    rest = s3.get_object_attributes(**asked, MaxParts=1, PartNumberMarker=1)["ObjectParts"]
    assert (rest["IsTruncated"], rest["Parts"][0]["PartNumber"]) == (False, 2)

    s3.copy_object(Bucket=bucket, Key="whole", CopySource=source(bucket, "to"))
    whole = s3.head_object(Bucket=bucket, Key="whole", ChecksumMode="ENABLED")
    assert whole["ETag"] == md5(body + body[10:100]), "one piece again"
    assert whole["ChecksumType"] == "FULL_OBJECT"
