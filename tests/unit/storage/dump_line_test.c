/*  A line of an export: every kind of value comes back as it was; what is none of ours is named. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dump_line_t the_line;

static const char CLIENT[] =
    "{\"clients\":{\"client_id\":\"c1\",\"name\":\"Zo\u00eb \\\"x\\\"\",\"active\":true,\"removed\":false,"
    "\"sealed\":\"00ff7a\",\"scaling\":\"equity_based\",\"multiplier_e9\":1500000000,\"risk_percent_e9\":-"
    "9223372036854775807,\"direction\":\"both\",\"allow\":\"\",\"deny\":\"\",\"fractional\":true,\"follow_"
    "since_ns\":1700000000000000001,\"revision\":9223372036854775807,\"follow_until_ns\":0}}";

static int parse (const char *text, problem_t *problem)
{
    return dump_line_parse (&the_line, text, strlen (text), "file:7", problem);
}

static void refuses (const char *text, const char *because)
{
    problem_t problem = {0};
    assert_int_equal (parse (text, &problem), -ERR_SYNTAX);
    assert_string_equal (problem.where, "file:7");
    if (!strstr (problem.detail, because))
        fail_msg ("%s: \"%s\" does not say \"%s\"", text, problem.detail, because);
}

/*  The client with one thing changed. */
static void refuses_changed (const char *old, const char *new, const char *because)
{
    char text[1024];
    const char *at = strstr (CLIENT, old);
    assert_non_null (at);
    (void) snprintf (text, sizeof text, "%.*s%s%s", (int) (at - CLIENT), CLIENT, new, at + strlen (old));
    refuses (text, because);
}

static void a_row_comes_back_as_it_was (void **state)
{
    (void) state;
    assert_int_equal (parse (CLIENT, NULL), 0);
    assert_int_equal (the_line.kind, DUMP_ROW);
    assert_string_equal (the_line.table->name, "clients");
    assert_int_equal (the_line.count, 15);
    assert_string_equal (the_line.values[1].bytes, "Zo\u00eb \"x\"");
    assert_int_equal (the_line.values[4].size, 3);
    assert_memory_equal (the_line.values[4].bytes, "\0\xffz", 3);
    assert_int_equal (the_line.values[13].number, INT64_MAX);
    char *text = dump_line_write (&the_line);
    assert_string_equal (text, CLIENT);
    free (text);
}

static void the_beginning_and_the_end_are_lines_too (void **state)
{
    (void) state;
    assert_int_equal (parse ("{\"trade_copier\":\"export\",\"format\":1,\"schema\":7}", NULL), 0);
    assert_int_equal (the_line.kind, DUMP_BEGIN);
    assert_int_equal (the_line.number, 7);
    assert_int_equal (parse ("{\"end\":{\"rows\":12}}", NULL), 0);
    assert_int_equal (the_line.kind, DUMP_END);
    char *text = dump_line_write (&the_line);
    assert_string_equal (text, "{\"end\":{\"rows\":12}}");
    free (text);
}

static void what_is_wrong_is_named (void **state)
{
    (void) state;
    refuses ("", "not a JSON object");
    refuses ("[]", "not a JSON object");
    refuses ("{}", "expected one row");
    refuses ("{\"clients\":1}", "expected one row");
    refuses ("{\"incomes\":{}}", "no table of that name");
    refuses ("{\"end\":{\"rows\":-1}}", "not the end");
    refuses ("{\"trade_copier\":\"export\",\"format\":2,\"schema\":7}", "format 2");
    refuses ("{\"clients\":{}}", "field client_id is not there");
    refuses_changed ("true", "1", "field active is not valid");
    refuses_changed ("\"00ff7a\"", "\"00ff7\"", "field sealed is not valid");
    refuses_changed ("\"00ff7a\"", "\"00FF7A\"", "field sealed is not valid");
    refuses_changed ("1500000000", "1.5", "field multiplier_e9 is not valid");
    refuses_changed ("1500000000", "99999999999999999999", "not a JSON object");
    refuses_changed (
        "9223372036854775807,\"follow_until", "-1,\"follow_until", "field revision is not valid");
    refuses_changed ("\"c1\"", "\"c\\u0000\"", "not a JSON object");
    refuses_changed ("\"c1\"", "\"c1\",\"client_id\":\"c2\"", "not a JSON object");
    refuses_changed ("\"c1\"", "\"c1\",\"more\":\"c2\"", "no such field");
}

static void a_long_line_is_refused (void **state)
{
    (void) state;
    problem_t problem = {0};
    char *text = malloc (DUMP_LINE_MAX);
    assert_non_null (text);
    memset (text, ' ', DUMP_LINE_MAX);
    assert_int_equal (dump_line_parse (&the_line, text, DUMP_LINE_MAX, "file:7", &problem), -ERR_RANGE);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_row_comes_back_as_it_was),
        cmocka_unit_test (the_beginning_and_the_end_are_lines_too),
        cmocka_unit_test (what_is_wrong_is_named),
        cmocka_unit_test (a_long_line_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
