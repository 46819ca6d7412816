/* SPDX-License-Identifier: Apache-2.0
 *
 * Error texts and codes: one table, made from SN_ERR_MAP.
 */
#include "sinew/err.h"

#include <stddef.h>
#include <stdio.h>

struct err_row {
    int http;
    const char *text;
};

static const struct err_row err_rows[] = {{200, "ok"},
#define SN_ERR_ROW(name, code, http, text) [code] = {http, text},
                                          SN_ERR_MAP(SN_ERR_ROW)
#undef SN_ERR_ROW
};

static const struct err_row *row_of(int code)
{
    size_t index = code < 0 ? (size_t) - (code + 0L) : (size_t)code;

    if (index >= sizeof(err_rows) / sizeof(err_rows[0]))
        index = (size_t)-SN_ERR_UNKNOWN;
    return &err_rows[index];
}

const char *sn_err_text(int code)
{
    return row_of(code)->text;
}

int sn_err_http(int code)
{
    return row_of(code)->http;
}

int sn_error_vset(struct sn_error *error, int code, const char *format, va_list args)
{
    if (!error)
        return code;
    error->code = code;
    vsnprintf(error->text, sizeof(error->text), format, args);
    return code;
}

int sn_error_set(struct sn_error *error, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sn_error_vset(error, code, format, args);
    va_end(args);
    return code;
}
