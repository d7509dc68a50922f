"""Presigned URLs as boto3 makes them, followed with a client that knows nothing of AWS."""

import ssl
import urllib.error
import urllib.request

import pytest


def follow(server, url: str, method: str = "GET", body: bytes | None = None, headers=None):
    context = ssl.create_default_context(cafile=server.certificate) if server.certificate else None
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    with urllib.request.urlopen(request, context=context) as answer:
        return answer.status, answer.read()


def refusal(server, url: str, **how) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        follow(server, url, **how)
    return caught.value.code, caught.value.read().decode()


@pytest.fixture(params=["default", "s3v4"])
def signer(request, aws):
    """The default is version 2 in us-east-1."""
    if request.param == "default":
        return aws.client("s3")
    return aws.client("s3", signature_version="s3v4")


def test_the_default_is_version_2(s3, bucket):
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert "&Signature=" in url and "X-Amz-Signature" not in url


def test_get(server, signer, bucket):
    signer.put_object(Bucket=bucket, Key="a b/ä", Body=b"content")
    url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ä"})
    assert follow(server, url) == (200, b"content")


def test_get_with_a_range_and_another_type(server, signer, bucket):
    signer.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    url = signer.generate_presigned_url("get_object", Params={
        "Bucket": bucket, "Key": "k", "ResponseContentType": "text/x-test"})
    assert follow(server, url, headers={"Range": "bytes=2-4"}) == (206, b"234")


def test_put(server, signer, bucket):
    url = signer.generate_presigned_url("put_object", Params={
        "Bucket": bucket, "Key": "k", "ContentType": "text/plain"})
    status, _ = follow(server, url, method="PUT", body=b"by a link", headers={"Content-Type": "text/plain"})
    assert status == 200
    answer = signer.get_object(Bucket=bucket, Key="k")
    assert (answer["Body"].read(), answer["ContentType"]) == (b"by a link", "text/plain")


def test_head_and_delete(server, signer, bucket):
    signer.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = signer.generate_presigned_url("head_object", Params={"Bucket": bucket, "Key": "k"})
    assert follow(server, url, method="HEAD") == (200, b"")
    url = signer.generate_presigned_url("delete_object", Params={"Bucket": bucket, "Key": "k"})
    assert follow(server, url, method="DELETE") == (204, b"")
    assert signer.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_link_for_one_thing_does_not_serve_another(server, signer, bucket):
    signer.put_object(Bucket=bucket, Key="k", Body=b"x")
    signer.put_object(Bucket=bucket, Key="other", Body=b"x")
    url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    status, body = refusal(server, url.replace(f"{bucket}/k", f"{bucket}/other"))
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body
    status, body = refusal(server, url, method="PUT", body=b"y")
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body
    assert signer.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_link_ends(server, signer, bucket):
    signer.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-10)
    if "X-Amz-Expires" in url:
        status, body = refusal(server, url)
        assert status == 400 and "<Code>AuthorizationQueryParametersError</Code>" in body
    else:
        status, body = refusal(server, url)
        assert status == 403 and "<Code>AccessDenied</Code>" in body and "Request has expired" in body
