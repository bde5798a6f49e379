/*  directory_test.c: the index of every table (messages/directory.h) against a plain array, half a million steps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "messages/directory.h"

#define TEXTS 512
#define LIMIT 256

static void it_agrees_with_a_plain_array (void **state)
{
    (void) state;
    static char texts[TEXTS][24];
    uint32_t values[TEXTS];
    uint32_t count = 0;
    uint64_t random = 42;
    directory_t directory;
    assert_true (directory_init (&directory, LIMIT));
    for (uint32_t i = 0; i < TEXTS; i++) {
        (void) snprintf (texts[i], sizeof texts[i], "order-%u", i * 7919u);
        values[i] = DIRECTORY_NONE;
    }
    for (uint32_t step = 0; step < 500000; step++) {
        random = random * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
        uint32_t at = (uint32_t) (random >> 33) % TEXTS;
        assert_int_equal (directory_get (&directory, texts[at]), values[at]);
        if (values[at] != DIRECTORY_NONE && (random >> 60) < 8) {
            directory_remove (&directory, texts[at]);
            values[at] = DIRECTORY_NONE;
            count--;
        } else if (values[at] != DIRECTORY_NONE || count < LIMIT) {
            count += values[at] == DIRECTORY_NONE;
            values[at] = step;
            directory_put (&directory, texts[at], step);
        }
        assert_int_equal (directory.count, count);
    }
    directory_free (&directory);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (it_agrees_with_a_plain_array)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
