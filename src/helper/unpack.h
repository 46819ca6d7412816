/* SPDX-License-Identifier: Apache-2.0
 *
 * Tar archives in gzip, unpacked with nothing taken on trust. Blocks for as long as disk and
 * decompression do; one thread.
 */
#ifndef SN_HELPER_UNPACK_H
#define SN_HELPER_UNPACK_H

#include "sinew/err.h"

#include <stddef.h>
#include <stdint.h>

/* What an archive may ask for. Who has more is refused. */
struct sn_unpack_limits {
    uint64_t bytes;   /* of the archive once decompressed, and of any one file */
    uint64_t entries; /* files, folders and links */
    size_t path;      /* bytes of an entry's path */
    size_t links;     /* bytes of memory for what is known of links, which are made last */
};

/* 8 GiB, 500,000 entries, paths of 2,048 bytes, 64 MiB of links. */
extern const struct sn_unpack_limits sn_unpack_limits;

/* Unpacks `archive`, a file open for reading at its begin, into the empty folder `folder`, of which
 * no one else may change anything meanwhile. Both stay the caller's. Made are folders, regular
 * files (mode | 0600; no set-id bits), then hard links, then symbolic ones. A leading "/" counts
 * for nothing. Refused are: paths and links that lead out of the folder, symbolic links to absolute
 * paths, devices, pipes and sockets, whatever goes beyond `limits`, an archive that ends early or
 * whose checksum is wrong. INVALID_ARGUMENT for those, RESOURCE_EXHAUSTED for memory and disk,
 * UNAVAILABLE for what the system refuses; the text is one line that names the entry and the
 * cause. What was unpacked until then stays. */
int sn_unpack(int archive, int folder, const struct sn_unpack_limits *limits,
              struct sn_error *error) SN_MUST_USE;

#endif
