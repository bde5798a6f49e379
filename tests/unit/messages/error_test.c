/*  error_test.c: every error has a text, and a problem reads as one line. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/error.h"

#include <limits.h>
#include <string.h>

static void test_every_error_has_a_text_of_its_own (void **state)
{
    (void) state;
    for (int code = 1; code < ERR_LAST; code++) {
        assert_non_null (error_text (code));
        assert_true (error_text (code)[0] != 0);
        assert_non_null (error_hint (code));
        assert_ptr_equal (error_text (code), error_text (-code));
        for (int other = 1; other < code; other++)
            assert_string_not_equal (error_text (code), error_text (other));
    }
    assert_string_equal (error_text (ERR_RANGE), "out of range");
}

static void test_other_numbers_are_unknown (void **state)
{
    static const int numbers[] = {0, ERR_LAST, -ERR_LAST, INT_MAX, INT_MIN};
    (void) state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        assert_string_equal (error_text (numbers[i]), "unknown error");
        assert_string_equal (error_hint (numbers[i]), "");
    }
}

static void test_a_problem_is_one_line (void **state)
{
    problem_t problem;
    char line[512];
    (void) state;
    assert_int_equal (problem_set (&problem, ERR_TIMEOUT, "tcp://host:1", "after %d s", 3), -ERR_TIMEOUT);
    assert_int_equal (problem.code, ERR_TIMEOUT);
    assert_string_equal (problem_line (&problem, line, sizeof line), "tcp://host:1: after 3 s");
    problem_set (&problem, ERR_SETTING, "LOG_LEVEL", "loud is no level");
    assert_string_equal (
        problem_line (&problem, line, sizeof line), "LOG_LEVEL: loud is no level (see .env.example)");
    problem_set (&problem, ERR_TIMEOUT, NULL, "%s", "");
    assert_string_equal (problem_line (&problem, line, sizeof line), "timed out");
    assert_string_equal (problem_line (&problem, line, 5), "time");
    assert_int_equal (problem_set (NULL, ERR_FULL, "x", "y"), -ERR_FULL);
}

static void test_long_texts_are_cut (void **state)
{
    problem_t problem;
    char text[1000], line[64];
    (void) state;
    memset (text, 'w', sizeof text);
    text[sizeof text - 1] = 0;
    problem_set (&problem, ERR_IO, text, "%s", text);
    assert_int_equal (strlen (problem.where), sizeof problem.where - 1);
    assert_int_equal (strlen (problem.detail), sizeof problem.detail - 1);
    assert_int_equal (strlen (problem_line (&problem, line, sizeof line)), sizeof line - 1);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_every_error_has_a_text_of_its_own),
        cmocka_unit_test (test_other_numbers_are_unknown),
        cmocka_unit_test (test_a_problem_is_one_line),
        cmocka_unit_test (test_long_texts_are_cut),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
