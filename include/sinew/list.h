/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrusive circular list, head included. A node that is in no list points to itself, so removing
 * it twice is harmless. List heads say their element in a comment.
 */
#ifndef SINEW_LIST_H
#define SINEW_LIST_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sn_list {
    struct sn_list *prev, *next;
};

#define sn_container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Bodies may remove `node` itself only with the _safe form. */
#define sn_list_for_each(node, head) \
    for ((node) = (head)->next; (node) != (head); (node) = (node)->next)
#define sn_list_for_each_safe(node, tmp, head)                          \
    for ((node) = (head)->next, (tmp) = (node)->next; (node) != (head); \
         (node) = (tmp), (tmp) = (node)->next)

static inline void sn_list_init(struct sn_list *node)
{
    node->prev = node->next = node;
}

static inline bool sn_list_empty(const struct sn_list *head)
{
    return head->next == head;
}

/* Behind `at`: at the front when `at` is the head. */
static inline void sn_list_insert(struct sn_list *at, struct sn_list *node)
{
    node->prev = at;
    node->next = at->next;
    at->next->prev = node;
    at->next = node;
}

static inline void sn_list_append(struct sn_list *head, struct sn_list *node)
{
    sn_list_insert(head->prev, node);
}

static inline void sn_list_remove(struct sn_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    sn_list_init(node);
}

#ifdef __cplusplus
}
#endif

#endif
