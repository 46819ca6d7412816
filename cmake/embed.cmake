# SPDX-License-Identifier: Apache-2.0
# sn_embed(): files as part of the program. Run as a script (cmake -P) it writes one set's C code.

# sn_embed(<target> <set> <file>...): adds `sn_embedded_<set>` (src/driver/embedded.h) to <target>.
function(sn_embed target set)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embedded_${set}.c)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  string(REPLACE ";" "," list "${files}")
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DSET=${set} -DFILES=${list} -DOUT=${out} -P
            ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "Embedding ${set}"
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

set(code "#include \"driver/embedded.h\"\n\n")
set(rows "")
string(REPLACE "," ";" FILES "${FILES}")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND code "static const unsigned char bytes_${name}[] = {\n${bytes}};\n\n")
  string(APPEND rows "    {\"${name}\", {(const char *)bytes_${name}, sizeof(bytes_${name})}},\n")
endforeach()
string(APPEND code "const struct sn_embedded sn_embedded_${SET}[] = {\n${rows}    {0},\n};\n")
file(WRITE ${OUT} "${code}")
