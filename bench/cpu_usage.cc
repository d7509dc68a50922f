#include "cpu_usage.h"

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace dyad::bench {
namespace {

std::int64_t us_of_ticks(std::int64_t ticks) {
  return ticks * 1'000'000 / ::sysconf(_SC_CLK_TCK);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Result<std::int64_t> cpu_clock_us(pid_t pid) {
  clockid_t clock;
  timespec used;
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    return fail(ErrorCode::not_found, "there is no process " + std::to_string(pid));
  return std::int64_t{used.tv_sec} * 1'000'000 + used.tv_nsec / 1000;
}

}  // namespace

Result<CpuTimes> cpu_times_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const std::string text = read_text(path);
  // The program's name, in parentheses, may hold anything; what follows it does not. utime and
  // stime are fields 14 and 15 (proc(5)), the 12th and 13th behind it.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return fail(ErrorCode::not_found, path + " cannot be read");
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::int64_t user = 0, system = 0;
  if (!(fields >> user >> system)) return fail(ErrorCode::not_found, path + " is cut short");
  DYAD_TRY_ASSIGN(const std::int64_t total_us, cpu_clock_us(pid));
  return CpuTimes{total_us, us_of_ticks(user), us_of_ticks(system)};
}

Result<std::int64_t> machine_busy_us() {
  std::istringstream fields(read_text("/proc/stat"));
  std::string name;
  std::int64_t user, nice, system, idle, iowait, irq, softirq, steal;
  if (!(fields >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal))
    return fail(ErrorCode::not_found, "/proc/stat cannot be read");
  return us_of_ticks(user + nice + system + irq + softirq + steal);
}

}  // namespace dyad::bench
