/*  settings_test.c: .env under the environment, defaults, and errors that name file, line and setting. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static settings_t *parse (const char *env, char *const *environment)
{
    settings_t *settings = NULL;
    problem_t problem = {0};
    int rc = settings_parse (&settings, ".env", env, strlen (env), environment, &problem);
    if (rc)
        fail_msg ("%s: %s", problem.where, problem.detail);
    return settings;
}

static void refused (const char *env, char *const *environment, const char *where, const char *expected)
{
    settings_t *settings = NULL;
    problem_t problem = {0};
    int rc = settings_parse (&settings, ".env", env, strlen (env), environment, &problem);
    assert_int_not_equal (rc, 0);
    assert_null (settings);
    assert_string_equal (problem.where, where);
    if (!strstr (problem.detail, expected))
        fail_msg ("\"%s\" is not in \"%s\"", expected, problem.detail);
}

static void an_empty_file_means_defaults (void **state)
{
    (void) state;
    settings_t *settings = parse ("", NULL);
    char secret[SETTING_TEXT_MAX];
    assert_true (settings_bool (settings, SETTING_USE_PAPER_TRADING));
    assert_int_equal (settings_int (settings, SETTING_EXECUTOR_SHARDS), 2);
    assert_int_equal (settings_ns (settings, SETTING_MAX_EVENT_AGE), INT64_C (60000000000));
    assert_int_equal (settings_ns (settings, SETTING_LATENCY_WARNING_THRESHOLD), INT64_C (1000000000));
    assert_int_equal (settings_e9 (settings, SETTING_MIN_NOTIONAL_VALUE), 1000000000);
    assert_int_equal (settings_int (settings, SETTING_LOG_LEVEL), 1);
    assert_string_equal (settings_text (settings, SETTING_DATABASE_URL), "sqlite:///trade_copier.db");
    assert_string_equal (settings_base_url (settings), "https://paper-api.alpaca.markets");
    assert_int_equal (
        settings_secret (settings, SETTING_MASTER_API_KEY, secret, sizeof secret), -ERR_MISSING);
    assert_false (settings_given (settings, SETTING_EXECUTOR_SHARDS));
    settings_destroy (&settings);
    assert_null (settings);
}

static void the_environment_goes_before_the_file (void **state)
{
    (void) state;
    char *const environment[] = {"PATH=/bin", "MAX_RETRY_ATTEMPTS=7", "FAILURE_THRESHOLD=", NULL};
    settings_t *settings = parse ("MAX_RETRY_ATTEMPTS=4\nFAILURE_THRESHOLD=9\n", environment);
    assert_int_equal (settings_int (settings, SETTING_MAX_RETRY_ATTEMPTS), 7);
    assert_int_equal (settings_int (settings, SETTING_FAILURE_THRESHOLD), 9);
    assert_true (settings_given (settings, SETTING_FAILURE_THRESHOLD));
    settings_destroy (&settings);
}

static void every_kind_is_read (void **state)
{
    (void) state;
    settings_t *settings =
        parse ("LOG_LEVEL=warning\nMIN_ORDER_SIZE=0.001\nREQUEST_TIMEOUT=250ms\n"
               "LATENCY_CRITICAL_THRESHOLD=2m\nCIRCUIT_TIMEOUT=1.5\nALLOW_FRACTIONAL_SHARES=off\n"
               "ALPACA_BASE_URL=http://127.0.0.1:8080/\n",
            NULL);
    assert_int_equal (settings_int (settings, SETTING_LOG_LEVEL), 2);
    assert_int_equal (settings_e9 (settings, SETTING_MIN_ORDER_SIZE), 1000000);
    assert_int_equal (settings_ns (settings, SETTING_REQUEST_TIMEOUT), 250000000);
    assert_int_equal (settings_ns (settings, SETTING_LATENCY_CRITICAL_THRESHOLD), INT64_C (120000000000));
    assert_int_equal (settings_ns (settings, SETTING_CIRCUIT_TIMEOUT), 1500000000);
    assert_false (settings_bool (settings, SETTING_ALLOW_FRACTIONAL_SHARES));
    assert_string_equal (settings_base_url (settings), "http://127.0.0.1:8080");
    settings_destroy (&settings);
}

static void errors_name_line_setting_and_what_was_expected (void **state)
{
    (void) state;
    char *const environment[] = {"LOG_LEVEL=LOUD", NULL};
    refused (
        "#\nMAX_RETRY_ATTEMPTS=abc\n", NULL, ".env:2 MAX_RETRY_ATTEMPTS", "a whole number from 0 to 100");
    refused ("MAX_RETRY_ATTEMPTS=101", NULL, ".env:1 MAX_RETRY_ATTEMPTS", "\"101\"");
    refused ("MAX_RETRY_ATTEMPTS=1.5", NULL, ".env:1 MAX_RETRY_ATTEMPTS", "a whole number");
    refused ("SMTP_PORT=0", NULL, ".env:1 SMTP_PORT", "from 1 to 65535");
    refused ("MIN_ORDER_SIZE=-1", NULL, ".env:1 MIN_ORDER_SIZE", "a decimal number from 0 to 1000000 shares");
    refused ("REQUEST_TIMEOUT=5x", NULL, ".env:1 REQUEST_TIMEOUT", "a duration from 0.1 to 120 s");
    refused ("REQUEST_TIMEOUT=3h", NULL, ".env:1 REQUEST_TIMEOUT", "a duration from 0.1 to 120 s");
    refused ("USE_PAPER_TRADING=maybe", NULL, ".env:1 USE_PAPER_TRADING", "true or false");
    refused ("DATABASE_URL=mysql://x/y", NULL, ".env:1 DATABASE_URL", "sqlite");
    refused ("ALPACA_BASE_URL=https://", NULL, ".env:1 ALPACA_BASE_URL", "a host");
    refused ("", environment, "environment LOG_LEVEL", "one of DEBUG|INFO");
    refused ("LOG_LEVEL=INFO\nLOG_LEVEL=INFO", NULL, ".env:2 LOG_LEVEL", "line 1 too");
}

static void pairs_must_stand_together (void **state)
{
    (void) state;
    refused ("MASTER_API_KEY=PK", NULL, ".env:1 MASTER_API_KEY", "MASTER_SECRET_KEY");
    refused ("\nMASTER_SECRET_KEY=PK", NULL, ".env:2 MASTER_SECRET_KEY", "MASTER_API_KEY");
    refused ("MASTER_API_KEY=PK\nMASTER_SECRET_KEY=S", NULL, ".env:1 MASTER_API_KEY", "MASTER_ACCOUNT_ID");
    refused ("RETRY_INITIAL_DELAY=20", NULL, ".env:1 RETRY_INITIAL_DELAY", "RETRY_MAX_DELAY");
    refused ("LATENCY_WARNING_THRESHOLD=9999", NULL, ".env:1 LATENCY_WARNING_THRESHOLD", "CRITICAL");
    refused ("ENABLE_SLACK_ALERTS=true", NULL, ".env:1 ENABLE_SLACK_ALERTS", "SLACK_WEBHOOK_URL");
    refused ("ALPACA_BASE_URL=https://api.alpaca.markets", NULL, ".env:1 ALPACA_BASE_URL",
        "USE_PAPER_TRADING=true");
    refused ("ALPACA_BASE_URL=https://paper-api.alpaca.markets\nUSE_PAPER_TRADING=no", NULL,
        ".env:1 ALPACA_BASE_URL", "USE_PAPER_TRADING=false");
    refused ("CURVE_SECRET_FILE=k", NULL, ".env:1 CURVE_SECRET_FILE", "CURVE_PUBLIC_DIR");
    refused ("CURVE_PUBLIC_DIR=p", NULL, ".env:1 CURVE_PUBLIC_DIR", "CURVE_SECRET_FILE");
    refused ("CURVE_DIR=d\nCURVE_SECRET_FILE=k\nCURVE_PUBLIC_DIR=p", NULL, ".env:2 CURVE_SECRET_FILE",
        "CURVE_DIR");
}

static void no_error_shows_a_secret (void **state)
{
    (void) state;
    char env[1024];
    char secret[601];
    memset (secret, 'S', sizeof secret - 1);
    secret[sizeof secret - 1] = '\0';
    settings_t *settings = NULL;
    problem_t problem = {0};
    snprintf (env, sizeof env, "MASTER_SECRET_KEY=%s", secret);
    assert_int_not_equal (settings_parse (&settings, ".env", env, strlen (env), NULL, &problem), 0);
    assert_string_equal (problem.where, ".env:1 MASTER_SECRET_KEY");
    assert_null (strstr (problem.detail, "SSS"));
    snprintf (env, sizeof env, "SMTP_PASSWORD=%.300s", secret);
    assert_int_not_equal (settings_parse (&settings, ".env", env, strlen (env), NULL, &problem), 0);
    assert_null (strstr (problem.detail, "SSS"));
}

static void a_secret_is_copied_and_can_be_wiped (void **state)
{
    (void) state;
    char secret[SETTING_TEXT_MAX];
    settings_t *settings = parse ("ENCRYPTION_KEY=abc", NULL);
    problem_t problem = {0};
    assert_int_equal (settings_encryption_key (settings, secret, &problem), 0);
    assert_string_equal (secret, "abc");
    assert_int_equal (settings_secret (settings, SETTING_ENCRYPTION_KEY, secret, 3), -ERR_FULL);
    settings_wipe (settings, SETTING_ENCRYPTION_KEY);
    assert_int_equal (
        settings_secret (settings, SETTING_ENCRYPTION_KEY, secret, sizeof secret), -ERR_MISSING);
    assert_int_equal (settings_encryption_key (settings, secret, &problem), -ERR_SETTING);
    settings_destroy (&settings);
}

static void the_key_may_stand_in_a_file_but_not_in_both (void **state)
{
    (void) state;
    char directory[] = "/tmp/settings_test_XXXXXX";
    char path[64];
    char env[160];
    char key[SETTINGS_KEY_TEXT_MAX];
    problem_t problem = {0};
    assert_non_null (mkdtemp (directory));
    snprintf (path, sizeof path, "%s/key", directory);
    snprintf (env, sizeof env, "ENCRYPTION_KEY_FILE=%s", path);
    settings_t *settings = parse (env, NULL);
    assert_int_equal (settings_encryption_key (settings, key, &problem), -ERR_NOT_FOUND);
    FILE *file = fopen (path, "w");
    assert_non_null (file);
    fprintf (file, "filekey  \n");
    fclose (file);
    assert_int_equal (settings_encryption_key (settings, key, &problem), 0);
    assert_string_equal (key, "filekey");
    settings_destroy (&settings);
    snprintf (env, sizeof env, "ENCRYPTION_KEY=x\nENCRYPTION_KEY_FILE=%s", path);
    settings = parse (env, NULL);
    assert_int_equal (settings_encryption_key (settings, key, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, ".env:2 ENCRYPTION_KEY_FILE");
    settings_destroy (&settings);
    unlink (path);
    rmdir (directory);
}

static void live_trading_is_confirmed (void **state)
{
    (void) state;
    problem_t problem = {0};
    settings_t *settings = parse ("USE_PAPER_TRADING=false", NULL);
    assert_string_equal (settings_base_url (settings), "https://api.alpaca.markets");
    assert_int_equal (settings_check_live (settings, false, &problem), -ERR_SETTING);
    assert_string_equal (problem.where, ".env:1 USE_PAPER_TRADING");
    assert_int_equal (settings_check_live (settings, true, &problem), 0);
    settings_destroy (&settings);
    settings = parse ("USE_PAPER_TRADING=false\nCONFIRM_LIVE=yes", NULL);
    assert_int_equal (settings_check_live (settings, false, &problem), 0);
    settings_destroy (&settings);
}

static void unknown_names_are_remembered (void **state)
{
    (void) state;
    settings_t *settings = parse ("WRONG_ONE=1\nLOG_LEVEL=INFO\nOTHER=2", NULL);
    assert_string_equal (settings_unknown (settings, 0), "WRONG_ONE");
    assert_string_equal (settings_unknown (settings, 1), "OTHER");
    assert_null (settings_unknown (settings, 2));
    settings_destroy (&settings);
}

static void the_python_copiers_names_are_all_there (void **state)
{
    (void) state;
    static const char *const names[] = {"MASTER_API_KEY", "MASTER_SECRET_KEY", "MASTER_ACCOUNT_ID",
        "ENCRYPTION_KEY", "DATABASE_URL", "ALPACA_BASE_URL", "USE_PAPER_TRADING", "MAX_CONCURRENT_ORDERS",
        "ORDER_BATCH_SIZE", "RATE_LIMIT_DELAY", "WEBSOCKET_RECONNECT_DELAY", "MIN_ORDER_SIZE",
        "MIN_NOTIONAL_VALUE", "ALLOW_FRACTIONAL_SHARES", "FAILURE_THRESHOLD", "CIRCUIT_TIMEOUT", "LOG_LEVEL",
        "ENABLE_STRUCTURED_LOGGING", "MASTER_CREDENTIAL_CHECK_INTERVAL", "LATENCY_WARNING_THRESHOLD",
        "LATENCY_CRITICAL_THRESHOLD", "MAX_RETRY_ATTEMPTS", "RETRY_INITIAL_DELAY", "RETRY_MAX_DELAY",
        "RETRY_EXPONENTIAL_BASE", "SLACK_WEBHOOK_URL", "SLACK_CHANNEL", "SMTP_HOST", "SMTP_PORT",
        "SMTP_USERNAME", "SMTP_PASSWORD", "SMTP_FROM", "SMTP_USE_TLS", "ALERT_EMAIL_TO",
        "ENABLE_EMAIL_ALERTS", "ENABLE_SLACK_ALERTS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setting_t setting;
        if (setting_find (names[i], strlen (names[i]), &setting) != 0)
            fail_msg ("%s is missing", names[i]);
        assert_string_equal (setting_info (setting)->name, names[i]);
    }
}

static void the_environment_is_scrubbed_of_secrets_only (void **state)
{
    (void) state;
    assert_int_equal (setenv ("SMTP_PASSWORD", "hidden", 1), 0);
    assert_int_equal (setenv ("SMTP_HOST", "example.com", 1), 0);
    settings_scrub_environment ();
    assert_string_equal (getenv ("SMTP_PASSWORD"), "");
    assert_string_equal (getenv ("SMTP_HOST"), "example.com");
    unsetenv ("SMTP_PASSWORD");
    unsetenv ("SMTP_HOST");
}

static void a_named_file_must_exist (void **state)
{
    (void) state;
    settings_t *settings = NULL;
    problem_t problem = {0};
    assert_int_equal (settings_load (&settings, "/nonexistent/.env", &problem), -ERR_NOT_FOUND);
    assert_string_equal (problem.where, "/nonexistent/.env");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (an_empty_file_means_defaults),
        cmocka_unit_test (the_environment_goes_before_the_file),
        cmocka_unit_test (every_kind_is_read),
        cmocka_unit_test (errors_name_line_setting_and_what_was_expected),
        cmocka_unit_test (pairs_must_stand_together),
        cmocka_unit_test (no_error_shows_a_secret),
        cmocka_unit_test (a_secret_is_copied_and_can_be_wiped),
        cmocka_unit_test (the_key_may_stand_in_a_file_but_not_in_both),
        cmocka_unit_test (live_trading_is_confirmed),
        cmocka_unit_test (unknown_names_are_remembered),
        cmocka_unit_test (the_python_copiers_names_are_all_there),
        cmocka_unit_test (the_environment_is_scrubbed_of_secrets_only),
        cmocka_unit_test (a_named_file_must_exist),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
