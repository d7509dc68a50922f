# dyad_malloc(PROGRAM): mimalloc's malloc for all that PROGRAM links; called before its other libraries are named, since
# the first to define malloc has it. What one thread allocates here another often frees. A sanitizer brings its own.
function(dyad_malloc program)
  if(DYAD_SANITIZE)
    return()
  endif()
  find_package(mimalloc 2.0 REQUIRED)
  target_link_libraries(${program} PRIVATE mimalloc)
endfunction()
