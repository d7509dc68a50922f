#include "memory_usage.h"

#include <fstream>
#include <sstream>
#include <string>

namespace dyad::bench {
namespace {

/// Of a line "VmRSS:     1234 kB".
std::int64_t bytes_of_line(const std::string& line) {
  std::istringstream fields(line);
  std::string name;
  std::int64_t kib = 0;
  fields >> name >> kib;
  return kib * 1024;
}

}  // namespace

Result<MemoryUse> memory_use_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  std::ifstream file(path);
  MemoryUse use;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) use.resident_bytes = bytes_of_line(line);
    if (line.starts_with("VmHWM:")) use.peak_bytes = bytes_of_line(line);
  }
  if (use.resident_bytes == 0) return fail(ErrorCode::not_found, path + " tells no memory");
  return use;
}

void reset_memory_peak(pid_t pid) {
  // proc(5): 5 sets the peak to what is resident now.
  std::ofstream("/proc/" + std::to_string(pid) + "/clear_refs") << "5\n";
}

}  // namespace dyad::bench
