/*  gateway_change_test.c: the body of POST /api/strategy/change: what is taken, and what a refusal names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "actors/host/gateway_change.h"

static strategy_change_t s_change;
static problem_t s_problem;

static int parse (const char *text)
{
    memset (&s_problem, 0, sizeof s_problem);
    return gateway_change_parse (text, strlen (text), &s_change, &s_problem);
}

static void refused (const char *text, const char *field)
{
    assert_true (parse (text) < 0);
    assert_string_equal (s_problem.where, field);
    assert_true (strstr (s_problem.detail, "expected") || strstr (s_problem.detail, "no ") ||
                 strstr (s_problem.detail, "twice"));
}

#define BODY(parameters) "{\"strategy_id\":\"calm\",\"parameters\":" parameters "}"

static void everything_is_taken_to_the_digit (void **state)
{
    (void) state;
    assert_int_equal (
        parse (BODY ("{\"scaling_method\":\"risk_based\",\"multiplier\":0.1,\"risk_percent\":\"2.5\","
                     "\"clients\":[\"anna\",\"ben\"]}")),
        0);
    assert_string_equal (s_change.strategy_id, "calm");
    assert_int_equal (s_change.scaling, STRATEGY_CHANGE_SCALING_RISK_BASED);
    assert_int_equal (s_change.multiplier_e9, 100000000);
    assert_int_equal (s_change.risk_percent_e9, 2500000000);
    assert_int_equal (s_change.clients_count, 2);
    assert_string_equal (s_change.clients[1].client_id, "ben");
}

static void what_is_left_out_stays_as_it_is (void **state)
{
    (void) state;
    assert_int_equal (parse (BODY ("{\"multiplier\":1000}")), 0);
    assert_int_equal (s_change.scaling, STRATEGY_CHANGE_SCALING_UNCHANGED);
    assert_int_equal (s_change.risk_percent_e9, 0);
    assert_int_equal (s_change.clients_count, 0);
}

static void a_refusal_names_the_field (void **state)
{
    (void) state;
    refused ("", "body");
    refused ("[]", "body");
    refused ("{\"strategy_id\":\"x\"", "body");
    refused ("{\"parameters\":{\"multiplier\":1}}", "strategy_id");
    refused ("{\"strategy_id\":\"\",\"parameters\":{\"multiplier\":1}}", "strategy_id");
    refused ("{\"strategy_id\":\"a\\u0007b\",\"parameters\":{\"multiplier\":1}}", "strategy_id");
    refused ("{\"strategy_id\":\"x\",\"strategy\":1,\"parameters\":{\"multiplier\":1}}", "strategy");
    refused ("{\"strategy_id\":\"x\"}", "parameters");
    refused ("{\"\":1}", "?");
    refused (BODY ("{\"multi\\u00fcplier\":1}"), "parameters.?");
    refused (BODY ("{}"), "parameters");
    refused (BODY ("{\"clients\":[\"a\"]}"), "parameters");
    refused (BODY ("[1]"), "parameters");
    refused (BODY ("{\"multiplyer\":1}"), "parameters.multiplyer");
    refused (BODY ("{\"scaling_method\":\"unchanged\"}"), "parameters.scaling_method");
    refused (BODY ("{\"scaling_method\":\"double\"}"), "parameters.scaling_method");
    refused (BODY ("{\"scaling_method\":null}"), "parameters.scaling_method");
    refused (BODY ("{\"multiplier\":0}"), "parameters.multiplier");
    refused (BODY ("{\"multiplier\":-1}"), "parameters.multiplier");
    refused (BODY ("{\"multiplier\":1000.000000001}"), "parameters.multiplier");
    refused (BODY ("{\"multiplier\":\"a lot\"}"), "parameters.multiplier");
    refused (BODY ("{\"multiplier\":true}"), "parameters.multiplier");
    refused (BODY ("{\"risk_percent\":100.1}"), "parameters.risk_percent");
}

/*  An empty list is a mistake, not everybody. */
static void the_list_of_clients (void **state)
{
    (void) state;
    refused (BODY ("{\"multiplier\":1,\"clients\":[]}"), "parameters.clients");
    refused (BODY ("{\"multiplier\":1,\"clients\":null}"), "parameters.clients");
    refused (BODY ("{\"multiplier\":1,\"clients\":\"anna\"}"), "parameters.clients");
    refused (BODY ("{\"multiplier\":1,\"clients\":[\"a\",\"a\"]}"), "parameters.clients");
    refused (BODY ("{\"multiplier\":1,\"clients\":[[\"a\"]]}"), "parameters.clients");
    refused (BODY ("{\"multiplier\":1,\"clients\":[\"\"]}"), "parameters.clients");
    for (int count = 256; count <= 257; count++) {
        char text[8192];
        size_t used = (size_t) snprintf (
            text, sizeof text, "{\"strategy_id\":\"x\",\"parameters\":{\"multiplier\":1,\"clients\":[");
        for (int n = 0; n < count; n++)
            used +=
                (size_t) snprintf (text + used, sizeof text - used, "%s\"client-%d\"", n > 0 ? "," : "", n);
        (void) snprintf (text + used, sizeof text - used, "]}}");
        assert_int_equal (parse (text), count == 256 ? 0 : -ERR_RANGE);
    }
}

static void too_large_or_too_deep_is_refused (void **state)
{
    (void) state;
    char *text = (char *) malloc (GATEWAY_BODY_MAX + 2);
    memset (text, ' ', GATEWAY_BODY_MAX + 1);
    assert_int_equal (gateway_change_parse (text, GATEWAY_BODY_MAX + 1, &s_change, &s_problem), -ERR_RANGE);
    memset (text, '[', GATEWAY_BODY_MAX);
    assert_int_equal (gateway_change_parse (text, GATEWAY_BODY_MAX, &s_change, &s_problem), -ERR_SYNTAX);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (everything_is_taken_to_the_digit),
        cmocka_unit_test (what_is_left_out_stays_as_it_is), cmocka_unit_test (a_refusal_names_the_field),
        cmocka_unit_test (the_list_of_clients), cmocka_unit_test (too_large_or_too_deep_is_refused)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
