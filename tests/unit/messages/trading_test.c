/*  trading_test.c: the broker's words, there and back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "messages/call.h"
#include "messages/error.h"

#include <string.h>

/*  every value of x has a text that parses to it; others do neither */
#define ROUND_TRIP(x, count)                                                                                 \
    do {                                                                                                     \
        x##_t value;                                                                                         \
        for (int i = 0; i < (count); i++) {                                                                  \
            assert_int_equal (x##_parse (x##_text ((x##_t) i), &value), 0);                                  \
            assert_int_equal (value, i);                                                                     \
        }                                                                                                    \
        assert_string_equal (x##_text ((x##_t) (count)), "");                                                \
    } while (0)

static void test_every_word_comes_back (void **state)
{
    (void) state;
    ROUND_TRIP (side, SIDE_COUNT);
    ROUND_TRIP (order_type, ORDER_TYPE_COUNT);
    ROUND_TRIP (tif, TIF_COUNT);
    ROUND_TRIP (intent, INTENT_COUNT);
    ROUND_TRIP (order_status, ORDER_STATUS_COUNT);
    ROUND_TRIP (update, UPDATE_COUNT);
}

static void test_words_are_the_brokers (void **state)
{
    (void) state;
    assert_string_equal (side_text (SIDE_SELL), "sell");
    assert_string_equal (order_type_text (TYPE_TRAILING_STOP), "trailing_stop");
    assert_string_equal (tif_text (TIF_GTC), "gtc");
    assert_string_equal (intent_text (INTENT_SELL_TO_CLOSE), "sell_to_close");
    assert_string_equal (order_status_text (STATUS_PARTIALLY_FILLED), "partially_filled");
    assert_string_equal (update_text (UPDATE_PARTIAL_FILL), "partial_fill");
}

static void test_unknown_words_are_refused (void **state)
{
    side_t side = SIDE_SELL;
    order_status_t status = STATUS_HELD;
    update_t update = UPDATE_FILL;
    (void) state;
    assert_int_equal (side_parse ("BUY", &side), -ERR_SYNTAX);
    assert_int_equal (side_parse ("", &side), -ERR_SYNTAX);
    assert_int_equal (side, SIDE_SELL);
    assert_int_equal (order_status_parse ("fill", &status), -ERR_SYNTAX);
    assert_int_equal (status, STATUS_HELD);
    assert_int_equal (update_parse ("an_event_of_next_year", &update), 0);
    assert_int_equal (update, UPDATE_OTHER);
}

static void test_five_statuses_are_final (void **state)
{
    int final = 0;
    (void) state;
    for (int i = 0; i < ORDER_STATUS_COUNT; i++)
        final += order_status_final ((order_status_t) i) ? 1 : 0;
    assert_int_equal (final, 5);
    assert_true (order_status_final (STATUS_FILLED));
    assert_true (order_status_final (STATUS_CANCELED));
    assert_true (order_status_final (STATUS_EXPIRED));
    assert_true (order_status_final (STATUS_REJECTED));
    assert_true (order_status_final (STATUS_REPLACED));
    assert_false (order_status_final (STATUS_DONE_FOR_DAY));
    assert_false (order_status_final (STATUS_PARTIALLY_FILLED));
}

static void test_answers_have_names (void **state)
{
    (void) state;
    assert_string_equal (answer_kind_text (ANSWER_OK), "ok");
    assert_string_equal (answer_kind_text (ANSWER_NOT_SENT), "not_sent");
    assert_string_equal (answer_kind_text ((answer_kind_t) 99), "");
    for (int i = ANSWER_OK; i <= ANSWER_NOT_SENT; i++)
        assert_true (strlen (answer_kind_text ((answer_kind_t) i)) > 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_every_word_comes_back),
        cmocka_unit_test (test_words_are_the_brokers),
        cmocka_unit_test (test_unknown_words_are_refused),
        cmocka_unit_test (test_five_statuses_are_final),
        cmocka_unit_test (test_answers_have_names),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
