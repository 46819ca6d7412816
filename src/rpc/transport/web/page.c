/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages: written whole, once the request is complete. Loop thread.
 */
#include "rpc/transport/web/private.h"

#include <stdarg.h>
#include <stdio.h>

enum { FIRST_SIZE = 2048, PRINTED_MAX = 1024 };

/* What a page is written with, while its request comes in. */
struct pending {
    struct sn_env *env;
    sn_page_fn write;
    void *owner;
};

/* ---- writing ---- */

void sn_page_text(struct sn_page *page, struct sn_str text)
{
    struct sn_message *body = page->body;

    if (page->failed)
        return;
    if (body->len + text.len > page->size) {
        size_t size = page->size ? page->size * 2 : FIRST_SIZE;

        while (size < body->len + text.len)
            size *= 2;
        /* The headroom before it is of the first piece and moves along. */
        char *old = page->size ? (char *)body->data - SN_MESSAGE_HEADROOM : NULL;
        char *memory =
            sn_arena_realloc(&body->arena, old, page->size ? page->size + SN_MESSAGE_HEADROOM : 0,
                             size + SN_MESSAGE_HEADROOM);
        page->failed = !memory;
        if (!memory)
            return;
        body->data = (uint8_t *)memory + SN_MESSAGE_HEADROOM;
        page->size = size;
    }
    if (text.len)
        memcpy(body->data + body->len, text.ptr, text.len);
    body->len += text.len;
}

void sn_page_printf(struct sn_page *page, const char *format, ...)
{
    char text[PRINTED_MAX];
    va_list list;

    va_start(list, format);
    int len = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (len < 0 || (size_t)len >= sizeof(text))
        len = sizeof(text) - 1;
    sn_page_text(page, (struct sn_str){text, (size_t)len});
}

struct sn_str sn_page_parameter(const struct sn_page *page, const char *name)
{
    struct sn_str rest = page->query, key, value;

    while (sn_query_next(&rest, &key, &value))
        if (sn_str_is(key, name))
            return value;
    return SN_STR_NULL;
}

/* ---- answering ---- */

void web_answer(struct sn_exchange *exchange, int status)
{
    struct sn_metadata headers = {0};

    if (sn_metadata_add(&headers, exchange->arena, SN_STR("content-length"), SN_STR("0"))) {
        exchange->ops->fail(exchange);
        return;
    }
    exchange->ops->respond(exchange, status, &headers);
    exchange->ops->end(exchange);
}

static int add_headers(const struct sn_exchange *exchange, const struct sn_page *page,
                       struct sn_metadata *headers)
{
    struct sn_str length = sn_arena_printf(exchange->arena, "%zu", page->body->len);
    int code = sn_metadata_add(headers, exchange->arena, SN_STR("content-type"),
                               sn_str_of(page->content_type));

    if (!code)
        code = sn_metadata_add(headers, exchange->arena, SN_STR("content-length"), length);
    if (!code && page->challenge)
        code = sn_metadata_add(headers, exchange->arena, SN_STR("www-authenticate"),
                               sn_str_of(page->challenge));
    return length.ptr ? code : SN_ERR_RESOURCE_EXHAUSTED;
}

static void send_page(struct sn_exchange *exchange, struct sn_page *page)
{
    struct sn_metadata headers = {0};

    if (page->failed || add_headers(exchange, page, &headers)) {
        sn_message_free(page->body);
        exchange->ops->fail(exchange);
        return;
    }
    exchange->ops->respond(exchange, page->status, &headers);
    if (sn_str_is(page->method, "HEAD") || !page->body->len)
        sn_message_free(page->body);
    else
        exchange->ops->body(exchange, page->body);
    if (sn_exchange_is_live(exchange))
        exchange->ops->end(exchange);
}

/* ---- the request ---- */

static void on_body(struct sn_exchange *exchange, struct sn_str bytes)
{
    exchange->ops->credit(exchange, bytes.len);
}

static void on_end(struct sn_exchange *exchange)
{
    const struct pending *pending = exchange->owner;
    struct sn_page page = {
        .method = exchange->request->method,
        .peer = exchange->peer,
        .headers = &exchange->request->metadata,
        .env = pending->env,
        .arena = exchange->arena,
        .status = 200,
        .content_type = "text/plain; charset=utf-8",
        .body = sn_message_create(exchange->arena->pool),
    };

    sn_request_path(exchange->request, &page.query);
    page.failed = !page.body;
    if (page.body)
        pending->write(&page, pending->owner);
    send_page(exchange, &page);
}

static void on_writable(struct sn_exchange *exchange)
{
}

static void on_abort(struct sn_exchange *exchange)
{
}

static const struct sn_exchange_events exchange_events = {
    .on_body = on_body,
    .on_end = on_end,
    .on_writable = on_writable,
    .on_abort = on_abort,
};

void web_serve_page(struct sn_exchange *exchange, struct sn_env *env, sn_page_fn write, void *owner)
{
    struct pending *pending = sn_arena_alloc(exchange->arena, sizeof(*pending));

    if (!pending) {
        web_answer(exchange, 503);
        return;
    }
    *pending = (struct pending){env, write, owner};
    exchange->events = &exchange_events;
    exchange->owner = pending;
}
