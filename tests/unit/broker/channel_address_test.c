/*  A name with several addresses of which some are dead. The look-up itself is this file's: it stands before resolve.c. */
#include "broker/alpaca/resolve.h"
#include "tests/unit/broker/rig.h"
#include "tests/unit/broker/test_server.h"

#include <uv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct resolve {
    uv_timer_t timer;
    resolve_fn *on_result;
    void *context;
};

static resolve_result_t answer;
static int lookups;

static void on_closed (uv_handle_t *handle)
{
    free (handle->data);
}

static void on_timer (uv_timer_t *timer)
{
    resolve_t *self = timer->data;
    self->on_result (self->context, &answer);
    uv_close ((uv_handle_t *) timer, on_closed);
}

resolve_t *resolve_start (void *uv_loop, const char *host, resolve_fn *on_result, void *context)
{
    resolve_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    assert_string_equal (host, "broker.example");
    lookups++;
    self->on_result = on_result;
    self->context = context;
    self->timer.data = self;
    (void) uv_timer_init (uv_loop, &self->timer);
    (void) uv_timer_start (&self->timer, on_timer, 1, 0);
    return self;
}

void resolve_cancel (resolve_t **self_p)
{
    if (*self_p)
        uv_close ((uv_handle_t *) &(*self_p)->timer, on_closed);
    *self_p = NULL;
}

static void answer_is (const char *const *addresses, size_t count)
{
    memset (&answer, 0, sizeof answer);
    lookups = 0;
    answer.reason = "no such name";
    answer.count = count;
    for (size_t i = 0; i < count; i++)
        (void) snprintf (answer.text[i], sizeof answer.text[i], "%s", addresses[i]);
}

static test_answer_t answer_order (int number, const char *request, void *context)
{
    static char text[2048];
    (void) number, (void) request, (void) context;
    return (test_answer_t){http_answer (text, sizeof text, "200 OK", "", RIG_ORDER), false};
}

static rig_t *rig_to (test_server_t *server)
{
    char url[64];
    const alpaca_options_t options = {.max_accounts = 16};
    (void) snprintf (url, sizeof url, "http://broker.example%s", strrchr (test_server_url (server), ':'));
    return rig_new (url, &options);
}

/*  The first has no route, at the second nobody listens: neither costs an order. */
static void addresses_out_of_reach_are_passed_over (void **state)
{
    (void) state;
    const char *const addresses[] = {"255.255.255.255", "127.0.0.2", "127.0.0.1"};
    answer_is (addresses, 3);
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_to (server);
    const broker_keys_t keys = {"key", "secret"};
    for (uint32_t account = 1; account < 8; account++)
        assert_int_equal (rig_broker (rig)->ops->account_open (rig_broker (rig), account, &keys), 0);
    for (uint64_t i = 1; i <= 8; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal (rig_log (rig)->answers[i].kind, ANSWER_OK);
    alpaca_counts_t counts;
    alpaca_counts (rig_broker (rig), &counts);
    assert_int_equal (test_server_requests (server), 8);
    assert_in_range (counts.connections, 8, 9); /*  the dead one was tried once */
    assert_int_equal (lookups, 1);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void only_when_all_are_out_of_reach_an_order_is_not_sent (void **state)
{
    (void) state;
    const char *const addresses[] = {"127.0.0.2", "127.0.0.3"};
    answer_is (addresses, 2);
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_to (server);
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_NOT_SENT);
    assert_int_equal (test_server_requests (server), 0);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void a_name_without_addresses_is_not_sent_to (void **state)
{
    (void) state;
    answer_is (NULL, 0);
    test_server_t *server = test_server_new (answer_order, NULL);
    rig_t *rig = rig_to (server);
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    assert_int_equal (rig_log (rig)->answers[0].kind, ANSWER_NOT_SENT);
    assert_string_equal (rig_log (rig)->answers[0].message, "no such name");
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static test_answer_t answer_none (int number, const char *request, void *context)
{
    (void) number, (void) request, (void) context;
    return (test_answer_t){.reply = NULL};
}

/*  A slow order keeps its connection: the next one finds another that stands already. */
static void beside_a_slow_order_another_connection_is_made (void **state)
{
    (void) state;
    const char *const addresses[] = {"127.0.0.1"};
    answer_is (addresses, 1);
    test_server_t *server = test_server_new (answer_none, NULL);
    rig_t *rig = rig_to (server);
    rig_submit (rig, 1);
    for (int turn = 0; turn < 400 && test_server_accepts (server) < 2; turn++)
        rig_turn (rig, 20);
    assert_int_equal (rig_log (rig)->answer_count, 0);
    assert_int_equal (test_server_requests (server), 1);
    assert_int_equal (test_server_accepts (server), 2);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (addresses_out_of_reach_are_passed_over),
        cmocka_unit_test (only_when_all_are_out_of_reach_an_order_is_not_sent),
        cmocka_unit_test (a_name_without_addresses_is_not_sent_to),
        cmocka_unit_test (beside_a_slow_order_another_connection_is_made),
    };
    rig_order_channel = true;
    return cmocka_run_group_tests (tests, NULL, NULL);
}
