/* SPDX-License-Identifier: Apache-2.0
 *
 * sinew-fetch: what the machine server needs now and then and what drags in large libraries. It is
 * started on demand, does one thing, and says on standard error in one line what went wrong.
 */
#include "platform/fetch.h"
#include "helper/place.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int unpack(const char *archive, const char *target)
{
    struct sn_error error;

    int code = sn_place(archive, target, &sn_unpack_limits, &error);

    if (code == 0)
        return 0;
    fprintf(stderr, "%s: %s\n", archive, error.text);
    return code == SN_ERR_INVALID_ARGUMENT ? SN_FETCH_REFUSED : SN_FETCH_FAILED;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* names in archives are UTF-8, wherever this runs */
    signal(SIGXFSZ, SIG_IGN);       /* too large a file is an error to report */
    if (argc == 4 && strcmp(argv[1], "unpack") == 0)
        _exit(unpack(argv[2], argv[3])); /* a leak checker at exit() can't work in the sandbox */
    fputs("usage: sinew-fetch unpack ARCHIVE TARGET\n", stderr);
    return SN_FETCH_USAGE;
}
