/*  Credentials: in their header lines, counted, wiped. */
#include "broker/alpaca/keys.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void keys_are_wiped_when_the_last_holder_lets_go (void **state)
{
    (void) state;
    keyring_t *ring = keyring_new (2, NULL);
    keys_t *keys = NULL;
    assert_int_equal (keyring_add (ring, "KEY", "SECRET", &keys), 0);
    assert_string_equal (keys->id_line, "APCA-API-KEY-ID: KEY");
    assert_string_equal (keys->secret_line, "APCA-API-SECRET-KEY: SECRET");
    assert_string_equal (keys_id (keys), "KEY");
    assert_string_equal (keys_secret (keys), "SECRET");
    keys_t *held = keys_hold (keys);
    const keys_t *place = keys;
    keys_release (&keys);
    assert_null (keys);
    assert_string_equal (keys_secret (held), "SECRET");
    keys_release (&held);
    const keys_t nothing = {.references = 0};
    assert_memory_equal (place->secret_line, nothing.secret_line, sizeof nothing.secret_line);
    keyring_destroy (&ring);
}

static void what_would_be_another_header_is_refused (void **state)
{
    (void) state;
    char longest[KEYS_TEXT_MAX + 1];
    keyring_t *ring = keyring_new (1, NULL);
    keys_t *keys = NULL;
    memset (longest, 'x', sizeof longest);
    longest[KEYS_TEXT_MAX] = 0;
    assert_int_equal (keyring_add (ring, "KEY", "SEC\r\nRET", &keys), -ERR_RANGE);
    assert_int_equal (keyring_add (ring, "", "SECRET", &keys), -ERR_RANGE);
    assert_int_equal (keyring_add (ring, longest, "SECRET", &keys), -ERR_RANGE);
    longest[KEYS_TEXT_MAX - 1] = 0;
    assert_int_equal (keyring_add (ring, longest, longest, &keys), 0);
    keys_t *second = NULL;
    assert_int_equal (keyring_add (ring, "K", "S", &second), -ERR_MEMORY); /*  full */
    keys_release (&keys);
    assert_int_equal (keyring_add (ring, "K", "S", &second), 0);
    keyring_destroy (&ring);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (keys_are_wiped_when_the_last_holder_lets_go),
        cmocka_unit_test (what_would_be_another_header_is_refused),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
