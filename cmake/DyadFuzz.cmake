# DYAD_FUZZ=ON, with Clang: the floors with coverage and sanitizers, for the programs of fuzz/. Such a build serves
# nothing else.
if(NOT DYAD_FUZZ)
  return()
endif()
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "DYAD_FUZZ needs Clang, for libFuzzer; this is ${CMAKE_CXX_COMPILER_ID}")
endif()

add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
                    -fno-omit-frame-pointer)
add_link_options(-fsanitize=address,undefined)
# Warnings are for the build with GCC.
add_compile_options(-w)
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -gline-tables-only")
