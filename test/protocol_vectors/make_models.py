#!/usr/bin/env python3
"""Turns botocore's protocol vectors into models that tools/apigen reads, and lists of cases.

    make_models.py VECTORS_DIR OUT_DIR

VECTORS_DIR holds input/*.json and output/*.json (botocore's tests/unit/protocols). Written: for each protocol
OUT_DIR/api/vectors_<protocol>.json with its overlay, and OUT_DIR/cases/<protocol>.json; and OUT_DIR/factories.cc,
which makes an operation's structs by its name. Each suite of vectors becomes operations of one service; names get
the suite's number, since every suite has shapes of its own.
"""

import copy
import json
import string
import sys
from pathlib import Path

PROTOCOLS = {"json_1_0": "json", "json": "json", "query": "query", "rest-json": "rest-json",
             "rest-xml": "rest-xml"}
# What says how values are restricted is no matter of the wire.
RESTRICTIONS = ("enum", "min", "max", "pattern", "documentation", "box", "deprecated", "sensitive", "synthetic")
SCALARS = ("string", "blob", "boolean", "integer", "long", "float", "double", "timestamp")


# What only a client can get right or wrong, by a part of the vector's name, and why.
OF_CLIENTS = {
    "SDKAppliedContentEncoding": "the body is compressed before a protocol sees it",
    "SDKAppendsGzip": "the body is compressed before a protocol sees it",
    "SDKAppendedGzip": "the body is compressed before a protocol sees it",
    "IdempotencyTokenAutoFill": "the client makes the token up",
    "RestJsonHostWithPath": "the path before the template is the endpoint's",
    "QueryPrecedence": "a server's map holds every parameter of the query",
    "QueryParamsStringListMap": "a server's map holds every parameter of the query",
    "RestXmlQueryStringEscaping": "a server's map holds every parameter of the query",
    "RestXmlSupportsNaNFloatQueryValues": "a server's map holds every parameter of the query",
    "RestXmlSupportsInfinityFloatQueryValues": "a server's map holds every parameter of the query",
    "RestXmlSupportsNegativeInfinityFloatQueryValues": "a server's map holds every parameter of the query",
    "RestXmlZeroAndFalseQueryValues": "a server's map holds every parameter of the query",
    "DateTimeWithNegativeOffset": "a server writes moments in UTC",
    "DateTimeWithPositiveOffset": "a server writes moments in UTC",
    "handles_unexpected_json_output": "a server's answer has members of the model only",
    "HandlesUnexpectedJsonOutput": "a server's answer has members of the model only",
    "DeserializeIgnoreType": "a server's answer has members of the model only",
    "DontDeserializeNullValues": "a server writes no nulls",
    "DoesntDeserializeNullStructureValues": "a server writes no nulls",
    "DeserializeAllowNulls": "a server writes no nulls",
    "SkipsNull": "a server writes no nulls",
    "QueryEmptyInputAndEmptyOutput": "a server's answer tells the request's id",
    "QueryNoInputAndNoOutput": "a server's answer tells the request's id",
    "QueryNoInputAndOutput": "a server's answer tells the request's id",
}


class Unfit(Exception):
    """A case that asks for something which apigen does not generate, and why."""


def references(shape):
    members = list(shape.get("members", {}).values())
    return [r["shape"] for r in members + [shape[p] for p in ("member", "key", "value") if p in shape]]


def holds(shapes, name, sought, path=()):
    """Whether a value of the shape `name` may hold one of `sought`."""
    if name == sought:
        return True
    return name not in path and any(holds(shapes, inner, sought, (*path, name)) for inner in references(shapes[name]))


def without_plain_struct(shapes):
    """Members of documents, of lists of booleans (std::vector<bool> has no elements to point at) and of shapes that
    contain themselves: there is no plain C++ struct of them. {(shape, member): why}"""
    found = {}
    booleans = {name for name, shape in shapes.items() if shape["type"] == "boolean"}
    for name, shape in shapes.items():
        for member, reference in shape.get("members", {}).items():
            target = shapes[reference["shape"]]
            if target.get("document") or shapes.get(target.get("value", {}).get("shape"), {}).get("document"):
                found[name, member] = "a document type"
            elif target.get("member", {}).get("shape") in booleans:
                found[name, member] = "a list of booleans"
            elif holds(shapes, reference["shape"], name):
                found[name, member] = "a shape that contains itself"
    return found


def check_fit(shapes, dropped, name, value):
    """The case's value has no member that was dropped."""
    shape = shapes[name]
    if shape["type"] == "structure" and isinstance(value, dict):
        for member, inner in value.items():
            if (name, member) in dropped:
                raise Unfit(dropped[name, member])
            if shape.get("members", {}).get(member, {}).get("jsonvalue"):
                raise Unfit("JSON in a header")
            if member in shape.get("members", {}):
                check_fit(shapes, dropped, shape["members"][member]["shape"], inner)
    elif shape["type"] == "list" and isinstance(value, list):
        for inner in value:
            if inner is None:
                raise Unfit("null in a list or map")
            check_fit(shapes, dropped, shape["member"]["shape"], inner)
    elif shape["type"] == "map" and isinstance(value, dict):
        for inner in value.values():
            if inner is None:
                raise Unfit("null in a list or map")
            check_fit(shapes, dropped, shape["value"]["shape"], inner)


class Models:
    """One protocol's suites as one service."""

    def __init__(self, protocol):
        self.protocol = protocol
        self.shapes, self.operations, self.cases, self.unfit = {}, {}, [], []
        self.metadata, self.named = {}, set()

    def add_suite(self, side, number, suite):
        self.metadata = self.metadata or suite["metadata"]
        self.named = {name for name, shape in suite["shapes"].items() if "locationName" in shape}
        prefix = f"{'In' if side == 'input' else 'Out'}{number}"
        dropped = without_plain_struct(suite["shapes"])
        shapes = {name: self._renamed(prefix, name, shape) for name, shape in suite["shapes"].items()}
        for name, member in dropped:
            del shapes[name]["members"][member]
            if shapes[name].get("payload") == member:
                del shapes[name]["payload"]
        known = {}
        for case in suite["cases"]:
            given = case["given"]
            try:
                for part, why in OF_CLIENTS.items():
                    if part in case["id"]:
                        raise Unfit(why)
                if side == "input" and "input" in given:
                    check_fit(suite["shapes"], dropped, given["input"]["shape"], case.get("params", {}))
                if side == "output" and "output" in given:
                    check_fit(suite["shapes"], dropped, given["output"]["shape"], case.get("result", {}))
                if "error" in case:
                    check_fit(suite["shapes"], dropped, given["errors"][0]["shape"], case["error"])
            except Unfit as reason:
                self.unfit.append({"id": case["id"], "why": str(reason)})
                continue
            key = json.dumps(given, sort_keys=True)
            if key not in known:
                known[key] = self._operation(f"{prefix}{string.ascii_uppercase[len(known)]}", given, prefix, shapes)
            self._case(side, known[key], case, suite["metadata"])

    def _renamed(self, prefix, name, shape):
        shape = {k: v for k, v in copy.deepcopy(shape).items() if k not in RESTRICTIONS}
        if shape["type"] == "structure":
            shape.setdefault("locationName", name)  # Its name is what a document's root is called.
        for reference in [*shape.get("members", {}).values(),
                          *(shape[p] for p in ("member", "key", "value") if p in shape)]:
            reference["shape"] = prefix + reference["shape"]
            reference.pop("documentation", None)
        return shape

    def _operation(self, name, given, prefix, shapes):
        operation = {"http": given.get("http", {"method": "POST", "requestUri": "/"})}
        for part in ("input", "output"):
            if part in given:
                own = f"{name}{part}"
                self._reach(prefix, shapes, given[part]["shape"])
                self.shapes[own] = copy.deepcopy(shapes[given[part]["shape"]])
                operation[part] = {**given[part], "shape": own}
                if "locationName" in given[part] and given[part]["shape"] not in self.named:
                    self.shapes[own]["locationName"] = given[part]["locationName"]
                if self.protocol == "query":
                    operation[part].setdefault("resultWrapper", given["name"] + "Result")
        for error in given.get("errors", []):
            self._reach(prefix, shapes, error["shape"])
        if "errors" in given:
            operation["errors"] = [prefix + e["shape"] for e in given["errors"]]
        self.operations[name] = operation
        return name

    def _reach(self, prefix, shapes, root):
        pending = [root]
        while pending:
            name = pending.pop()
            if prefix + name in self.shapes:
                continue
            self.shapes[prefix + name] = shapes[name]
            pending += [r[len(prefix):] for r in references(shapes[name])]

    def _case(self, side, operation, case, metadata):
        own = {"id": case["id"], "side": side, "operation": operation, "name": case["given"]["name"],
               "uri": case["given"].get("http", {}).get("requestUri", "/")}
        if side == "input":
            own |= {"params": case.get("params", {}), "request": case["serialized"]}
        elif "error" in case:
            shape = case["given"]["errors"][0]["shape"]
            own |= {"error": case["error"], "code": case["errorCode"], "error_shape": f"{operation[:-1]}{shape}",
                    "response": case["response"]}
            if "errorMessage" in case:
                own["message"] = case["errorMessage"]
        else:
            own |= {"result": case.get("result", {}), "response": case["response"]}
        self.cases.append(own)

    def model(self):
        service = {"protocol": PROTOCOLS[self.protocol], "api_version": self.metadata["apiVersion"],
                   "signing_name": "vectors", "full_name": "Vectors"}
        for fact, ours in (("targetPrefix", "target_prefix"), ("jsonVersion", "json_version")):
            if fact in self.metadata:
                service[ours] = self.metadata[fact]
        return {"source": {"botocore": "vectors", "model": "vectors"}, "service": service, "operations": self.operations, "shapes": self.shapes, "other_operations": []}

    def overlay(self):
        return {"namespace": namespace(self.protocol), "not_implemented": "NotImplemented",
                "reads_outputs": True, "optional_containers": True,
                "iam": {name: "" for name in self.operations},
                "errors": {"NotImplemented": {"status": 501}}}


def namespace(protocol):
    return "vectors_" + protocol.replace("-", "_")


def read(vectors_dir, protocol):
    models = Models(protocol)
    for side in ("input", "output"):
        for number, suite in enumerate(json.loads((vectors_dir / side / f"{protocol}.json").read_text())):
            models.add_suite(side, number, suite)
    return models


def factories(all_models):
    """C++ that makes the input and output of an operation, by protocol and name."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/apigen"))
    import names
    includes, rows = [], []
    for models in all_models:
        space = namespace(models.protocol)
        for operation in models.operations:
            includes.append(f'#include "api/{space}/{names.snake(operation)}.h"\n')
            rows.append(f'      {{"{models.protocol}/{operation}", &make<api::{space}::{operation}>}},\n')
    return ('#include "test/protocol_vectors/factories.h"\n\n' + "".join(includes) +
            "\nnamespace dyad::vectors {\nnamespace {\n\ntemplate <class Operation>\nMessages make() {\n"
            "  return {Operation::kOperation, std::make_shared<typename Operation::Input>(),\n"
            "          std::make_shared<typename Operation::Output>()};\n}\n\n}  // namespace\n\n"
            "const Factories& factories() {\n  static const Factories all = {\n" + "".join(rows) +
            "  };\n  return all;\n}\n\n}  // namespace dyad::vectors\n")


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    vectors_dir, out_dir = Path(arguments[0]), Path(arguments[1])
    for folder in ("api", "cases"):
        (out_dir / folder).mkdir(parents=True, exist_ok=True)
    all_models = [read(vectors_dir, protocol) for protocol in PROTOCOLS]
    for models in all_models:
        base = out_dir / "api" / namespace(models.protocol)
        base.with_suffix(".json").write_text(json.dumps(models.model(), indent=1))
        base.with_suffix(".overlay.json").write_text(json.dumps(models.overlay(), indent=1))
        (out_dir / "cases" / f"{models.protocol}.json").write_text(
            json.dumps({"protocol": models.protocol, "cases": models.cases, "unfit": models.unfit}, indent=1))
    (out_dir / "factories.cc").write_text(factories(all_models))


if __name__ == "__main__":
    main(sys.argv[1:])
