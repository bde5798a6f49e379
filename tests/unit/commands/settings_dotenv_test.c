/*  settings_dotenv_test.c: the syntax of .env. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/settings_dotenv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char seen[8192];

static int note (void *context, const settings_dotenv_t *entry)
{
    (void) context;
    size_t used = strlen (seen);
    snprintf (seen + used, sizeof seen - used, "%d:%s=[%s];", entry->line, entry->name, entry->value);
    return 0;
}

static int parse (const char *text, size_t size, problem_t *problem)
{
    *seen = '\0';
    return settings_dotenv_parse (".env", text, size, note, NULL, problem);
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
    assert_int_equal (parse (text, strlen (text), &problem), -ERR_SYNTAX);
    assert_string_equal (problem.where, where);
    assert_null (strstr (problem.detail, "SECRET"));
}

static void lines_comments_and_spaces (void **state)
{
    (void) state;
    reads ("", "");
    reads ("A=1\r\n\n  # no\nexport B = two words  # note\nC=\nD=x#y",
        "1:A=[1];4:B=[two words];5:C=[];6:D=[x#y];");
    reads ("\xef\xbb\xbf"
           "A=1",
        "1:A=[1];");
    reads ("exported=1\nA==b=", "1:exported=[1];2:A=[=b=];");
}

static void quotes (void **state)
{
    (void) state;
    reads ("A=\"x y\" # c\nB='a\\n\"'\nC=\"a\\n\\\"\\\\\\$\"\nD=\"\"",
        "1:A=[x y];2:B=[a\\n\"];3:C=[a\n\"\\$];4:D=[];");
    refuses ("A=1\nB=\"SECRET", ".env:2");
    refuses ("B='SECRET", ".env:1");
    refuses ("B=\"SECRET\" more", ".env:1");
    refuses ("B=\"SECRET\"#c", ".env:1");
    refuses ("B=\"SECRET\\q\"", ".env:1");
}

static void bad_lines (void **state)
{
    (void) state;
    refuses ("A=1\n\nSECRET\n", ".env:3");
    refuses ("=SECRET", ".env:1");
    refuses ("1A=SECRET", ".env:1");
    refuses ("A B=SECRET", ".env:1");
    refuses ("A=SEC\x01RET", ".env:1");
}

static void bounds (void **state)
{
    (void) state;
    problem_t problem = {0};
    char *text = malloc (SETTINGS_DOTENV_BYTES_MAX + 1);
    assert_non_null (text);
    memset (text, 'A', SETTINGS_DOTENV_BYTES_MAX + 1);
    text[1] = '=';
    assert_int_equal (parse (text, SETTINGS_DOTENV_LINE_MAX, &problem), 0);
    assert_int_equal (parse (text, SETTINGS_DOTENV_LINE_MAX + 1, &problem), -ERR_RANGE);
    assert_string_equal (problem.where, ".env:1");
    memset (text, '\n', SETTINGS_DOTENV_BYTES_MAX + 1);
    assert_int_equal (parse (text, SETTINGS_DOTENV_BYTES_MAX, &problem), 0);
    assert_int_equal (parse (text, SETTINGS_DOTENV_BYTES_MAX + 1, &problem), -ERR_RANGE);
    assert_int_equal (parse ("A=\0b", 4, &problem), -ERR_SYNTAX);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (lines_comments_and_spaces),
        cmocka_unit_test (quotes),
        cmocka_unit_test (bad_lines),
        cmocka_unit_test (bounds),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
