/* SPDX-License-Identifier: Apache-2.0
 *
 * A module with a sensor: temperatures as the system gives them, in files that hold thousandths of
 * a degree.
 */
#include "sinew/api/sensor.h"
#include "sinew/log.h"
#include "sinew/module.h"
#include "sinew/struct.h"

#include <stdio.h>

struct attrs {
    struct sn_str path;
    double offset;
};

struct thermometer {
    struct sn_sensor base; /* first */
    const struct attrs *attrs;
};

struct reading {
    const struct attrs *attrs;
    struct pb_google_struct *readings;
};

/* On a thread of the pool, where it may wait for the file. */
static int read_file(struct sn_call *call, void *arg)
{
    const struct reading *reading = arg;
    const char *path = reading->attrs->path.ptr;
    FILE *file = fopen(path, "r");
    double thousandths;
    int found = file ? fscanf(file, "%lf", &thousandths) : 0;

    if (file)
        fclose(file);
    if (found != 1)
        return sn_call_fail(call, SN_ERR_UNKNOWN, "no temperature in \"%s\"", path);
    return sn_pb_struct_add(reading->readings, SN_STR("celsius"),
                            sn_pb_number(thousandths / 1000 + reading->attrs->offset), call->arena);
}

static int readings(struct sn_call *call, struct sn_sensor *sensor,
                    const struct pb_google_struct *extra, struct pb_google_struct *ret_readings)
{
    struct reading *reading = sn_arena_alloc(call->arena, sizeof(*reading));

    if (!reading)
        return SN_ERR_RESOURCE_EXHAUSTED;
    *reading = (struct reading){((struct thermometer *)sensor)->attrs, ret_readings};
    return sn_call_block(call, read_file, reading);
}

static int start(struct sn_call *call, struct sn_resource *resource, const void *attrs)
{
    struct thermometer *thermometer = (struct thermometer *)resource;

    thermometer->attrs = attrs;
    sn_log_info(resource->log, "reading \"%s\"", thermometer->attrs->path.ptr);
    return 0;
}

#define AT(member) offsetof(struct attrs, member)

static const struct sn_attr attrs[] = {
    {"path", SN_ATTR_STRING, AT(path), .help = "file with thousandths of a degree",
     .required = true},
    {"offset", SN_ATTR_NUMBER, AT(offset), .help = "degrees to add"},
    {0},
};

static const struct sn_sensor_ops ops = {.readings = readings};

static const struct sn_driver thermometer = {
    .api = SN_API_SENSOR,
    .model = "sinew:example:thermometer",
    .help = "a temperature from a file",
    .size = sizeof(struct thermometer),
    .attrs_size = sizeof(struct attrs),
    .attrs = attrs,
    .ops = &ops,
    .open = start,
};

static const struct sn_driver *const drivers[] = {&thermometer, NULL};
static const struct sn_module module = {.drivers = drivers};

int main(int argc, char **argv)
{
    return sn_module_main(argc, argv, &module);
}
