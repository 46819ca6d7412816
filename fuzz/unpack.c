/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a tar archive, within a good gzip, since hardly any random input would be one. What
 * lies beside the folder it is unpacked into must be left alone.
 */
#include "helper/unpack.h"
#include "fuzz.h"
#include "platform/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT_MAX = 64 << 10 };

static const struct sn_unpack_limits limits = {
    .bytes = 1 << 20, .entries = 100, .path = 300, .links = 64 << 10};

static char home[] = "/tmp/sinew-fuzz-unpack-XXXXXX";
static int folder = -1;

static void leave(void)
{
    sn_file_remove_folder(AT_FDCWD, home);
}

static int make_archive(const uint8_t *data, size_t size)
{
    int fd = memfd_create("archive", MFD_CLOEXEC);
    gzFile gzip = gzdopen(dup(fd), "wb1");

    FUZZ_REQUIRE(fd >= 0 && gzip);
    FUZZ_REQUIRE(size == 0 || gzwrite(gzip, data, (unsigned)size) == (int)size);
    FUZZ_REQUIRE(gzclose(gzip) == Z_OK && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static size_t count_entries(void)
{
    DIR *entries = opendir(home);
    size_t count = 0;

    FUZZ_REQUIRE(entries);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sn_error error = {0};

    if (size > INPUT_MAX)
        return 0;
    if (folder < 0) {
        FUZZ_REQUIRE(mkdtemp(home));
        folder = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        FUZZ_REQUIRE(folder >= 0 && atexit(leave) == 0);
    }
    FUZZ_REQUIRE(mkdirat(folder, "in", 0700) == 0);
    int inside = openat(folder, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int archive = make_archive(data, size);
    int code = sn_unpack(archive, inside, &limits, &error);
    FUZZ_REQUIRE(code <= 0 && (code == 0 || (*error.text && !strchr(error.text, '\n'))));
    FUZZ_REQUIRE(count_entries() == 3); /* with "." and ".." */
    close(archive);
    close(inside);
    sn_file_remove_folder(folder, "in");
    return 0;
}
