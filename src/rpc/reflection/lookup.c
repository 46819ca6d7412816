/* SPDX-License-Identifier: Apache-2.0
 *
 * The built-in files by name and by what they declare.
 */
#include "rpc/reflection/files.h"

#include <stdlib.h>

static int compare_symbol(const void *key, const void *element)
{
    const struct sn_str *name = key;
    const char *other = ((const struct sn_proto_symbol *)element)->name;
    int order = strncmp(name->ptr, other, name->len);

    return order ? order : -(other[name->len] != '\0');
}

const struct sn_proto_file *sn_proto_file_declaring(struct sn_str symbol)
{
    const struct sn_proto_symbol *found =
        symbol.len && !memchr(symbol.ptr, '\0', symbol.len)
            ? bsearch(&symbol, sn_proto_symbols, sn_proto_symbol_count, sizeof(*found),
                      compare_symbol)
            : NULL;

    return found ? &sn_proto_files[found->file] : NULL;
}

const struct sn_proto_file *sn_proto_file_named(struct sn_str name)
{
    for (size_t i = 0; i < sn_proto_file_count; i++)
        if (sn_str_is(name, sn_proto_files[i].name))
            return &sn_proto_files[i];
    return NULL;
}
