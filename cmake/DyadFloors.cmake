# A folder of src/ is one library target. `dyad_floor(NAME DEPENDS ... LIBRARIES ...)` makes it of
# the folder's sources, and `NAME_test` of its *_test.cc files. DEPENDS names the floors below that it
# may include; tools/check_floors.py holds every #include against these lines.
function(dyad_floor name)
  cmake_parse_arguments(F "" "" "DEPENDS;LIBRARIES;TEST_DEPENDS;TEST_LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  set(target dyad_${name})
  list(TRANSFORM F_DEPENDS PREPEND dyad_)
  list(TRANSFORM F_TEST_DEPENDS PREPEND dyad_)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${F_DEPENDS} PRIVATE ${F_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${F_DEPENDS})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${target} ${F_TEST_DEPENDS} ${F_TEST_LIBRARIES}
                                               ${F_LIBRARIES} GTest::gtest GTest::gtest_main)
    # DYAD_SEED in the environment replays a run of a randomised test.
    add_test(NAME ${name} COMMAND ${name}_test)
    dyad_test_timeout(${name} 600)
  endif()
endfunction()
