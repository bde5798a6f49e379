/*  accounts_test.c: a CSV of accounts: columns by name, each error with its line and column. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scripts/commands/accounts.h"

#include <stdio.h>
#include <string.h>

#define HEADER "account_id,api_key,secret_key,account_name,email,is_active\n"

static client_config_t last;
static char keys[64];
static int count;

static int note (void *context, const accounts_row_t *row)
{
    (void) context;
    last = *row->client;
    snprintf (keys, sizeof keys, "%s %s %s %d", row->api_key, row->secret_key, row->email, row->line);
    count++;
    return 0;
}

static void refuses (const char *text, const char *where, const char *expected)
{
    problem_t problem = {0};
    assert_true (accounts_parse ("a.csv", text, strlen (text), note, NULL, &problem) < 0);
    assert_string_equal (problem.where, where);
    if (!strstr (problem.detail, expected))
        fail_msg ("\"%s\" is not in \"%s\"", expected, problem.detail);
    assert_null (strstr (problem.detail, "SECRET"));
}

static void the_python_copiers_columns (void **state)
{
    (void) state;
    problem_t problem = {0};
    const char *text = HEADER "c1,PK1,S1,\"Doe, Joe\",j@d.org,true\nc2,PK2,S2,,,FALSE\n";
    count = 0;
    assert_int_equal (accounts_parse ("a.csv", text, strlen (text), note, NULL, &problem), 0);
    assert_int_equal (count, 2);
    assert_string_equal (last.client_id, "c2");
    assert_string_equal (last.name, "");
    assert_false (last.active);
    assert_int_equal (last.scaling, CLIENT_CONFIG_SCALING_EQUITY_BASED);
    assert_int_equal (last.multiplier_e9, 1000000000);
    assert_string_equal (keys, "PK2 S2  3");
}

static void columns_in_any_order_and_optional_ones (void **state)
{
    (void) state;
    problem_t problem = {0};
    const char *text = "Secret_Key,scaling_method,multiplier,account_id,api_key,deny,direction,risk_percent\n"
                       "S1,risk_based,2.5,c9,PK,\"gme, amc\",long,0.5\n";
    assert_int_equal (accounts_parse ("a.csv", text, strlen (text), note, NULL, &problem), 0);
    assert_string_equal (last.client_id, "c9");
    assert_true (last.active);
    assert_int_equal (last.scaling, CLIENT_CONFIG_SCALING_RISK_BASED);
    assert_int_equal (last.multiplier_e9, 2500000000);
    assert_int_equal (last.risk_percent_e9, 500000000);
    assert_int_equal (last.direction, CLIENT_CONFIG_DIRECTION_LONG);
    assert_string_equal (last.deny, "GME,AMC");
}

static void bad_headers (void **state)
{
    (void) state;
    refuses ("", "a.csv:1", "header");
    refuses ("account_id,api_key\n", "a.csv:1 secret_key", "no such column");
    refuses ("account_id,api_key,secret_key,colour\n", "a.csv:1", "unknown column");
    refuses ("account_id,api_key,secret_key,email,email\n", "a.csv:1 email", "twice");
}

static void bad_rows (void **state)
{
    (void) state;
    refuses (HEADER "c1,PK,SECRET,n,e@x.y,true\nc2,PK,SECRET,n\n", "a.csv:3", "4 columns, expected 6");
    refuses (HEADER ",PK,SECRET,n,e@x.y,true\n", "a.csv:2 account_id", "1 to 63");
    refuses (HEADER "a b,PK,SECRET,n,e@x.y,true\n", "a.csv:2 account_id", "without spaces");
    refuses (HEADER "0123456789012345678901234567890123456789012345678901234567890123,PK,SECRET,,,\n",
        "a.csv:2 account_id", "1 to 63");
    refuses (HEADER "c1,,SECRET,n,e@x.y,true\n", "a.csv:2 api_key", "1 to 191");
    refuses (HEADER "c1,PK,SECRET SECRET,n,e@x.y,true\n", "a.csv:2 secret_key", "printable");
    refuses (HEADER "c1,PK,SECRET,n,nobody,true\n", "a.csv:2 email", "name@example.com");
    refuses (HEADER "c1,PK,SECRET,n,e@x.y,perhaps\n", "a.csv:2 is_active", "true or false");
    refuses ("account_id,api_key,secret_key,scaling_method\nc1,PK,SECRET,magic\n", "a.csv:2 scaling_method",
        "equity_based");
    refuses ("account_id,api_key,secret_key,multiplier\nc1,PK,SECRET,1001\n", "a.csv:2 multiplier",
        "at most 1000");
    refuses ("account_id,api_key,secret_key,allow\nc1,PK,SECRET,\"A,,B\"\n", "a.csv:2 allow", "symbols");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (the_python_copiers_columns),
        cmocka_unit_test (columns_in_any_order_and_optional_ones),
        cmocka_unit_test (bad_headers),
        cmocka_unit_test (bad_rows),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
