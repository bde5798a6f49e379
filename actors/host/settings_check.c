/*  settings_check.c: what one setting alone cannot tell: pairs that must stand together, bounds that cross. */
#include "actors/host/settings_store.h"

#include <assert.h>
#include <string.h>

static bool is_set (const settings_t *self, setting_t setting)
{
    bool secret = setting_info (setting)->kind == SETTING_KIND_SECRET;
    return *(secret ? self->secret[setting] : self->text[setting]) != '\0';
}

static int refuse (const settings_t *self, setting_t setting, problem_t *problem, const char *what)
{
    char where[SETTINGS_WHERE_MAX];
    return problem_set (problem, ERR_SETTING, settings_where (self, setting, where), "%s", what);
}

static int check_master (const settings_t *self, problem_t *problem)
{
    bool key = is_set (self, SETTING_MASTER_API_KEY);
    bool secret = is_set (self, SETTING_MASTER_SECRET_KEY);
    if (key && !secret)
        return refuse (
            self, SETTING_MASTER_API_KEY, problem, "set without MASTER_SECRET_KEY, expected both or none");
    if (secret && !key)
        return refuse (
            self, SETTING_MASTER_SECRET_KEY, problem, "set without MASTER_API_KEY, expected both or none");
    if (key && !is_set (self, SETTING_MASTER_ACCOUNT_ID))
        return refuse (self, SETTING_MASTER_API_KEY, problem,
            "set without MASTER_ACCOUNT_ID, expected it beside the keys");
    return 0;
}

/*  Paper settings with the live address (or the other way round) are a mistake that costs money. */
static int check_address (const settings_t *self, problem_t *problem)
{
    bool paper = settings_bool (self, SETTING_USE_PAPER_TRADING);
    const char *host = strstr (settings_base_url (self), "://");
    assert (host);
    bool live_host = strcmp (host, "://api.alpaca.markets") == 0;
    bool paper_host = strcmp (host, "://paper-api.alpaca.markets") == 0;
    if (paper && live_host)
        return refuse (self, SETTING_ALPACA_BASE_URL, problem,
            "the live address with USE_PAPER_TRADING=true, expected the paper one or "
            "USE_PAPER_TRADING=false");
    if (!paper && paper_host)
        return refuse (self, SETTING_ALPACA_BASE_URL, problem,
            "the paper address with USE_PAPER_TRADING=false, expected the live one or "
            "USE_PAPER_TRADING=true");
    return 0;
}

static int check_order (const settings_t *self, problem_t *problem)
{
    if (settings_ns (self, SETTING_RETRY_INITIAL_DELAY) > settings_ns (self, SETTING_RETRY_MAX_DELAY))
        return refuse (
            self, SETTING_RETRY_INITIAL_DELAY, problem, "above RETRY_MAX_DELAY, expected at most that");
    if (settings_ns (self, SETTING_LATENCY_WARNING_THRESHOLD) >
        settings_ns (self, SETTING_LATENCY_CRITICAL_THRESHOLD))
        return refuse (self, SETTING_LATENCY_WARNING_THRESHOLD, problem,
            "above LATENCY_CRITICAL_THRESHOLD, expected at most that");
    return 0;
}

static int check_curve (const settings_t *self, problem_t *problem)
{
    bool secret = is_set (self, SETTING_CURVE_SECRET_FILE);
    bool directory = is_set (self, SETTING_CURVE_PUBLIC_DIR);
    if (is_set (self, SETTING_CURVE_DIR) && (secret || directory))
        return refuse (self, secret ? SETTING_CURVE_SECRET_FILE : SETTING_CURVE_PUBLIC_DIR, problem,
            "set beside CURVE_DIR, expected one or the other");
    if (secret && !directory)
        return refuse (
            self, SETTING_CURVE_SECRET_FILE, problem, "set without CURVE_PUBLIC_DIR, expected both or none");
    if (directory && !secret)
        return refuse (
            self, SETTING_CURVE_PUBLIC_DIR, problem, "set without CURVE_SECRET_FILE, expected both or none");
    return 0;
}

int settings_check_together (const settings_t *self, problem_t *problem)
{
    int rc = check_master (self, problem);
    if (rc == 0)
        rc = check_address (self, problem);
    if (rc == 0)
        rc = check_order (self, problem);
    if (rc == 0)
        rc = check_curve (self, problem);
    return rc ? rc : settings_check_alerts (self, problem);
}
