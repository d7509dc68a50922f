#!/usr/bin/env python3
"""Trims botocore's service models into api/<service>.json.

Run by hand when the models are to be renewed, never by the build:

    pip download --no-deps botocore==<version>
    tools/apigen/import_models.py botocore-<version>-py3-none-any.whl api/

Kept: the served operations, the shapes they reach, constraints, HTTP bindings, XML names, errors,
streaming and checksum traits. Left out: documentation, endpoint rules, client-side hints. Of all other
operations only the name stays, and for REST services the route, so that they are recognised.
"""

import gzip
import json
import re
import sys
import zipfile
from pathlib import Path

SERVED = {
    "s3": ["CreateBucket", "ListBuckets", "HeadBucket", "DeleteBucket", "PutObject", "GetObject",
           "HeadObject", "DeleteObject", "ListObjectsV2", "ListObjects", "GetBucketLocation",
           "CopyObject", "DeleteObjects", "GetObjectAttributes", "CreateMultipartUpload",
           "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload",
           "ListParts", "ListMultipartUploads", "PutObjectTagging", "GetObjectTagging",
           "DeleteObjectTagging", "PutBucketTagging", "GetBucketTagging", "DeleteBucketTagging",
           "PutBucketCors", "GetBucketCors", "DeleteBucketCors"],
    "dynamodb": ["CreateTable", "DescribeTable", "ListTables", "DeleteTable", "PutItem", "GetItem",
                 "UpdateItem", "DeleteItem", "Query", "Scan", "TransactWriteItems", "UpdateTable",
                 "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TagResource",
                 "UntagResource", "ListTagsOfResource"],
    "sts": ["GetCallerIdentity"],
}

SHAPE_FACTS = ("type", "required", "enum", "min", "max", "pattern", "payload", "flattened",
               "streaming", "timestampFormat", "locationName", "xmlNamespace", "exception", "error")
MEMBER_FACTS = ("shape", "location", "locationName", "flattened", "xmlAttribute", "xmlNamespace",
                "streaming", "timestampFormat", "jsonvalue")
SERVICE_FACTS = {"protocol": "protocol", "apiVersion": "api_version", "targetPrefix": "target_prefix",
                 "jsonVersion": "json_version", "endpointPrefix": "signing_name",
                 "globalEndpoint": "global_endpoint", "auth": "auth", "xmlNamespace": "xml_namespace",
                 "serviceFullName": "full_name"}


def pick(source, facts):
    return {fact: source[fact] for fact in facts if fact in source}


def trim_shape(shape):
    trimmed = pick(shape, SHAPE_FACTS)
    if "members" in shape:
        trimmed["members"] = {name: pick(m, MEMBER_FACTS) for name, m in shape["members"].items()}
    for part in ("member", "key", "value"):
        if part in shape:
            trimmed[part] = pick(shape[part], MEMBER_FACTS)
    return trimmed


def reach(shapes, root, reached):
    """Adds `root` and every shape it refers to, in first-use order."""
    pending = [root]
    while pending:
        name = pending.pop(0)
        if name in reached:
            continue
        reached[name] = trim_shape(shapes[name])
        shape = shapes[name]
        pending += [m["shape"] for m in shape.get("members", {}).values()]
        pending += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]


def trim_operation(operation):
    http = pick(operation["http"], ("method", "requestUri", "responseCode"))
    trimmed = {"http": http}
    for side in ("input", "output"):
        if side in operation:
            trimmed[side] = pick(operation[side], ("shape", "locationName", "xmlNamespace",
                                                   "resultWrapper"))
    if "errors" in operation:
        trimmed["errors"] = [error["shape"] for error in operation["errors"]]
    if "httpChecksum" in operation:
        trimmed["checksum"] = operation["httpChecksum"]
    return trimmed


def route_of(model, operation):
    """One line: method, path shape, what the query must hold, then headers that must be there."""
    http = operation["http"]
    path, _, query = http["requestUri"].partition("?")
    queries = [q for q in query.split("&") if q and not q.startswith("x-id=")]
    headers = []
    input_shape = model["shapes"].get(operation.get("input", {}).get("shape"), {})
    for name in input_shape.get("required", []):
        member = input_shape["members"][name]
        if member.get("location") == "querystring":
            queries.append(member["locationName"])
        elif member.get("location") == "header":
            headers.append(member["locationName"])
    path = re.sub(r"\{(\w+)\+?\}", r"{\1}", path)
    line = f"{http['method']} {path}" + ("?" + "&".join(queries) if queries else "")
    return " ".join([line, *headers])


def trim_model(model, served, version, source):
    reached = {}
    operations = {name: trim_operation(model["operations"][name]) for name in served}
    for operation in operations.values():
        for side in ("input", "output"):
            if side in operation:
                reach(model["shapes"], operation[side]["shape"], reached)
        for error in operation.get("errors", []):
            reach(model["shapes"], error, reached)
    trimmed = {
        "source": {"botocore": version, "model": source},
        "service": {ours: model["metadata"][theirs] for theirs, ours in SERVICE_FACTS.items()
                    if theirs in model["metadata"]},
        "operations": operations,
        "shapes": reached,
    }
    # Old names of operations that have another today answer at the same route.
    known = {name: op for name, op in sorted(model["operations"].items())
             if not op.get("deprecated") or name in served}
    if model["metadata"]["protocol"].startswith("rest"):
        trimmed["routes"] = {name: route_of(model, op) for name, op in known.items()}
    else:
        trimmed["other_operations"] = [name for name in known if name not in served]
    return trimmed


def read_model(wheel, service):
    pattern = re.compile(rf"botocore/data/{service}/([^/]+)/service-2\.json(\.gz)?$")
    found = sorted(name for name in wheel.namelist() if pattern.match(name))
    raw = wheel.read(found[-1])
    if found[-1].endswith(".gz"):
        raw = gzip.decompress(raw)
    return json.loads(raw), pattern.match(found[-1]).group(1)


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    wheel_path, out_dir = Path(arguments[0]), Path(arguments[1])
    version = wheel_path.name.split("-")[1]
    with zipfile.ZipFile(wheel_path) as wheel:
        for service, served in SERVED.items():
            model, date = read_model(wheel, service)
            trimmed = trim_model(model, served, version, f"{service}/{date}")
            text = json.dumps(trimmed, indent=1, ensure_ascii=True) + "\n"
            (out_dir / f"{service}.json").write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
