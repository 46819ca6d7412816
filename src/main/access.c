/* SPDX-License-Identifier: Apache-2.0
 *
 * From configs to what rpc/auth wants to know.
 */
#include "main/access.h"

#include <stdlib.h>

const char *sn_access_name(struct sn_access *access, const struct sn_config *config)
{
    uint8_t chance[16];

    if (*config->network.fqdn)
        return config->network.fqdn;
    if (config->cloud.json && *config->cloud.fqdn)
        return config->cloud.fqdn;
    if (!*access->name) {
        sn_random_secret(chance, sizeof(chance));
        sn_uuid_format(chance, access->name);
    }
    return access->name;
}

/* All secrets that let hosts in. */
static size_t gather_secrets(const struct sn_config_cloud *cloud, const char **secrets)
{
    size_t count = 0;

    for (size_t i = 0; i < cloud->location_secrets.count; i++)
        if (*cloud->location_secrets.v[i].secret)
            secrets[count++] = cloud->location_secrets.v[i].secret;
    if (*cloud->location_secret)
        secrets[count++] = cloud->location_secret;
    return count;
}

static size_t gather_hosts(const struct sn_config_cloud *cloud, const char *name,
                           const char *hosts[3])
{
    size_t count = 0;

    hosts[count++] = name;
    if (*cloud->fqdn)
        hosts[count++] = cloud->fqdn;
    if (*cloud->local_fqdn)
        hosts[count++] = cloud->local_fqdn;
    return count;
}

int sn_access_configure(struct sn_access *access, const struct sn_config *config, bool *ret_changed,
                        struct sn_error *error)
{
    const struct sn_config_cloud *cloud = &config->cloud;
    size_t key_count = config->auth.api_keys.count;
    size_t secret_max = cloud->json ? cloud->location_secrets.count + 1 : 0;
    struct sn_auth_pair *keys = calloc(key_count + 1, sizeof(*keys));
    const char **secrets = calloc(secret_max + 1, sizeof(*secrets)), *hosts[3];
    struct sn_auth_options options = {
        .audience = sn_access_name(access, config),
        .jwks = config->auth.jwks,
    };
    int code = SN_ERR_RESOURCE_EXHAUSTED;

    if (keys && secrets) {
        for (size_t i = 0; i < key_count; i++)
            keys[i] = (struct sn_auth_pair){config->auth.api_keys.v[i].id,
                                            config->auth.api_keys.v[i].key};
        options.api_keys.v = keys;
        options.api_keys.count = key_count;
        options.location_secrets.v = secrets;
        options.location_secrets.count = secret_max ? gather_secrets(cloud, secrets) : 0;
        options.hosts.v = hosts;
        options.hosts.count = secret_max ? gather_hosts(cloud, options.audience, hosts) : 0;
        code = sn_auth_configure(access->auth, &options, ret_changed, error);
    } else {
        sn_error_set(error, code, "no memory for authentication");
    }
    free(keys);
    free(secrets);
    return code;
}
