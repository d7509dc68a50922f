"""Location and tags of buckets, by boto3."""

import pytest

from errors import refused
from raw import Connection, Request
from server import REGION


def test_the_location_of_us_east_1_is_nothing(s3, bucket):
    assert REGION == "us-east-1"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    with refused("NoSuchBucket", 404):
        s3.get_bucket_location(Bucket=bucket + "-absent")


def test_the_location_as_a_document(plain_server, name):
    with Connection(plain_server) as connection:
        connection.send(Request(connection, "PUT", f"/{name}").bytes())
        assert connection.answer().status == 200
        connection.send(Request(connection, "GET", f"/{name}?location=").bytes())
        answer = connection.answer()
    assert answer.body.endswith(b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                                b"</LocationConstraint>")


def tag_set(**tags) -> dict:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def test_tags_are_kept_told_and_deleted(s3, bucket):
    with refused("NoSuchTagSet", 404) as error:
        s3.get_bucket_tagging(Bucket=bucket)
    assert error.message == "The TagSet does not exist"
    assert error.response["Error"]["BucketName"] == bucket
    put = s3.put_bucket_tagging(Bucket=bucket, Tagging=tag_set(b="2", a=""))
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tag_set(b="2", a="")["TagSet"]
    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)


@pytest.mark.parametrize("tags, code, message", [
    ([{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}], "InvalidTag",
     "Cannot provide multiple Tags with the same key"),
    ([{"Key": "a,b", "Value": "1"}], "InvalidTag", "The TagKey you have provided is invalid"),
    ([{"Key": "a", "Value": "1,2"}], "InvalidTag", "The TagValue you have provided is invalid"),
    ([{"Key": "aws:a", "Value": "1"}], "InvalidTag", "System tags cannot be added/updated by requester"),
    ([{"Key": f"k{i}", "Value": ""} for i in range(51)], "BadRequest",
     "Bucket tag count cannot be greater than 50"),
])
def test_tags_refused(s3, bucket, tags, code, message):
    with refused(code, 400) as error:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert error.message == message


def test_a_document_must_be_there_and_be_what_its_digest_says(plain_server, name):
    body = b"<Tagging><TagSet></TagSet></Tagging>"
    with Connection(plain_server) as connection:
        connection.send(Request(connection, "PUT", f"/{name}").bytes())
        assert connection.answer().status == 200
        path = f"/{name}?tagging="
        connection.send(Request(connection, "PUT", path).bytes())
        assert connection.answer().code == "MissingRequestBodyError"
        connection.send(Request(connection, "PUT", path, body=body).bytes())
        assert connection.answer().code == "InvalidRequest"
        connection.send(Request(connection, "PUT", path, body=body,
                                headers={"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}).bytes())
        assert connection.answer().code == "BadDigest"


def test_a_bucket_made_with_tags(s3, name):
    made = {"Bucket": name, "CreateBucketConfiguration": {"Tags": [{"Key": "k", "Value": "v"}]}}
    s3.create_bucket(**made)
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "k", "Value": "v"}]
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(**made)
