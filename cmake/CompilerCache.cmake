# Compiles through ccache where it is installed. Paths inside the project are stored relative to it,
# so that a fresh clone in another folder finds what an earlier one compiled.
include_guard()

find_program(QUOTA_CCACHE ccache)
mark_as_advanced(QUOTA_CCACHE)
if(QUOTA_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      "${QUOTA_CCACHE}")
endif()
