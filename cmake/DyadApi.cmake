# `dyad_api(SERVICE DEPENDS floors... [API_DIR dir])` makes the library dyad_api_<service> of what tools/apigen
# writes from <dir>/<service>.json (api/ if no other is named) and its overlay into
# <build>/generated/api/<service>. Needs Python 3 and nothing more.
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

set(DYAD_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)

function(dyad_api service)
  cmake_parse_arguments(A "" "API_DIR" "DEPENDS" ${ARGN})
  if(NOT A_API_DIR)
    set(A_API_DIR ${CMAKE_SOURCE_DIR}/api)
  endif()
  file(GLOB generator CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/apigen/*.py)
  list(FILTER generator EXCLUDE REGEX "(_test|import_models)\\.py$")
  set(model ${A_API_DIR}/${service}.json ${A_API_DIR}/${service}.overlay.json)
  # The list of files follows from the model, so a changed model configures anew.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${model} ${generator})

  set(generate ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/tools/apigen/generate.py
               ${A_API_DIR} ${service} ${DYAD_GENERATED_DIR})
  execute_process(COMMAND ${generate} --list OUTPUT_VARIABLE files
                  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  add_custom_command(OUTPUT ${files} COMMAND ${generate} DEPENDS ${model} ${generator}
                     COMMENT "Generating the API of ${service}" VERBATIM)

  list(TRANSFORM A_DEPENDS PREPEND dyad_)
  add_library(dyad_api_${service} STATIC ${files})
  target_include_directories(dyad_api_${service} PUBLIC ${DYAD_GENERATED_DIR})
  target_link_libraries(dyad_api_${service} PUBLIC ${A_DEPENDS})
  # Compiling descriptors needs headers of the floors below, not their libraries.
  set_target_properties(dyad_api_${service} PROPERTIES OPTIMIZE_DEPENDENCIES ON)
endfunction()
