"""Buckets, by boto3."""

import pytest

from errors import refused
from server import REGION


def test_a_bucket_is_made_seen_and_deleted(s3, name):
    s3.create_bucket(Bucket=name)
    head = s3.head_bucket(Bucket=name)
    assert head["BucketRegion"] == REGION
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(Bucket=name)
    assert name not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


def test_buckets_are_listed_by_name_with_their_times(s3, name):
    names = [f"{name}-{letter}" for letter in "cab"]
    for each in names:
        s3.create_bucket(Bucket=each)
    answer = s3.list_buckets()
    listed = [b for b in answer["Buckets"] if b["Name"] in names]
    assert [b["Name"] for b in listed] == sorted(names)
    assert all(b["CreationDate"].tzinfo is not None for b in listed)
    assert answer["Owner"]["ID"]


def test_a_full_bucket_is_not_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)


def test_a_bucket_that_is_not_there(s3, name):
    with refused("NoSuchBucket", 404) as error:
        s3.list_objects_v2(Bucket=name)
    assert error.response["Error"]["BucketName"] == name
    with refused("NoSuchBucket", 404):
        s3.delete_bucket(Bucket=name)
    with refused("NoSuchBucket", 404):
        s3.put_object(Bucket=name, Key="k", Body=b"x")
    with refused("404", 404):  # An answer to HEAD has no body that could name a code.
        s3.head_bucket(Bucket=name)


@pytest.mark.parametrize("bad", ["UPPER-CASE", "ab", "under_score", "dot..dot", "192.168.0.1"])
def test_a_name_that_no_bucket_may_have(s3, bad):
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket=bad)


def test_an_operation_that_is_not_served_says_so(s3, bucket):
    with refused("NotImplemented", 501):
        s3.get_bucket_policy(Bucket=bucket)


def test_a_head_tells_the_type_of_a_document_that_it_has_not(s3, bucket):
    headers = s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/xml" and headers["x-amz-bucket-region"] == "us-east-1"
