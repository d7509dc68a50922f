#include "test/overload/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

namespace dyad::proof {
namespace {

constexpr std::size_t kMaxAnswerBytes = 1u << 20;
constexpr int kEventsPerCall = 256;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// A blocking connect, then no more blocking. -1: errno says why.
int connect_to(const sockaddr_in& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

bool refused_for_now(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 400 ") && answer.contains("#ThrottlingException\"");
}

/// Of an answer to a read: each item has its key once.
std::uint64_t items_in(std::string_view answer) {
  constexpr std::string_view key = "\"k\":";
  std::uint64_t items = 0;
  for (std::size_t at = answer.find(key); at != std::string_view::npos;
       at = answer.find(key, at + key.size()))
    ++items;
  return items;
}

}  // namespace

std::uint32_t quantile(std::vector<std::uint32_t> values, double share) {
  if (values.empty()) return 0;
  const auto at = std::min(values.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

Result<std::unique_ptr<Load>> Load::connect(const std::string& address, std::size_t connections,
                                            const std::vector<WireRequest>& requests) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  if (::inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) != 1)
    return fail(ErrorCode::invalid_argument, address + " is no address of version 4");
  std::unique_ptr<Load> load(new Load(requests));
  load->epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  load->connections_.resize(connections);
  for (Connection& connection : load->connections_) {
    connection.fd = connect_to(peer);
    if (connection.fd < 0)
      return fail(ErrorCode::io_error, std::string("cannot connect: ") + std::strerror(errno));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.ptr = &connection;
    if (::epoll_ctl(load->epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0)
      return fail(ErrorCode::io_error, "epoll_ctl failed");
  }
  return load;
}

Load::~Load() {
  for (const Connection& connection : connections_)
    if (connection.fd >= 0) ::close(connection.fd);
  if (epoll_ >= 0) ::close(epoll_);
}

void Load::give_up(Connection& connection, std::string_view why, LoadOutcome& outcome) {
  if (outcome.other++ == 0) outcome.first_other = why;
  ::close(connection.fd);
  connection.fd = -1;
  connection.request = nullptr;
}

void Load::send_next(Connection& connection, LoadOutcome& outcome) {
  connection.request = &requests_[next_request_++ % requests_.size()];
  connection.answer.clear();
  connection.sent_us = now_us();
  ++outcome.sent;
  ++waiting_;
  const std::string& bytes = connection.request->bytes;
  const ssize_t count =
      ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count == static_cast<ssize_t>(bytes.size())) return;
  // A socket whose last answer was read takes a small request whole.
  --waiting_;
  give_up(connection, "a request was not taken by the socket", outcome);
}

/// Is the answer there to its last byte? Answers of these operations always tell their length.
bool Load::whole(const std::string& answer) {
  const std::size_t head = answer.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  constexpr std::string_view field = "\r\nContent-Length: ";
  const std::size_t at = answer.find(field);
  if (at == std::string::npos || at > head) return true;
  std::size_t length = 0;
  std::from_chars(answer.data() + at + field.size(), answer.data() + head, length);
  return answer.size() >= head + 4 + length;
}

void Load::count(const Connection& connection, std::int64_t now, LoadOutcome& outcome) {
  const auto took_us = static_cast<std::uint32_t>(now - connection.sent_us);
  const WireRequest& request = *connection.request;
  const std::string& answer = connection.answer;
  if (answer.starts_with("HTTP/1.1 200 ")) {
    ++outcome.served;
    outcome.served_us.push_back(took_us);
    if (request.writes) {
      if (outcome.written.size() <= request.group) outcome.written.resize(request.group + 1);
      outcome.written[request.group] = true;
    } else {
      outcome.items_read += items_in(answer);
    }
  } else if (refused_for_now(answer)) {
    ++outcome.refused;
    outcome.refused_us.push_back(took_us);
  } else if (outcome.other++ == 0) {
    outcome.first_other = answer;
  }
}

void Load::receive(Connection& connection, LoadOutcome& outcome) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = ::recv(connection.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const bool was_waiting = connection.request != nullptr;
  if (count <= 0 || !was_waiting || connection.answer.size() > kMaxAnswerBytes) {
    if (was_waiting) --waiting_;
    return give_up(connection, "a connection ended", outcome);
  }
  connection.answer.append(buffer.data(), static_cast<std::size_t>(count));
  if (!whole(connection.answer)) return;
  --waiting_;
  Load::count(connection, now_us(), outcome);
  connection.request = nullptr;
  idle_.push_back(&connection);
}

LoadOutcome Load::run(const LoadPlan& plan) {
  LoadOutcome outcome;
  idle_.clear();
  const std::size_t use = plan.connections == 0 ? connections_.size() : plan.connections;
  for (std::size_t i = 0; i < std::min(use, connections_.size()); ++i)
    if (connections_[i].fd >= 0) idle_.push_back(&connections_[i]);
  const std::int64_t began_us = now_us();
  const std::int64_t duration_ms = plan.requests > 0 ? kMaxWaitMs : plan.duration_ms;
  const std::int64_t end_us = began_us + duration_ms * 1000;
  const std::uint64_t most = plan.requests > 0 ? plan.requests : UINT64_MAX;
  const std::int64_t last_us = end_us + kMaxWaitMs * 1000;
  std::array<epoll_event, kEventsPerCall> events;
  for (std::int64_t now = began_us;
       (now < end_us && outcome.sent < most) || (waiting_ > 0 && now < last_us); now = now_us()) {
    std::uint64_t to_send = 0;
    if (now < end_us && plan.rate_per_s == 0) {
      to_send = idle_.size();
      outcome.due += to_send;
    } else if (now < end_us) {
      const auto due =
          static_cast<std::uint64_t>(static_cast<double>(now - began_us) / 1e6 * plan.rate_per_s);
      to_send = due - outcome.due;
      outcome.due = due;
    }
    for (; to_send > 0 && !idle_.empty() && outcome.sent < most; --to_send) {
      Connection& connection = *idle_.back();
      idle_.pop_back();
      send_next(connection, outcome);
    }
    const int count = ::epoll_wait(epoll_, events.data(), kEventsPerCall, 1);
    for (int i = 0; i < count; ++i)
      receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr), outcome);
  }
  outcome.seconds = static_cast<double>(plan.duration_ms) / 1000;
  for (Connection& connection : connections_)
    if (connection.request != nullptr) give_up(connection, "an answer stayed out", outcome);
  waiting_ = 0;
  return outcome;
}

}  // namespace dyad::proof
