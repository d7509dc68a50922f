#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dyad::client {

/// One line of the Prometheus text format: name{label="value"} number.
struct MetricSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// What a /metrics page says. Lines that are no samples are passed over.
class MetricSamples {
 public:
  static constexpr std::size_t kMaxSamples = 100'000;
  explicit MetricSamples(std::string_view text);

  /// The first sample of that name; none: there is none.
  std::optional<double> value(std::string_view name) const;
  std::string label(std::string_view name, const std::string& label) const;
  /// The sum over all samples of that name whose label begins with `prefix`.
  double sum(std::string_view name, const std::string& label = {},
             std::string_view prefix = {}) const;

 private:
  const MetricSample* find(std::string_view name) const;
  std::vector<MetricSample> samples_;
};

}  // namespace dyad::client
