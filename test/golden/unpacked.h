#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "base/check.h"
#include "test/support/temporary_directory.h"

namespace dyad::proof {

/// A golden directory of the name, unpacked for this test alone.
class Unpacked {
 public:
  explicit Unpacked(const std::string& name) : name_(name) {
    const std::string command = "cd '" + temporary_.path() + "' && '" DYAD_CMAKE "' -E tar xf '" +
                                std::string(DYAD_GOLDEN) + "/" + name + ".tar.xz'";
    DYAD_CHECK(std::system(command.c_str()) == 0);
  }
  std::string path() const { return temporary_.path() + "/" + name_; }
  /// What a survey of it must say.
  std::string manifest() const { return read(std::string(DYAD_GOLDEN) + "/" + name_ + ".txt"); }

  static std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return std::move(text).str();
  }
  static void write(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
  /// Every file below `directory`, by path.
  static std::map<std::string, std::string> files(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
      if (entry.is_regular_file()) files[entry.path()] = read(entry.path());
    return files;
  }

 private:
  std::string name_;
  TemporaryDirectory temporary_;
};

}  // namespace dyad::proof
