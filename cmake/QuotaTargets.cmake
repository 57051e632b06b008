# quota_library(NAME SOURCES ... DEPS ...): one library a folder, with the alias quota::NAME.
# quota_binary(NAME SOURCES ... DEPS ...): one program.
# quota_test(NAME LABEL label SOURCES ... DEPS ...): one GoogleTest program, each of its cases a ctest entry.
include_guard()

option(QUOTA_WERROR "Treat warnings as errors" ON)
set(QUOTA_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize= (address,undefined or thread)")

add_library(quota_flags INTERFACE)
target_include_directories(quota_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(quota_flags INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(QUOTA_WERROR)
  target_compile_options(quota_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(quota_flags INTERFACE -Wthread-safety -Wno-unknown-warning-option)
endif()
if(QUOTA_SANITIZE)
  target_compile_options(quota_flags INTERFACE -fsanitize=${QUOTA_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(quota_flags INTERFACE -fsanitize=${QUOTA_SANITIZE})
  if(QUOTA_SANITIZE MATCHES "undefined")
    target_compile_options(quota_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()

function(quota_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(quota_${NAME} STATIC ${ARG_SOURCES})
  add_library(quota::${NAME} ALIAS quota_${NAME})
  target_link_libraries(quota_${NAME} PUBLIC quota_flags ${ARG_DEPS})
endfunction()

function(quota_binary NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE quota_flags ${ARG_DEPS})
endfunction()

function(quota_test NAME)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE quota_flags ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
