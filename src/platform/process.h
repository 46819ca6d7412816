/* SPDX-License-Identifier: Apache-2.0
 *
 * Other processes. Any thread; nothing blocks.
 */
#ifndef SN_PLATFORM_PROCESS_H
#define SN_PLATFORM_PROCESS_H

#include <sys/types.h>

/* Sends `signal` to every process of the session that `leader` leads, whatever group it is in.
 * The leader may have exited, if nobody has waited for it yet: else its number could be another's.
 */
void sn_process_signal_session(pid_t leader, int signal);

#endif
