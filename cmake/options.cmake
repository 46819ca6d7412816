# SPDX-License-Identifier: Apache-2.0
# What every target is compiled with. The presets choose among the options below.

set(SN_SANITIZE "" CACHE STRING "Sanitizers: empty, address,undefined or thread")
option(SN_COVERAGE "Count executed lines (gcov)" OFF)
option(SN_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(SN_BIN_DIR "${CMAKE_BINARY_DIR}/bin" CACHE PATH "Where the programs are put")
set(SN_LIB_DIR "${CMAKE_BINARY_DIR}/lib" CACHE PATH "Where libraries for users are put")
set(SN_EXAMPLES_DIR "${CMAKE_BINARY_DIR}/examples" CACHE PATH "Where the examples are put")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wno-unused-parameter -Werror -Wmissing-prototypes -Wstrict-prototypes -Wundef -Wshadow -Wvla
  -Wpointer-arith -Wwrite-strings -Wformat=2 -Wimplicit-fallthrough
  -fno-common -fstack-protector-strong -ffunction-sections -fdata-sections
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_link_options(-Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now)

if(SN_SANITIZE)
  add_compile_options(-fsanitize=${SN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SN_SANITIZE})
  if(SN_SANITIZE STREQUAL "thread")
    add_compile_options("$<$<COMPILE_LANGUAGE:C>:SHELL:-include ${CMAKE_SOURCE_DIR}/tools/tsan.h>")
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-D_FORTIFY_SOURCE=2)
endif()
if(SN_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(SN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
