"""Emits the descriptors of the structs: shapes.cc for what messages share, messages.cc for the rest."""

import cpp
import names
from model import pattern_bytes

OFFSETS = ("// Structs that hold a std::optional have no standard layout; GCC and Clang define offsetof for\n"
           "// them as long as there is no virtual base.\n"
           '#pragma GCC diagnostic ignored "-Winvalid-offsetof"\n\n')
PLAIN = {"string": "protocol::kStringShape", "blob": "protocol::kBlobShape",
         "boolean": "protocol::kBooleanShape", "integer": "protocol::kIntegerShape",
         "long_": "protocol::kLongShape", "float64": "protocol::kFloat64Shape",
         "timestamp": "protocol::kTimestampShape"}
CONSTRAINTS = ("min", "max", "enum", "pattern")


def checked_shapes(service):
    """Shapes whose constraints a request is held to."""
    if service.protocol != "rest-xml":
        return service.input_shapes()
    return {m.shape for op in service.operations for m in service.members(op.input) if m.invalid}


class Descriptors:
    def __init__(self, service):
        self.service = service
        self.checked = checked_shapes(service)
        # A client, or a test, reads outputs as well.
        reads_outputs = service.overlay.get("reads_outputs", False)
        self.inputs = set(service.all_shapes()) if reads_outputs else service.input_shapes()

    def has_constraints(self, name):
        shape = self.service.shapes[name]
        return name in self.checked and any(fact in shape for fact in CONSTRAINTS)

    def reference(self, name):
        """The expression that names a shape's descriptor."""
        kind = self.service.kind(name)
        if kind == "structure":
            return f"{names.pascal(name)}::kShape"
        if kind in PLAIN and not self.has_constraints(name):
            return PLAIN[kind]
        return f"k{names.pascal(name)}Shape"

    def ops(self, name):
        """Shapes that no request holds need no functions to be read by."""
        table = "kTypeOps" if name in self.inputs else "kOutputOps"
        return f".ops = &protocol::{table}<{self.service.cpp_type(name)}>"

    def constraints(self, name):
        shape = self.service.shapes[name]
        if not self.has_constraints(name):
            return "", "nullptr"
        fields, before = [], ""
        for bound in ("min", "max"):
            if bound in shape:
                fields.append(f".{bound} = {shape[bound]}")
        if "enum" in shape:
            array, expression = cpp.string_span(f"k{names.pascal(name)}Values", shape["enum"])
            before += array
            fields.append(f".values = {expression}")
        if "pattern" in shape:
            words = [0, 0, 0, 0]
            for byte in pattern_bytes(shape["pattern"]):
                words[byte >> 6] |= 1 << (byte & 63)
            fields.append(f".pattern = {names.literal(shape['pattern'])}")
            fields.append(".pattern_bytes = {{" + ", ".join(f"{w:#x}u" for w in words) + "}}")
        if shape.get("accepts_arn"):
            fields.append(".accepts_arn = true")
        constant = f"k{names.pascal(name)}Constraints"
        rows = ",\n    ".join(fields)
        return before + f"constexpr protocol::Constraints {constant} = {{\n    {rows}}};\n", f"&{constant}"

    def java_name(self, name):
        """awsJson's framework names structures in its messages, in the package that errors come from."""
        package = self.service.overlay.get("error_prefix", "").rstrip("#")
        if not package or name not in self.inputs:
            return []
        return [f".java_name = {names.literal(package + '.' + name)}"]

    def small_shape(self, name):
        """A scalar, list, map or provided type."""
        service = self.service
        before, constraints = self.constraints(name)
        fields = [f".kind = protocol::Kind::{service.kind(name)}"]
        if service.kind(name) == "provided":
            fields.append(f".provided = protocol::ProvidedType::{service.provided[name]}")
        if service.shapes[name].get("flattened"):
            fields.append(".flattened = true")
        fields.append(f".name = {names.literal(name)}")
        if service.kind(name) == "provided":
            fields += self.java_name(name)
        element, element_name = service.element(name)
        if element:
            fields.append(f".element_name = {names.literal(element_name)}")
            if service.kind(name) == "map":
                key_name = service.shapes[name]["key"].get("locationName", "key")
                fields.append(f".key_name = {names.literal(key_name)}")
            fields.append(f".element = &{self.reference(element)}")
        if constraints != "nullptr":
            fields.append(f".constraints = {constraints}")
        fields.append(self.ops(name))
        rows = ",\n    ".join(fields)
        return before + f"constinit const protocol::Shape k{names.pascal(name)}Shape = {{\n    {rows}}};\n"

    def member_row(self, owner, member):
        fields = [f".name = {names.literal(member.name)}",
                  f".wire_name = {names.literal(member.wire_name)}",
                  f".shape = &{self.reference(member.shape)}",
                  f".offset = offsetof({names.pascal(owner)}, {member.cpp})"]
        if member.location != "body":
            fields.append(f".location = protocol::Location::{member.location}")
        if member.flags:
            fields.append(".flags = " + " | ".join(f"protocol::{f}" for f in member.flags))
        if member.timestamp_format != "iso8601" and self.service.holds_timestamps(member.shape):
            fields.append(f".timestamp_format = protocol::TimestampFormat::{member.timestamp_format}")
        if member.invalid:
            fields.append(f".invalid = &{self.invalid_name(owner, member)}")
        if self.xml_facts(owner, member):
            fields.append(f".xml = &{self.xml_name(owner, member)}")
        return "{" + ", ".join(fields) + "}"

    def invalid_name(self, owner, member):
        return f"k{names.pascal(owner)}{names.pascal(member.name)}Invalid"

    def invalid_values(self, owner):
        text = ""
        for member in self.service.members(owner):
            if member.invalid:
                facts = ", ".join(f".{key} = {names.literal(member.invalid[key])}"
                                  for key in ("code", "message", "range_message", "argument",
                                              "range_argument") if key in member.invalid)
                text += (f"constexpr protocol::InvalidValue {self.invalid_name(owner, member)} = "
                         f"{{{facts}}};\n")
        return text

    def xml_name(self, owner, member):
        return f"k{names.pascal(owner)}{names.pascal(member.name)}Xml"

    def xml_facts(self, owner, member):
        """The fields of protocol::XmlFacts, as far as the model says any."""
        raw = self.service.shapes[owner]["members"][member.name]
        space = raw.get("xmlNamespace") or {}
        space = {"uri": space} if isinstance(space, str) else space
        facts = [(".namespace_uri", space.get("uri")), (".prefix", space.get("prefix"))]
        fields = [f"{field} = {names.literal(text)}" for field, text in facts if text]
        return fields + ([".attribute = true"] if raw.get("xmlAttribute") else [])

    def all_xml_facts(self, owner):
        return "".join(f"constexpr protocol::XmlFacts {self.xml_name(owner, m)} = "
                       f"{{{', '.join(self.xml_facts(owner, m))}}};\n"
                       for m in self.service.members(owner) if self.xml_facts(owner, m))

    def structure(self, name):
        pascal = names.pascal(name)
        rows = [self.member_row(name, m) for m in self.service.members(name)]
        array, expression = cpp.span_of(f"k{pascal}Members", "protocol::Member", rows)
        namespace = self.service.xml_namespace(name)
        fields = [".kind = protocol::Kind::structure",
                  f".name = {names.literal(self.service.xml_root(name))}"]
        if namespace:
            fields.append(f".xml_namespace = {names.literal(namespace)}")
        fields += self.java_name(name)
        fields += [f".members = {expression}", self.ops(name)]
        joined = ",\n    ".join(fields)
        return (self.invalid_values(name) + self.all_xml_facts(name) + array +
                f"constinit const protocol::Shape {pascal}::kShape = {{\n    {joined}}};\n")

    def named_small_shapes(self):
        return [s for s in self.service.all_shapes()
                if self.service.kind(s) != "structure" and self.reference(s).startswith("k")]


def internal_header(service, descriptors):
    body = "// What this service's own .cc files share and nobody else needs.\n\n"
    body += "".join(f"extern const protocol::Shape k{names.pascal(s)}Shape;\n"
                    for s in descriptors.named_small_shapes())
    body += f"\n// Operations that are not served.\nextern const protocol::Operation kOthers[{len(service.other_operations())}];\n"
    return cpp.header(service, ["protocol/operation.h", "protocol/shape.h"], body)


def emit(service):
    descriptors = Descriptors(service)
    messages = service.message_shapes()
    structures = [s for s in service.all_shapes() if service.kind(s) == "structure"]
    own = f"api/{service.namespace}"
    shapes = OFFSETS + "\n".join(
        [descriptors.small_shape(s) for s in descriptors.named_small_shapes()] +
        [descriptors.structure(s) for s in structures if s not in messages])
    message_text = OFFSETS + "\n".join(descriptors.structure(s) for s in structures if s in messages)
    headers = [f"{own}/{names.snake(op.name)}.h" for op in service.operations]
    return {
        "descriptors.h": internal_header(service, descriptors),
        "shapes.cc": cpp.source(service, ["<cstddef>", f"{own}/shapes.h", f"{own}/descriptors.h"],
                                shapes),
        "messages.cc": cpp.source(service, ["<cstddef>", *headers, f"{own}/descriptors.h"],
                                  message_text),
    }
