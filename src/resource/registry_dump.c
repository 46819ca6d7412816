/* SPDX-License-Identifier: Apache-2.0
 *
 * All models with their attributes, as a file for tools (-dump-resources).
 */
#include "resource/registry.h"

#include "resource/attr.h"
#include "resource/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* As the reference names them: by component or service and model. */
static json_t *schema_of(const struct sn_driver *driver)
{
    struct sn_triplet api, model;
    char id[2 * SN_API_MAX + 64] = "https://go.viam.com/rdk/resource/no-native-config";

    if (driver->attrs && !sn_triplet_parse(sn_str_of(driver->api), &api) &&
        !sn_triplet_parse(sn_str_of(driver->model), &model))
        snprintf(id, sizeof(id), "https://go.viam.com/rdk/%.*ss/%.*s/%.*s/config",
                 SN_STR_ARGS(api.family), SN_STR_ARGS(api.name), SN_STR_ARGS(model.name));
    return sn_attrs_schema(driver->attrs, id);
}

static char *dump_text(const struct sn_registry *registry)
{
    json_t *all = json_array();

    for (size_t i = 0; i < registry->count; i++) {
        const struct sn_driver *driver = registry->drivers[i];

        json_array_append_new(all, json_pack("{s:s,s:s,s:o}", "api", driver->api, "model",
                                             driver->model, "attribute_schema", schema_of(driver)));
    }
    char *text = json_dumps(all, JSON_INDENT(1));
    json_decref(all);
    return text;
}

/* jansson indents by spaces; one of them a level makes a tab. Strings hold no raw newline. */
static void indent_by_tabs(char *text)
{
    bool indent = false;

    for (; *text; text++) {
        if (*text == '\n')
            indent = true;
        else if (indent && *text == ' ')
            *text = '\t';
        else
            indent = false;
    }
}

static bool write_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

int sn_registry_dump(const struct sn_registry *registry, const char *path, struct sn_error *error)
{
    char *text = dump_text(registry);
    int fd = text ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

    if (text && fd >= 0) {
        indent_by_tabs(text);
        bool written = write_all(fd, text);
        if (close(fd) == 0 && written) {
            free(text);
            return 0;
        }
    }
    int cause = text ? errno : ENOMEM;
    free(text);
    return sn_error_set(error, SN_ERR_UNAVAILABLE, "dump of resources to %s: %s", path,
                        strerror(cause));
}
