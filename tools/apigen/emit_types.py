"""Emits the structs: shapes.h for what messages share, <operation>.h for each operation, enums.h."""

import cpp
import names
from model import PROVIDED_HEADERS

STANDARD = ["<cstdint>", "<optional>", "<string>", "<vector>", "protocol/shape.h"]


def field_type(service, member):
    plain = service.cpp_type(member.shape)
    return f"std::optional<{plain}>" if "kOptional" in member.flags else plain


def initialiser(service, member):
    if "kOptional" in member.flags:
        return ""
    return {"boolean": " = false", "integer": " = 0", "long_": " = 0",
            "float64": " = 0"}.get(service.kind(member.shape), "")


def struct(service, shape_name):
    lines = [f"struct {names.pascal(shape_name)} {{"]
    for member in service.members(shape_name):
        lines.append(f"  {field_type(service, member)} {member.cpp}{initialiser(service, member)};")
    if service.members(shape_name):
        lines.append("")
    lines += ["  static const protocol::Shape kShape;", "};", ""]
    return "\n".join(lines)


def provided_headers(service, shape_names):
    used = {service.provided[s] for s in shape_names if s in service.provided}
    return sorted({PROVIDED_HEADERS[p] for p in used})


def shapes_header(service):
    shared = [s for s in service.all_shapes()
              if service.kind(s) == "structure" and s not in service.message_shapes()]
    body = "// Structures that messages hold. A struct's kShape describes it to the codecs.\n\n"
    body += "\n".join(struct(service, s) for s in shared)
    return cpp.header(service, STANDARD + provided_headers(service, service.all_shapes()), body)


def operation_header(service, operation):
    body = struct(service, operation.input) + "\n" + struct(service, operation.output) + "\n"
    if operation.streaming_input:
        body += "// The request's body is a stream beside the input.\n"
    if operation.streaming_output:
        body += "// The answer's body is a stream beside the output.\n"
    body += (f"struct {operation.name} {{\n  using Input = {operation.input};\n"
             f"  using Output = {operation.output};\n"
             "  static const protocol::Operation kOperation;\n};\n")
    includes = [f"api/{service.namespace}/shapes.h", "protocol/operation.h"]
    return cpp.header(service, STANDARD + includes, body)


def enums_header(service):
    body = ("// Enumerations are strings on the wire and in the structs: a newer client may send values\n"
            "// that this list lacks. These are the known ones.\n\n")
    used = service.all_shapes()
    for name in used:
        values = service.shapes[name].get("enum") if name not in service.provided else None
        if not values or service.kind(name) != "string":
            continue
        body += f"struct {names.pascal(name)} {{\n"
        for value in values:
            body += (f"  static constexpr std::string_view {names.constant(value)} = "
                     f"{names.literal(value)};\n")
        body += "};\n\n"
    return cpp.header(service, ["<string_view>"], body)


def emit(service):
    files = {"shapes.h": shapes_header(service), "enums.h": enums_header(service)}
    for operation in service.operations:
        files[f"{names.snake(operation.name)}.h"] = operation_header(service, operation)
    return files
