#include "runtime/sim_files.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <thread>

#include "runtime/aligned_buffer.h"

namespace dyad {
namespace {

constexpr std::size_t kBlock = DurableFile::kBlockBytes;

void write(Files& files, const std::string& path, std::string_view content, bool sync = true) {
  auto file = files.open_append(path, Files::Create::truncate);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append(content));
  if (sync) {
    ASSERT_TRUE((*file)->sync());
  }
}

std::string read(Files& files, const std::string& path) {
  auto content = read_file(files, path, 1u << 24);
  return content ? *content : std::string(to_string(content.error().code));
}

AlignedBuffer filled(std::size_t size_bytes, char with) {
  AlignedBuffer buffer(size_bytes);
  std::memset(buffer.data(), with, buffer.size_bytes());
  return buffer;
}

/// What stands on the disk, as "name=content ...", after the scenario and a power loss.
struct Scenario {
  const char* name;
  std::function<void(SimFiles&)> run;
  const char* left;
};

std::string describe(Files& files, const std::string& directory) {
  std::string all;
  const auto names = files.list(directory);
  if (!names) return names.error().to_string();
  for (const std::string& name : *names) {
    const std::string path = directory + name;
    if (!all.empty()) all += " ";
    if (files.info(path)->is_directory) {
      all += name + "/{" + describe(files, path + "/") + "}";
    } else {
      all += name + "=" + read(files, path);
    }
  }
  return all;
}

const Scenario kScenarios[] = {
    {"synced file without a synced name", [](SimFiles& f) { write(f, "/a", "1"); }, ""},
    {"synced name without synced bytes",
     [](SimFiles& f) {
       write(f, "/a", "1", false);
       (void)f.sync_directory("/");
     },
     "a="},
    {"both synced",
     [](SimFiles& f) {
       write(f, "/a", "1");
       (void)f.sync_directory("/");
     },
     "a=1"},
    {"bytes behind the last sync",
     [](SimFiles& f) {
       auto file = f.open_append("/a", Files::Create::append);
       (void)f.sync_directory("/");
       (void)(*file)->append("12");
       (void)(*file)->sync();
       (void)(*file)->append("34");
     },
     "a=12"},
    {"writeback is no sync",
     [](SimFiles& f) {
       auto file = f.open_append("/a", Files::Create::append);
       (void)f.sync_directory("/");
       (void)(*file)->append("12");
       (*file)->start_writeback(0, 2);
       (void)(*file)->close();
     },
     "a="},
    {"a cut comes back",
     [](SimFiles& f) {
       write(f, "/a", "12");
       (void)f.sync_directory("/");
       (void)(*f.open_append("/a", Files::Create::append))->truncate(1);
     },
     "a=12"},
    {"emptying at open comes back",
     [](SimFiles& f) {
       write(f, "/a", "12");
       (void)f.sync_directory("/");
       (void)f.open_append("/a", Files::Create::truncate);
     },
     "a=12"},
    {"a removal comes back",
     [](SimFiles& f) {
       write(f, "/a", "1");
       (void)f.sync_directory("/");
       (void)f.remove("/a");
     },
     "a=1"},
    {"a synced removal does not",
     [](SimFiles& f) {
       write(f, "/a", "1");
       (void)f.sync_directory("/");
       (void)f.remove("/a");
       (void)f.sync_directory("/");
     },
     ""},
    {"a rename rolls back to both names' old files",
     [](SimFiles& f) {
       write(f, "/a", "new");
       write(f, "/b", "old");
       (void)f.sync_directory("/");
       (void)f.rename("/a", "/b");
     },
     "a=new b=old"},
    {"a synced rename stands",
     [](SimFiles& f) {
       write(f, "/a", "new");
       write(f, "/b", "old");
       (void)f.sync_directory("/");
       (void)f.rename("/a", "/b");
       (void)f.sync_directory("/");
     },
     "b=new"},
    {"a renamed file may have a name and no bytes",
     [](SimFiles& f) {
       write(f, "/a", "new", false);
       (void)f.rename("/a", "/b");
       (void)f.sync_directory("/");
     },
     "b="},
    {"a directory whose parent was not synced takes its files along",
     [](SimFiles& f) {
       (void)f.make_directory("/d");
       write(f, "/d/a", "1");
       (void)f.sync_directory("/d");
     },
     ""},
    {"a directory whose parent was synced",
     [](SimFiles& f) {
       (void)f.make_directory("/d");
       write(f, "/d/a", "1");
       (void)f.sync_directory("/d");
       (void)f.sync_directory("/");
     },
     "d/{a=1}"},
    {"a move synced at its source only is whole",
     [](SimFiles& f) {
       (void)f.make_directory("/d");
       write(f, "/a", "1");
       (void)f.sync_directory("/");
       (void)f.rename("/a", "/d/a");
       (void)f.sync_directory("/");
     },
     "d/{a=1}"},
    {"a move synced at its target only leaves two names",
     [](SimFiles& f) {
       (void)f.make_directory("/d");
       write(f, "/a", "1");
       (void)f.sync_directory("/");
       (void)f.rename("/a", "/d/a");
       (void)f.sync_directory("/d");
     },
     "a=1 d/{a=1}"},
    {"a link without its directory",
     [](SimFiles& f) {
       write(f, "/a", "1");
       (void)f.sync_directory("/");
       (void)f.link("/a", "/b");
     },
     "a=1"},
    {"write_file is durable", [](SimFiles& f) { (void)write_file(f, "/a", "1"); }, "a=1"},
};

TEST(SimFiles, PowerLossKeepsWhatWasSyncedAndNothingElse) {
  for (const Scenario& scenario : kScenarios) {
    SimFiles files;
    scenario.run(files);
    files.crash();
    EXPECT_EQ(files.list("/").error().code, ErrorCode::io_error);
    files.restart();
    EXPECT_EQ(describe(files, "/"), scenario.left) << scenario.name;
  }
}

std::set<std::string> left_of_rename_and_creation(NameOrder order) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimFiles files({.seed = seed, .name_order = order});
    write(files, "/kept", "12");
    write(files, "/a", "new");
    write(files, "/b", "old");
    EXPECT_TRUE(files.sync_directory("/"));
    EXPECT_TRUE(files.rename("/a", "/b"));
    write(files, "/c", "3");
    files.crash(Survival::some);
    files.restart();
    seen.insert(describe(files, "/"));
  }
  return seen;
}

TEST(SimFiles, SomeSurvivalNeverTouchesWhatWasSynced) {
  // The rename happened or did not, and so did the creation, whose bytes were synced.
  const std::set<std::string> in_order = {"a=new b=old kept=12", "b=new kept=12",
                                          "b=new c=3 kept=12"};
  EXPECT_EQ(left_of_rename_and_creation(NameOrder::kept), in_order);
  std::set<std::string> in_any_order = in_order;
  in_any_order.insert("a=new b=old c=3 kept=12");
  EXPECT_EQ(left_of_rename_and_creation(NameOrder::free), in_any_order);
}

TEST(SimFiles, AMoveBetweenDirectoriesNeverLosesTheFile) {
  for (const NameOrder order : {NameOrder::kept, NameOrder::free}) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      SimFiles files({.seed = seed, .name_order = order});
      ASSERT_TRUE(files.make_directory("/d"));
      write(files, "/a", "1");
      ASSERT_TRUE(files.sync_directory("/"));
      ASSERT_TRUE(files.rename("/a", "/d/a"));
      files.crash(Survival::some);
      files.restart();
      seen.insert(describe(files, "/"));
    }
    EXPECT_EQ(seen, (std::set<std::string>{"a=1 d/{}", "a=1 d/{a=1}", "d/{a=1}"}));
  }
}

TEST(SimFiles, AppendsTearAtASector) {
  constexpr std::size_t kSector = SimDisk::kSectorBytes;
  std::set<std::size_t> lengths;
  bool zeros_seen = false;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SimFiles files({.seed = seed});
    auto file = files.open_append("/a", Files::Create::append);
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE((*file)->append(std::string(100, 's')));
    ASSERT_TRUE((*file)->sync());
    ASSERT_TRUE((*file)->append(std::string(2000, 'x')));
    files.crash(Survival::some);
    files.restart();
    const std::string left = read(files, "/a");
    ASSERT_EQ(left.substr(0, 100), std::string(100, 's'));
    const std::size_t end = left.find_first_not_of('x', 100);
    if (end != std::string::npos) {
      zeros_seen = true;
      EXPECT_EQ(left.find_first_not_of('\0', end), std::string::npos);
      EXPECT_EQ(left.size(), 2100u);
    }
    const std::size_t whole = std::min(end, left.size());
    EXPECT_TRUE(whole == 100 || whole == 2100 || whole % kSector == 0) << whole;
    lengths.insert(whole);
  }
  EXPECT_EQ(lengths, (std::set<std::size_t>{100, 512, 1024, 1536, 2048, 2100}));
  EXPECT_TRUE(zeros_seen);
}

TEST(SimFiles, InPlaceWritesTearOnlyWhenPowerGoesDuringThem) {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimFiles files({.seed = seed});
    auto file = files.open_durable("/log", 4 * kBlock);
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE((*file)->write_at(0, filled(kBlock, 'a').span()));
    files.fail_at(files.operation_count(), FileFault::torn_crash);
    const AlignedBuffer over = filled(2 * kBlock, 'b');
    EXPECT_FALSE((*file)->write_at(0, over.span()));
    EXPECT_TRUE(files.is_down());
    files.restart();
    const std::string left = read(files, "/log");
    ASSERT_EQ(left.size(), 4 * kBlock);
    const std::size_t torn = left.find_first_not_of('b');
    EXPECT_EQ(torn % SimDisk::kSectorBytes, 0u);
    // Behind the tear stands what stood there before.
    std::string expected(kBlock, 'a');
    expected.resize(4 * kBlock);
    EXPECT_EQ(left.substr(torn), expected.substr(torn));
    lengths.insert(torn);
  }
  EXPECT_GE(lengths.size(), 10u);
  EXPECT_TRUE(lengths.contains(0) && lengths.contains(2 * kBlock));
}

TEST(SimFiles, HandlesAndLocksOfBeforeACrashAreDead) {
  SimFiles files;
  write(files, "/a", "1");
  auto append = files.open_append("/a", Files::Create::append);
  auto reader = files.open_read("/a");
  auto durable = files.open_durable("/log", kBlock);
  auto lock = files.lock("/LOCK");
  ASSERT_TRUE(append && reader && durable && lock);
  files.crash();
  files.restart();
  char byte;
  EXPECT_EQ((*append)->append("2").error().code, ErrorCode::io_error);
  EXPECT_EQ((*append)->sync().error().code, ErrorCode::io_error);
  EXPECT_EQ((*reader)->read_at(0, {&byte, 1}).error().code, ErrorCode::io_error);
  EXPECT_EQ((*durable)->write_at(0, filled(kBlock, 'x').span()).error().code, ErrorCode::io_error);
  auto again = files.lock("/LOCK");
  EXPECT_TRUE(again);
  lock->reset();  // The dead lock does not free the living one.
  EXPECT_EQ(files.lock("/LOCK").error().code, ErrorCode::conflict);
}

TEST(SimFiles, EveryOperationIsNumberedAndCanCrash) {
  const auto work = [](SimFiles& files) -> Result<> {
    DYAD_TRY(files.make_directory("/d"));
    DYAD_TRY(files.sync_directory("/"));
    DYAD_TRY(write_file(files, "/d/f", "1"));
    DYAD_TRY_ASSIGN(auto log, files.open_durable("/d/log", kBlock));
    DYAD_TRY(files.sync_directory("/d"));
    DYAD_TRY(log->write_at(0, filled(kBlock, 'x').span()));
    return files.remove("/d/f");
  };
  SimFiles whole;
  ASSERT_TRUE(work(whole));
  std::string kinds;
  for (const auto& operation : whole.operations())
    kinds += std::string(to_string(operation.kind)) + " ";
  EXPECT_EQ(kinds,
            "make_directory sync_directory create append sync rename sync_directory "
            "create_durable sync_directory write_durable remove ");
  EXPECT_EQ(whole.operations()[3].path, "/d/f.preparing");
  EXPECT_EQ(whole.operations()[3].bytes, 1u);

  for (const FileFault fault : {FileFault::crash, FileFault::torn_crash}) {
    for (std::uint64_t n = 0; n < whole.operation_count(); ++n) {
      SimFiles files({.seed = n + 1});
      files.fail_at(n, fault);
      const auto failed = work(files);
      ASSERT_FALSE(failed) << n;
      EXPECT_EQ(failed.error().code, ErrorCode::io_error);
      EXPECT_TRUE(files.is_down());
      files.restart();
      // After the sixth operation the file is durable, until the last one takes it away.
      const std::string left = read(files, "/d/f");
      if (n > 6 && !(n == 10 && fault == FileFault::torn_crash)) {
        EXPECT_EQ(left, "1") << n;
      } else if (n > 2) {
        EXPECT_TRUE(left == "1" || left == "not_found") << n << ": " << left;
      }
      if (n <= 2) {
        EXPECT_EQ(left, "not_found") << n;
      }
      files.clear_faults();
      EXPECT_TRUE(work(files)) << n;
    }
  }
  for (std::uint64_t n = 0; n < whole.operation_count(); ++n) {
    SimFiles files;
    files.fail_at(n, FileFault::no_space);
    const auto failed = work(files);
    ASSERT_FALSE(failed) << n;
    EXPECT_EQ(failed.error().code, ErrorCode::no_space);
    EXPECT_FALSE(files.is_down());
  }
}

TEST(SimFiles, AFailedSyncHasForgottenWhatItDidNotWrite) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SimFiles files({.seed = seed});
    auto file = files.open_append("/a", Files::Create::append);
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE((*file)->append("1"));
    files.fail_at(files.operation_count(), FileFault::io_error);
    EXPECT_EQ((*file)->sync().error().code, ErrorCode::io_error);
    EXPECT_EQ((*file)->sync().error().code, ErrorCode::io_error);  // A failure is final.
    EXPECT_EQ(read(files, "/a"), "1");
    // Nor does a new handle's sync bring back what the kernel let go.
    auto again = files.open_append("/a", Files::Create::append);
    ASSERT_TRUE((*again)->sync());
    files.crash();
    files.restart();
    seen.insert(read(files, "/a"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"", "1"}));
}

TEST(SimFiles, AFailedAppendMayHaveHappenedInPart) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SimFiles files({.seed = seed});
    auto file = files.open_append("/a", Files::Create::append);
    files.fail_at(files.operation_count(), FileFault::io_error);
    EXPECT_EQ((*file)->append("1234").error().code, ErrorCode::io_error);
    sizes.insert(read(files, "/a").size());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(SimFiles, SyncsLieWhereTold) {
  SimFiles files;
  files.ignore_sync("/a");
  write(files, "/a", "1");
  write(files, "/b", "2");
  ASSERT_TRUE(files.sync_directory("/"));
  files.crash();
  files.restart();
  EXPECT_EQ(describe(files, "/"), "a= b=2");

  files.clear_faults();
  files.ignore_sync("", 2);  // The second sync from here on: of the directory.
  write(files, "/c", "3");
  ASSERT_TRUE(files.sync_directory("/"));
  files.crash();
  files.restart();
  EXPECT_EQ(describe(files, "/"), "a= b=2");
  write(files, "/c", "3");
  ASSERT_TRUE(files.sync_directory("/"));
  files.crash();
  files.restart();
  EXPECT_EQ(describe(files, "/"), "a= b=2 c=3");

  auto log = files.open_durable("/log", kBlock);
  ASSERT_TRUE(files.sync_directory("/"));
  files.ignore_sync_at(files.operation_count());
  ASSERT_TRUE((*log)->write_at(0, filled(kBlock, 'x').span()));
  EXPECT_EQ(read(files, "/log"), std::string(kBlock, 'x'));
  files.crash();
  files.restart();
  EXPECT_EQ(read(files, "/log"), std::string(kBlock, '\0'));
}

TEST(SimFiles, FaultsByKindAndPath) {
  SimFiles files;
  write(files, "/blob1", "1");
  write(files, "/other", "2");
  files.fail_all(FileOperationKind::read, "/blob", FileFault::io_error);
  EXPECT_EQ(read(files, "/blob1"), "io_error");
  EXPECT_EQ(read(files, "/blob1"), "io_error");
  EXPECT_EQ(read(files, "/other"), "2");
  files.clear_faults();
  EXPECT_EQ(read(files, "/blob1"), "1");
}

TEST(SimFiles, FlippedBitsStay) {
  SimFiles files;
  ASSERT_TRUE(write_file(files, "/a", "abc"));
  ASSERT_TRUE(files.flip("/a", 1, 5));
  EXPECT_EQ(read(files, "/a"), "aBc");
  files.crash();
  files.restart();
  EXPECT_EQ(read(files, "/a"), "aBc");
  EXPECT_EQ(files.flip("/a", 3).error().code, ErrorCode::out_of_range);
  EXPECT_EQ(files.flip("/b", 0).error().code, ErrorCode::not_found);
}

TEST(SimFiles, FillsUpAndGetsSpaceBack) {
  SimFiles files({.capacity_bytes = 100});
  auto file = files.open_append("/a", Files::Create::append);
  ASSERT_TRUE((*file)->append(std::string(60, 'x')));
  EXPECT_EQ(*files.free_bytes("/"), 40u);
  EXPECT_EQ((*file)->append(std::string(60, 'y')).error().code, ErrorCode::no_space);
  EXPECT_EQ(*files.free_bytes("/"), 0u);
  ASSERT_TRUE((*file)->truncate(60));
  ASSERT_TRUE((*file)->append(std::string(40, 'z')));  // A full disk is not the end of a file.
  EXPECT_EQ(files.open_durable("/log", kBlock).error().code, ErrorCode::no_space);
  ASSERT_TRUE(files.remove("/a"));
  EXPECT_EQ(*files.free_bytes("/"), 100u);
  files.set_capacity(1u << 20);
  ASSERT_TRUE(files.open_durable("/log", kBlock));
  EXPECT_EQ(*files.free_bytes("/"), (1u << 20) - kBlock);
  files.crash();
  files.restart();
  EXPECT_EQ(*files.free_bytes("/"), 1u << 20);
}

TEST(SimFiles, AFileWithoutANameLivesAsLongAsItsHandle) {
  SimFiles files;
  write(files, "/a", "1");
  auto reader = files.open_read("/a");
  ASSERT_TRUE(files.remove("/a"));
  char byte = 0;
  EXPECT_EQ(*(*reader)->read_at(0, {&byte, 1}), 1u);
  EXPECT_EQ(byte, '1');
}

TEST(SimFiles, EqualRunsHaveEqualTraces) {
  SimFiles one;
  SimFiles two;
  for (SimFiles* files : {&one, &two}) ASSERT_TRUE(write_file(*files, "/a", "1"));
  EXPECT_EQ(one.trace_hash(), two.trace_hash());
  ASSERT_TRUE(write_file(two, "/a", "1"));
  EXPECT_NE(one.trace_hash(), two.trace_hash());
  two.reset_operations();
  EXPECT_EQ(two.operation_count(), 0u);
}

TEST(SimFiles, ManyThreads) {
  SimFiles files;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&files, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string path = "/t" + std::to_string(t) + "_" + std::to_string(i);
        ASSERT_TRUE(write_file(files, path, path));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  files.crash();
  files.restart();
  EXPECT_EQ(files.list("/")->size(), 800u);
  EXPECT_EQ(read(files, "/t3_199"), "/t3_199");
}

}  // namespace
}  // namespace dyad
