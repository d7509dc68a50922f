#include "client/metric_samples.h"

#include <cstdlib>

namespace dyad::client {
namespace {

/// `text` behind '{'; false: not labels. Leaves what follows '}' in `text`.
bool take_labels(std::string_view& text, std::map<std::string, std::string>& labels) {
  while (!text.starts_with('}')) {
    const std::size_t equals = text.find("=\"");
    if (equals == std::string_view::npos) return false;
    std::string& value = labels[std::string(text.substr(0, equals))];
    text.remove_prefix(equals + 2);
    while (!text.empty() && text.front() != '"') {
      if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
      value += text.front();
      text.remove_prefix(1);
    }
    if (text.empty()) return false;
    text.remove_prefix(1);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  text.remove_prefix(1);
  return true;
}

std::optional<MetricSample> parse_line(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  MetricSample sample;
  const std::size_t name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return std::nullopt;
  sample.name = line.substr(0, name_end);
  line.remove_prefix(name_end);
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    if (!take_labels(line, sample.labels)) return std::nullopt;
  }
  if (!line.starts_with(' ')) return std::nullopt;
  const std::string number(line.substr(1));
  char* end = nullptr;
  sample.value = std::strtod(number.c_str(), &end);
  if (end == number.c_str()) return std::nullopt;
  return sample;
}

}  // namespace

MetricSamples::MetricSamples(std::string_view text) {
  while (!text.empty() && samples_.size() < kMaxSamples) {
    const std::size_t end = text.find('\n');
    if (auto sample = parse_line(text.substr(0, end))) samples_.push_back(std::move(*sample));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

const MetricSample* MetricSamples::find(std::string_view name) const {
  for (const MetricSample& sample : samples_)
    if (sample.name == name) return &sample;
  return nullptr;
}

std::optional<double> MetricSamples::value(std::string_view name) const {
  const MetricSample* sample = find(name);
  return sample == nullptr ? std::nullopt : std::optional<double>(sample->value);
}

std::string MetricSamples::label(std::string_view name, const std::string& label) const {
  const MetricSample* sample = find(name);
  if (sample == nullptr) return {};
  const auto found = sample->labels.find(label);
  return found == sample->labels.end() ? std::string() : found->second;
}

double MetricSamples::sum(std::string_view name, const std::string& label,
                          std::string_view prefix) const {
  double total = 0;
  for (const MetricSample& sample : samples_) {
    if (sample.name != name) continue;
    if (!label.empty()) {
      const auto found = sample.labels.find(label);
      if (found == sample.labels.end() || !found->second.starts_with(prefix)) continue;
    }
    total += sample.value;
  }
  return total;
}

}  // namespace dyad::client
