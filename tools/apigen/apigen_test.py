"""Tests of the generator: python3 -m unittest discover -p '*_test.py'."""

import copy
import tempfile
import unittest
from pathlib import Path

import emit_descriptors
import emit_operations
import emit_types
import generate
import import_models
import names
from model import ModelError, Service, pattern_bytes

API = Path(__file__).resolve().parents[2] / "api"

MODEL = {
    "source": {"botocore": "0", "model": "toy/2020"},
    "service": {"protocol": "json", "signing_name": "toy", "full_name": "Toy", "api_version": "2020",
                "target_prefix": "Toy_2020"},
    "operations": {"PutThing": {"http": {"method": "POST", "requestUri": "/"},
                                "input": {"shape": "PutThingRequest"},
                                "errors": ["Gone"]}},
    "other_operations": ["BurnThing"],
    "shapes": {
        "PutThingRequest": {"type": "structure", "required": ["Name"], "members": {
            "Name": {"shape": "Name"}, "Tags": {"shape": "Tags"}, "Delete": {"shape": "Flag"},
            "Colour": {"shape": "Colour"}}},
        "Name": {"type": "string", "min": 3, "max": 9, "pattern": "[a-z]+"},
        "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Values"}},
        "Values": {"type": "list", "member": {"shape": "Name"}},
        "Flag": {"type": "boolean"},
        "Colour": {"type": "string", "enum": ["red", "BLUE_GREEN"]},
        "Gone": {"type": "structure", "members": {}, "exception": True,
                 "error": {"httpStatusCode": 410}},
    },
}
OVERLAY = {"namespace": "toy", "not_implemented": "Nope", "iam": {"PutThing": "toy:PutThing"},
           "errors": {"Nope": {"status": 501}}}


def toy(model_changes=None, overlay_changes=None):
    model, overlay = copy.deepcopy(MODEL), copy.deepcopy(OVERLAY)
    if model_changes:
        model_changes(model)
    overlay.update(overlay_changes or {})
    return Service(model, overlay)


class Names(unittest.TestCase):
    def test_snake(self):
        for name, expected in {"TableName": "table_name", "ETag": "e_tag", "SSEKMSKeyId": "ssekms_key_id",
                               "ContentMD5": "content_md5", "Delete": "delete_",
                               "ListObjectsV2": "list_objects_v2",
                               "SizeEstimateRangeGB": "size_estimate_range_gb"}.items():
            self.assertEqual(names.snake(name), expected)

    def test_constant(self):
        for value, expected in {"KEYS_ONLY": "kKeysOnly", "us-east-2": "kUsEast2", "EU": "kEu",
                                "BucketOwnerPreferred": "kBucketOwnerPreferred"}.items():
            self.assertEqual(names.constant(value), expected)

    def test_literal(self):
        self.assertEqual(names.literal('a"b\\c'), '"a\\"b\\\\c"')


class Model(unittest.TestCase):
    def test_types(self):
        service = toy()
        text = emit_types.operation_header(service, service.operations[0])
        self.assertIn("struct PutThingInput {", text)
        self.assertIn("  std::string name;", text)
        self.assertIn("  std::optional<protocol::Map<std::vector<std::string>>> tags;", text)
        self.assertIn("  std::optional<bool> delete_;", text)
        self.assertIn("struct PutThingOutput {", text)

    def test_xml_lists_are_plain(self):
        service = toy(lambda m: m["service"].update(protocol="rest-xml"))
        tags = next(m for m in service.members("PutThingInput") if m.name == "Tags")
        self.assertNotIn("kOptional", tags.flags)

    def test_streams_are_no_members(self):
        def stream(model):
            model["shapes"]["PutThingRequest"]["members"]["Body"] = {"shape": "Flag", "streaming": True}
        service = toy(stream)
        self.assertTrue(service.operations[0].streaming_input)
        self.assertNotIn("Body", [m.name for m in service.members("PutThingInput")])

    def test_recursion_must_be_provided(self):
        def recurse(model):
            model["shapes"]["Values"]["member"]["shape"] = "Tags"
        with self.assertRaisesRegex(ModelError, "contains itself"):
            emit_types.shapes_header(toy(recurse))
        service = toy(recurse, {"provided": {"Tags": "dynamodb_item"}})
        self.assertEqual(service.cpp_type("Tags"), "table::Item")

    def test_overlay_mistakes_are_named(self):
        for changes, sentence in [
                ({"members": {"PutThingInput.Nmae": {}}}, "PutThingInput.Nmae"),
                ({"members": {"PutThingInput.Name": {"requird": True}}}, "requird"),
                ({"enum_order": {"Colour": ["red"]}}, "enum_order"),
                ({"iam": {}}, "IAM action of PutThing"),
                ({"not_implemented": "Other"}, "not_implemented")]:
            with self.assertRaisesRegex(ModelError, sentence):
                toy(overlay_changes=changes)

    def test_member_overlay_narrows_only_its_member(self):
        service = toy(overlay_changes={"members": {"PutThingInput.Name": {"max": 5}}})
        own = service.members("PutThingInput")[0].shape
        self.assertEqual(service.shapes[own]["max"], 5)
        self.assertEqual(service.shapes["Name"]["max"], 9)

    def test_errors(self):
        errors = toy().errors()
        self.assertEqual(errors["Gone"]["status"], 410)
        self.assertEqual(list(errors), sorted(errors))

    def test_too_many_members(self):
        def many(model):
            for i in range(65):
                model["shapes"]["PutThingRequest"]["members"][f"M{i}"] = {"shape": "Flag"}
        with self.assertRaisesRegex(ModelError, "bit set"):
            toy(many)


class Descriptors(unittest.TestCase):
    def test_pattern(self):
        self.assertEqual(pattern_bytes("[a-c_.-]+"), {ord(c) for c in "abc_.-"})
        for bad in ("a+", "[^a]+", "[a]*", "([a]+)"):
            with self.assertRaises(ModelError):
                pattern_bytes(bad)

    def test_constraints(self):
        text = emit_descriptors.emit(toy())["shapes.cc"]
        self.assertIn(".min = 3", text)
        self.assertIn('.pattern = "[a-z]+"', text)
        self.assertIn("kColourValues", text)

    def test_answers_carry_no_functions_to_be_read_by(self):
        def answer(model):
            model["operations"]["PutThing"]["output"] = {"shape": "Answer"}
            model["shapes"]["Answer"] = {"type": "structure", "members": {"Names": {"shape": "Only"}}}
            model["shapes"]["Only"] = {"type": "list", "member": {"shape": "Name"}}
        text = emit_descriptors.emit(toy(answer))["shapes.cc"]
        self.assertIn("kOutputOps<std::vector<std::string>>", text)
        self.assertIn("kTypeOps<protocol::Map<std::vector<std::string>>>", text)


class Routes(unittest.TestCase):
    def setUp(self):
        self.service = Service.load(API, "s3")

    def test_line(self):
        self.assertEqual(
            emit_operations.parse_route("PUT /{Bucket}/{Key}?partNumber&a=b X-Amz-Copy-Source"),
            ("PUT", "object", [("partNumber", ""), ("a", "b")], ["x-amz-copy-source"]))

    def test_more_conditions_come_first(self):
        routes = emit_operations.all_routes(self.service)
        order = [r[0] for r in routes]
        for before, after in [("UploadPartCopy", "UploadPart"), ("UploadPart", "PutObject"),
                              ("CopyObject", "PutObject"), ("PutObjectTagging", "CopyObject"),
                              ("ListObjectsV2", "ListObjects"),
                              ("GetBucketAnalyticsConfiguration", "ListBucketAnalyticsConfigurations")]:
            self.assertLess(order.index(before), order.index(after), (before, after))

    def test_same_route_twice_is_an_error(self):
        self.service.model["routes"]["Other"] = "GET /{Bucket}"
        with self.assertRaisesRegex(ValueError, "same route"):
            emit_operations.all_routes(self.service)

    def test_required_parameters_that_tell_nothing_apart_are_dropped(self):
        routes = {r[0]: r for r in emit_operations.all_routes(self.service)}
        self.assertEqual(routes["PutBucketAnalyticsConfiguration"][3], [("analytics", "")])
        self.assertEqual(routes["GetObjectAttributes"][4], [])


class Import(unittest.TestCase):
    def test_only_what_is_reached_and_no_prose(self):
        shapes = {"A": {"type": "structure", "documentation": "x",
                        "members": {"B": {"shape": "B", "documentation": "y"}}},
                  "B": {"type": "string", "max": 3}, "C": {"type": "string"}}
        reached = {}
        import_models.reach(shapes, "A", reached)
        self.assertEqual(reached, {"A": {"type": "structure", "members": {"B": {"shape": "B"}}},
                                   "B": {"type": "string", "max": 3}})

    def test_route(self):
        model = {"shapes": {"In": {"required": ["U", "H", "Q"], "members": {
            "U": {"shape": "S", "location": "uri", "locationName": "Bucket"},
            "H": {"shape": "S", "location": "header", "locationName": "x-h"},
            "Q": {"shape": "S", "location": "querystring", "locationName": "id"}}}}}
        operation = {"http": {"method": "GET", "requestUri": "/{Bucket}/{Key+}?acl&x-id=Get"},
                     "input": {"shape": "In"}}
        self.assertEqual(import_models.route_of(model, operation), "GET /{Bucket}/{Key}?acl&id x-h")


class Output(unittest.TestCase):
    def test_all_services_twice_the_same_and_of_moderate_size(self):
        for name in ("s3", "dynamodb", "sts"):
            files = generate.generate(Service.load(API, name))
            self.assertEqual(files, generate.generate(Service.load(API, name)))
            for file, text in files.items():
                self.assertLess(text.count("\n"), 2400, file)
                self.assertIn("Do not edit", text)

    def test_files_keep_their_time_and_stale_ones_go(self):
        with tempfile.TemporaryDirectory() as directory:
            arguments = [str(API), "sts", directory]
            generate.main(arguments)
            out = Path(directory) / "api" / "sts"
            before = {p.name: p.stat().st_mtime_ns for p in out.iterdir()}
            (out / "old.cc").write_text("")
            generate.main(arguments)
            self.assertEqual(before, {p.name: p.stat().st_mtime_ns for p in out.iterdir()})


if __name__ == "__main__":
    unittest.main()
