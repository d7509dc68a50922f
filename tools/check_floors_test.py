"""What check_floors.py must find, in trees made for it."""

import pathlib
import tempfile
import unittest

from check_floors import Checker

ORDER = "foreach(floor base runtime protocol store table auth api services gateway server)\nendforeach()\n"


class CheckFloors(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("src/CMakeLists.txt", ORDER)
        self.floor("base", "")
        self.floor("store", "base")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def floor(self, name: str, depends: str, source: str = "int answer;\n") -> None:
        self.write(f"src/{name}/CMakeLists.txt",
                   f"dyad_floor({pathlib.Path(name).name} DEPENDS {depends} LIBRARIES fmt::fmt)\n")
        self.write(f"src/{name}/README.md", "A page.\n")
        self.write(f"src/{name}/code.cc", source)

    def problems(self) -> list[str]:
        return Checker(self.root).run()

    def assert_one_problem(self, *words: str) -> None:
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_accepts_floors_in_order(self):
        self.floor("store", "base", '#include <vector>\n#include "base/result.h"\n#include "store/x.h"\n')
        self.assertEqual(self.problems(), [])

    def test_refuses_an_include_of_a_floor_that_is_not_declared(self):
        self.floor("table", "base", '// one\n#include "store/store.h"\n')
        self.assert_one_problem("src/table/code.cc:2", "does not depend on store")

    def test_refuses_a_dependency_that_points_up(self):
        self.floor("table", "base store")
        self.floor("store", "base table")
        self.assert_one_problem("src/store/CMakeLists.txt", "table", "above store")

    def test_refuses_an_include_without_its_floor(self):
        self.floor("store", "base", '#include "result.h"\n')
        self.assert_one_problem("floor first")

    def test_looks_into_folders_of_a_floor(self):
        self.write("src/store/embedded/engine.cc", '#include "table/table.h"\n')
        self.assert_one_problem("src/store/embedded/engine.cc:1", "table")

    def test_refuses_an_include_of_another_service(self):
        self.floor("services/dynamodb", "base", '#include "services/sts/service.h"\n')
        self.floor("services/sts", "base")
        self.assert_one_problem("services never include each other")

    def test_refuses_a_dependency_on_another_service(self):
        self.floor("services/dynamodb", "base sts")
        self.floor("services/sts", "base")
        self.assert_one_problem("a service does not know another one")

    def test_lets_the_server_know_all(self):
        self.floor("services/sts", "base")
        self.floor("server", "base", '#include "services/sts/service.h"\n')
        self.assertEqual(self.problems(), [])

    def test_refuses_words_of_objects_in_the_service_of_items(self):
        for word in ("bucket", "s3_table", "an Object", "Buckets"):
            with self.subTest(word):
                self.floor("services/dynamodb", "base", f"// {word}\n")
                self.assert_one_problem("does not know of objects")

    def test_lets_the_service_of_items_speak_of_json_objects_where_it_reads_json(self):
        self.floor("services/dynamodb", "base")
        self.write("src/services/dynamodb/attribute_value_read.cc", "// a JSON object\n")
        self.assertEqual(self.problems(), [])

    def test_refuses_buckets_where_json_is_read_too(self):
        self.floor("services/dynamodb", "base")
        self.write("src/services/dynamodb/attribute_value_read.cc", "// a bucket\n")
        self.assert_one_problem("bucket")

    def test_lets_its_tests_wire_up_what_they_need(self):
        self.floor("services/dynamodb", "base")
        self.write("src/services/dynamodb/query_test.cc", "// a bucket\n")
        self.assertEqual(self.problems(), [])

    def test_lets_another_service_speak_of_objects(self):
        self.floor("services/s3", "base", "// an object of a bucket\n")
        self.assertEqual(self.problems(), [])

    def test_keeps_libraries_where_they_belong(self):
        for include in ("rocksdb/db.h", "simdjson.h", "spdlog/logger.h"):
            with self.subTest(include):
                self.floor("store", "base", f"#include <{include}>\n")
                self.assert_one_problem(include, "only")

    def test_lets_a_library_where_it_belongs(self):
        self.write("src/store/embedded/engine.cc", "#include <rocksdb/db.h>\n")
        self.assertEqual(self.problems(), [])

    def test_refuses_sleeping_and_unfinished_work(self):
        for line in ("std::this_thread::sleep_for(1s);", "// TO" "DO: later", "usleep(5);"):
            with self.subTest(line):
                self.floor("store", "base", line + "\n")
                self.assert_one_problem("src/store/code.cc:1")

    def test_wants_a_page_in_each_folder(self):
        (self.root / "src/store/README.md").unlink()
        self.assert_one_problem("src/store", "README.md")

    def test_wants_each_folder_in_the_order(self):
        self.floor("attic", "base")
        self.assert_one_problem("src/attic", "not in the list")


if __name__ == "__main__":
    unittest.main()
