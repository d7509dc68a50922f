# DYAD_SANITIZE=address or thread: flags for everything that is compiled and linked. How the sanitizers behave
# at run time (options, suppressions) is in test/sanitize.
if(NOT DYAD_SANITIZE)
  return()
endif()

set(sanitize_flags_address -fsanitize=address,undefined -fno-sanitize-recover=undefined)
set(sanitize_flags_thread -fsanitize=thread)
if(NOT DEFINED sanitize_flags_${DYAD_SANITIZE})
  message(FATAL_ERROR "DYAD_SANITIZE is '${DYAD_SANITIZE}'; it may be address or thread")
endif()

add_compile_options(${sanitize_flags_${DYAD_SANITIZE}} -fno-omit-frame-pointer)
add_link_options(${sanitize_flags_${DYAD_SANITIZE}})
# A coroutine hands over to the next one by a tail call, without which a long loop of awaits would fill the stack.
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1 -foptimize-sibling-calls")
if(DYAD_SANITIZE STREQUAL "thread")
  # Asio's fences are not understood; what they order, each reactor's own handlers, is in one thread.
  add_compile_options(-Wno-tsan)
endif()
