#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/operation.h"

namespace dyad::vectors {

/// An operation with fresh messages of it.
struct Messages {
  const protocol::Operation& operation;
  std::shared_ptr<void> input;
  std::shared_ptr<void> output;
};

/// By "rest-json/In3A". make_models.py writes the table.
using Factories = std::map<std::string, Messages (*)(), std::less<>>;
const Factories& factories();

}  // namespace dyad::vectors
