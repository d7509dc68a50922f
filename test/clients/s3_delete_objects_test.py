"""Many objects deleted in one request, by boto3 and by hand."""

import pytest

from errors import refused


def objects(*keys: str) -> dict:
    return {"Objects": [{"Key": key} for key in keys]}


def left(s3, bucket: str) -> list[str]:
    return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_what_is_named_goes(s3, bucket):
    for key in ("a", "b/ä", "c&<d>", "stays"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete=objects("a", "b/ä", "c&<d>", "absent"))
    assert [d["Key"] for d in answer["Deleted"]] == ["a", "b/ä", "c&<d>", "absent"]
    assert "Errors" not in answer
    assert left(s3, bucket) == ["stays"]


def test_quiet(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete=objects("a") | {"Quiet": True})
    assert "Deleted" not in answer and "Errors" not in answer
    assert left(s3, bucket) == []


def test_a_thousand_and_no_more(s3, bucket):
    keys = [f"k{i:04}" for i in range(1000)]
    for key in keys[::100]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert len(s3.delete_objects(Bucket=bucket, Delete=objects(*keys))["Deleted"]) == 1000
    assert left(s3, bucket) == []
    with refused("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete=objects(*keys, "one more"))


def test_conditions_and_versions_of_entries(s3, bucket):
    tag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]
    s3.put_object(Bucket=bucket, Key="b", Body=b"y")
    s3.put_object(Bucket=bucket, Key="c", Body=b"z")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [
        {"Key": "a", "ETag": tag}, {"Key": "b", "ETag": '"other"'}, {"Key": "c", "VersionId": "null"},
        {"Key": "d", "VersionId": "other"}]})
    assert [d["Key"] for d in answer["Deleted"]] == ["a", "c"]
    assert [(e["Key"], e["Code"]) for e in answer["Errors"]] == [("b", "PreconditionFailed"), ("d", "NoSuchVersion")]
    assert left(s3, bucket) == ["b"]


@pytest.mark.parametrize("settings", [{"request_checksum_calculation": "when_required"}, {}])
def test_with_any_digest_that_a_client_sends(aws, bucket, settings):
    s3 = aws.client("s3", **settings)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    for algorithm in ("CRC32", "SHA256"):
        assert s3.delete_objects(Bucket=bucket, Delete=objects("a"), ChecksumAlgorithm=algorithm)["Deleted"]


def test_in_a_bucket_that_is_not_there(s3, bucket):
    with refused("NoSuchBucket", 404):
        s3.delete_objects(Bucket=bucket + "-absent", Delete=objects("a"))


def test_one_on_a_condition(s3, bucket):
    tag = s3.put_object(Bucket=bucket, Key="a", Body=b"x")["ETag"]
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="a", IfMatch='"other"')
    s3.delete_object(Bucket=bucket, Key="a", IfMatch=tag)
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a", IfMatch="*")
    assert left(s3, bucket) == []
    with refused("NoSuchKey", 404):
        s3.delete_object(Bucket=bucket, Key="a", IfMatch="*")
