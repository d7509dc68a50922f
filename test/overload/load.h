#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad::proof {

/// A request as it goes over the wire, head and body; signed beforehand, so that sending one costs
/// its system calls alone. It may be sent many times.
struct WireRequest {
  std::string bytes;
  std::uint32_t group = 0;  ///< Which group of items it writes or reads.
  bool writes = false;
};

struct LoadPlan {
  /// Requests a second, whatever became of the ones before; 0: each connection sends again as soon
  /// as it is answered.
  double rate_per_s = 0;
  std::int64_t duration_ms = 1000;
  /// Not 0: so many requests, whatever time they take.
  std::uint64_t requests = 0;
  /// Of those that the load has; 0: all.
  std::size_t connections = 0;
};

/// What became of the requests of one run. Latencies are those from sending to the answer's last
/// byte, in microseconds.
struct LoadOutcome {
  std::uint64_t due = 0;   ///< By the plan.
  std::uint64_t sent = 0;  ///< The rest found every connection waiting for an answer.
  std::uint64_t served = 0;
  std::uint64_t refused = 0;  ///< With the error that clients try again.
  std::uint64_t other = 0;    ///< Any other answer, connections that ended, answers that stay out.
  std::string first_other;    ///< One of them.
  std::vector<std::uint32_t> served_us;
  std::vector<std::uint32_t> refused_us;
  std::vector<bool> written;     ///< By group: was a write of it acknowledged?
  std::uint64_t items_read = 0;  ///< That reads have found.
  double seconds = 0;

  double served_per_s() const { return static_cast<double>(served) / seconds; }
};

/// The value below which `share` of them lie. 0: there are none.
std::uint32_t quantile(std::vector<std::uint32_t> values, double share);

/// Many keep-alive connections to one server, driven by the calling thread.
class Load {
 public:
  /// `requests` are sent in turns, by one run after the other; they outlive it.
  static Result<std::unique_ptr<Load>> connect(const std::string& address, std::size_t connections,
                                               const std::vector<WireRequest>& requests);
  ~Load();

  /// Answers that are still out after `duration_ms` are waited for, up to kMaxWaitMs.
  LoadOutcome run(const LoadPlan& plan);

  static constexpr std::int64_t kMaxWaitMs = 10'000;

 private:
  struct Connection {
    int fd = -1;
    const WireRequest* request = nullptr;  ///< Null: idle.
    std::int64_t sent_us = 0;
    std::string answer;
  };

  explicit Load(const std::vector<WireRequest>& requests) : requests_(requests) {}
  void send_next(Connection& connection, LoadOutcome& outcome);
  void receive(Connection& connection, LoadOutcome& outcome);
  static bool whole(const std::string& answer);
  static void count(const Connection& connection, std::int64_t now_us, LoadOutcome& outcome);
  static void give_up(Connection& connection, std::string_view why, LoadOutcome& outcome);

  const std::vector<WireRequest>& requests_;
  std::size_t next_request_ = 0;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;  ///< Of those that the run under way uses.
  std::size_t waiting_ = 0;
};

}  // namespace dyad::proof
