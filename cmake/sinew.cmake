# SPDX-License-Identifier: Apache-2.0
# sn_layer(): one folder of src/ = one static library and the unit tests beside its files.

find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
find_package(Threads REQUIRED)

# sn_layer(<name> SOURCES <file>... [DEPENDS <target>...])
# Library sinew_<name> of the current folder. Each <x>_test.c of the folder becomes the program and
# ctest test <name>/<x>, linked with the library, cmocka and sinew_testing where that exists.
function(sn_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;TEST_DEPENDS" ${ARGN})
  add_library(sinew_${name} STATIC ${ARG_SOURCES})
  target_include_directories(sinew_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                                  ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(sinew_${name} PUBLIC ${ARG_DEPENDS})
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.c)
  foreach(test IN LISTS tests)
    get_filename_component(stem ${test} NAME_WE)
    string(REGEX REPLACE "_test$" "" stem ${stem})
    sn_test(${name}/${stem} ${test} sinew_${name} ${ARG_TEST_DEPENDS})
  endforeach()
endfunction()

# sn_test(<name> <source> <library>...): one cmocka program, one ctest test.
function(sn_test name source)
  string(REPLACE "/" "-" target "test-${name}")
  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE ${ARGN} PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${target})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 180 SKIP_RETURN_CODE 77
                                          ENVIRONMENT SINEW_LIBEXEC=${SN_BIN_DIR})
endfunction()

# What `make build` makes: no tests.
add_custom_target(programs)

# sn_program(<name> <source> <library>...): a program for people, in SN_BIN_DIR, installed.
function(sn_program name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${SN_BIN_DIR})
  add_dependencies(programs ${name})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# sn_helper(<name> <source>...): a program for our programs, beside them in SN_BIN_DIR.
function(sn_helper name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${SN_BIN_DIR})
  add_dependencies(programs ${name})
  install(TARGETS ${name} RUNTIME DESTINATION libexec/sinew)
endfunction()
