#pragma once

#include <string>
#include <vector>

#include "engine.h"

namespace dyad::bench {

/// The names of --only, and what they are. The order is that of a round.
enum class HttpCase : std::uint8_t { get_item, put_item, put_item_indexed, put_object, get_object };

struct HttpCaseName {
  HttpCase which;
  const char* name;
};
struct EngineCaseName {
  Engine::Operation which;
  const char* name;
};

inline constexpr HttpCaseName kHttpCases[] = {
    {HttpCase::get_item, "GetItem"},
    {HttpCase::put_item, "PutItem"},
    {HttpCase::put_item_indexed, "PutItem+GSI"},
    {HttpCase::put_object, "PutObject"},
    {HttpCase::get_object, "GetObject"},
};
inline constexpr EngineCaseName kEngineCases[] = {
    {Engine::Operation::transact, "engine/transact"},
    {Engine::Operation::get_item, "engine/GetItem"},
    {Engine::Operation::put_item, "engine/PutItem"},
    {Engine::Operation::put_item_indexed, "engine/PutItem+GSI"},
    {Engine::Operation::put_object, "engine/PutObject"},
    {Engine::Operation::get_object, "engine/GetObject"},
};

}  // namespace dyad::bench
