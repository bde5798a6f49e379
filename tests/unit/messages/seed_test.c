/*  seed_test.c: the examples that scripts/generate-messages encoded in Python: decoded here, and encoded again to the
 *  same bytes, so that two implementations agree on the wire. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/gen/messages.h"

#include <stdio.h>
#include <string.h>

static message_t message;

static size_t read_seed (message_kind_t kind, uint8_t *bytes, size_t capacity)
{
    char path[512];
    snprintf (path, sizeof path, "%s/%s", SEEDS, message_subject (kind));
    FILE *file = fopen (path, "rb");
    assert_non_null (file);
    size_t size = fread (bytes, 1, capacity, file);
    assert_int_equal (ferror (file), 0);
    assert_int_equal (fclose (file), 0);
    return size;
}

static void test_python_and_c_agree (void **state)
{
    static uint8_t seed[MESSAGE_BYTES_MAX], bytes[MESSAGE_BYTES_MAX];
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        problem_t problem = {0};
        size_t size = 0, seed_size = read_seed ((message_kind_t) kind, seed, sizeof seed);
        int rc = message_decode ((message_kind_t) kind, seed, seed_size, &message, &problem);
        if (rc != 0)
            fail_msg ("%s: %s", problem.where, problem.detail);
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
        assert_int_equal (size, seed_size);
        assert_memory_equal (bytes, seed, size);
    }
}

/*  one of them by hand, so that both cannot be wrong together */
static void test_a_seed_says_what_it_should (void **state)
{
    uint8_t seed[1024];
    (void) state;
    size_t size = read_seed (MSG_MASTER_ACK, seed, sizeof seed);
    assert_int_equal (message_decode (MSG_MASTER_ACK, seed, size, &message, NULL), 0);
    assert_string_equal (message.master_ack.master_id, "master_id ü0");
    assert_string_equal (message.master_ack.x, "x ü1");
    assert_true (message.master_ack.qty_e9 == 10500000002);
    assert_memory_equal (seed,
        "\x84\xA9master_id\xADmaster_id \xC3\xBC"
        "0",
        25);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_python_and_c_agree),
        cmocka_unit_test (test_a_seed_says_what_it_should),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
