"""Multipart uploads by boto3: managed transfers with its defaults, and every step by hand."""

import base64
import hashlib
import io
import os
import urllib.parse
import zlib

import pytest
from boto3.s3.transfer import TransferConfig

from errors import refused
from presigned_test import follow
from raw import Connection, Request
from server import ACCOUNT

PART_BYTES = 5 << 20
FIRST, LAST = os.urandom(PART_BYTES), b"the last part may be short"


def base64_of(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


DIGESTS = {
    "CRC32": lambda body: base64_of(zlib.crc32(body).to_bytes(4, "big")),
    "SHA1": lambda body: base64_of(hashlib.sha1(body).digest()),
    "SHA256": lambda body: base64_of(hashlib.sha256(body).digest()),
}


def composite(algorithm: str, bodies: list[bytes]) -> str:
    """The checksum of the parts' checksums, and how many they are."""
    parts = b"".join(base64.b64decode(DIGESTS[algorithm](body)) for body in bodies)
    return f"{DIGESTS[algorithm](parts)}-{len(bodies)}"


def tag_of(bodies: list[bytes]) -> str:
    return f'"{hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest()}-{len(bodies)}"'


class Upload:
    """One upload, by hand."""

    def __init__(self, s3, bucket: str, key: str = "k", **more):
        self.s3 = s3
        self.created = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)
        self.names = {"Bucket": bucket, "Key": key, "UploadId": self.created["UploadId"]}
        self.parts: dict[int, dict] = {}

    def put(self, number: int, body: bytes, **more) -> dict:
        announced = self.created.get("ChecksumAlgorithm")  # Else boto3 takes its own, CRC32.
        if announced and not any(k.startswith("Checksum") for k in more):
            more["ChecksumAlgorithm"] = announced
        answer = self.s3.upload_part(**self.names, PartNumber=number, Body=body, **more)
        # A completion may tell only checksums that the upload announced.
        checksums = {k: v for k, v in answer.items() if k == f"Checksum{announced}"}
        self.parts[number] = {"PartNumber": number, "ETag": answer["ETag"]} | checksums
        return answer

    def complete(self, *numbers: int, **more) -> dict:
        parts = [self.parts[number] for number in numbers or sorted(self.parts)]
        return self.s3.complete_multipart_upload(**self.names, MultipartUpload={"Parts": parts}, **more)

    def abort(self) -> None:
        self.s3.abort_multipart_upload(**self.names)


def make(s3, bucket: str, key: str, bodies: list[bytes], **more) -> dict:
    upload = Upload(s3, bucket, key, **more)
    for number, body in enumerate(bodies, 1):
        upload.put(number, body)
    return upload.complete()


# --- managed transfers ---------------------------------------------------------


@pytest.mark.parametrize("size", [20_000_000, 40 << 20])
def test_managed_transfers(s3, bucket, size):
    body = os.urandom(1 << 20) * (size >> 20) + os.urandom(size % (1 << 20))
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", ExtraArgs={
        "ContentType": "image/tiff", "Metadata": {"author": "Ada"}})
    head = s3.head_object(Bucket=bucket, Key="big", ChecksumMode="ENABLED")
    parts = -(-size // (8 << 20))  # boto3's own size of a part
    assert (head["ContentLength"], head["ContentType"], head["Metadata"]) == (size, "image/tiff", {"author": "Ada"})
    assert head["ETag"].endswith(f'-{parts}"') and head["ChecksumType"] == "COMPOSITE"
    assert head["ChecksumCRC32"] == composite("CRC32", [body[i:i + (8 << 20)] for i in range(0, size, 8 << 20)])
    target = io.BytesIO()
    s3.download_fileobj(bucket, "big", target)
    assert target.getvalue() == body


def test_managed_transfers_of_files_and_copies(s3, bucket, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(12 << 20))
    small = TransferConfig(multipart_threshold=1 << 20, multipart_chunksize=PART_BYTES)
    s3.upload_file(source, bucket, "file", Config=small)
    s3.copy({"Bucket": bucket, "Key": "file"}, bucket, "copy", Config=small)
    s3.download_file(bucket, "copy", target, Config=small)
    assert target.read_bytes() == source.read_bytes()
    head = s3.head_object(Bucket=bucket, Key="copy")
    assert head["ETag"].endswith('-3"')
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads") is None


def test_a_managed_transfer_that_fails_is_aborted(s3, bucket):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 16 << 20:
                raise OSError("the disk is gone")
            return super().read(size)

    with pytest.raises(OSError):
        s3.upload_fileobj(Failing(bytes(32 << 20)), bucket, "big")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


# --- checksums -----------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_composite_checksums(s3, bucket, algorithm):
    upload = Upload(s3, bucket, ChecksumAlgorithm=algorithm)
    assert upload.created["ChecksumAlgorithm"] == algorithm
    assert upload.created["ChecksumType"] == "COMPOSITE"
    for number, body in ((1, FIRST), (2, LAST)):
        assert upload.put(number, body, ChecksumAlgorithm=algorithm)["Checksum" + algorithm] == DIGESTS[algorithm](body)
    done = upload.complete()
    assert done["Checksum" + algorithm] == composite(algorithm, [FIRST, LAST])
    assert (done["ChecksumType"], done["ETag"]) == ("COMPOSITE", tag_of([FIRST, LAST]))
    facts = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize"])
    assert facts["Checksum"] == {"Checksum" + algorithm: composite(algorithm, [FIRST, LAST])[:-2],
                                 "ChecksumType": "COMPOSITE"}
    assert [p["Checksum" + algorithm] for p in facts["ObjectParts"]["Parts"]] == [
        DIGESTS[algorithm](FIRST), DIGESTS[algorithm](LAST)]
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == FIRST + LAST


@pytest.mark.parametrize("algorithm", ["CRC32C", "CRC64NVME"])
def test_checksums_that_the_server_makes(s3, bucket, algorithm):
    """boto3 alone cannot make these. What the upload announces is made of parts that name none only where the whole
    object has one."""
    s3.put_object(Bucket=bucket, Key="whole", Body=FIRST + LAST)
    whole = s3.copy_object(Bucket=bucket, Key="whole-2", CopySource=f"{bucket}/whole", ChecksumAlgorithm=algorithm)
    upload = Upload(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    for number, body in ((1, FIRST), (2, LAST)):
        s3.put_object(Bucket=bucket, Key="source", Body=body)
        copied = s3.upload_part_copy(**upload.names, PartNumber=number, CopySource=f"{bucket}/source")["CopyPartResult"]
        assert copied["Checksum" + algorithm]
        upload.parts[number] = {"PartNumber": number, "ETag": copied["ETag"],
                                "Checksum" + algorithm: copied["Checksum" + algorithm]}
    done = upload.complete()
    assert done["Checksum" + algorithm] == whole["CopyObjectResult"]["Checksum" + algorithm]
    assert done["ChecksumType"] == "FULL_OBJECT"


def test_a_checksum_of_the_whole(s3, bucket):
    upload = Upload(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    upload.put(1, FIRST)
    upload.put(2, LAST)
    with refused("BadDigest", 400):
        upload.complete(ChecksumCRC32=DIGESTS["CRC32"](FIRST), ChecksumType="FULL_OBJECT")
    done = upload.complete(ChecksumCRC32=DIGESTS["CRC32"](FIRST + LAST), ChecksumType="FULL_OBJECT",
                           MpuObjectSize=len(FIRST + LAST))
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (DIGESTS["CRC32"](FIRST + LAST), "FULL_OBJECT")


def test_a_digest_is_never_of_the_whole(s3, bucket):
    for algorithm in ("SHA1", "SHA256"):
        with refused("InvalidRequest", 400):
            Upload(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    with refused("InvalidRequest", 400):
        Upload(s3, bucket, ChecksumAlgorithm="CRC64NVME", ChecksumType="COMPOSITE")


def test_wrong_checksums_of_parts(s3, bucket):
    upload = Upload(s3, bucket, ChecksumAlgorithm="SHA256")
    with refused("BadDigest", 400):
        upload.put(1, LAST, ChecksumSHA256=DIGESTS["SHA256"](b"other"))
    with refused("InvalidRequest", 400):
        upload.put(1, LAST, ChecksumAlgorithm="SHA1")
    assert "Parts" not in s3.list_parts(**upload.names)
    upload.put(1, LAST)
    upload.parts[1]["ChecksumSHA256"] = DIGESTS["SHA256"](b"other")
    with refused("InvalidPart", 400):
        upload.complete()
    with refused("BadDigest", 400):
        upload.put(2, LAST, ContentMD5=base64_of(hashlib.md5(b"other").digest()))
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_the_size_that_was_meant(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, LAST)
    with refused("InvalidRequest", 400):
        upload.complete(MpuObjectSize=len(LAST) + 1)
    assert upload.complete(MpuObjectSize=len(LAST))["ETag"] == tag_of([LAST])


# --- parts ---------------------------------------------------------------------


def test_a_part_may_be_put_again(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(2, LAST)
    first = upload.put(1, os.urandom(PART_BYTES))
    upload.put(1, FIRST)
    stale = dict(upload.parts)
    stale[1] = stale[1] | {"ETag": first["ETag"]}
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**upload.names, MultipartUpload={"Parts": [stale[1], stale[2]]})
    upload.complete()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == FIRST + LAST


def test_parts_that_are_not_named_go(s3, bucket):
    upload = Upload(s3, bucket)
    for number, body in ((3, FIRST), (7, os.urandom(PART_BYTES)), (10_000, LAST)):
        upload.put(number, body)
    done = upload.complete(3, 10_000)
    assert done["ETag"] == tag_of([FIRST, LAST])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == FIRST + LAST


def test_parts_are_read_by_their_numbers(s3, bucket):
    make(s3, bucket, "k", [FIRST, LAST])
    for number, body in ((1, FIRST), (2, LAST)):
        answer = s3.get_object(Bucket=bucket, Key="k", PartNumber=number)
        assert answer["Body"].read() == body
        assert (answer["PartsCount"], answer["ContentLength"]) == (2, len(body))
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        head = s3.head_object(Bucket=bucket, Key="k", PartNumber=number)
        assert (head["PartsCount"], head["ContentLength"]) == (2, len(body))
    start = len(FIRST)
    assert answer["ContentRange"] == f"bytes {start}-{start + len(LAST) - 1}/{start + len(LAST)}"
    with refused("InvalidPartNumber", 416):
        s3.get_object(Bucket=bucket, Key="k", PartNumber=3)
    with refused("416", 416):
        s3.head_object(Bucket=bucket, Key="k", PartNumber=3)
    with refused("InvalidRequest", 400):
        s3.get_object(Bucket=bucket, Key="k", PartNumber=1, Range="bytes=0-1")
    across = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={start - 3}-{start + 3}")
    assert across["Body"].read() == FIRST[-3:] + LAST[:4]
    s3.put_object(Bucket=bucket, Key="single", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="single", PartNumber=1)["Body"].read() == b"x"


def test_part_numbers_have_a_range(s3, bucket):
    upload = Upload(s3, bucket)
    for number in (0, 10_001, -1):
        with refused("InvalidArgument", 400):
            upload.put(number, LAST)
    upload.put(1, FIRST)
    upload.put(2, LAST)
    with refused("InvalidPartOrder", 400):
        upload.complete(2, 1)
    with refused("InvalidPartOrder", 400):
        upload.complete(1, 1)


def test_parts_are_too_small(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, b"short")
    upload.put(2, LAST)
    with refused("EntityTooSmall", 400) as error:
        upload.complete()
    assert error.response["Error"]["PartNumber"] == "1"
    assert error.response["Error"]["ProposedSize"] == "5"
    upload.complete(2)


# --- what is not there, and what ends --------------------------------------------


def test_an_upload_that_is_aborted(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, FIRST)
    upload.abort()
    with refused("NoSuchUpload", 404):
        upload.abort()
    with refused("NoSuchUpload", 404):
        upload.put(2, LAST)
    with refused("NoSuchUpload", 404):
        upload.complete()
    with refused("NoSuchUpload", 404):
        s3.list_parts(**upload.names)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_uploads_belong_to_their_keys(s3, bucket, name):
    upload = Upload(s3, bucket)
    part = upload.put(1, LAST)
    for wrong in ({"Key": "other"}, {"UploadId": "no-upload"}, {"UploadId": upload.names["UploadId"] + "A"}):
        names = upload.names | wrong
        with refused("NoSuchUpload", 404):
            s3.upload_part(**names, PartNumber=1, Body=LAST)
        with refused("NoSuchUpload", 404):
            s3.complete_multipart_upload(**names, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    with refused("NoSuchBucket", 404):
        Upload(s3, name + "-absent")
    with refused("NoSuchBucket", 404):
        s3.list_multipart_uploads(Bucket=name + "-absent")


def test_completions_that_name_no_parts(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, LAST)
    with refused("InvalidRequest", 400) as error:
        s3.complete_multipart_upload(**upload.names, MultipartUpload={"Parts": []})
    assert error.message == "You must specify at least one part"
    with refused("InvalidRequest", 400):
        s3.complete_multipart_upload(**upload.names)
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**upload.names,
                                     MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": upload.parts[1]["ETag"]}]})


def test_a_completion_may_be_asked_for_again(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, LAST)
    first, second = upload.complete(), upload.complete()
    assert first["ETag"] == second["ETag"]
    s3.delete_object(Bucket=bucket, Key="k")
    with refused("NoSuchUpload", 404):
        upload.complete()


def test_conditions_of_a_completion(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"was there")
    upload = Upload(s3, bucket)
    upload.put(1, LAST)
    with refused("PreconditionFailed", 412):
        upload.complete(IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        upload.complete(IfMatch='"other"')
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"was there"
    tag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    assert upload.complete(IfMatch=tag)["ETag"] == tag_of([LAST])
    absent = Upload(s3, bucket, "absent")
    absent.put(1, LAST)
    with refused("NoSuchKey", 404):
        absent.complete(IfMatch=tag)
    absent.complete(IfNoneMatch="*")
    assert s3.get_object(Bucket=bucket, Key="absent")["Body"].read() == LAST


def test_what_was_overwritten_meanwhile_is_a_conflict(s3, bucket):
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"first")["ETag"]
    upload = Upload(s3, bucket)
    upload.put(1, LAST)
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")  # The same tag, and yet another object.
    with refused("ConditionalRequestConflict", 409):
        upload.complete(IfMatch=tag)


def test_a_bucket_goes_with_its_uploads(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, FIRST)
    s3.delete_bucket(Bucket=bucket)
    with refused("NoSuchBucket", 404):
        upload.put(2, LAST)
    s3.create_bucket(Bucket=bucket)
    with refused("NoSuchUpload", 404):
        upload.put(2, LAST)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


# --- what is kept of an upload -----------------------------------------------------


def test_what_was_said_at_the_beginning_is_the_objects(s3, bucket):
    upload = Upload(s3, bucket, ContentType="text/plain", CacheControl="no-cache", Metadata={"a": "b"},
                    Tagging="x=1&y=2", StorageClass="STANDARD_IA", ContentEncoding="gzip")
    upload.put(1, LAST)
    upload.complete()
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentType"], head["CacheControl"], head["ContentEncoding"]) == ("text/plain", "no-cache", "gzip")
    assert (head["Metadata"], head["TagCount"], head["StorageClass"]) == ({"a": "b"}, 2, "STANDARD_IA")
    tags = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "x", "Value": "1"}, {"Key": "y", "Value": "2"}]


@pytest.mark.parametrize("key", ["a b", "a+b", "a%2Fb", "ä/ö.txt", "日本語", "a//b", "?uploadId=1", "trailing/"])
def test_keys_of_every_kind(server, s3, bucket, key):
    done = make(s3, bucket, key, [LAST])
    assert (done["Key"], done["Bucket"]) == (key, bucket)
    assert done["Location"] == f"{server.endpoint}/{bucket}/{urllib.parse.quote(key, safe='')}"
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == LAST
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == tag_of([LAST])


def test_the_location_names_a_virtual_host(plain_server, s3, bucket, request):
    if request.node.callspec.params["server"] != "http":
        pytest.skip("sockets here are in the clear")
    upload = Upload(s3, bucket, "a/b")
    part = upload.put(1, LAST)
    port = plain_server.address[1]
    body = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part['ETag']}</ETag></Part>"
            "</CompleteMultipartUpload>").encode()
    with Connection(plain_server) as connection:
        host = f"{bucket}.s3.localhost:{port}"
        sent = Request(connection, "POST", f"/a/b?uploadId={urllib.parse.quote(upload.names['UploadId'], safe='')}",
                       headers={"host": host}, body=body)
        connection.send(sent.bytes())
        answer = connection.answer()
    assert answer.status == 200, answer.body
    assert f"<Location>http://{host}/a%2Fb</Location>" in answer.body.decode()


# --- copies and links --------------------------------------------------------------


def test_parts_are_copied_from_ranges(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=FIRST + LAST)
    upload = Upload(s3, bucket, "to")
    whole = len(FIRST + LAST)
    for number, (first, last) in enumerate([(0, PART_BYTES - 1), (PART_BYTES, whole - 1)], 1):
        answer = s3.upload_part_copy(**upload.names, PartNumber=number, CopySource=f"{bucket}/from",
                                     CopySourceRange=f"bytes={first}-{last}")
        upload.parts[number] = {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}
    assert upload.complete()["ETag"] == tag_of([FIRST, LAST])
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == FIRST + LAST


def test_an_object_in_parts_is_a_source(s3, bucket):
    make(s3, bucket, "parts", [FIRST, LAST], Metadata={"a": "b"})
    s3.copy_object(Bucket=bucket, Key="one-piece", CopySource=f"{bucket}/parts")
    head = s3.head_object(Bucket=bucket, Key="one-piece")
    assert head["ETag"] == f'"{hashlib.md5(FIRST + LAST).hexdigest()}"' and head["Metadata"] == {"a": "b"}
    upload = Upload(s3, bucket, "again")
    answer = s3.upload_part_copy(**upload.names, PartNumber=1, CopySource=f"{bucket}/parts",
                                 CopySourceRange=f"bytes={PART_BYTES - 2}-{PART_BYTES + 1}")
    upload.parts[1] = {"PartNumber": 1, "ETag": answer["CopyPartResult"]["ETag"]}
    upload.complete()
    assert s3.get_object(Bucket=bucket, Key="again")["Body"].read() == FIRST[-2:] + LAST[:2]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_parts_by_link(server, aws, bucket, version):
    s3 = aws.client("s3", signature_version=version)
    upload = Upload(s3, bucket)
    tags = []
    for number, body in ((1, FIRST), (2, LAST)):
        url = s3.generate_presigned_url("upload_part", Params=upload.names | {"PartNumber": number})
        assert follow(server, url, method="PUT", body=body, headers={"Content-Type": ""}) == (200, b"")
    tags = [(p["PartNumber"], p["ETag"]) for p in s3.list_parts(**upload.names)["Parts"]]
    assert tags == [(n, f'"{hashlib.md5(b).hexdigest()}"') for n, b in ((1, FIRST), (2, LAST))]
    upload.parts = {number: {"PartNumber": number, "ETag": tag} for number, tag in tags}
    upload.complete()
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == FIRST + LAST


# --- listings ------------------------------------------------------------------------


def test_parts_are_listed(s3, bucket):
    upload = Upload(s3, bucket, ChecksumAlgorithm="SHA256", StorageClass="STANDARD_IA")
    assert "Parts" not in s3.list_parts(**upload.names)
    bodies = {number: os.urandom(number) for number in (1, 5, 9, 10_000)}
    for number, body in bodies.items():
        upload.put(number, body)
    page = s3.list_parts(**upload.names, MaxParts=2)
    assert [p["PartNumber"] for p in page["Parts"]] == [1, 5]
    assert (page["IsTruncated"], page["NextPartNumberMarker"], page["MaxParts"]) == (True, 5, 2)
    assert page["StorageClass"] == "STANDARD_IA" and page["Owner"]["ID"]
    assert page["Initiator"]["ID"] == f"arn:aws:iam::{ACCOUNT}:root" or page["Initiator"]["ID"] == page["Owner"]["ID"]
    assert (page["ChecksumAlgorithm"], page["ChecksumType"]) == ("SHA256", "COMPOSITE")
    pages = s3.get_paginator("list_parts").paginate(**upload.names, PaginationConfig={"PageSize": 1})
    seen = {p["PartNumber"]: (p["Size"], p["ETag"], p["ChecksumSHA256"]) for page in pages for p in page["Parts"]}
    assert seen == {n: (n, f'"{hashlib.md5(b).hexdigest()}"', DIGESTS["SHA256"](b)) for n, b in bodies.items()}
    with refused("InvalidArgument", 400):
        s3.list_parts(**upload.names, MaxParts=-1)


def test_more_than_a_thousand_parts(s3, bucket):
    """And the object that they make is not to be had: all but the last are too small."""
    upload = Upload(s3, bucket)
    for number in range(1, 1_006):
        upload.put(number, b"%d" % number)
    page = s3.list_parts(**upload.names)
    assert len(page["Parts"]) == 1_000 and page["IsTruncated"] and page["NextPartNumberMarker"] == 1_000
    pages = s3.get_paginator("list_parts").paginate(**upload.names)
    assert [p["PartNumber"] for page in pages for p in page["Parts"]] == list(range(1, 1_006))
    with refused("EntityTooSmall", 400):
        upload.complete()
    upload.abort()


def test_uploads_are_listed(s3, bucket):
    started = [(key, Upload(s3, bucket, key).names["UploadId"])
               for key in ("b", "a/2", "a/1", "c", "b", "a b/ä")]
    pages = list(s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    listed = [(u["Key"], u["UploadId"]) for page in pages for u in page["Uploads"]]
    assert len(pages) == 3 and all(len(page["Uploads"]) == 2 for page in pages)
    # By key, and by their beginning where several are under way for one key.
    assert listed == sorted(started, key=lambda u: u[0])
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0, "an upload is no object"
    page = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [u["Key"] for u in page["Uploads"]] == ["b", "b", "c"]
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["a b/", "a/"]
    page = s3.list_multipart_uploads(Bucket=bucket, Prefix="a/")
    assert [u["Key"] for u in page["Uploads"]] == ["a/1", "a/2"]
    assert page["Uploads"][0]["Initiated"].year >= 2024 and page["Uploads"][0]["StorageClass"] == "STANDARD"
    for key, upload_id in started:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
