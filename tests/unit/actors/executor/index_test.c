/*  index_test.c: text -> number stays right through removals. */
#include <stdio.h>

#include "actors/executor/index.h"
#include "tests/unit/actors/executor/shard_story.h"

#define LIMIT 200

static void test_put_get_remove (void **state)
{
    (void) state;
    static char texts[LIMIT][16];
    text_index_t index;
    assert_true (text_index_init (&index, LIMIT));
    for (uint32_t at = 0; at < LIMIT; at++) {
        (void) snprintf (texts[at], sizeof texts[at], "name-%u", at);
        text_index_put (&index, texts[at], at);
    }
    for (uint32_t at = 0; at < LIMIT; at += 3)
        text_index_remove (&index, texts[at]);
    text_index_remove (&index, "never there");
    for (uint32_t at = 0; at < LIMIT; at++)
        assert_int_equal (text_index_get (&index, texts[at]), at % 3 ? at : INDEX_NONE);
    text_index_free (&index);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (test_put_get_remove)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
