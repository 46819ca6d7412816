/* SPDX-License-Identifier: Apache-2.0
 *
 * C11's atomics by the names C gives them, for C++ too, which got them by these names in C++23.
 */
#ifndef SINEW_ATOMIC_H
#define SINEW_ATOMIC_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_flag;
using std::atomic_int;
using std::atomic_load_explicit;
using std::memory_order_relaxed;
#else
#include <stdatomic.h>
#endif

#endif
