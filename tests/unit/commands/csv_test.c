/*  csv_test.c: RFC 4180, bounds, and errors that name the line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scripts/commands/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char seen[4096];

static int note (void *context, const csv_row_t *row)
{
    (void) context;
    char part[600];
    snprintf (part, sizeof part, "%d", row->line);
    strncat (seen, part, sizeof seen - strlen (seen) - 1);
    for (size_t i = 0; i < row->count; i++) {
        snprintf (part, sizeof part, "[%.500s]", row->fields[i]);
        strncat (seen, part, sizeof seen - strlen (seen) - 1);
    }
    return 0;
}

static int parse (const char *text, size_t size, problem_t *problem)
{
    *seen = '\0';
    return csv_parse ("a.csv", text, size, note, NULL, problem);
}

static void reads (const char *text, const char *expected)
{
    problem_t problem = {0};
    if (parse (text, strlen (text), &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    assert_string_equal (seen, expected);
}

static void refuses (const char *text, const char *where)
{
    problem_t problem = {0};
    assert_true (parse (text, strlen (text), &problem) < 0);
    assert_string_equal (problem.where, where);
}

static void rows_and_fields (void **state)
{
    (void) state;
    reads ("", "");
    reads ("a,b\n1,2\n", "1[a][b]2[1][2]");
    reads ("a,b\r\n\r\n1,2", "1[a][b]3[1][2]");
    reads (" a , b c ,\n", "1[a][b c][]");
    reads ("\xef\xbb\xbf"
           "a\n",
        "1[a]");
}

static void quoted_fields (void **state)
{
    (void) state;
    reads (
        "\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\" ,x\nlast", "1[a,b][say \"hi\"]2[two\nlines][x]4[last]");
    refuses ("a\n\"open\nmore", "a.csv:3");
    refuses ("a\n\"x\"y\n", "a.csv:2");
    refuses ("a\nx\"y\n", "a.csv:2");
}

static void bounds (void **state)
{
    (void) state;
    problem_t problem = {0};
    char *text = malloc (CSV_BYTES_MAX + 1);
    assert_non_null (text);
    memset (text, 'x', CSV_BYTES_MAX + 1);
    assert_int_equal (parse (text, CSV_ROW_MAX - 1, &problem), 0);
    assert_int_equal (parse (text, CSV_ROW_MAX, &problem), -ERR_RANGE);
    assert_int_equal (parse (text, CSV_BYTES_MAX + 1, &problem), -ERR_RANGE);
    memset (text, ',', CSV_FIELDS_MAX);
    assert_int_equal (parse (text, CSV_FIELDS_MAX - 1, &problem), 0);
    assert_int_equal (parse (text, CSV_FIELDS_MAX, &problem), -ERR_RANGE);
    for (size_t i = 0; i < CSV_ROWS_MAX + 1; i++)
        memcpy (text + 2 * i, "x\n", 2);
    assert_int_equal (parse (text, 2 * CSV_ROWS_MAX, &problem), 0);
    assert_int_equal (parse (text, 2 * CSV_ROWS_MAX + 2, &problem), -ERR_RANGE);
    assert_int_equal (parse ("a\0b", 3, &problem), -ERR_SYNTAX);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (rows_and_fields),
        cmocka_unit_test (quoted_fields),
        cmocka_unit_test (bounds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
