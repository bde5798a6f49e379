/*  address_test.c: what may stand in an SMTP command. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "actors/host/alert_address.h"
#include "messages/error.h"

static void an_address_is_a_name_and_a_host (void **state)
{
    (void) state;
    static const char *const good[] = {"me@example.com", "a.b+c@localhost"};
    static const char *const bad[] = {"", "me", "@example.com", "me@", "a@b@c", "a b@c",
        "a@b\r\nRCPT TO:<x@y>", "<a@b>", "a@b>", "a@b,c", "\"a\"@b", "a@b:c", "m\xC3\xBC@b", "a\t@b"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true (alert_address_is_good (good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false (alert_address_is_good (bad[i]));
}

static void an_address_is_bounded (void **state)
{
    (void) state;
    char text[ALERT_ADDRESS_SIZE + 8];
    memset (text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    text[3] = '@';
    assert_false (alert_address_is_good (text));
    text[ALERT_ADDRESS_SIZE - 1] = '\0';
    assert_true (alert_address_is_good (text));
}

static void a_list_is_split_at_commas (void **state)
{
    (void) state;
    alert_addresses_t list;
    assert_int_equal (alert_addresses_parse (&list, " a@x , b@y,c@z "), 0);
    assert_int_equal (list.count, 3);
    assert_string_equal (list.text[0], "a@x");
    assert_string_equal (list.text[1], "b@y");
    assert_string_equal (list.text[2], "c@z");
    assert_int_equal (alert_addresses_parse (&list, ""), -ERR_SYNTAX);
    assert_int_equal (alert_addresses_parse (&list, "a@x,"), -ERR_SYNTAX);
    assert_int_equal (alert_addresses_parse (&list, "a@x,,b@y"), -ERR_SYNTAX);
    assert_int_equal (alert_addresses_parse (&list, "a@x;b@y"), -ERR_SYNTAX);
}

static void a_list_is_bounded (void **state)
{
    (void) state;
    alert_addresses_t list;
    char text[(ALERT_ADDRESSES_MAX + 1) * 4 + 1] = "";
    for (size_t i = 0; i < ALERT_ADDRESSES_MAX; i++)
        (void) strcat (text, i ? ",a@x" : "a@x");
    assert_int_equal (alert_addresses_parse (&list, text), 0);
    (void) strcat (text, ",a@x");
    assert_int_equal (alert_addresses_parse (&list, text), -ERR_FULL);
}

static void a_host_has_no_port_and_no_path (void **state)
{
    (void) state;
    static const char *const good[] = {"mail.example.com", "127.0.0.1", "::1", "[::1]", "a_b"};
    static const char *const bad[] = {"", "[", "[::1", "a/b", "a b", "u@h", "a?b", "h\r\n", "smtp://h"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true (alert_host_is_good (good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false (alert_host_is_good (bad[i]));
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (an_address_is_a_name_and_a_host),
        cmocka_unit_test (an_address_is_bounded), cmocka_unit_test (a_list_is_split_at_commas),
        cmocka_unit_test (a_list_is_bounded), cmocka_unit_test (a_host_has_no_port_and_no_path)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
