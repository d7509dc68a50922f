"""Emits the operations' table, the service's errors and its routes."""

from collections import Counter

import cpp
import names

PROTOCOLS = {"json": "aws_json_1_0", "query": "query", "rest-xml": "rest_xml",
             "rest-json": "rest_json_1"}
TARGETS = {"/": "service", "/{Bucket}": "bucket", "/{Bucket}/{Key}": "object"}


def error_row(code, facts):
    fields = [f".code = {names.literal(code)}", f".http_status = {facts['status']}"]
    for fact, member in (("message", "message"), ("prefix", "type_prefix"),
                         ("message_key", "message_key")):
        if facts.get(fact):
            fields.append(f".{member} = {names.literal(facts[fact])}")
    return "{" + ", ".join(fields) + "}"


def errors_header(service):
    body = ("// The errors that the service knows. `service_error(errors::kNoSuchKey)` says the service's\n"
            "// own message, `service_error(errors::kNoSuchKey, text)` another.\n\nnamespace errors {\n\n")
    for code, facts in service.errors().items():
        body += (f"inline constexpr protocol::ErrorInfo k{names.pascal(code)} =\n"
                 f"    {error_row(code, facts)};\n")
    return cpp.header(service, ["protocol/operation.h"], body + "\n}  // namespace errors\n")


def operations_header(service):
    body = ("extern const protocol::ServiceInfo kService;\n\n"
            "/// All operations that the service has, sorted by name; also those that are not served.\n"
            "std::span<const protocol::Operation* const> operations();\n\n"
            "/// By name; null: the service has no such operation.\n"
            "const protocol::Operation* find_operation(std::string_view name);\n")
    if "routes" in service.model:
        body += "\nextern const protocol::RouteTable kRoutes;\n"
    includes = ["<span>", "<string_view>", "protocol/operation.h", "protocol/routes.h"]
    return cpp.header(service, includes, body)


def service_text(service):
    facts = service.facts
    array, expression = cpp.span_of("kErrors", "protocol::ErrorInfo",
                                    [f"errors::k{names.pascal(code)}" for code in service.errors()])
    fields = {"name": facts["signing_name"], "full_name": facts["full_name"],
              "api_version": facts["api_version"], "target_prefix": facts.get("target_prefix", ""),
              "xml_namespace": facts.get("xml_namespace", service.overlay.get("xml_namespace", "")),
              "not_implemented_code": service.overlay["not_implemented"]}
    rows = [f".{key} = {names.literal(value)}" for key, value in fields.items() if value]
    rows += [f".protocol = protocol::Protocol::{PROTOCOLS[service.protocol]}",
             f".errors = {expression}"]
    joined = ",\n    ".join(rows)
    return array + f"\nconstinit const protocol::ServiceInfo kService = {{\n    {joined}}};\n\n"


def served_text(service, operation, index):
    array, expression = cpp.string_span(f"k{operation.name}Errors",
                                        [service.error_code(e) for e in operation.errors])
    fields = [f".name = {names.literal(operation.name)}", ".service = &kService", f".index = {index}",
              ".served = true"]
    if operation.streaming_input:
        fields.append(".streaming_input = true")
    if operation.streaming_output:
        fields.append(".streaming_output = true")
    if not operation.authorised:
        fields.append(".authorised = false")
    fields += [f".success_status = {operation.http.get('responseCode', 200)}",
               f".iam_action = {names.literal(operation.iam)}",
               f".input = &{operation.input}::kShape", f".output = &{operation.output}::kShape"]
    if operation.result_wrapper:
        fields.append(f".result_wrapper = {names.literal(operation.result_wrapper)}")
    fields.append(f".errors = {expression}")
    joined = ",\n    ".join(fields)
    return (array + f"constinit const protocol::Operation {operation.name}::kOperation = {{\n"
            f"    {joined}}};\n\n")


def operations_source(service):
    others = service.other_operations()
    served = [op.name for op in service.operations]
    text = service_text(service)
    for index, operation in enumerate(service.operations):
        text += served_text(service, operation, index)
    rows = [f"{{.name = {names.literal(name)}, .service = &kService, .index = {len(served) + i}}}"
            for i, name in enumerate(others)]
    array, _ = cpp.span_of("kOthers", "protocol::Operation", rows)
    text += array.replace("constexpr", "constinit const") + "\nnamespace {\n\n"
    everything = sorted([(name, f"&{name}::kOperation") for name in served] +
                        [(name, f"&kOthers[{i}]") for i, name in enumerate(others)])
    array, _ = cpp.span_of("kByName", "const protocol::Operation*", [row for _, row in everything])
    text += array.replace("constexpr const", "constinit const").replace("* kByName", "* const kByName")
    text += ("\n}  // namespace\n\n"
             "std::span<const protocol::Operation* const> operations() { return kByName; }\n\n"
             "const protocol::Operation* find_operation(std::string_view name) {\n"
             "  return protocol::find_operation(kByName, name);\n}\n")
    own = f"api/{service.namespace}"
    headers = [f"{own}/{names.snake(name)}.h" for name in served]
    return cpp.source(service, [*headers, f"{own}/descriptors.h", f"{own}/errors.h",
                                f"{own}/operations.h"], text)


def parse_route(line):
    """'PUT /{Bucket}/{Key}?partNumber&a=b x-amz-copy-source' -> method, target, queries, headers."""
    method, uri, *headers = line.split(" ")
    path, _, query = uri.partition("?")
    conditions = [tuple((q.split("=", 1) + [""])[:2]) for q in query.split("&") if q]
    return method, TARGETS[path], conditions, [h.lower() for h in headers]


def all_routes(service):
    skipped = service.overlay.get("no_route", {})
    lines = [(name, line) for name, line in service.model["routes"].items() if name not in skipped]
    lines += [(name, line) for name, more in service.overlay.get("more_routes", {}).items()
              for line in more]
    parsed = only_needed(service, [(name, *parse_route(line)) for name, line in lines])
    # A subresource says more than a header: more query conditions first, then more headers. Among equals
    # a fixed order, so that the output is the same every time.
    parsed.sort(key=lambda r: (-len(r[3]), -len(r[4]), r[0], r[1], r[2]))
    seen = {}
    for name, method, target, queries, headers in parsed:
        route = (method, target, tuple(sorted(queries)), tuple(sorted(headers)))
        if route in seen:
            raise ValueError(f"{name} and {seen[route]} have the same route")
        seen[route] = name
    return parsed


def only_needed(service, routes):
    """Drops conditions that no other route makes necessary: a request without a required parameter is still
    that operation, which then misses the parameter."""
    weak = service.overlay.get("not_subresources", [])

    def base(route):
        _, method, target, queries, _ = route
        return method, target, tuple(sorted(q for q in queries if q[1] or q[0] not in weak))

    uses = Counter(base(route) for route in routes)
    return [route if uses[base(route)] > 1 else (*route[:3], list(base(route)[2]), [])
            for route in routes]


def subresources(service, routes):
    skipped = service.overlay.get("not_subresources", [])
    keys = {key for route in routes for key, _ in route[3]}
    return sorted(keys - set(skipped))


def routes_source(service):
    routes, arrays, rows = all_routes(service), "", []
    operations = {op.name: f"&{op.name}::kOperation" for op in service.operations}
    operations.update({name: f"&kOthers[{i}]" for i, name in enumerate(service.other_operations())})
    for i, (name, method, target, queries, headers) in enumerate(routes):
        array, query_span = cpp.span_of(
            f"kQuery{i}", "protocol::QueryCondition",
            [f"{{{names.literal(k)}, {names.literal(v)}}}" for k, v in queries])
        arrays += array
        array, header_span = cpp.string_span(f"kHeaders{i}", headers)
        arrays += array
        rows.append(f"{{{names.literal(method)}, protocol::RouteTarget::{target}, {query_span}, "
                    f"{header_span}, {operations[name]}}}")
    table, _ = cpp.span_of("kTable", "protocol::Route", rows)
    keys, _ = cpp.string_span("kSubresources", subresources(service, routes))
    text = ("namespace {\n\n" + arrays + "\n" + table + "\n" + keys + "\n}  // namespace\n\n"
            "constinit const protocol::RouteTable kRoutes = {kTable, kSubresources};\n")
    own = f"api/{service.namespace}"
    headers = [f"{own}/{names.snake(op.name)}.h" for op in service.operations]
    return cpp.source(service, [*headers, f"{own}/descriptors.h", f"{own}/operations.h"], text)


def emit(service):
    files = {"errors.h": errors_header(service), "operations.h": operations_header(service),
             "operations.cc": operations_source(service)}
    if "routes" in service.model:
        files["routes.cc"] = routes_source(service)
    return files
