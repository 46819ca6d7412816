/* SPDX-License-Identifier: Apache-2.0
 *
 * What a config says about logging, put in force.
 */
#include "resource/config.h"
#include "resource/name.h"

#include <stdio.h>

static void apply_patterns(const struct sn_config *config)
{
    for (size_t i = 0; i < config->log.count; i++) {
        const char *pattern = config->log.v[i].pattern, *text = config->log.v[i].level;
        enum sn_log_level level;

        if (sn_log_parse_level(text, &level))
            sn_log_fields(sn_logger_get("rdk"), SN_LOG_WARN,
                          SN_LOG_PAIRS("pattern", pattern, "level", text),
                          "Log level did not parse");
        else if (sn_log_set_pattern(pattern, level))
            sn_log_fields(sn_logger_get("rdk"), SN_LOG_WARN,
                          SN_LOG_PAIRS("pattern", pattern, "level", text),
                          "Log pattern is malformed");
    }
}

/* A resource's own level equals a pattern on its logger, set after all others. */
static void apply_levels(const struct sn_config_resource *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum sn_log_level level;
        char full[SN_FULL_NAME_SIZE], name[SN_FULL_NAME_SIZE + 32];

        if (entries[i].invalid || sn_log_parse_level(entries[i].log.level, &level))
            continue;
        sn_full_name(&full, entries[i].api, entries[i].name);
        snprintf(name, sizeof(name), "rdk.resource_manager.%s", full);
        (void)!sn_log_set_pattern(name, level); /* a valid name is a valid pattern */
    }
}

static void apply_job_levels(const struct sn_config *config)
{
    for (size_t i = 0; i < config->jobs.count; i++) {
        const struct sn_config_job *job = &config->jobs.v[i];
        char name[SN_LOG_PATTERN_MAX];
        enum sn_log_level level;

        if (job->invalid || sn_log_parse_level(job->log.level, &level))
            continue;
        snprintf(name, sizeof(name), "rdk.job_manager.%s", job->name);
        (void)!sn_log_set_pattern(name, level); /* not every name of a job can be a pattern */
    }
}

void sn_config_apply_log(const struct sn_config *config, bool debug)
{
    sn_log_set_level(debug || config->debug ? SN_LOG_DEBUG : SN_LOG_INFO);
    sn_log_set_dedup(!config->disable_log_deduplication);
    sn_log_clear_patterns();
    apply_patterns(config);
    apply_levels(config->components.v, config->components.count);
    apply_levels(config->services.v, config->services.count);
    apply_job_levels(config);
}
