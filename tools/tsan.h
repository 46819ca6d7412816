/* SPDX-License-Identifier: Apache-2.0
 *
 * Included first by every source that is built for ThreadSanitizer. libuv closes descriptors by
 * system calls of its own, which ThreadSanitizer doesn't see: it takes a folder's descriptor for
 * that of whatever had the number before, in another thread. The report can't be suppressed, as
 * making it fails: "CHECK failed" where it looks for who has opened that.
 */
#ifndef SN_TOOLS_TSAN_H
#define SN_TOOLS_TSAN_H

/* As in <dirent.h>, which brings macros along that not every source is made for. */
struct __dirstream;
int closedir(struct __dirstream *folder);

/* Of ThreadSanitizer itself. */
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static inline int sn_closedir_unseen(struct __dirstream *folder)
{
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    int failed = closedir(folder);

    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    return failed;
}

#define closedir sn_closedir_unseen

#endif
