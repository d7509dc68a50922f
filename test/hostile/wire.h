#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dyad::proof {

/// A raw connection to a server of loopback: what it sends is nobody's business. Blocking.
class Wire {
 public:
  explicit Wire(const std::string& address);
  ~Wire();
  Wire(Wire&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Wire& operator=(Wire&& other) noexcept {
    std::swap(fd_, other.fd_);
    rest_.clear();
    return *this;
  }
  Wire(const Wire&) = delete;

  bool connected() const { return fd_ >= 0; }
  /// Until all is sent, the server closes, or it takes nothing for so long; the bytes that it took.
  std::size_t send(std::string_view bytes, int stall_ms = 10'000);
  /// What comes until the server closes, or nothing does for so long.
  struct Came {
    std::string bytes;
    bool closed = false;
    /// Final answers in it: status lines that are not 1xx.
    std::vector<int> statuses() const;
  };
  Came read_all(int stall_ms = 10'000);
  /// One answer with its body, by Content-Length; 0: none came.
  int answer(int stall_ms = 20'000);
  const std::string& body() const { return body_; }
  /// A reset instead of an orderly end.
  void reset();

 private:
  bool wait(short events, int ms) const;
  int fd_ = -1;
  std::string rest_;
  std::string body_;
};

struct Fields {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  /// Lines with their CR LF that are sent and not signed.
  std::string unsigned_lines = {};
  std::string target = {};  ///< Of DynamoDB: "PutItem"; "": S3, whose body is not signed.
};
/// Head and body, signed with the pair of every server of a test. With `framed` the Content-Length
/// is added.
std::string signed_request(const std::string& address, const Fields& fields, std::string_view body,
                           bool framed = true);

/// A line of /proc/<pid>/status in KiB: "VmRSS:".
std::uint64_t memory_kib(pid_t pid, const std::string& field);
/// How many sockets a process has open.
std::size_t open_sockets(pid_t pid);
/// As many file descriptors as this process may have, and its children.
std::size_t raise_descriptors();

}  // namespace dyad::proof
