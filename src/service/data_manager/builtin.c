/* SPDX-License-Identifier: Apache-2.0
 *
 * The data manager as far as it is there: its attributes, checked as the reference does, and the
 * answers of a machine without a cloud. Nothing is captured yet.
 */
#include "pb/service/datamanager/v1/data_manager.h"
#include "sinew/api/data_manager.h"
#include "sinew/driver.h"

#include <math.h>

struct capture_control_sensor {
    struct sn_str name, key;
};

struct mongo_capture {
    struct sn_str uri, database, collection;
};

struct builtin_attrs {
    struct sn_str capture_dir;
    struct sn_attr_list tags, additional_sync_paths;
    bool capture_disabled, sync_disabled;
    double sync_interval_mins;
    struct sn_str selective_syncer_name;
    struct capture_control_sensor capture_control_sensor;
    int64_t maximum_capture_file_size_bytes, file_last_modified_millis, maximum_num_sync_threads,
        delete_every_nth_when_disk_full;
    double disk_usage_deletion_threshold, capture_dir_deletion_threshold;
    struct mongo_capture mongo_capture_config;
};

/* Texts as upstream's, which has no path before them. */
static int not_negative(const char *key, double value, struct sn_error *error)
{
    return signbit(value) ? sn_error_set(error, SN_ERR_UNKNOWN, "%s can't be negative", key) : 0;
}

static int builtin_validate(const void *attrs, struct sn_error *error)
{
    const struct builtin_attrs *a = attrs;
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"sync_interval_mins", a->sync_interval_mins},
        {"maximum_num_sync_threads", (double)a->maximum_num_sync_threads},
        {"maximum_capture_file_size_bytes", (double)a->maximum_capture_file_size_bytes},
        {"file_last_modified_millis", (double)a->file_last_modified_millis},
        {"disk_usage_deletion_threshold", a->disk_usage_deletion_threshold},
        {"capture_dir_deletion_threshold", a->capture_dir_deletion_threshold},
        {"delete_every_nth_when_disk_full", (double)a->delete_every_nth_when_disk_full},
    };
    int code = 0;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !code; i++)
        code = not_negative(numbers[i].key, numbers[i].value, error);
    return code;
}

static int no_cloud(struct sn_call *call)
{
    return sn_call_fail(call, SN_ERR_UNKNOWN, "not connected to the cloud");
}

static int builtin_sync(struct sn_call *call, struct sn_data_manager *manager,
                        const struct pb_google_struct *extra)
{
    return no_cloud(call);
}

/* The reference ends with a crash here. */
static int
builtin_upload(struct sn_call *call, struct sn_data_manager *manager,
               const struct pb_service_datamanager_upload_binary_data_to_datasets_request *request)
{
    return no_cloud(call);
}

#define SENSOR(member) offsetof(struct capture_control_sensor, member)

static const struct sn_attr sensor_attrs[] = {
    {"name", SN_ATTR_STRING, SENSOR(name), .help = "sensor that says what to capture"},
    {"key", SN_ATTR_STRING, SENSOR(key), .help = "of its readings"},
    {0},
};

#define MONGO(member) offsetof(struct mongo_capture, member)

static const struct sn_attr mongo_attrs[] = {
    {"uri", SN_ATTR_STRING, MONGO(uri), .help = "database that gets a copy"},
    {"database", SN_ATTR_STRING, MONGO(database), .help = "its name"},
    {"collection", SN_ATTR_STRING, MONGO(collection), .help = "its name"},
    {0},
};

#define AT(member) offsetof(struct builtin_attrs, member)

static const struct sn_attr builtin_attrs[] = {
    {"capture_dir", SN_ATTR_STRING, AT(capture_dir), .help = "folder for what is captured"},
    {"tags", SN_ATTR_STRINGS, AT(tags), .help = "of all that is captured"},
    {"capture_disabled", SN_ATTR_BOOL, AT(capture_disabled), .help = "captures nothing"},
    {"mongo_capture_config", SN_ATTR_OBJECT, AT(mongo_capture_config), .sub = mongo_attrs,
     .sub_size = sizeof(struct mongo_capture), .help = "where captured readings also go"},
    {"delete_every_nth_when_disk_full", SN_ATTR_INT, AT(delete_every_nth_when_disk_full),
     .preset = "5", .help = "of the captured files"},
    {"maximum_capture_file_size_bytes", SN_ATTR_INT, AT(maximum_capture_file_size_bytes),
     .preset = "262144", .help = "a new file begins there"},
    {"disk_usage_deletion_threshold", SN_ATTR_NUMBER, AT(disk_usage_deletion_threshold),
     .preset = "0.9", .help = "used part of the disk at which files go"},
    {"capture_dir_deletion_threshold", SN_ATTR_NUMBER, AT(capture_dir_deletion_threshold),
     .preset = "0.5", .help = "part of that which captured files must be"},
    {"additional_sync_paths", SN_ATTR_STRINGS, AT(additional_sync_paths),
     .help = "folders whose files go to the cloud, too"},
    {"file_last_modified_millis", SN_ATTR_INT, AT(file_last_modified_millis), .preset = "10000",
     .help = "a file that old counts as finished, ms"},
    {"maximum_num_sync_threads", SN_ATTR_INT, AT(maximum_num_sync_threads),
     .help = "uploads side by side; 0: half as many as processors"},
    {"sync_disabled", SN_ATTR_BOOL, AT(sync_disabled), .help = "brings nothing to the cloud"},
    {"selective_syncer_name", SN_ATTR_STRING, AT(selective_syncer_name),
     .help = "sensor that says when to sync"},
    {"sync_interval_mins", SN_ATTR_NUMBER, AT(sync_interval_mins), .preset = "0.1",
     .help = "from one sync to the next, minutes"},
    {"capture_control_sensor", SN_ATTR_OBJECT, AT(capture_control_sensor), .sub = sensor_attrs,
     .sub_size = sizeof(struct capture_control_sensor), .help = "what decides on capture"},
    {0},
};

static const struct sn_data_manager_ops builtin_ops = {
    .sync = builtin_sync,
    .upload = builtin_upload,
};

const struct sn_driver sn_service_data_manager_builtin = {
    .api = SN_API_DATA_MANAGER,
    .model = "rdk:builtin:builtin",
    .help = "without effect yet: captures nothing, and there is no cloud",
    .size = sizeof(struct sn_data_manager),
    .attrs_size = sizeof(struct builtin_attrs),
    .attrs = builtin_attrs,
    .ops = &builtin_ops,
    .validate = builtin_validate,
};
