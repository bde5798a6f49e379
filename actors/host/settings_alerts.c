/*  settings_alerts.c: what the alert settings must be together: said at the start, not when the first alert is lost. */
#include "actors/host/settings_store.h"

#include "actors/host/alert_address.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const char *value_of (const settings_t *self, setting_t setting)
{
    bool secret = setting_info (setting)->kind == SETTING_KIND_SECRET;
    return secret ? self->secret[setting] : self->text[setting];
}

static int refuse (const settings_t *self, setting_t setting, problem_t *problem, const char *what)
{
    char where[SETTINGS_WHERE_MAX];
    return problem_set (problem, ERR_SETTING, settings_where (self, setting, where), "%s", what);
}

static int check_pairs (const settings_t *self, problem_t *problem)
{
    static const struct {
        setting_t enable;
        setting_t needs;
        const char *what;
    } pairs[] = {
        {SETTING_ENABLE_SLACK_ALERTS, SETTING_SLACK_WEBHOOK_URL,
            "true without SLACK_WEBHOOK_URL, expected both"},
        {SETTING_ENABLE_EMAIL_ALERTS, SETTING_SMTP_HOST, "true without SMTP_HOST, expected both"},
        {SETTING_ENABLE_EMAIL_ALERTS, SETTING_ALERT_EMAIL_TO, "true without ALERT_EMAIL_TO, expected both"},
        {SETTING_ENABLE_WEBHOOK_ALERTS, SETTING_ALERT_WEBHOOK_URL,
            "true without ALERT_WEBHOOK_URL, expected both"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (settings_bool (self, pairs[i].enable) && !*value_of (self, pairs[i].needs))
            return refuse (self, pairs[i].enable, problem, pairs[i].what);
    }
    return 0;
}

/*  Secrets, so not of kind URL: the message must not show them. */
static bool is_web_address (const char *text)
{
    const char *host = strstr (text, "://");
    if (strncasecmp (text, "https://", 8) != 0 && strncasecmp (text, "http://", 7) != 0)
        return false;
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return host[3] != '\0' && host[3] != '/';
}

static int check_webhooks (const settings_t *self, problem_t *problem)
{
    static const setting_t urls[] = {SETTING_SLACK_WEBHOOK_URL, SETTING_ALERT_WEBHOOK_URL};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        if (*value_of (self, urls[i]) && !is_web_address (value_of (self, urls[i])))
            return refuse (self, urls[i], problem, "expected an address, https://HOST/...");
    return 0;
}

static bool is_this_machine (const char *host)
{
    return strcmp (host, "localhost") == 0 || strcmp (host, "127.0.0.1") == 0 || strcmp (host, "::1") == 0;
}

static int check_mail (const settings_t *self, problem_t *problem)
{
    alert_addresses_t to;
    const char *host = value_of (self, SETTING_SMTP_HOST);
    const char *user = value_of (self, SETTING_SMTP_USERNAME);
    const char *from = value_of (self, SETTING_SMTP_FROM);
    if (!settings_bool (self, SETTING_ENABLE_EMAIL_ALERTS))
        return 0;
    if (!alert_host_is_good (host))
        return refuse (self, SETTING_SMTP_HOST, problem, "expected a host name or address, without a port");
    if (*from ? !alert_address_is_good (from) : !alert_address_is_good (user))
        return refuse (self, *from ? SETTING_SMTP_FROM : SETTING_SMTP_USERNAME, problem,
            "expected the sender as an address like copier@example.com (in SMTP_FROM or SMTP_USERNAME)");
    if (alert_addresses_parse (&to, value_of (self, SETTING_ALERT_EMAIL_TO)) != 0)
        return refuse (self, SETTING_ALERT_EMAIL_TO, problem,
            "expected 1 to 16 addresses like me@example.com, comma separated");
    if (*value_of (self, SETTING_SMTP_PASSWORD) && !settings_bool (self, SETTING_SMTP_USE_TLS) &&
        !is_this_machine (host))
        return refuse (self, SETTING_SMTP_USE_TLS, problem,
            "false with SMTP_PASSWORD would send it in the clear, expected true or no password");
    return 0;
}

int settings_check_alerts (const settings_t *self, problem_t *problem)
{
    assert (self);
    int rc = check_pairs (self, problem);
    if (rc == 0)
        rc = check_webhooks (self, problem);
    return rc ? rc : check_mail (self, problem);
}
