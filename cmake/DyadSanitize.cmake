# DYAD_SANITIZE=address or thread: flags for everything that is compiled and linked. How the sanitizers behave
# at run time (options, suppressions) is in test/sanitize. Time-outs of tests are multiplied by DYAD_TEST_PATIENCE.
set(DYAD_TEST_PATIENCE 1)
function(dyad_test_timeout name seconds)
  math(EXPR patient "${seconds} * ${DYAD_TEST_PATIENCE}")
  set_tests_properties(${name} PROPERTIES TIMEOUT ${patient})
endfunction()
if(NOT DYAD_SANITIZE)
  return()
endif()
set(DYAD_TEST_PATIENCE 10)

set(sanitize_flags_address -fsanitize=address,undefined -fno-sanitize-recover=undefined)
set(sanitize_flags_thread -fsanitize=thread)
if(NOT DEFINED sanitize_flags_${DYAD_SANITIZE})
  message(FATAL_ERROR "DYAD_SANITIZE is '${DYAD_SANITIZE}'; it may be address or thread")
endif()

# What the sanitizers add to a function makes GCC 12 take an empty std::optional for one that is read: that warning is
# believed of the ordinary build alone.
add_compile_options(${sanitize_flags_${DYAD_SANITIZE}} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
add_link_options(${sanitize_flags_${DYAD_SANITIZE}})
# Coroutines hand over to each other by tail calls, which GCC does not make where the sanitizers watch the stack: a
# long loop of awaits is deep, and needs the stack that `./x` asks for. What is not watched still gets them.
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1 -foptimize-sibling-calls")
