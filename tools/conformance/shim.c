/* SPDX-License-Identifier: Apache-2.0
 *
 * The five functions that the packaged conformance runner wants from a C and C++
 * library newer than Debian 12's. It is preloaded; relabel.py makes the runner ask
 * for them under the version names of shim.map.
 */
#include <stdlib.h>

long shim_strtol(const char *text, char **end, int base)
{
    return strtol(text, end, base);
}
long long shim_strtoll(const char *text, char **end, int base)
{
    return strtoll(text, end, base);
}
unsigned long shim_strtoul(const char *text, char **end, int base)
{
    return strtoul(text, end, base);
}
unsigned long long shim_strtoull(const char *text, char **end, int base)
{
    return strtoull(text, end, base);
}
void shim_streams(void)
{
}

__asm__(".symver shim_strtol, __isoc23_strtol@@GLIBC_2.2.5");
__asm__(".symver shim_strtoll, __isoc23_strtoll@@GLIBC_2.2.5");
__asm__(".symver shim_strtoul, __isoc23_strtoul@@GLIBC_2.2.5");
__asm__(".symver shim_strtoull, __isoc23_strtoull@@GLIBC_2.2.5");
__asm__(".symver shim_streams, _ZSt21ios_base_library_initv@@GLIBCXX_3.4");

/* std::ios_base::Init::Init(): a newer libstdc++ sets up cout and its kin by itself,
 * an older one leaves it to each program. */
extern void _ZNSt8ios_base4InitC1Ev(void *self);

__attribute__((constructor)) static void set_up(void)
{
    static char init;

    _ZNSt8ios_base4InitC1Ev(&init);
    unsetenv("LD_PRELOAD"); /* the program under test starts without it */
}
