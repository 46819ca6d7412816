# SPDX-License-Identifier: Apache-2.0
# sn_pb_generate(): proto files to C structs and codec tables (tools/pbgen).

find_program(SN_PROTOC protoc REQUIRED)
find_path(SN_PROTOBUF_INCLUDE google/protobuf/descriptor.proto REQUIRED)

# sn_pb_generate(<target> PROTOS <file>... [ROOTS <folder>...] [DEPENDS <target>...]
#                [KEEP_UNKNOWN <message>...] [EMBED <name>])
# Static library <target> with the code of the proto files (named as they import each other, below
# proto/, ROOTS or where protobuf's own lie). #include "pb/a/b.h" is the code of a/b.proto. DEPENDS:
# libraries of the same kind with what the files import. KEEP_UNKNOWN: full names of messages that
# keep the fields they do not know. EMBED: pb_<name>_descriptors of "pb/<name>_descriptors.h" are the
# files themselves.
function(sn_pb_generate target)
  cmake_parse_arguments(ARG "" "EMBED" "PROTOS;ROOTS;DEPENDS;KEEP_UNKNOWN" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target})
  set(set ${out}/descriptors.binpb)
  set(files ${ARG_PROTOS})
  list(TRANSFORM files REPLACE "\\.proto$" "")
  list(TRANSFORM files PREPEND ${out}/pb/)
  set(sources ${files})
  if(ARG_EMBED)
    list(APPEND files ${out}/pb/${ARG_EMBED}_descriptors)
    list(APPEND sources ${out}/pb/${ARG_EMBED}_descriptors)
    set(embed --embed=${ARG_EMBED})
  endif()
  list(TRANSFORM sources APPEND .c)
  list(TRANSFORM files APPEND .h)
  list(APPEND files ${sources})
  set(roots ${PROJECT_SOURCE_DIR}/proto ${ARG_ROOTS} ${SN_PROTOBUF_INCLUDE})
  set(inputs)
  foreach(proto IN LISTS ARG_PROTOS)
    find_file(input ${proto} PATHS ${roots} NO_DEFAULT_PATH NO_CACHE REQUIRED)
    list(APPEND inputs ${input})
    unset(input)
  endforeach()
  list(TRANSFORM roots PREPEND -I)
  list(TRANSFORM ARG_KEEP_UNKNOWN PREPEND --keep-unknown=)
  file(MAKE_DIRECTORY ${out})

  add_custom_command(
    OUTPUT ${set}
    COMMAND ${SN_PROTOC} ${roots} --include_imports --descriptor_set_out=${set}
            ${ARG_PROTOS}
    DEPENDS ${inputs}
    COMMENT "Reading the proto files of ${target}"
    VERBATIM)
  add_custom_command(
    OUTPUT ${files}
    COMMAND ${PROJECT_SOURCE_DIR}/tools/pbgen --set ${set} --out ${out} ${embed}
            ${ARG_KEEP_UNKNOWN} --
            ${ARG_PROTOS}
    DEPENDS ${set} ${PROJECT_SOURCE_DIR}/tools/pbgen
    COMMENT "Writing the code of ${target}"
    VERBATIM)
  add_library(${target} STATIC ${files})
  target_include_directories(
    ${target} PUBLIC ${out} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${target} PUBLIC ${ARG_DEPENDS})
endfunction()
