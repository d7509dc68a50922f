"""Tags of objects, and what else can be asked of an object without its bytes."""

import pytest

from errors import refused


def tag_set(**tags: str) -> dict:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def tags_of(s3, bucket: str, key: str) -> dict:
    return {t["Key"]: t["Value"] for t in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}


def test_tags_are_put_read_and_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000, Tagging="first=1&second=%C3%A4")
    assert tags_of(s3, bucket, "k") == {"first": "1", "second": "ä"}
    before = s3.head_object(Bucket=bucket, Key="k")
    assert before["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(third="3", empty="", **{"a/b": "c d"}))
    assert tags_of(s3, bucket, "k") == {"third": "3", "empty": "", "a/b": "c d"}
    after = s3.get_object(Bucket=bucket, Key="k")
    assert (after["TagCount"], after["LastModified"]) == (3, before["LastModified"])
    assert after["Body"].read() == b"x" * 100_000
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert tags_of(s3, bucket, "k") == {}
    assert "TagCount" not in s3.head_object(Bucket=bucket, Key="k")
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": []})
    assert tags_of(s3, bucket, "k") == {}


def test_an_overwrite_takes_the_tags_away(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1", Tagging="a=1")
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert tags_of(s3, bucket, "k") == {}


def test_limits(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    ten = {f"k{i}": "v" for i in range(10)}
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(**ten))
    with refused("BadRequest", 400):
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(**ten, more="v"))
    for key, value in (("k" * 129, "v"), ("k", "v" * 257), ("a,b", "v"), ("aws:k", "v")):
        with refused("InvalidTag", 400):
            s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(**{key: value}))
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    with refused("InvalidTag", 400):
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=twice)
    assert tags_of(s3, bucket, "k") == ten


def test_of_what_is_not_there(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.get_object_tagging(Bucket=bucket, Key="absent")
    with refused("NoSuchKey", 404):
        s3.put_object_tagging(Bucket=bucket, Key="absent", Tagging=tag_set(a="1"))
    with refused("NoSuchBucket", 404):
        s3.get_object_tagging(Bucket=bucket + "-absent", Key="k")


def test_facts_of_an_object(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"bytes")
    facts = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=[
        "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"])
    assert '"' + facts["ETag"] + '"' == put["ETag"]
    assert facts["Checksum"] == {"ChecksumCRC32": put["ChecksumCRC32"], "ChecksumType": "FULL_OBJECT"}
    assert (facts["StorageClass"], facts["ObjectSize"]) == ("STANDARD", 5)
    assert "ObjectParts" not in facts
    with refused("InvalidArgument", 400):
        s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Colour"])


@pytest.mark.parametrize("header, parameter, value", [
    ("ContentType", "ResponseContentType", "foo/bar"), ("CacheControl", "ResponseCacheControl", "no-cache"),
    ("ContentDisposition", "ResponseContentDisposition", "bla"), ("ContentLanguage", "ResponseContentLanguage", "esperanto"),
    ("ContentEncoding", "ResponseContentEncoding", "aaa"), ("ExpiresString", "ResponseExpires", "Sun, 01 Jan 2040 00:00:00 GMT")])
def test_headers_of_an_answer_are_asked_for(s3, bucket, header, parameter, value):
    s3.put_object(Bucket=bucket, Key="k", Body=b"bytes")
    assert s3.get_object(Bucket=bucket, Key="k", **{parameter: value})[header] == value
