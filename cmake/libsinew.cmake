# SPDX-License-Identifier: Apache-2.0
# libsinew: what modules are made with, as a shared and a static library that show the public headers'
# symbols and nothing else, and what programs that use them find them by.

set(SN_SO_VERSION 0) # counted up with every change that old modules can't run with

# All of these, since headers say so; of the others what they need.
set(shown sinew_api sinew_rpc sinew_wire_pb sinew_pb sinew_base)
set(needed sinew_http2 sinew_transport sinew_reflection sinew_health sinew_health_pb sinew_resource sinew_net sinew_loop sinew_wire_grpc
    sinew_media sinew_spatial)
set(headers ${PROJECT_SOURCE_DIR}/include)
get_target_property(generated sinew_pb BINARY_DIR)
set(generated ${generated}/sinew_pb)
set(map ${CMAKE_CURRENT_BINARY_DIR}/libsinew.map)
set(list ${CMAKE_CURRENT_BINARY_DIR}/libsinew.symbols)
file(GLOB_RECURSE public CONFIGURE_DEPENDS ${headers}/*.h)
add_custom_command(
  OUTPUT ${map} ${list}
  COMMAND ${PROJECT_SOURCE_DIR}/tools/public-symbols --cc ${CMAKE_C_COMPILER} --map ${map} --list ${list}
          ${headers} ${generated}
  DEPENDS ${public} sinew_pb ${PROJECT_SOURCE_DIR}/tools/public-symbols
  VERBATIM)
add_custom_target(sinew_symbols DEPENDS ${map} ${list})

list(TRANSFORM shown REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_library(sinew SHARED $<TARGET_OBJECTS:sinew_sdk> ${objects})
set_target_properties(
  sinew PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${SN_SO_VERSION} LINK_DEPENDS ${map}
                   LIBRARY_OUTPUT_DIRECTORY ${SN_LIB_DIR} LINKER_LANGUAGE C)
target_link_options(sinew PRIVATE -Wl,--version-script=${map} -Wl,-z,defs)
target_link_libraries(sinew PRIVATE ${needed})
add_dependencies(sinew sinew_symbols)

# One object, in which other names are local. Without link-time code, which only the same compiler
# could read.
set(archive ${SN_LIB_DIR}/libsinew.a)
set(object ${CMAKE_CURRENT_BINARY_DIR}/libsinew.o)
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  set(plain ${CMAKE_C_COMPILE_OPTIONS_IPO} -O2 -ffunction-sections -fdata-sections -fPIC
      -flinker-output=nolto-rel)
endif()
list(TRANSFORM needed REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE needed_files)
add_custom_command(
  OUTPUT ${archive}
  COMMAND ${CMAKE_C_COMPILER} ${plain} -r -nostdlib -o ${object} $<TARGET_OBJECTS:sinew_sdk> ${objects}
          -Wl,--start-group ${needed_files} -Wl,--end-group
  COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${list} ${object}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
  COMMAND ${CMAKE_AR} rcs ${archive} ${object}
  DEPENDS sinew_sdk ${shown} ${needed} ${list}
  VERBATIM COMMAND_EXPAND_LISTS)
add_custom_target(sinew_static DEPENDS ${archive})
add_dependencies(programs sinew sinew_static)

# ---- what is installed besides ----

set(package ${CMAKE_CURRENT_BINARY_DIR}/package)
# Of pkg-config's names, for who links the static library.
set(SINEW_NEEDS "expat jansson libcrypto libjpeg libnghttp2 libpng libssl libuv zlib")
configure_file(${PROJECT_SOURCE_DIR}/cmake/sinew.pc.in ${package}/sinew.pc @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/cmake/SinewConfig.cmake.in ${package}/SinewConfig.cmake @ONLY)
include(CMakePackageConfigHelpers)
write_basic_package_version_file(${package}/SinewConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS sinew LIBRARY DESTINATION lib)
install(FILES ${archive} DESTINATION lib)
install(FILES ${package}/sinew.pc DESTINATION lib/pkgconfig)
install(FILES ${package}/SinewConfig.cmake ${package}/SinewConfigVersion.cmake DESTINATION lib/cmake/Sinew)
install(DIRECTORY ${headers}/sinew DESTINATION include)
# Not beside the others: pb/… is what they are included as, and sinew/time.h is no <time.h>.
install(DIRECTORY ${generated}/pb DESTINATION include/sinew/schema FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/ DESTINATION share/sinew/proto FILES_MATCHING PATTERN "*.proto")
install(PROGRAMS ${PROJECT_SOURCE_DIR}/tools/pbgen DESTINATION bin RENAME sinew-pbgen)
