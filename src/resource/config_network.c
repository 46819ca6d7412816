/* SPDX-License-Identifier: Apache-2.0
 *
 * The sections network, auth and cloud of a config. An error in any of them refuses the config: a
 * machine that can be reached in another way than was meant is worse than one that doesn't start.
 */
#include "resource/config_parts.h"

#include "sinew/timers.h"

#include <stdio.h>

/* "host:port", host possibly in brackets. Upstream's texts are those of Go's net package. */
static const char *address_error(const char *address)
{
    const char *colon = strrchr(address, ':');

    if (!colon)
        return "missing port in address";
    if (address[0] == '[') {
        const char *bracket = strchr(address, ']');

        if (!bracket)
            return "missing ']' in address";
        return bracket + 1 == colon ? NULL : "missing port in address";
    }
    return memchr(address, ':', (size_t)(colon - address)) ? "too many colons in address" : NULL;
}

int sn_config_finish_network(struct sn_config_network *network, struct sn_error *error)
{
    network->bind_address_given = *network->bind_address;
    if (!network->bind_address_given)
        network->bind_address = "localhost:8080";
    const char *bad = address_error(network->bind_address);
    if (bad)
        return sn_config_fail_section(error, "network",
                                      "error validating bind_address: address %s: %s",
                                      network->bind_address, bad);
    if (!*network->tls_cert_file != !*network->tls_key_file)
        return sn_config_fail_section(error, "network",
                                      "must provide both tls_cert_file and tls_key_file");
    int64_t *window_ns = &network->sessions.heartbeat_window_ns;
    if (*window_ns == 0)
        *window_ns = SN_SECONDS(2);
    if (*window_ns < (int64_t)SN_MS(30) || *window_ns > (int64_t)SN_SECONDS(60))
        return sn_config_fail_section(error, "network.sessions",
                                      "heartbeat_window must be between [30ms, 1m]");
    for (size_t i = 0; i < network->tunnels.count; i++) {
        if (network->tunnels.v[i].connection_timeout_ns == 0)
            network->tunnels.v[i].connection_timeout_ns = SN_SECONDS(10);
    }
    return 0;
}

/* Reads the ids under "keys" and the key of each, which stands under its id. */
static int read_api_keys(struct sn_config_auth *auth, struct sn_shape_reader *reader, size_t index,
                         json_t *config)
{
    json_t *ids = json_object_get(config, "keys"), *id;
    size_t i;
    char path[48];

    snprintf(path, sizeof(path), "auth.handlers.%zu.config", index);
    if (json_array_size(ids) == 0)
        return sn_config_fail_section(reader->error, path, "%s",
                                      ids && !json_is_array(ids) ? "keys must be an array of ids"
                                                                 : "keys is required");
    auth->api_keys.v =
        sn_arena_zalloc(reader->arena, json_array_size(ids) * sizeof(*auth->api_keys.v));
    if (!auth->api_keys.v)
        return sn_error_set(reader->error, SN_ERR_RESOURCE_EXHAUSTED, "config: out of memory");
    json_array_foreach(ids, i, id)
    {
        const char *name = json_string_value(id);
        json_t *key = name ? json_object_get(config, name) : NULL;

        if (!name)
            return sn_config_fail_section(reader->error, path, "keys must be an array of ids");
        if (strcmp(name, "key") == 0 || strcmp(name, "keys") == 0 || !key)
            continue;
        if (!json_is_string(key))
            return sn_config_fail_section(reader->error, path,
                                          "the key of id \"%s\" must be a string", name);
        auth->api_keys.v[auth->api_keys.count++] =
            (struct sn_config_api_key){name, json_string_value(key)};
    }
    return 0;
}

static int check_handler(struct sn_config_auth *auth, struct sn_shape_reader *reader, size_t index)
{
    const char *type = auth->handlers.v[index].type;
    char path[40];

    snprintf(path, sizeof(path), "auth.handlers.%zu", index);
    if (!*type)
        return sn_config_fail_section(reader->error, path, "handler must have type");
    for (size_t i = 0; i < index; i++) {
        if (strcmp(auth->handlers.v[i].type, type) == 0)
            return sn_config_fail_section(reader->error, path, "duplicate handler type \"%s\"",
                                          type);
    }
    if (strcmp(type, "external") == 0)
        return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                            "failed to process Config: robot cannot issue external auth tokens");
    if (strcmp(type, "api-key") != 0)
        return sn_config_fail_section(reader->error, path,
                                      "do not know how to handle auth for \"%s\"", type);
    return read_api_keys(auth, reader, index, auth->handlers.v[index].config);
}

/* Upstream knows RSA alone. */
static int check_jwk(json_t *key, size_t index, struct sn_error *error)
{
    static const struct {
        const char *type, *algs;
    } types[] = {{"RSA", "RS256, RS384, RS512"}, {"EC", "ES256"}, {"OKP", "EdDSA"}};
    const char *type = json_string_value(json_object_get(key, "kty"));
    const char *alg = json_string_value(json_object_get(key, "alg"));
    char path[64];

    snprintf(path, sizeof(path), "auth.external_auth_config.jwks.%zu", index);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!type || strcmp(type, types[i].type) != 0)
            continue;
        if (alg && strlen(alg) == 5 && strstr(types[i].algs, alg))
            return 0;
        return sn_config_fail_section(
            error, path, "failed to parse jwks, invalid alg (%s) type only (%s) supported",
            alg ? alg : "", types[i].algs);
    }
    return sn_config_fail_section(
        error, path, "failed to parse jwks, invalid key type (%s) only (RSA, EC, OKP) supported",
        type ? type : "");
}

static int check_jwks(struct sn_config_auth *auth, struct sn_error *error)
{
    static const char path[] = "auth.external_auth_config.jwks";
    json_t *keys, *key;
    size_t i;
    int err;

    if (!auth->external)
        return 0;
    auth->jwks = auth->external->jwks;
    keys = json_object_get(auth->jwks, "keys");
    if (!json_is_array(keys))
        return sn_config_fail_section(error, path, "failed to parse jwks: \"keys\" is no array");
    if (json_array_size(keys) == 0)
        return sn_config_fail_section(error, path, "must contain at least 1 key");
    json_array_foreach(keys, i, key)
    {
        err = check_jwk(key, i, error);
        if (err)
            return err;
    }
    return 0;
}

int sn_config_finish_auth(struct sn_config_auth *auth, struct sn_shape_reader *reader)
{
    for (size_t i = 0; i < auth->handlers.count; i++) {
        int err = check_handler(auth, reader, i);
        if (err)
            return err;
    }
    /* A handler that nobody can satisfy is a mistake, and must not become an open door. */
    if (auth->handlers.count && !auth->api_keys.count)
        return sn_error_set(reader->error, SN_ERR_INVALID_ARGUMENT,
                            "\"api-key\" handler requires non-empty API keys");
    int err = check_jwks(auth, reader->error);
    auth->required = auth->handlers.count || auth->jwks;
    return err;
}

int sn_config_finish_cloud(struct sn_config_cloud *cloud, struct sn_error *error)
{
    const char *missing = NULL;

    if (cloud->refresh_interval_ns == 0)
        cloud->refresh_interval_ns = SN_SECONDS(10);
    if (!cloud->json)
        return 0;
    if (!*cloud->id)
        missing = "id";
    else if (!*cloud->secret && (!*cloud->api_key.id || !*cloud->api_key.key))
        missing = "api_key";
    if (!missing)
        return 0;
    return sn_error_set(error, SN_ERR_INVALID_ARGUMENT,
                        "failed to process Config: Error validating, missing required field. Path: "
                        "\"cloud\" Field: \"%s\"",
                        missing);
}

static const struct sn_shape sessions_shape[] = {
    {"heartbeat_window", SN_SHAPE_DURATION, 0, NULL, 0},
    {0},
};

static const struct sn_shape tunnel_shape[] = {
    SN_SHAPE_ROW("port", INT, sn_config_tunnel, port),
    SN_SHAPE_ROW("connection_timeout", DURATION, sn_config_tunnel, connection_timeout_ns),
    {0},
};

const struct sn_shape sn_shape_network[] = {
    SN_SHAPE_ROW("bind_address", STRING, sn_config_network, bind_address),
    SN_SHAPE_ROW("fqdn", STRING, sn_config_network, fqdn),
    SN_SHAPE_ROW("tls_cert_file", STRING, sn_config_network, tls_cert_file),
    SN_SHAPE_ROW("tls_key_file", STRING, sn_config_network, tls_key_file),
    SN_SHAPE_ROW("no_tls", BOOL, sn_config_network, no_tls),
    SN_SHAPE_NESTED("sessions", STRUCT, sn_config_network, sessions, sessions_shape, 0),
    SN_SHAPE_NESTED("traffic_tunnel_endpoints", STRUCTS, sn_config_network, tunnels, tunnel_shape,
                    sizeof(struct sn_config_tunnel)),
    {0},
};

static const struct sn_shape handler_shape[] = {
    SN_SHAPE_ROW("type", STRING, sn_config_handler, type),
    SN_SHAPE_ROW("config", OBJECT, sn_config_handler, config),
    {0},
};

static const struct sn_shape external_shape[] = {
    {"jwks", SN_SHAPE_OBJECT, 0, NULL, 0},
    {0},
};

const struct sn_shape sn_shape_auth[] = {
    SN_SHAPE_NESTED("handlers", STRUCTS, sn_config_auth, handlers, handler_shape,
                    sizeof(struct sn_config_handler)),
    SN_SHAPE_ROW("tls_auth_entities", STRINGS, sn_config_auth, tls_entities),
    SN_SHAPE_NESTED("external_auth_config", POINTER, sn_config_auth, external, external_shape,
                    sizeof(json_t *)),
    {0},
};

static const struct sn_shape api_key_shape[] = {
    SN_SHAPE_ROW("id", STRING, sn_config_api_key, id),
    SN_SHAPE_ROW("key", STRING, sn_config_api_key, key),
    {0},
};

static const struct sn_shape location_secret_shape[] = {
    SN_SHAPE_ROW("id", STRING, sn_config_location_secret, id),
    SN_SHAPE_ROW("secret", STRING, sn_config_location_secret, secret),
    {0},
};

const struct sn_shape sn_shape_cloud[] = {
    SN_SHAPE_ROW(NULL, SELF, sn_config_cloud, json),
    SN_SHAPE_ROW("id", STRING, sn_config_cloud, id),
    SN_SHAPE_ROW("secret", STRING, sn_config_cloud, secret),
    SN_SHAPE_NESTED("api_key", STRUCT, sn_config_cloud, api_key, api_key_shape, 0),
    SN_SHAPE_ROW("app_address", STRING, sn_config_cloud, app_address),
    SN_SHAPE_ROW("refresh_interval", DURATION, sn_config_cloud, refresh_interval_ns),
    SN_SHAPE_CHECKED("signaling_insecure", BOOL, NULL),
    SN_SHAPE_NESTED("location_secrets", STRUCTS, sn_config_cloud, location_secrets,
                    location_secret_shape, sizeof(struct sn_config_location_secret)),
    SN_SHAPE_ROW("location_secret", STRING, sn_config_cloud, location_secret),
    SN_SHAPE_ROW("fqdn", STRING, sn_config_cloud, fqdn),
    SN_SHAPE_ROW("local_fqdn", STRING, sn_config_cloud, local_fqdn),
    SN_SHAPE_ROW("location_id", STRING, sn_config_cloud, location_id),
    SN_SHAPE_ROW("primary_org_id", STRING, sn_config_cloud, primary_org_id),
    SN_SHAPE_ROW("machine_id", STRING, sn_config_cloud, machine_id),
    SN_SHAPE_CHECKED("managed_by", STRING, NULL),
    SN_SHAPE_CHECKED("signaling_address", STRING, NULL),
    SN_SHAPE_CHECKED("tls_certificate", STRING, NULL),
    SN_SHAPE_CHECKED("tls_private_key", STRING, NULL),
    {0},
};
