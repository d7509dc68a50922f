"""Loads api/<service>.json with its overlay and resolves what the emitters need."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

import names


class ModelError(Exception):
    """The model or its overlay says something that the generator cannot honour."""


KINDS = {"string": "string", "blob": "blob", "boolean": "boolean", "integer": "integer",
         "long": "long_", "double": "float64", "float": "float64", "timestamp": "timestamp",
         "list": "list", "map": "map", "structure": "structure"}
SCALAR_TYPES = {"string": "std::string", "blob": "std::string", "boolean": "bool",
                "integer": "std::int32_t", "long_": "std::int64_t", "float64": "double",
                "timestamp": "protocol::UtcMs"}
PROVIDED_TYPES = {"dynamodb_item": "table::Item", "dynamodb_value": "table::Value"}
PROVIDED_HEADERS = {"dynamodb_item": "table/item.h", "dynamodb_value": "table/item.h"}
LOCATIONS = {None: "body", "uri": "path", "querystring": "query", "header": "header",
             "headers": "header_prefix", "statusCode": "status"}
MEMBER_OVERLAYS = {"shape", "required", "unquoted", "missing_parameter", "lenient", "invalid", "min",
                   "max"}


@dataclass
class Member:
    name: str
    cpp: str
    shape: str
    wire_name: str
    location: str = "body"
    required: bool = False
    flags: list = field(default_factory=list)
    timestamp_format: str = "iso8601"
    invalid: dict = None


@dataclass
class Operation:
    name: str
    input: str
    output: str
    http: dict
    errors: list
    iam: str
    streaming_input: bool
    streaming_output: bool
    authorised: bool
    result_wrapper: str


class Service:
    """Everything about one service, in the words of the generated code."""

    def __init__(self, model, overlay):
        self.model, self.overlay = model, overlay
        self.facts = model["service"]
        self.namespace = overlay["namespace"]
        self.protocol = self.facts["protocol"]
        self.shapes = dict(model["shapes"])
        self.streams = set()
        self._rename_messages()
        self._apply_overlay()
        self.error_shapes = [n for n, s in self.shapes.items() if s.get("exception")]
        self.operations = [self._operation(name) for name in model["operations"]]
        structures = [name for name, shape in self.shapes.items()
                      if shape["type"] == "structure" and name not in self.provided]
        self._members = {name: self._resolve_members(name) for name in structures}
        self._check()

    # -- reading -------------------------------------------------------------------------------------

    @classmethod
    def load(cls, api_dir, service):
        api_dir = Path(api_dir)
        model = json.loads((api_dir / f"{service}.json").read_text())
        overlay = json.loads((api_dir / f"{service}.overlay.json").read_text())
        return cls(model, overlay)

    def _rename_messages(self):
        """Every operation has an <Operation>Input and an <Operation>Output, whatever the model calls them."""
        renamed = {}
        for name, operation in self.model["operations"].items():
            for side, suffix in (("input", "Input"), ("output", "Output")):
                wanted = name + suffix
                if side not in operation:
                    self.shapes[wanted] = {"type": "structure", "members": {}}
                    continue
                renamed[operation[side]["shape"]] = wanted
        self.shapes = {renamed.get(name, name): shape for name, shape in self.shapes.items()}

    def _apply_overlay(self):
        overlay = self.overlay
        self.provided = overlay.get("provided", {})
        for name, facts in overlay.get("shapes", {}).items():
            merged = {**self.shapes.get(name, {}), **facts}
            self.shapes[name] = {fact: value for fact, value in merged.items() if value is not None}
        for name, order in overlay.get("enum_order", {}).items():
            if sorted(order) != sorted(self.shapes[name]["enum"]):
                raise ModelError(f"enum_order of {name} does not hold the model's values")
            self.shapes[name] = {**self.shapes[name], "enum": order}
        for name, order in overlay.get("order", {}).items():
            members = self.shapes[name]["members"]
            rest = [m for m in members if m not in order]
            self.shapes[name] = {**self.shapes[name],
                                 "members": {m: members[m] for m in [*order, *rest]}}
        for key, facts in overlay.get("members", {}).items():
            owner, _, member = key.partition(".")
            if member not in self.shapes.get(owner, {}).get("members", {}):
                raise ModelError(f"overlay names the member {key}, which the model lacks")
            unknown = set(facts) - MEMBER_OVERLAYS
            if unknown:
                raise ModelError(f"overlay of {key}: unknown facts {sorted(unknown)}")

    def _operation(self, name):
        raw = self.model["operations"][name]
        if name not in self.overlay["iam"]:
            raise ModelError(f"overlay lacks the IAM action of {name}")
        return Operation(
            name=name, input=name + "Input", output=name + "Output", http=raw["http"],
            errors=raw.get("errors", []), iam=self.overlay["iam"][name],
            streaming_input=self._stream_member(name + "Input") is not None,
            streaming_output=self._stream_member(name + "Output") is not None,
            authorised=name not in self.overlay.get("no_authorisation", []),
            result_wrapper=raw.get("output", {}).get("resultWrapper", ""))

    def _stream_member(self, shape_name):
        shape = self.shapes[shape_name]
        for name, member in shape["members"].items():
            if member.get("streaming") or self.shapes[member["shape"]].get("streaming"):
                return name
        return None

    def _resolve_members(self, owner):
        shape = self.shapes[owner]
        stream = self._stream_member(owner)
        return [self._resolve_member(owner, shape, name, raw)
                for name, raw in shape["members"].items() if name != stream]

    def _resolve_member(self, owner, shape, name, raw):
        facts = self.overlay.get("members", {}).get(f"{owner}.{name}", {})
        target_name = facts.get("shape", raw["shape"])
        if "min" in facts or "max" in facts:
            target_name = self._narrowed(owner, name, target_name, facts)
        if raw.get("flattened") and not self.shapes[target_name].get("flattened"):
            target_name = self._narrowed(owner, name, target_name, {"flattened": True})
        target = self.shapes[target_name]
        location = LOCATIONS[raw.get("location")]
        if location in ("path", "query") and owner.endswith("Output"):
            location = "body"  # A shape that requests and answers share; an answer has neither.
        wire_name = raw.get("locationName", name)
        if target["type"] == "list" and self._flattened(raw, target) and "locationName" not in raw:
            wire_name = target["member"].get("locationName", name)
        if shape.get("payload") == name:
            location = "payload"
            if raw.get("locationName", name) == name:  # Else the member itself says the root's name.
                wire_name = target.get("locationName", raw.get("locationName", target_name))
        if location in ("header", "header_prefix") and owner.endswith("Input"):
            wire_name = wire_name.lower()  # Compared; in answers the names are sent as AWS spells them.
        required = name in shape.get("required", []) or facts.get("required", False)
        member = Member(name=name, cpp=names.snake(name), shape=target_name, wire_name=wire_name,
                        location=location, required=required,
                        timestamp_format=self._timestamp_format(raw, target, location),
                        invalid=facts.get("invalid"))
        if not (required or self._plain_when_absent(target)):
            member.flags.append("kOptional")
        if required:
            member.flags.append("kRequired")
        for fact, flag in (("unquoted", "kUnquoted"), ("missing_parameter", "kMissingParameter"),
                           ("lenient", "kLenient")):
            if facts.get(fact):
                member.flags.append(flag)
        return member

    def _narrowed(self, owner, name, target_name, facts):
        own = f"{owner}{name}"
        self.shapes[own] = {**self.shapes[target_name],
                            **{fact: facts[fact] for fact in ("min", "max", "flattened") if fact in facts}}
        return own

    def _flattened(self, raw, target):
        return raw.get("flattened") or target.get("flattened", False)

    def _plain_when_absent(self, target):
        """XML cannot tell an empty list from none, JSON can."""
        in_xml = self.protocol in ("query", "rest-xml") and not self.overlay.get("optional_containers")
        return in_xml and target["type"] in ("list", "map")

    def _timestamp_format(self, raw, target, location):
        stated = raw.get("timestampFormat") or target.get("timestampFormat")
        entry = target.get("member" if target["type"] == "list" else "value")
        if not stated and entry:  # Of the entries of a list or map.
            stated = entry.get("timestampFormat") or self.shapes[entry["shape"]].get("timestampFormat")
        if stated:
            return {"unixTimestamp": "unix_seconds", "iso8601": self._iso8601()}.get(stated, stated)
        if location in ("header", "header_prefix"):
            return "rfc822"
        if location in ("path", "query"):
            return self._iso8601()
        in_json = self.protocol == "json" or (self.protocol == "rest-json" and location in ("body", "payload"))
        return "unix_seconds" if in_json else self._iso8601()

    def _iso8601(self):
        """S3 writes milliseconds always, others where there are some."""
        return "iso8601" if self.overlay.get("milliseconds") else "iso8601_short"

    # -- what the emitters ask ------------------------------------------------------------------------

    def members(self, shape_name):
        return self._members[shape_name]

    def kind(self, shape_name):
        if shape_name in self.provided:
            return "provided"
        return KINDS[self.shapes[shape_name]["type"]]

    def cpp_type(self, shape_name):
        kind = self.kind(shape_name)
        if kind == "provided":
            return PROVIDED_TYPES[self.provided[shape_name]]
        if kind == "structure":
            return names.pascal(shape_name)
        if kind in ("list", "map"):
            part = "member" if kind == "list" else "value"
            inner = self.cpp_type(self.shapes[shape_name][part]["shape"])
            return f"std::vector<{inner}>" if kind == "list" else f"protocol::Map<{inner}>"
        return SCALAR_TYPES[kind]

    def holds_timestamps(self, shape_name):
        """Is it a timestamp, or a list or map of them?"""
        return self.kind(self.element(shape_name)[0] or shape_name) == "timestamp"

    def element(self, shape_name):
        """The shape and XML name of a list's elements or a map's values; None for others."""
        shape = self.shapes[shape_name]
        part = {"list": "member", "map": "value"}.get(shape["type"])
        if part is None or shape_name in self.provided:
            return None, ""
        return shape[part]["shape"], shape[part].get("locationName", part)

    def reachable(self, roots):
        """Shapes that `roots` use, each after those it holds itself."""
        done, order = set(), []

        def visit(name, path):
            if name in path:
                raise ModelError(f"{name} contains itself; it must be a provided type")
            if name in done:
                return
            below = [m.shape for m in self._members.get(name, [])]
            element, _ = self.element(name)
            for inner in below + ([element] if element else []):
                visit(inner, path | {name})
            done.add(name)
            order.append(name)

        for root in roots:
            visit(root, frozenset())
        return order

    def input_shapes(self):
        return set(self.reachable([op.input for op in self.operations]))

    def all_shapes(self):
        roots = [side for op in self.operations for side in (op.input, op.output)]
        return self.reachable(roots + [name for name in self.error_shapes if self.members(name)])

    def message_shapes(self):
        return {side for op in self.operations for side in (op.input, op.output)}

    def xml_root(self, shape_name):
        """Element name of a structure as a document."""
        return self.overlay.get("xml_root", {}).get(
            shape_name, self.shapes[shape_name].get("locationName", shape_name))

    def xml_namespace(self, shape_name):
        """Of a structure as a document: its own, or the one of all the service's documents."""
        own = self.shapes[shape_name].get("xmlNamespace") or {}
        own = own if isinstance(own, str) else own.get("uri", "")
        return own or self.overlay.get("xml_namespace", "")

    def other_operations(self):
        if "routes" in self.model:
            more = self.overlay.get("more_routes", {})
            names_known = [*self.model["routes"], *more]
        else:
            names_known = self.model["other_operations"]
        served = {op.name for op in self.operations}
        return sorted(name for name in names_known if name not in served)

    def errors(self):
        """Code -> facts: of the overlay, of the model's exceptions, sorted by code."""
        known = {}
        for name in self.error_shapes:
            shape = self.shapes[name]
            error = shape.get("error", {})
            known[error.get("code", name)] = {"status": error.get("httpStatusCode", 400)}
        for code, facts in self.overlay.get("errors", {}).items():
            known[code] = {**known.get(code, {}), **facts}
        prefix = self.overlay.get("error_prefix", "")
        return {code: {"prefix": prefix, **facts} for code, facts in sorted(known.items())}

    def error_code(self, shape_name):
        return self.shapes[shape_name].get("error", {}).get("code", shape_name)

    # -- checks --------------------------------------------------------------------------------------

    def _check(self):
        types = {names.pascal(n) for n in self._members}
        for operation in self.operations:
            if operation.name in types:
                raise ModelError(f"the operation {operation.name} has a shape's name")
        for name in self.message_shapes():
            fields = [m.cpp for m in self.members(name)]
            if len(fields) != len(set(fields)):
                raise ModelError(f"two members of {name} have one C++ name")
            if len(fields) > 64:
                raise ModelError(f"{name} has more members than the codecs' bit set holds")
        if self.overlay["not_implemented"] not in self.errors():
            raise ModelError("not_implemented is not among the errors")


def pattern_bytes(pattern):
    """The bytes of a pattern of the form [...]+ as a set; the only form that requests' members have."""
    match = re.fullmatch(r"\[([^\]^]+)\]\+", pattern)
    if not match:
        raise ModelError(f"pattern {pattern} is not of the form [...]+")
    allowed = re.compile(pattern[:-1])
    return {byte for byte in range(128) if allowed.match(chr(byte))}
