/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts behind the prefixes are the reference server's, as seen, except where a comment says so.
 */
#include "resource/config.h"

#include "sinew/timers.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define DECODE "failed to decode Config from json: "
#define PROCESS "failed to process Config: "

static struct sn_error error;

static struct sn_config *parse(const char *text)
{
    struct sn_config *config = NULL;

    error.text[0] = '\0';
    int err = sn_config_parse(text, strlen(text), &config, &error);
    if (err)
        print_error("%s\n", error.text);
    assert_int_equal(err, 0);
    return config;
}

static void check_fails(const char *text, const char *expected)
{
    struct sn_config *config = NULL;

    error.text[0] = '\0';
    if (!sn_config_parse(text, strlen(text), &config, &error)) {
        print_error("%s\n", text);
        fail();
    }
    assert_string_equal(error.text, expected);
    assert_null(config);
}

static void test_empty(void **state)
{
    static const char *const rows[] = {
        "{}",
        "null",
        "{} trailing",
        "{\"components\":null,\"network\":null,\"x\":[[1]]}",
        "{\"disable_partial_start\":true,\"ui\":{\"a\":[1]}}",
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sn_config *config = parse(rows[i]);

        assert_int_equal(config->components.count, 0);
        assert_string_equal(config->network.bind_address, "localhost:8080");
        assert_false(config->network.bind_address_given);
        assert_int_equal(config->network.sessions.heartbeat_window_ns, SN_SECONDS(2));
        assert_string_equal(config->network.tls_cert_file, "");
        assert_string_equal(config->revision, "");
        assert_string_equal(config->maintenance.sensor_name, "");
        assert_false(config->auth.required);
        assert_null(config->cloud.json);
        assert_string_equal(config->cloud.id, "");
        sn_config_destroy(config);
    }
    sn_config_destroy(NULL);
}

static void test_resource(void **state)
{
    struct sn_config *config = parse(
        "{\"components\":[{\"name\":\"m\",\"api\":\"rdk:component:motor\",\"model\":\"acme:x:y\","
        "\"attributes\":{\"a\":1},\"depends_on\":[\"b\",\"rdk:component:board/c\",null],"
        "\"frame\":{\"parent\":\"world\",\"translation\":{\"x\":1}},"
        "\"service_configs\":[{\"type\":\"data_manager\",\"attributes\":{}},"
        "{\"type\":\"a:service:b\"}],"
        "\"log_configuration\":{\"level\":\"Warn\"}}]}");
    const struct sn_config_resource *m = config->components.v;

    assert_int_equal(config->components.count, 1);
    assert_string_equal(m->path, "components.0");
    assert_string_equal(m->name, "m");
    assert_string_equal(m->api, "rdk:component:motor");
    assert_string_equal(m->model, "acme:x:y");
    assert_int_equal(json_integer_value(json_object_get(m->attributes, "a")), 1);
    assert_int_equal(m->depends_on.count, 3);
    assert_string_equal(m->depends_on.v[1], "rdk:component:board/c");
    assert_string_equal(m->depends_on.v[2], "");
    assert_string_equal(json_string_value(json_object_get(m->frame, "parent")), "world");
    assert_int_equal(m->services.count, 2);
    assert_string_equal(m->services.v[0].api, "rdk:service:data_manager");
    assert_string_equal(m->services.v[1].api, "a:service:b");
    assert_null(m->services.v[1].attributes);
    assert_string_equal(m->log.level, "Warn");
    assert_non_null(json_object_get(m->json, "depends_on"));
    assert_null(m->invalid);
    sn_config_destroy(config);
}

/* The ways to write an API and a model. */
static void test_forms(void **state)
{
    static const struct {
        const char *list, *entry, *name, *api, *model;
    } rows[] = {
        {"components", "\"name\":\"x\",\"type\":\"motor\",\"model\":\"fake\"", "x",
         "rdk:component:motor", "rdk:builtin:fake"},
        {"components",
         "\"name\":\"x\",\"type\":\"motor\",\"namespace\":\"acme\",\"model\":\"a-b_c\"", "x",
         "acme:component:motor", "rdk:builtin:a-b_c"},
        {"components",
         "\"NAME\":\"x\",\"Type\":\"base\",\"API\":\"rdk:component:motor\",\"Model\":\"a:b:c\"",
         "x", "rdk:component:motor", "a:b:c"},
        {"components",
         "\"name\":\"x\",\"api\":{\"namespace\":\"rdk\",\"type\":\"component\",\"subtype\":\"arm\"}"
         ","
         "\"model\":{\"namespace\":\"rdk\",\"model_family\":\"builtin\",\"name\":\"fake\"}",
         "x", "rdk:component:arm", "rdk:builtin:fake"},
        {"components", "\"name\":\"x\",\"api\":\"rdk:service:shell\",\"model\":\"fake\"", "x",
         "rdk:service:shell", "rdk:builtin:fake"},
        {"services", "\"type\":\"shell\"", "builtin", "rdk:service:shell", "rdk:builtin:builtin"},
        {"services", "\"name\":\"s\",\"api\":\"rdk:service:vision\",\"model\":\"fake\"", "s",
         "rdk:service:vision", "rdk:builtin:fake"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];

        snprintf(text, sizeof(text), "{\"%s\":[{%s}]}", rows[i].list, rows[i].entry);
        struct sn_config *config = parse(text);
        const struct sn_config_resource *entry =
            config->components.count ? config->components.v : config->services.v;
        assert_string_equal(entry->name, rows[i].name);
        assert_string_equal(entry->api, rows[i].api);
        assert_string_equal(entry->model, rows[i].model);
        assert_null(entry->invalid);
        sn_config_destroy(config);
    }
}

/* What is wrong with one entry alone leaves the others in use. */
static void test_invalid_entries(void **state)
{
    static const struct {
        const char *entry, *invalid;
    } rows[] = {
        {"\"type\":\"motor\",\"model\":\"fake\"",
         "Error validating, missing required field. Path: \"components.1\" Field: \"name\""},
        {"\"name\":null,\"type\":\"motor\",\"model\":\"fake\"",
         "Error validating, missing required field. Path: \"components.1\" Field: \"name\""},
        {"\"name\":\"b a\",\"type\":\"motor\",\"model\":\"fake\"",
         "name \"b a\" must start with a letter or number and must only contain letters, numbers, "
         "dashes, and underscores"},
        {"\"name\":\"0123456789012345678901234567890123456789012345678901234567890\",\"type\":"
         "\"a\","
         "\"model\":\"b\"",
         "name \"0123456789012345678901234567890123456789012345678901234567890\" must be 60 "
         "characters or fewer"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];

        snprintf(text, sizeof(text),
                 "{\"components\":[{\"name\":\"ok\",\"type\":\"motor\",\"model\":\"fake\"},{%s}]}",
                 rows[i].entry);
        struct sn_config *config = parse(text);
        assert_null(config->components.v[0].invalid);
        assert_string_equal(config->components.v[1].invalid, rows[i].invalid);
        sn_config_destroy(config);
    }
}

/* The place behind upstream's text is ours. */
static void test_bad_triplets(void **state)
{
    static const struct {
        const char *entry, *expected;
    } rows[] = {
        {"\"api\":\"motor\"",
         DECODE "not a valid API config string. Input: `motor` (components.0)"},
        {"\"api\":\"\"", DECODE "not a valid API config string. Input: `` (components.0)"},
        {"\"api\":3", DECODE "API config value is neither a string nor JSON object (components.0)"},
        {"\"api\":{\"namespace\":\"rdk\",\"type\":\"component\"}",
         DECODE "subtype field for resource missing or invalid (components.0)"},
        {"\"api\":{\"namespace\":\"r:k\",\"type\":\"component\",\"subtype\":\"motor\"}",
         DECODE "reserved character : used in name:\"r:k\" (components.0)"},
        {"\"name\":\"x\"",
         PROCESS "error copying config: error unmarshaling config: not a valid API config string. "
                 "Input: `rdk:component:` (components.0)"},
        {"\"type\":\"rdk:component:motor\"",
         PROCESS "error copying config: error unmarshaling config: not a valid API config string. "
                 "Input: `rdk:component:rdk:component:motor` (components.0)"},
        {"\"type\":\"motor\"", PROCESS
         "error copying config: error unmarshaling config: not a valid Model config string. "
         "Input: `rdk:builtin:` (components.0)"},
        {"\"type\":\"motor\",\"model\":\"a:b\"",
         DECODE "not a valid Model config string. Input: `a:b` (components.0)"},
        {"\"type\":\"motor\",\"model\":\"\"",
         DECODE "not a valid Model config string. Input: `` (components.0)"},
        {"\"type\":\"motor\",\"model\":{\"namespace\":\"a\"}",
         DECODE "Error validating, missing required field. Field: \"model_family\" (components.0)"},
        {"\"type\":\"motor\",\"model\":[]", DECODE
         "\"\" is not a valid model. models must be of the form \"namespace:family:name\", "
         "\"name\", or be valid nested JSON with \"namespace\", \"model_family\" and \"name\" "
         "fields (components.0)"},
        {"\"type\":\"motor\",\"model\":\"x\",\"service_configs\":[{\"type\":\"a b\"}]",
         DECODE "string \"a b\" is not a valid api name (components.0.service_configs.0)"},
        {"\"log_configuration\":{\"level\":\"foo\"}",
         DECODE "unknown log level: \"foo\" (components.0.log_configuration.level)"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];

        snprintf(text, sizeof(text), "{\"components\":[{%s}]}", rows[i].entry);
        check_fails(text, rows[i].expected);
    }
}

/* Wrong types: the texts are ours. */
static void test_wrong_types(void **state)
{
    static const char *const rows[][2] = {
        {"[]", "wanted an object, got an array"},
        {"3", "wanted an object, got a number"},
        {"{\"components\":{}}", "components: wanted an array, got an object"},
        {"{\"components\":[{},3]}", "components.1: wanted an object, got a number"},
        {"{\"components\":[{},{},{\"name\":4}]}",
         "components.2.name: wanted a string, got a number"},
        {"{\"components\":[{\"depends_on\":\"x\"}]}",
         "components.0.depends_on: wanted an array, got a string"},
        {"{\"components\":[{\"depends_on\":[\"a\",true]}]}",
         "components.0.depends_on.1: wanted a string, got a boolean"},
        {"{\"components\":[{\"attributes\":[]}]}",
         "components.0.attributes: wanted an object, got an array"},
        {"{\"components\":[{\"frame\":\"x\"}]}",
         "components.0.frame: wanted an object, got a string"},
        {"{\"components\":[{\"frame\":{\"translation\":{\"x\":\"1\"}}}]}",
         "components.0.frame.translation.x: wanted a number, got a string"},
        {"{\"Debug\":\"yes\"}", "debug: wanted a boolean, got a string"},
        {"{\"revision\":3}", "revision: wanted a string, got a number"},
        {"{\"network\":[]}", "network: wanted an object, got an array"},
        {"{\"network\":{\"traffic_tunnel_endpoints\":[{\"port\":1.5}]}}",
         "network.traffic_tunnel_endpoints.0.port: wanted a whole number, got a number"},
        {"{\"network\":{\"sessions\":{\"heartbeat_window\":5}}}",
         "network.sessions.heartbeat_window: wanted a string such as \"1m30s\", got a number"},
        {"{\"network\":{\"sessions\":{\"heartbeat_window\":\"abc\"}}}",
         "time: invalid duration \"abc\" (network.sessions.heartbeat_window)"},
        {"{\"modules\":[{\"env\":{\"B\":null,\"A\":3}}]}",
         "modules.0.env.A: wanted a string, got a number"},
        {"{\"jobs\":[{\"command\":\"x\"}]}", "jobs.0.command: wanted an object, got a string"},
        {"{\"auth\":{\"tls_auth_entities\":\"x\"}}",
         "auth.tls_auth_entities: wanted an array, got a string"},
        {"{\"processes\":3}", "processes: wanted an array, got a number"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char expected[256];

        snprintf(expected, sizeof(expected), DECODE "%s", rows[i][1]);
        check_fails(rows[i][0], expected);
    }
}

static void test_malformed_json(void **state)
{
    static const char *const rows[][2] = {
        {"", "it is empty; {} is the smallest config"},
        {" \n", "it is empty; {} is the smallest config"},
        {"\xEF\xBB\xBF{}", "it begins with a byte order mark; save it as UTF-8 without one"},
        {"\xFF\xFE{", "it is UTF-16; save it as UTF-8"},
        {"\xFE\xFF", "it is UTF-16; save it as UTF-8"},
        {"# no", "line 1, column 1: invalid token near '#' (JSON has no comments)"},
        {"{\n  \"a\": tru\n}", "line 2, column 10: "},
        {"{\"a\":\"\xff\"}", "line 1, column "},
        {"{\"a\":\"\\u0000\"}", "line 1, column "},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sn_config *config;
        char expected[128];

        assert_int_equal(sn_config_parse(rows[i][0], strlen(rows[i][0]), &config, &error),
                         SN_ERR_INVALID_ARGUMENT);
        snprintf(expected, sizeof(expected), DECODE "%s", rows[i][1]);
        assert_memory_equal(error.text, expected, strlen(expected));
    }
}

static void nest(char *text, int depth)
{
    strcpy(text, "{\"x\":");
    memset(text + 5, '[', (size_t)depth);
    memset(text + 5 + depth, ']', (size_t)depth);
    strcpy(text + 5 + 2 * depth, "}");
}

static void test_limits(void **state)
{
    enum { ENTRIES = SN_CONFIG_COUNT_MAX + 1 };
    static char text[3 * ENTRIES + 64];

    nest(text, SN_CONFIG_DEPTH_MAX - 1);
    sn_config_destroy(parse(text));
    nest(text, SN_CONFIG_DEPTH_MAX);
    check_fails(text, DECODE "nested deeper than 100 levels");
    nest(text, 20000); /* past the JSON parser's own limit */
    struct sn_config *config;
    assert_int_equal(sn_config_parse(text, strlen(text), &config, &error), SN_ERR_INVALID_ARGUMENT);

    strcpy(text, "{\"jobs\":[{}");
    for (int i = 1; i < ENTRIES; i++)
        strcpy(text + 8 + 3 * i, ",{}");
    strcpy(text + 8 + 3 * ENTRIES, "]}");
    check_fails(text, DECODE "16385 entries, at most 16384 are allowed (jobs)");
    assert_int_equal(sn_config_parse("", (size_t)SN_CONFIG_SIZE_MAX + 1, &config, &error),
                     SN_ERR_INVALID_ARGUMENT);
    assert_string_equal(error.text, DECODE "67108865 bytes, at most 67108864 are allowed");
}

/* 10.0 where an integer is wanted, and integers past 64 bits where any number goes. */
static void test_numbers(void **state)
{
    struct sn_config *config = parse(
        "{\"network\":{\"traffic_tunnel_endpoints\":[{\"port\":22.0,\"connection_timeout\":\"5s\"},"
        "{}]},"
        "\"components\":[{\"name\":\"a\",\"type\":\"b\",\"model\":\"c\",\"attributes\":{\"x\":"
        "123456789012345678901234567890}}]}");

    assert_int_equal(config->network.tunnels.count, 2);
    assert_int_equal(config->network.tunnels.v[0].port, 22);
    assert_int_equal(config->network.tunnels.v[0].connection_timeout_ns, SN_SECONDS(5));
    assert_int_equal(config->network.tunnels.v[1].connection_timeout_ns, SN_SECONDS(10));
    assert_true(json_is_real(json_object_get(config->components.v[0].attributes, "x")));
    sn_config_destroy(config);
}

static void test_network(void **state)
{
    static const struct {
        const char *network, *path, *expected;
    } rows[] = {
        {"\"bind_address\":\"nonsense\"", "network",
         "error validating bind_address: address nonsense: missing port in address"},
        {"\"bind_address\":\"::1:80\"", "network",
         "error validating bind_address: address ::1:80: too many colons in address"},
        {"\"bind_address\":\"[::1\"", "network",
         "error validating bind_address: address [::1: missing ']' in address"},
        {"\"tls_cert_file\":\"a\"", "network", "must provide both tls_cert_file and tls_key_file"},
        {"\"tls_key_file\":\"a\"", "network", "must provide both tls_cert_file and tls_key_file"},
        {"\"sessions\":{\"heartbeat_window\":\"1ms\"}", "network.sessions",
         "heartbeat_window must be between [30ms, 1m]"},
        {"\"sessions\":{\"heartbeat_window\":\"2m\"}", "network.sessions",
         "heartbeat_window must be between [30ms, 1m]"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256], expected[256];

        snprintf(text, sizeof(text), "{\"network\":{%s}}", rows[i].network);
        snprintf(expected, sizeof(expected), PROCESS "Error validating. Path: \"%s\" Error: %s",
                 rows[i].path, rows[i].expected);
        check_fails(text, expected);
    }
    struct sn_config *config =
        parse("{\"NETWORK\":{\"Bind_Address\":\"[::1]:80\",\"fqdn\":\"a.b\",\"no_tls\":true,"
              "\"tls_cert_file\":\"c\",\"tls_key_file\":\"k\",\"sessions\":{\"heartbeat_window\":"
              "\"30ms\"}}}");
    assert_string_equal(config->network.bind_address, "[::1]:80");
    assert_true(config->network.bind_address_given);
    assert_string_equal(config->network.fqdn, "a.b");
    assert_true(config->network.no_tls);
    assert_string_equal(config->network.tls_key_file, "k");
    assert_int_equal(config->network.sessions.heartbeat_window_ns, SN_MS(30));
    sn_config_destroy(config);
}

static void test_auth(void **state)
{
    struct sn_config *config = parse(
        "{\"auth\":{\"handlers\":[{\"type\":\"api-key\",\"config\":{\"keys\":[\"a\",\"gone\",\"b\","
        "\"key\"],\"a\":\"s1\",\"b\":\"s2\",\"key\":\"x\"}}],\"tls_auth_entities\":[\"e\"],"
        "\"external_auth_config\":{\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\"}]}}}}");
    const struct sn_config_auth *auth = &config->auth;

    assert_true(auth->required);
    assert_int_equal(auth->api_keys.count, 2);
    assert_string_equal(auth->api_keys.v[1].id, "b");
    assert_string_equal(auth->api_keys.v[1].key, "s2");
    assert_string_equal(auth->tls_entities.v[0], "e");
    assert_non_null(auth->jwks);
    sn_config_destroy(config);
}

static void test_bad_auth(void **state)
{
#define KEYS(config) "\"handlers\":[{\"type\":\"api-key\",\"config\":" config "}]"
#define AT_PATH(path, text) PROCESS "Error validating. Path: \"" path "\" Error: " text
    static const char *const rows[][2] = {
        {"\"handlers\":[{\"type\":\"foo\"}]",
         AT_PATH("auth.handlers.0", "do not know how to handle auth for \"foo\"")},
        {"\"handlers\":[{}]", AT_PATH("auth.handlers.0", "handler must have type")},
        {"\"handlers\":[{\"type\":\"external\"}]",
         PROCESS "robot cannot issue external auth tokens"},
        {"\"handlers\":[{\"type\":\"api-key\"}]",
         AT_PATH("auth.handlers.0.config", "keys is required")},
        {KEYS("{\"keys\":[]}"), AT_PATH("auth.handlers.0.config", "keys is required")},
        {KEYS("{\"key\":\"a\"}"), AT_PATH("auth.handlers.0.config", "keys is required")},
        {KEYS("{\"keys\":[\"a\"]}"), "\"api-key\" handler requires non-empty API keys"},
        /* ours: the reference crashes */
        {KEYS("{\"keys\":\"x\"}"),
         AT_PATH("auth.handlers.0.config", "keys must be an array of ids")},
        {KEYS("{\"keys\":[3]}"), AT_PATH("auth.handlers.0.config", "keys must be an array of ids")},
        {KEYS("{\"keys\":[\"a\"],\"a\":3}"),
         AT_PATH("auth.handlers.0.config", "the key of id \"a\" must be a string")},
        {"\"handlers\":[{\"type\":\"api-key\",\"config\":{\"keys\":[\"a\"],\"a\":\"b\"}},"
         "{\"type\":\"api-key\"}]",
         AT_PATH("auth.handlers.1", "duplicate handler type \"api-key\"")},
        {"\"external_auth_config\":{\"jwks\":{\"keys\":[]}}",
         AT_PATH("auth.external_auth_config.jwks", "must contain at least 1 key")},
        /* ours from "keys" on */
        {"\"external_auth_config\":{}",
         AT_PATH("auth.external_auth_config.jwks", "failed to parse jwks: \"keys\" is no array")},
        {"\"external_auth_config\":{\"jwks\":{\"keys\":[{\"kty\":\"oct\"}]}}",
         AT_PATH("auth.external_auth_config.jwks.0",
                 "failed to parse jwks, invalid key type (oct) only (RSA, EC, OKP) supported")},
        {"\"external_auth_config\":{\"jwks\":{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"HS256\"}]}}",
         AT_PATH("auth.external_auth_config.jwks.0",
                 "failed to parse jwks, invalid alg (HS256) type only (RS256, RS384, RS512) "
                 "supported")},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];

        snprintf(text, sizeof(text), "{\"auth\":{%s}}", rows[i][0]);
        check_fails(text, rows[i][1]);
    }
}

static void test_cloud(void **state)
{
#define MISSING(field) \
    PROCESS "Error validating, missing required field. Path: \"cloud\" Field: \"" field "\""
    check_fails("{\"cloud\":{}}", MISSING("id"));
    check_fails("{\"cloud\":{\"id\":\"a\"}}", MISSING("api_key"));
    check_fails("{\"cloud\":{\"id\":\"a\",\"api_key\":{\"id\":\"b\"}}}", MISSING("api_key"));
    struct sn_config *config =
        parse("{\"cloud\":{\"id\":\"a\",\"api_key\":{\"id\":\"b\",\"key\":\"c\"},\"app_address\":"
              "\"https://x\",\"refresh_interval\":\"5s\"}}");
    assert_string_equal(config->cloud.api_key.key, "c");
    assert_string_equal(config->cloud.app_address, "https://x");
    assert_int_equal(config->cloud.refresh_interval_ns, SN_SECONDS(5));
    sn_config_destroy(config);
    config = parse("{\"cloud\":{\"id\":\"a\",\"secret\":\"b\"}}");
    assert_int_equal(config->cloud.refresh_interval_ns, SN_SECONDS(10));
    sn_config_destroy(config);
}

static void test_modules(void **state)
{
    static const char *const rows[][2] = {
        {"\"name\":\"a\",\"executable_path\":\"/x\"", NULL},
        {"\"name\":\"a\",\"type\":\"registry\"", NULL},
        {"\"executable_path\":\"/x\"", "Error validating, missing required field. Field: \"name\""},
        {"\"name\":\"a\"", "Error validating, missing required field. Field: \"executable_path\""},
        {"\"name\":\"a b\"", "Error validating. Path: \"\" Error: module name \"a b\" must start "
                             "with a letter or number "
                             "and must only contain letters, numbers, dashes, and underscores"},
        {"\"name\":\"parent\",\"executable_path\":\"/x\"",
         "module  cannot use the reserved name of parent"},
        {"\"name\":\"a\",\"status\":{\"error\":\"boo\"}",
         "Error validating. Path: \"\" Error: boo"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];

        snprintf(text, sizeof(text), "{\"modules\":[{%s,\"first_run_timeout\":\"0s\"}]}",
                 rows[i][0]);
        struct sn_config *config = parse(text);
        const struct sn_config_module *module = config->modules.v;
        if (rows[i][1])
            assert_string_equal(module->invalid, rows[i][1]);
        else
            assert_null(module->invalid);
        assert_int_equal(module->first_run_timeout_ns, SN_SECONDS(3600));
        assert_non_null(module->json);
        sn_config_destroy(config);
    }
}

static void test_remotes(void **state)
{
#define MISSING_FIELD(field) "Error validating, missing required field. Field: \"" field "\""
    static const char *const rows[][2] = {
        {"\"name\":\"a\",\"address\":\"b\",\"frame\":{\"parent\":\"world\"}", NULL},
        {"\"address\":\"b\"", MISSING_FIELD("name")},
        {"\"name\":\"a\"", MISSING_FIELD("address")},
        {"\"name\":\"a\",\"address\":\"b\",\"frame\":{}", MISSING_FIELD("frame.parent")},
        {"\"name\":\"a b\",\"address\":\"b\"",
         "Error validating. Path: \"\" Error: name \"a b\" must start with a letter or number and "
         "must only contain letters, numbers, dashes, and underscores"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];

        snprintf(text, sizeof(text), "{\"remotes\":[{%s}]}", rows[i][0]);
        struct sn_config *config = parse(text);
        const struct sn_config_remote *remote = config->remotes.v;
        if (rows[i][1])
            assert_string_equal(remote->invalid, rows[i][1]);
        else
            assert_null(remote->invalid);
        assert_int_equal(remote->connection_check_interval_ns, SN_SECONDS(10));
        assert_int_equal(remote->reconnect_interval_ns, SN_SECONDS(1));
        assert_string_equal(remote->prefix, "");
        sn_config_destroy(config);
    }
}

static void test_jobs_and_packages(void **state)
{
    struct sn_config *config =
        parse("{\"jobs\":[{},{\"name\":\"j\"},{\"name\":\"j\",\"method\":\"m\"},{\"name\":\"j\","
              "\"method\":"
              "\"m\",\"schedule\":\"5s\"},{\"name\":\"j\",\"method\":\"m\",\"schedule\":\"5s\","
              "\"resource\":"
              "\"r\",\"command\":{\"a\":1}}],"
              "\"packages\":[{},{\"name\":\"p\"},{\"name\":\"p\",\"package\":\"o/p\"}]}");

    assert_string_equal(config->jobs.v[0].invalid, MISSING_FIELD("name"));
    assert_string_equal(config->jobs.v[1].invalid, MISSING_FIELD("method"));
    assert_string_equal(config->jobs.v[2].invalid, MISSING_FIELD("schedule"));
    assert_string_equal(config->jobs.v[3].invalid, MISSING_FIELD("resource"));
    assert_null(config->jobs.v[4].invalid);
    assert_non_null(config->jobs.v[4].command);
    assert_string_equal(config->packages.v[0].invalid, MISSING_FIELD("name"));
    assert_string_equal(config->packages.v[1].invalid, MISSING_FIELD("package"));
    assert_null(config->packages.v[2].invalid);
    assert_string_equal(config->packages.v[2].version, "latest");
    sn_config_destroy(config);
}

static void test_processes(void **state)
{
    struct sn_config *config = parse(
        "{\"processes\":[{\"id\":\"a\",\"name\":\"/bin/x\",\"args\":[\"1\",\"2\"],\"cwd\":\"/c\","
        "\"one_shot\":true,\"username\":\"u\",\"env\":{\"K\":\"v\"},\"log\":true,\"stop_signal\":"
        "\"SIGINT\",\"stop_timeout\":\"2s\"},{\"id\":\"b\",\"name\":\"y\"}]}");
    const struct sn_config_process *a = config->processes.v, *b = a + 1;

    assert_null(a->invalid);
    assert_string_equal(a->name, "/bin/x");
    assert_int_equal(a->args.count, 2);
    assert_string_equal(a->args.v[1], "2");
    assert_string_equal(a->cwd, "/c");
    assert_string_equal(a->username, "u");
    assert_string_equal(json_string_value(json_object_get(a->env, "K")), "v");
    assert_true(a->one_shot && a->log);
    assert_int_equal(a->stop_signal, SIGINT);
    assert_int_equal(a->stop_timeout_ns, SN_SECONDS(2));
    assert_null(b->invalid);
    assert_false(b->one_shot || b->log);
    assert_int_equal(b->stop_signal, SIGTERM);
    assert_int_equal(b->stop_timeout_ns, SN_SECONDS(10));
    sn_config_destroy(config);
}

/* Of the second of two entries; the first is fine. */
static void check_process(const char *entry, const char *invalid)
{
    char text[1024];

    snprintf(text, sizeof(text), "{\"processes\":[{\"id\":\"a\",\"name\":\"x\"},{%s}]}", entry);
    struct sn_config *config = parse(text);
    assert_null(config->processes.v[0].invalid);
    assert_string_equal(config->processes.v[1].invalid, invalid);
    sn_config_destroy(config);
}

#define PATHS "Error validating. Path: "

static void test_bad_processes(void **state)
{
    check_process("\"name\":\"x\"", "Error validating, missing required field. Field: \"id\"");
    check_process("\"id\":\"b\"", "Error validating, missing required field. Field: \"name\"");
    check_process("\"id\":\"a\",\"name\":\"y\"",
                  PATHS "\"id\" Error: another process has it; only the first one is run");
    check_process("\"id\":\"b\\n\",\"name\":\"y\"",
                  PATHS "\"id\" Error: it has control characters");
    check_process("\"id\":\"b\",\"name\":\"y\",\"stop_timeout\":\"99ms\"",
                  PATHS "\"\" Error: stop_timeout should not be less than 100ms");
    check_process("\"id\":\"b\",\"name\":\"y\",\"stop_signal\":\"USR9\"",
                  PATHS "\"stop_signal\" Error: \"USR9\" is no signal; there are HUP, INT, QUIT, "
                        "ABRT, KILL and TERM");
    check_process("\"id\":\"b\",\"name\":\"y\",\"isolation\":{\"memory_mb\":-1}", PATHS
                  "\"isolation.memory_mb\" Error: -1 is not allowed; it must be between 1 and "
                  "16777216, or 0 for no limit");
    check_process("\"id\":\"b\",\"name\":\"y\",\"isolation\":{\"network\":\"off\"}",
                  PATHS "\"isolation.network\" Error: it must be true or false");
    check_process("\"id\":\"b\",\"name\":\"y\",\"isolation\":{\"netwrok\":false}",
                  PATHS "\"isolation\" Error: there is no \"netwrok\"; there are user, memory_mb, "
                        "cpu_percent, max_processes, network, read_only and writable");
    check_process("\"id\":\"b\",\"name\":\"y\",\"isolation\":{\"writable\":[\"/a\",\"b\"]}",
                  PATHS "\"isolation.writable.1\" Error: \"b\" is not an absolute path");
}

static void test_isolation(void **state)
{
    struct sn_config *config = parse(
        "{\"modules\":[{\"name\":\"m\",\"executable_path\":\"/m\",\"isolation\":{\"user\":"
        "\"u\",\"memory_mb\":64,\"cpu_percent\":150,\"max_processes\":20,\"network\":false,"
        "\"read_only\":true,\"writable\":[\"/w\"]}},{\"name\":\"n\",\"executable_path\":\"/n\"},"
        "{\"name\":\"o\",\"executable_path\":\"/o\",\"tcp_mode\":true,\"isolation\":"
        "{\"network\":false}}]}");
    const struct sn_config_isolation *isolation = &config->modules.v[0].isolation;

    assert_null(config->modules.v[0].invalid);
    assert_string_equal(isolation->user, "u");
    assert_int_equal(isolation->memory_mb, 64);
    assert_int_equal(isolation->cpu_percent, 150);
    assert_int_equal(isolation->max_processes, 20);
    assert_true(isolation->no_network && isolation->read_only);
    assert_string_equal(isolation->writable.v[0], "/w");
    isolation = &config->modules.v[1].isolation;
    assert_string_equal(isolation->user, "");
    assert_false(isolation->no_network || isolation->read_only);
    assert_string_equal(config->modules.v[2].invalid,
                        "Error validating. Path: \"\" Error: tcp_mode needs the network that "
                        "isolation takes away");
    sn_config_destroy(config);
}

static void test_top_level(void **state)
{
    struct sn_config *config =
        parse("{\"debug\":true,\"enable_web_profile\":true,\"disable_log_deduplication\":true,"
              "\"revision\":\"r7\",\"processes\":[{\"id\":\"x\"}],\"tracing\":{\"enabled\":true},"
              "\"maintenance\":{\"sensor_name\":\"s\",\"maintenance_allowed_key\":\"k\"},"
              "\"log\":[{\"pattern\":\"rdk\",\"level\":\"bad\"},{}]}");

    assert_true(config->debug && config->enable_web_profile && config->disable_log_deduplication);
    assert_string_equal(config->revision, "r7");
    assert_int_equal(config->processes.count, 1);
    assert_non_null(config->tracing);
    assert_string_equal(config->maintenance.allowed_key, "k");
    assert_int_equal(config->log.count, 2);
    assert_string_equal(config->log.v[0].level, "bad");
    assert_string_equal(config->log.v[1].pattern, "");
    sn_config_destroy(config);
}

static void test_apply_log(void **state)
{
    struct sn_config *config = parse(
        "{\"log\":[{\"pattern\":\"rdk.resource_manager*\",\"level\":\"error\"}],\"components\":"
        "[{\"name\":\"m\",\"type\":\"motor\",\"model\":\"fake\",\"log_configuration\":{\"level\":"
        "\"info\"}},{\"name\":\"n\",\"type\":\"motor\",\"model\":\"fake\"}]}");
    struct sn_logger *m = sn_logger_get("rdk.resource_manager.rdk:component:motor/m");
    struct sn_logger *n = sn_logger_get("rdk.resource_manager.rdk:component:motor/n");

    sn_config_apply_log(config, false);
    assert_true(sn_log_enabled(m, SN_LOG_INFO));
    assert_false(sn_log_enabled(n, SN_LOG_WARN));
    assert_false(sn_log_enabled(sn_logger_get("rdk"), SN_LOG_DEBUG));
    sn_config_apply_log(config, true);
    assert_true(sn_log_enabled(n, SN_LOG_DEBUG));
    sn_config_destroy(config);
    config = parse("{}");
    sn_config_apply_log(config, false);
    assert_true(sn_log_enabled(n, SN_LOG_INFO));
    sn_config_destroy(config);
}

static void test_read(void **state)
{
    static const char text[] = "{\"revision\":\"$SN_TEST_REVISION\"} behind";
    char path[] = "/tmp/sn-config-XXXXXX";
    struct sn_config *config;
    int fd = mkstemp(path);

    setenv("SN_TEST_REVISION", "r1", 1);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    assert_int_equal(sn_config_read(path, true, &config, &error), 0);
    assert_string_equal(config->revision, "r1");
    sn_config_destroy(config);
    assert_int_equal(sn_config_read(path, false, &config, &error), 0);
    assert_string_equal(config->revision, "$SN_TEST_REVISION");
    sn_config_destroy(config);
    unlink(path);
}

static void test_read_fails(void **state)
{
    struct sn_config *config;

    assert_int_equal(sn_config_read("/nonexistent/x", true, &config, &error), SN_ERR_NOT_FOUND);
    assert_string_equal(error.text, "open /nonexistent/x: no such file or directory");
    assert_int_equal(sn_config_read("/tmp", true, &config, &error), SN_ERR_UNAVAILABLE);
    assert_string_equal(error.text, "open /tmp: is a directory");
}

/* What comes in the place of a file while it is followed is not waited for. */
static void test_read_no_pipe(void **state)
{
    char path[] = "/tmp/sn-config-XXXXXX";
    struct sn_config *config;
    int fd = mkstemp(path);

    close(fd);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_not_equal(sn_config_read(path, false, &config, &error), 0);
    fd = open(path, O_RDWR | O_NONBLOCK); /* a writer that says nothing */
    assert_int_equal(sn_config_read(path, false, &config, &error), SN_ERR_UNAVAILABLE);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),          cmocka_unit_test(test_resource),
        cmocka_unit_test(test_forms),          cmocka_unit_test(test_invalid_entries),
        cmocka_unit_test(test_bad_triplets),   cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_malformed_json), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_numbers),        cmocka_unit_test(test_network),
        cmocka_unit_test(test_auth),           cmocka_unit_test(test_bad_auth),
        cmocka_unit_test(test_cloud),          cmocka_unit_test(test_modules),
        cmocka_unit_test(test_remotes),        cmocka_unit_test(test_jobs_and_packages),
        cmocka_unit_test(test_processes),      cmocka_unit_test(test_bad_processes),
        cmocka_unit_test(test_isolation),      cmocka_unit_test(test_top_level),
        cmocka_unit_test(test_apply_log),      cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_fails),     cmocka_unit_test(test_read_no_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
