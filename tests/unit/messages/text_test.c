/*  text_test.c: texts of bounded size (messages/text.h). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/text.h"

static void as_much_as_fits_is_copied (void **state)
{
    (void) state;
    struct {
        char text[4];
        char after;
    } place = {.after = '!'};
    static const char *const lessons[][2] = {
        {"", ""}, {"a", "a"}, {"abc", "abc"}, {"abcd", "abc"}, {"abcdefgh", "abc"}};
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        memset (place.text, 'x', sizeof place.text);
        TEXT_SET (place.text, lessons[i][0]);
        assert_string_equal (place.text, lessons[i][1]);
        assert_int_equal (place.after, '!');
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (as_much_as_fits_is_copied)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
