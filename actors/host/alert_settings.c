/*  alert_settings.c: names of settings on one side, of the core's limits on the other. */
#include "actors/host/alert_settings.h"
#include "messages/text.h"

#include <assert.h>
#include <unistd.h>

static alert_channel_config_t channel (const settings_t *settings, setting_t enable, setting_t level)
{
    return (alert_channel_config_t){
        .on = settings_bool (settings, SETTING_ENABLE_ALERTS) && settings_bool (settings, enable),
        .least = (alert_raised_severity_t) settings_int (settings, level)};
}

void alert_settings (alert_config_t *config, const char *name, const settings_t *settings)
{
    int64_t cooldown_ns;
    assert (config && name && settings);
    cooldown_ns = settings_ns (settings, SETTING_ALERT_COOLDOWN);
    *config = (alert_config_t){.cooldown_ns = cooldown_ns > 0 ? cooldown_ns : -1,
        .digest_ns = settings_ns (settings, SETTING_ALERT_DIGEST_INTERVAL)};
    TEXT_SET (config->name, name);
    if (gethostname (config->host, sizeof config->host - 1) != 0)
        config->host[0] = '\0';
    config->channels[CHANNEL_LOG].on = settings_bool (settings, SETTING_ENABLE_ALERTS);
    config->channels[CHANNEL_SLACK] =
        channel (settings, SETTING_ENABLE_SLACK_ALERTS, SETTING_SLACK_ALERT_LEVEL);
    config->channels[CHANNEL_EMAIL] =
        channel (settings, SETTING_ENABLE_EMAIL_ALERTS, SETTING_EMAIL_ALERT_LEVEL);
    config->channels[CHANNEL_WEBHOOK] =
        channel (settings, SETTING_ENABLE_WEBHOOK_ALERTS, SETTING_WEBHOOK_ALERT_LEVEL);
}
