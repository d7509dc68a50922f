#include "test/hostile/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "crypto/digest.h"
#include "crypto/sigv4_signer.h"
#include "http/message.h"
#include "runtime/system_clock.h"
#include "test/support/server_process.h"

namespace dyad::proof {

Wire::Wire(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    return;
  }
  ::close(fd_);
  fd_ = -1;
}

Wire::~Wire() {
  if (fd_ >= 0) ::close(fd_);
}

void Wire::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd_);
  fd_ = -1;
}

bool Wire::wait(short events, int ms) const {
  pollfd one{fd_, events, 0};
  return ::poll(&one, 1, ms) > 0;
}

std::size_t Wire::send(std::string_view bytes, int stall_ms) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
    } else if (errno != EAGAIN || !wait(POLLOUT, stall_ms)) {
      break;
    }
  }
  return sent;
}

Wire::Came Wire::read_all(int stall_ms) {
  Came came{std::move(rest_), false};
  rest_.clear();
  char buffer[65536];
  while (wait(POLLIN, stall_ms)) {
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) {
      came.closed = true;
      break;
    }
    came.bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return came;
}

std::vector<int> Wire::Came::statuses() const {
  constexpr std::string_view kLine = "HTTP/1.1 ";
  std::vector<int> found;
  for (std::size_t at = bytes.find(kLine); at != std::string::npos;
       at = bytes.find(kLine, at + 1)) {
    const int status = std::atoi(bytes.c_str() + at + kLine.size());
    if (status >= 200) found.push_back(status);
  }
  return found;
}

int Wire::answer(int stall_ms) {
  char buffer[65536];
  while (true) {
    const std::size_t end = rest_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const int status = std::atoi(rest_.c_str() + 9);
      const std::size_t at = rest_.find("Content-Length: ");
      const std::size_t length = at < end ? std::strtoull(rest_.c_str() + at + 16, nullptr, 10) : 0;
      if (status < 200) {
        rest_.erase(0, end + 4);
        continue;
      }
      if (rest_.size() >= end + 4 + length) {
        body_ = rest_.substr(end + 4, length);
        rest_.erase(0, end + 4 + length);
        return status;
      }
    }
    if (fd_ < 0 || !wait(POLLIN, stall_ms)) return 0;
    const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return 0;
    rest_.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string signed_request(const std::string& address, const Fields& fields, std::string_view body,
                           bool framed) {
  const bool is_s3 = fields.target.empty();
  crypto::Sigv4Signer signer({kAccessKeyId, kSecretAccessKey, {}},
                             is_s3 ? crypto::SignatureStyle::s3 : crypto::SignatureStyle::other,
                             "us-east-1", is_s3 ? "s3" : "dynamodb");
  const std::string target = "DynamoDB_20120810." + fields.target;
  std::vector<http::Header> headers = {{"host", address}};
  if (!is_s3) headers.push_back({"x-amz-target", target});
  crypto::RequestView view;
  view.method = fields.method;
  view.path = fields.path;
  view.query = fields.query;
  view.headers = headers;
  const auto hash = crypto::sha256_hex(body);
  const std::string_view payload =
      is_s3 ? std::string_view("UNSIGNED-PAYLOAD") : std::string_view(hash.data(), hash.size());
  const auto made = signer.sign(view, payload, SystemClock().wall_ms());
  std::string text = fmt::format("{} {}{}{} HTTP/1.1\r\n", fields.method, fields.path,
                                 fields.query.empty() ? "" : "?", fields.query);
  for (const http::Header& each : headers) text += fmt::format("{}: {}\r\n", each.name, each.value);
  for (const auto& each : made.headers) text += fmt::format("{}: {}\r\n", each.name, each.value);
  text += fields.unsigned_lines;
  if (framed) text += fmt::format("Content-Length: {}\r\n", body.size());
  text += "\r\n";
  return text.append(body);
}

std::uint64_t memory_kib(pid_t pid, const std::string& field) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(field)) return std::stoull(line.substr(field.size()));
  return 0;
}

std::size_t open_sockets(pid_t pid) {
  std::size_t count = 0;
  std::error_code gone;
  for (const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), gone)) {
    const std::filesystem::path to = std::filesystem::read_symlink(entry.path(), gone);
    if (to.string().starts_with("socket:")) ++count;
  }
  return count;
}

std::size_t raise_descriptors() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

}  // namespace dyad::proof
