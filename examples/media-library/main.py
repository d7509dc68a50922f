#!/usr/bin/env python3
"""Fills a media library with photographs, searches it, fetches from it, and removes from it.

Endpoint, region and credentials: AWS_ENDPOINT_URL, AWS_REGION and the rest of boto3's own settings.
Everything that is printed as checked is checked; the first thing that is wrong ends the run.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import boto3

from library import MediaLibrary
from photographs import HERE, Photograph, load_catalogue, read_camera_data

BUCKET = "media-library"
TABLE = "media-library"
START_BYTES = 64 * 1024


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"media library: wrong: {what}")


def line_of(record: dict) -> str:
    return (f"  {record['taken'][:10]}  {record['title']:<32} {record['camera']:<24}"
            f" {record.get('place', '')}").rstrip()


def upload(library: MediaLibrary, photos: list[Photograph]) -> None:
    heading(f"Uploading {len(photos)} photographs to bucket {BUCKET}, with a record each in table {TABLE}")
    for photo in photos:
        library.add(photo)
        print(f"  {photo.key:<28} {len(photo.content):>10,} bytes  {photo.camera}")
    for photo in photos:
        record = library.record(photo.key)
        check(record["sha256"].value == hashlib.sha256(photo.content).digest(),
              f"the record of {photo.key}")
        check(record["pixels"] == {"width": photo.width, "height": photo.height},
              f"the size of {photo.key}")


def search_records(library: MediaLibrary, photos: list[Photograph]) -> None:
    heading("Grace's photographs, newest first (Query of the index by owner)")
    found = library.newest_of("grace")
    for record in found:
        print(line_of(record))
    wanted = sorted((p for p in photos if p.owner == "grace"), key=lambda p: p.taken, reverse=True)
    check([r["photo"] for r in found] == [p.key for p in wanted], "the index by owner")

    heading("Taken in San Francisco (Query of the index by place; it knows only photographs with GPS data)")
    found = library.taken_at("San Francisco")
    for record in found:
        latitude, longitude = record["position"]
        print(f"{line_of(record)}  {latitude:.4f}, {longitude:.4f}")
    wanted = sorted(p.key for p in photos if p.place == "San Francisco")
    check(wanted != [] and sorted(r["photo"] for r in found) == wanted, "the index by place")


def search_objects(library: MediaLibrary, photos: list[Photograph]) -> None:
    heading(f"Ada's objects of 2013 and 2014 above 100 kB (Query of the bucket's own table, s3.{BUCKET})")
    found = [o for year in ("2013/", "2014/") for o in library.objects_of(year, 100_000, "ada")]
    for item in found:
        print(f"  {item['key']:<28} {item['size']:>10,} bytes  {item['x-amz-meta-camera']}")
    wanted = sorted(p.key for p in photos if p.owner == "ada" and len(p.content) > 100_000
                    and p.taken.year in (2013, 2014))
    check([o["key"] for o in found] == wanted, "the bucket's own table")


def fetch_start(library: MediaLibrary, photo: Photograph) -> None:
    heading("EXIF data read from a range of the object, without the picture")
    start = library.start_of(photo.key, START_BYTES)
    check(start == photo.content[:START_BYTES], f"the first bytes of {photo.key}")
    data = read_camera_data(start)
    check((data.camera, data.width) == (photo.camera, photo.width), f"EXIF of {photo.key}")
    print(f"  {photo.key}: {len(start):,} of {len(photo.content):,} bytes fetched: {data.camera},"
          f" {data.width} x {data.height}, taken {data.taken}")


def fetch_by_link(library: MediaLibrary, photo: Photograph) -> None:
    heading("A link that anybody may follow (boto3's default presigned URL, fetched with urllib)")
    url = library.link_to(photo.key)
    with urllib.request.urlopen(url) as answer:
        check(answer.read() == photo.content, f"{photo.key} by its link")
        kind = answer.headers["Content-Type"]
    version = 4 if "X-Amz-Signature" in url else 2
    print(f"  {url.split('?')[0]}?...\n  {len(photo.content):,} bytes of {kind},"
          f" signature version {version}")


def read_with_javascript(photo: Photograph) -> None:
    heading("The same library, read with the AWS SDK for JavaScript")
    sys.stdout.flush()
    node = shutil.which("node", path=f"{pathlib.Path(sys.executable).parent}{os.pathsep}"
                                     f"{os.environ.get('PATH', '')}")
    check(node is not None, "there is no `node` on the PATH")
    session = boto3.Session()
    credentials = session.get_credentials().get_frozen_credentials()
    environment = dict(os.environ, AWS_REGION=session.region_name or "us-east-1",
                       AWS_ACCESS_KEY_ID=credentials.access_key,
                       AWS_SECRET_ACCESS_KEY=credentials.secret_key)
    result = subprocess.run([node, HERE / "read.mjs", BUCKET, TABLE, photo.key,
                             hashlib.sha256(photo.content).hexdigest()], env=environment)
    check(result.returncode == 0, "the JavaScript part failed")


def remove(library: MediaLibrary, photo: Photograph) -> None:
    heading("Object and record removed in one transaction")
    check(not library.remove(photo.key, owner="mallory"), "somebody else removed a photograph")
    check(library.has_object(photo.key) and library.record(photo.key) is not None,
          "a cancelled transaction changed something")
    print(f"  asked by mallory: refused, and {photo.key} and its record are both still there")
    check(library.remove(photo.key, owner=photo.owner), "the owner could not remove a photograph")
    check(not library.has_object(photo.key) and library.record(photo.key) is None,
          "a side outlived the transaction")
    check(photo.key not in [r["photo"] for r in library.newest_of(photo.owner)],
          "the index by owner still names a removed photograph")
    print(f"  asked by {photo.owner}: both are gone")


def main() -> None:
    photos = load_catalogue(HERE / "node_modules")
    by_title = {photo.title: photo for photo in photos}
    library = MediaLibrary(BUCKET, TABLE)
    library.create()
    upload(library, photos)
    search_records(library, photos)
    search_objects(library, photos)
    fetch_start(library, by_title["Paris after sunset"])
    fetch_by_link(library, by_title["Starfish from the net"])
    read_with_javascript(by_title["Starfish from the net"])
    remove(library, by_title["Something beige, very near"])
    print("\nThe media library works.")


if __name__ == "__main__":
    main()
