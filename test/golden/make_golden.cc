// make_golden DIRECTORY: writes the golden directories DIRECTORY/v2-clean and DIRECTORY/v2-killed
// and beside each the survey of what it holds. By hand, once a format version; see README.md.

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "test/golden/contents.h"
#include "test/golden/survey.h"

namespace {

using namespace dyad;
using proof::GoldenData;
namespace fs = std::filesystem;

/// One sitting: open, write, and the orderly close or the kill.
using Write = Result<> (*)(GoldenData&);
Result<> sit(const std::string& directory, Write write, bool killed) {
  store::EmbeddedOptions options = proof::golden_options();
  // Rows reach files early, so that segments retire; in the last sitting they do not.
  if (!killed) options.max_replay_bytes = 16u << 10;
  DYAD_TRY_ASSIGN(std::unique_ptr<GoldenData> data, GoldenData::open(directory, options));
  DYAD_TRY(write(*data));
  if (killed) std::raise(SIGKILL);
  return data->close();
}

/// In a process of its own, for it may be killed.
bool sit_apart(const std::string& directory, Write write, bool killed) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<> done = sit(directory, write, killed);
    if (!done) fmt::print(stderr, "{}\n", done.error().to_string());
    ::_exit(done ? 0 : 1);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return false;
  if (killed) return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Of a copy: opening changes a directory.
Result<> write_survey(const std::string& directory) {
  const std::string copy = directory + ".copy";
  fs::copy(directory, copy, fs::copy_options::recursive);
  DYAD_TRY_ASSIGN(std::unique_ptr<GoldenData> data,
                  GoldenData::open(copy, proof::golden_options()));
  DYAD_TRY_ASSIGN(const std::string text, proof::survey(*data));
  DYAD_TRY(data->close());
  fs::remove_all(copy);
  std::ofstream(directory + ".txt") << text;
  return {};
}

bool make(const std::string& where) {
  const std::string clean = where + "/v2-clean", killed = where + "/v2-killed";
  if (!sit_apart(clean, proof::write_early, false)) return false;
  if (!sit_apart(clean, proof::write_middle, false)) return false;
  fs::copy(clean, killed, fs::copy_options::recursive);
  if (!sit_apart(killed, proof::write_late, true)) return false;
  for (const std::string& directory : {clean, killed}) {
    const Result<> written = write_survey(directory);
    if (!written) fmt::print(stderr, "{}: {}\n", directory, written.error().to_string());
    if (!written) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: make_golden DIRECTORY\n");
    return 2;
  }
  return make(argv[1]) ? 0 : 1;
}
