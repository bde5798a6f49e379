/*  Lists that come in pages are one answer. */
#include "tests/unit/broker/rig.h"
#include "tests/unit/broker/test_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (300u * 1024)

static char *body;
static char *text;

/*  Ids run through all pages, so that a cursor can be checked. */
static const char *orders_page (int first, int count)
{
    size_t used = (size_t) snprintf (body, BODY_MAX, "[");
    for (int i = 0; i < count; i++)
        used += (size_t) snprintf (body + used, BODY_MAX - used,
            "%s{\"id\":\"o-%d\",\"client_order_id\":\"c-%d\",\"symbol\":\"AAPL\",\"side\":\"sell\",\"qty\":"
            "\"%d\","
            "\"status\":\"new\",\"filled_qty\":\"0\"}",
            i ? "," : "", first + i, first + i, first + i);
    (void) snprintf (body + used, BODY_MAX - used, "]");
    return http_answer (text, BODY_MAX, "200 OK", "", body);
}

static test_answer_t answer_orders (int number, const char *request, void *context)
{
    (void) context;
    if (number == 1)
        return (test_answer_t){strstr (request, "after_order_id") ? NULL : orders_page (1, 500), false};
    if (number == 2)
        return (test_answer_t){
            strstr (request, "&after_order_id=o-500 ") ? orders_page (501, 500) : NULL, false};
    return (test_answer_t){strstr (request, "&after_order_id=o-1000 ") ? orders_page (1001, 7) : NULL, false};
}

static void three_pages_of_orders_are_one_answer (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_orders, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_call (rig, CALL_OPEN_ORDERS, 5, "");
    rig_until_answers (rig, 1);
    const broker_answer_t *answer = &rig_log (rig)->answers[0];
    assert_int_equal (answer->kind, ANSWER_OK);
    assert_int_equal (answer->count, 1007);
    assert_string_equal (rig_log (rig)->first_order.id, "o-1");
    assert_string_equal (rig_log (rig)->last_order.id, "o-1007");
    assert_int_equal (rig_log (rig)->last_order.qty_e9, INT64_C (1007000000000));
    assert_int_equal (test_server_requests (server), 3);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static const char *fills_page (int first, int count)
{
    size_t used = (size_t) snprintf (body, BODY_MAX, "[");
    for (int i = 0; i < count; i++)
        used += (size_t) snprintf (body + used, BODY_MAX - used,
            "%s{\"id\":\"a-%d\",\"activity_type\":\"FILL\",\"type\":\"fill\",\"transaction_time\":"
            "\"2026-03-02T14:30:00Z\",\"price\":\"10.5\",\"qty\":\"3\",\"cum_qty\":\"3\",\"leaves_qty\":"
            "\"0\","
            "\"side\":\"sell_short\",\"symbol\":\"AAPL\",\"order_id\":\"o-1\"}",
            i ? "," : "", first + i);
    (void) snprintf (body + used, BODY_MAX - used, "]");
    return http_answer (text, BODY_MAX, "200 OK", "", body);
}

static test_answer_t answer_fills (int number, const char *request, void *context)
{
    (void) context;
    if (number == 1)
        return (test_answer_t){strstr (request, "page_token") ? NULL : fills_page (1, 100), false};
    return (test_answer_t){strstr (request, "&page_token=a-100 ") ? fills_page (101, 0) : NULL, false};
}

static void fills_are_read_until_a_short_page (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_fills, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_call (rig, CALL_FILLS, 6, "");
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_OK);
    assert_int_equal (rig_log (rig)->answers[0].count, 100);
    assert_string_equal (rig_log (rig)->last_activity.id, "a-100");
    assert_int_equal (rig_log (rig)->last_activity.side, SIDE_SELL);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static test_answer_t answer_endless (int number, const char *request, void *context)
{
    bool *went_on = context;
    *went_on = *went_on || strstr (request, "page_token=20260302093001123%3A%3Alast") != NULL;
    return (test_answer_t){fills_page (number * 100, 100), false};
}

/*  1,000 activities an answer: it says that there are more, and the next call goes on behind the last one. */
static void a_long_list_comes_in_portions (void **state)
{
    (void) state;
    bool went_on = false;
    test_server_t *server = test_server_new (answer_endless, &went_on);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_call (rig, CALL_FILLS, 6, "");
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_OK);
    assert_true (rig_log (rig)->answers[0].more);
    assert_int_equal (rig_log (rig)->answers[0].count, CALL_FILLS_MAX);
    assert_int_equal (test_server_requests (server), CALL_FILLS_MAX / 100);
    rig_call (rig, CALL_FILLS, 7, "20260302093001123::last");
    rig_until_answers (rig, 2);
    assert_int_equal (test_server_requests (server), 2 * CALL_FILLS_MAX / 100);
    assert_true (went_on);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static test_answer_t answer_same (int number, const char *request, void *context)
{
    (void) number, (void) request, (void) context;
    return (test_answer_t){orders_page (1, 500), false};
}

static void a_page_that_repeats_itself_is_no_answer (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_same, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_call (rig, CALL_OPEN_ORDERS, 6, "");
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_UNKNOWN);
    assert_int_equal (test_server_requests (server), 2);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static int make_room (void **state)
{
    (void) state;
    body = malloc (BODY_MAX);
    text = malloc (BODY_MAX);
    return body && text ? 0 : -1;
}

static int give_room_back (void **state)
{
    (void) state;
    free (body);
    free (text);
    return 0;
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (three_pages_of_orders_are_one_answer),
        cmocka_unit_test (fills_are_read_until_a_short_page),
        cmocka_unit_test (a_long_list_comes_in_portions),
        cmocka_unit_test (a_page_that_repeats_itself_is_no_answer),
    };
    int failed = cmocka_run_group_tests_name ("over libcurl", tests, make_room, give_room_back);
    rig_order_channel = true;
    failed += cmocka_run_group_tests_name ("over the channel", tests, make_room, give_room_back);
    return failed;
}
