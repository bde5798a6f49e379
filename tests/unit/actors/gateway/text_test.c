/*  text_test.c: nothing that comes in from outside breaks out of its quotes, and nothing runs over the end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "actors/gateway/text.h"

static char s_bytes[128];
static text_t s_text;

static int setup (void **state)
{
    (void) state;
    text_begin (&s_text, s_bytes, sizeof s_bytes);
    return 0;
}

static void json_strings_are_escaped (void **state)
{
    (void) state;
    text_add_json (&s_text, "a\"b\\c\n\x01 ü\x7f");
    assert_string_equal (s_bytes, "\"a\\\"b\\\\c\\u000a\\u0001 ü\\u007f\"");
}

static void labels_are_escaped (void **state)
{
    (void) state;
    text_add_label (&s_text, "a\"b\\c\nd");
    assert_string_equal (s_bytes, "\"a\\\"b\\\\c\\nd\"");
}

static void times_and_durations (void **state)
{
    (void) state;
    text_add_seconds (&s_text, INT64_C (1500000999));
    text_add (&s_text, " ");
    text_add_ms (&s_text, INT64_C (1234567));
    text_add (&s_text, " ");
    text_add_seconds (&s_text, -500000000);
    text_add (&s_text, " ");
    text_add_time (&s_text, 0);
    text_add_time (&s_text, 1);
    assert_string_equal (s_bytes, "1.500000 1.234 -0.500000 null\"1970-01-01T00:00:00.000000001Z\"");
}

/*  What was there before stays whole, and later pieces do not slip in behind a gap. */
static void a_full_text_says_so_and_stays_as_it_was (void **state)
{
    (void) state;
    char small[8];
    text_begin (&s_text, small, sizeof small);
    text_add (&s_text, "1234");
    text_add (&s_text, "56789");
    assert_true (s_text.full);
    text_add (&s_text, "x");
    assert_string_equal (small, "1234");
    assert_int_equal (s_text.used, 4);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup (json_strings_are_escaped, setup),
        cmocka_unit_test_setup (labels_are_escaped, setup),
        cmocka_unit_test_setup (times_and_durations, setup),
        cmocka_unit_test_setup (a_full_text_says_so_and_stays_as_it_was, setup)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
