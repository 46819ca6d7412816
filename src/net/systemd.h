/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program and the service manager that started it say to each other: systemd's protocols, of
 * which others speak parts. Without such a manager all of this does nothing. Main thread.
 * Source: sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).
 */
#ifndef SN_NET_SYSTEMD_H
#define SN_NET_SYSTEMD_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1"; several lines may be told at once. Never waits. */
void sn_systemd_notify(const char *state);

/* How often the manager wants to hear "WATCHDOG=1" at least; 0: it doesn't. */
uint64_t sn_systemd_watchdog_ns(void);

/* How many listening sockets it handed over, from descriptor SN_SYSTEMD_FIRST_FD on. Once: children
 * of the program are not told. */
int sn_systemd_sockets(void);
enum { SN_SYSTEMD_FIRST_FD = 3 };

#endif
