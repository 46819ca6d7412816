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

/* Lets this process, and those it starts from now on, have so many descriptors at once, or as many
 * as the system allows. Returns how many that are; they may have been more before. */
unsigned long sn_process_allow_files(unsigned long count);

#endif
