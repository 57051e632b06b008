# quota_library(NAME [NO_UNITY] SOURCES ... DEPS ...): one library a folder, with the alias
#   quota::NAME. NO_UNITY: names of its sources clash; see the option QUOTA_UNITY.
# quota_binary(NAME SOURCES ... DEPS ...): one program, written to bin/ of the build tree.
# quota_test(NAME LABEL label... [TIMEOUT seconds] SOURCES ... DEPS ...): one GoogleTest program,
#   each of its cases a ctest entry. Tests that also run under ThreadSanitizer carry the second
#   label tsan; they may use nothing of gRPC or RocksDB, which Debian builds without it.
include_guard()

option(QUOTA_WERROR "Treat warnings as errors" ON)
# Most of what a compiler does for one of our sources is to read headers: in one go for a few of
# them, a clean build takes much less time. The names of a target's sources must differ
# then, those in anonymous namespaces too. Off where one file is compiled again and again.
option(QUOTA_UNITY "Compile a few sources of a target in one go" OFF)
if(QUOTA_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 10)
endif()
option(QUOTA_FUZZ "Instrument everything for libFuzzer, and link tests/fuzz with it (Clang)" OFF)
set(QUOTA_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize= (address,undefined or thread)")

add_custom_target(quota_tests COMMENT "All tests")
add_custom_target(quota_tsan_tests COMMENT "Tests labelled tsan")

add_library(quota_flags INTERFACE)
target_include_directories(quota_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(quota_flags INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(QUOTA_WERROR)
  target_compile_options(quota_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports it falsely inside std::string: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  target_compile_options(quota_flags INTERFACE -Wno-restrict)
  # And this one for an InlinedVector of plain structs, which is copied as a block of bytes.
  target_compile_options(quota_flags INTERFACE -Wno-maybe-uninitialized)
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
if(QUOTA_FUZZ)
  target_compile_options(quota_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(quota_library NAME)
  cmake_parse_arguments(ARG "NO_UNITY" "" "SOURCES;DEPS" ${ARGN})
  add_library(quota_${NAME} STATIC ${ARG_SOURCES})
  if(ARG_NO_UNITY)
    set_target_properties(quota_${NAME} PROPERTIES UNITY_BUILD OFF)
  endif()
  add_library(quota::${NAME} ALIAS quota_${NAME})
  target_link_libraries(quota_${NAME} PUBLIC quota_flags ${ARG_DEPS})
endfunction()

function(quota_binary NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  target_link_libraries(${NAME} PRIVATE quota_flags ${ARG_DEPS})
endfunction()

function(quota_test NAME)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABEL;SOURCES;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    message(FATAL_ERROR "quota_test(${NAME}): LABEL is missing")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE quota_flags ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST TEST_LIST ${NAME}_cases
                       PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  quota_label_cases(${NAME} "${ARG_LABEL}")
  add_dependencies(quota_tests ${NAME})
  if(tsan IN_LIST ARG_LABEL)
    add_dependencies(quota_tsan_tests ${NAME})
  endif()
endfunction()

# gtest_discover_tests() keeps only the first of several labels: they are set by a file of our own
# that ctest reads after the list of cases.
function(quota_label_cases NAME LABELS)
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${NAME}_labels.cmake")
  file(CONFIGURE OUTPUT "${script}" @ONLY CONTENT [[
foreach(case IN LISTS @NAME@_cases)
  set_tests_properties("${case}" PROPERTIES LABELS "@LABELS@")
endforeach()
]])
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
endfunction()
