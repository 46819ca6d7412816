/* SPDX-License-Identifier: Apache-2.0
 *
 * A config as a whole: text to JSON, JSON to structs, then each section's own rules. The structs
 * borrow their strings from the JSON tree, which is kept; what had to be made is in an arena.
 */
#include "base/heap.h"
#include "resource/config_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Arrays of structs, at most: the text's size bounds them, and a struct is made from two bytes
 * ("{}") at least. */
enum { ARENA_MAX = 256 << 20 };

/* The config with what keeps it alive. */
struct holder {
    struct sn_config config; /* first: destroy gets back from it */
    json_t *root;
    struct sn_block_pool pool;
    struct sn_arena arena;
    uint32_t more_refs; /* besides the first */
};

static struct holder *create_holder(void)
{
    struct holder *holder = calloc(1, sizeof(*holder));

    if (!holder)
        return NULL;
    sn_block_pool_init(&holder->pool, &sn_heap, 0);
    sn_arena_init(&holder->arena, &holder->pool, ARENA_MAX);
    return holder;
}

struct sn_config *sn_config_ref(struct sn_config *config)
{
    ((struct holder *)config)->more_refs++;
    return config;
}

void sn_config_destroy(struct sn_config *config)
{
    struct holder *holder = (struct holder *)config;

    if (!holder || holder->more_refs--)
        return;
    sn_arena_fini(&holder->arena);
    sn_block_pool_fini(&holder->pool);
    json_decref(holder->root);
    free(holder);
}

int sn_config_refuse(struct sn_shape_reader *reader, const char **invalid, const char *format, ...)
{
    struct sn_error error;
    va_list args;

    if (*invalid)
        return 0;
    va_start(args, format);
    sn_error_vset(&error, SN_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    *invalid = sn_arena_copy(reader->arena, sn_str_of(error.text)).ptr;
    if (!*invalid)
        return sn_error_set(reader->error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
    return 0;
}

int sn_config_fail_section(struct sn_error *error, const char *path, const char *format, ...)
{
    struct sn_error inner;
    va_list args;

    va_start(args, format);
    sn_error_vset(&inner, SN_ERR_INVALID_ARGUMENT, format, args);
    va_end(args);
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "failed to process Config: Error validating. Path: \"%s\" Error: %.900s",
                        path, inner.text);
}

/* Does no more than `left` levels down: the parser's own limit is what bounds this recursion. */
static bool is_deeper(const json_t *json, int left)
{
    const char *key;
    json_t *value;
    size_t i;

    if (!json_is_object(json) && !json_is_array(json))
        return false;
    if (left == 0)
        return true;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        if (is_deeper(value, left - 1))
            return true;
    }
    json_array_foreach(json, i, value)
    {
        if (is_deeper(value, left - 1))
            return true;
    }
    return false;
}

/* Integers past 64 bits are fine in JSON and in upstream: read again with all numbers as reals. */
static json_t *load_json(const char *text, size_t len, json_error_t *ret_error)
{
    size_t flags = JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY;
    json_t *root = json_loadb(text, len, flags, ret_error);

    if (!root && json_error_code(ret_error) == json_error_numeric_overflow)
        root = json_loadb(text, len, flags | JSON_DECODE_INT_AS_REAL, ret_error);
    return root;
}

/* What kind of text it is where that says more than the first odd character does; NULL: none. */
static const char *text_problem(const char *text, size_t len)
{
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return "it begins with a byte order mark; save it as UTF-8 without one";
    if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0 ||
                     !text[0] != !text[1]))
        return "it is UTF-16; save it as UTF-8";
    for (size_t i = 0; i < len; i++)
        if (!text[i] || !strchr(" \t\r\n", text[i]))
            return NULL;
    return "it is empty; {} is the smallest config";
}

/* The parser's words, but for what they leave open or tell of the parser itself. */
static int fail_json(const char *text, size_t len, const json_error_t *at, struct sn_error *error)
{
    const char *problem = text_problem(text, len), *hint = "";

    if (problem)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT, "failed to decode Config from json: %s",
                            problem);
    if (strstr(at->text, "near '/") || strstr(at->text, "near '#"))
        hint = " (JSON has no comments)";
    return sn_error_set(
        error, SN_ERR_INVALID_ARGUMENT,
        "failed to decode Config from json: line %d, column %d: %s%s", at->line, at->column,
        json_error_code(at) == json_error_null_character ? "\\u0000 is not allowed" : at->text,
        hint);
}

static int parse_json(const char *text, size_t len, json_t **ret_root, struct sn_error *error)
{
    json_error_t at;

    if (len > SN_CONFIG_SIZE_MAX)
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "failed to decode Config from json: %zu bytes, at most %d are allowed",
                            len, SN_CONFIG_SIZE_MAX);
    json_t *root = load_json(text, len, &at);
    if (!root)
        return fail_json(text, len, &at, error);
    if (is_deeper(root, SN_CONFIG_DEPTH_MAX)) {
        json_decref(root);
        return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                            "failed to decode Config from json: nested deeper than %d levels",
                            SN_CONFIG_DEPTH_MAX);
    }
    *ret_root = root;
    return 0;
}

static int read_sections(struct sn_config *config, json_t *root, struct sn_shape_reader *reader)
{
    int err = sn_shape_read(reader, sn_shape_config, root, NULL, config);

    if (!err)
        err = sn_config_finish_cloud(&config->cloud, reader->error);
    if (!err)
        err = sn_config_finish_network(&config->network, reader->error);
    if (!err)
        err = sn_config_finish_auth(&config->auth, reader);
    if (!err)
        err = sn_config_finish_resources(config, reader);
    if (!err)
        err = sn_config_finish_processes(config, reader);
    return err ? err : sn_config_finish_entries(config, reader);
}

int sn_config_parse(const char *text, size_t len, struct sn_config **ret_config,
                    struct sn_error *error)
{
    struct holder *holder = create_holder();

    if (!holder)
        return sn_error_set(error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
    struct sn_shape_reader reader = {&holder->arena, error};
    int err = parse_json(text, len, &holder->root, error);
    if (!err)
        err = read_sections(&holder->config, holder->root, &reader);
    if (err) {
        sn_config_destroy(&holder->config);
        return err;
    }
    *ret_config = &holder->config;
    return 0;
}

/* Reads what is there now; a file that grows meanwhile is read as far as it was long. */
static int read_all(int fd, char **ret_text, size_t *ret_len)
{
    struct stat stat;

    if (fstat(fd, &stat))
        return errno;
    if (S_ISDIR(stat.st_mode))
        return EISDIR;
    if (stat.st_size > SN_CONFIG_SIZE_MAX)
        return EFBIG;
    /* Pipes say 0; a config that comes through one is small. */
    size_t size = S_ISREG(stat.st_mode) ? (size_t)stat.st_size : 1 << 20, len = 0;
    char *text = malloc(size + 1);
    if (!text)
        return ENOMEM;
    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int err = errno;

            free(text);
            return err;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_text = text;
    *ret_len = len;
    return 0;
}

static int fail_open(const char *path, int cause, struct sn_error *error)
{
    int code = SN_ERR_UNAVAILABLE;

    if (cause == ENOENT)
        code = SN_ERR_NOT_FOUND;
    else if (cause == EACCES)
        code = SN_ERR_PERMISSION_DENIED;
    /* Upstream's language writes causes in lower case. */
    const char *text = strerror(cause);
    return sn_error_set(error, code, "open %s: %c%s", path, text[0] | 0x20, text + 1);
}

static const char *environment(const char *name)
{
    return getenv(name);
}

int sn_config_read(const char *path, bool substitute, struct sn_config **ret_config,
                   struct sn_error *error)
{
    char *text = NULL, *substituted = NULL;
    size_t len = 0;
    /* At the start it may be a pipe, whose writer is waited for. Later that would be for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | (substitute ? 0 : O_NONBLOCK));

    if (fd < 0)
        return fail_open(path, errno, error);
    int cause = read_all(fd, &text, &len);
    close(fd);
    if (cause)
        return fail_open(path, cause, error);
    if (substitute) {
        substituted = sn_config_substitute(text, len, environment, &len);
        if (!substituted)
            len = SN_CONFIG_SIZE_MAX + 1UL; /* the parser says so */
    }
    int err = sn_config_parse(substituted ? substituted : text, len, ret_config, error);
    free(substituted);
    free(text);
    return err;
}

static const struct sn_shape log_shape[] = {
    SN_SHAPE_ROW("pattern", STRING, sn_config_log, pattern),
    SN_SHAPE_ROW("level", STRING, sn_config_log, level),
    {0},
};

static const struct sn_shape maintenance_shape[] = {
    SN_SHAPE_ROW("sensor_name", STRING, sn_config_maintenance, sensor_name),
    SN_SHAPE_ROW("maintenance_allowed_key", STRING, sn_config_maintenance, allowed_key),
    {0},
};

static const struct sn_shape tracing_shape[] = {
    SN_SHAPE_CHECKED("enabled", BOOL, NULL),
    SN_SHAPE_CHECKED("disk", BOOL, NULL),
    SN_SHAPE_CHECKED("console", BOOL, NULL),
    SN_SHAPE_CHECKED("otlpendpoint", STRING, NULL),
    {0},
};

const struct sn_shape sn_shape_config[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config, json),
    SN_SHAPE_NESTED("components", STRUCTS, sn_config, components, sn_shape_resource,
                    sizeof(struct sn_config_resource)),
    SN_SHAPE_NESTED("services", STRUCTS, sn_config, services, sn_shape_resource,
                    sizeof(struct sn_config_resource)),
    SN_SHAPE_NESTED("modules", STRUCTS, sn_config, modules, sn_shape_module,
                    sizeof(struct sn_config_module)),
    SN_SHAPE_NESTED("remotes", STRUCTS, sn_config, remotes, sn_shape_remote,
                    sizeof(struct sn_config_remote)),
    SN_SHAPE_NESTED("packages", STRUCTS, sn_config, packages, sn_shape_package,
                    sizeof(struct sn_config_package)),
    SN_SHAPE_NESTED("jobs", STRUCTS, sn_config, jobs, sn_shape_job, sizeof(struct sn_config_job)),
    SN_SHAPE_NESTED("log", STRUCTS, sn_config, log, log_shape, sizeof(struct sn_config_log)),
    SN_SHAPE_NESTED("processes", STRUCTS, sn_config, processes, sn_shape_process,
                    sizeof(struct sn_config_process)),
    SN_SHAPE_NESTED("cloud", STRUCT, sn_config, cloud, sn_shape_cloud, 0),
    SN_SHAPE_NESTED("network", STRUCT, sn_config, network, sn_shape_network, 0),
    SN_SHAPE_NESTED("auth", STRUCT, sn_config, auth, sn_shape_auth, 0),
    SN_SHAPE_NESTED("maintenance", STRUCT, sn_config, maintenance, maintenance_shape, 0),
    SN_SHAPE_NESTED("tracing", OBJECT, sn_config, tracing, tracing_shape, 0),
    SN_SHAPE_ROW("debug", BOOL, sn_config, debug),
    SN_SHAPE_ROW("enable_web_profile", BOOL, sn_config, enable_web_profile),
    SN_SHAPE_ROW("disable_log_deduplication", BOOL, sn_config, disable_log_deduplication),
    SN_SHAPE_ROW("revision", STRING, sn_config, revision),
    {0},
};
