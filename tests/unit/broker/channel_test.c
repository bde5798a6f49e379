/*  Orders over HTTP/2 and TLS, against a server that refuses, resets, says goodbye and dies; and what the channel does
 *  before and between orders. */
#include "broker/alpaca/channel.h"
#include "tests/unit/broker/rig.h"
#include "tests/unit/broker/test_server.h"
#include "tests/unit/broker/two_server.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ACTIONS_MAX 16

/*  What is done to request 1, 2, …; afterwards TWO_ANSWER. */
typedef struct {
    two_action_t actions[ACTIONS_MAX];
} script_t;

static two_action_t play (int number, void *context)
{
    const script_t *script = context;
    return script && number <= ACTIONS_MAX ? script->actions[number - 1] : TWO_ANSWER;
}

static rig_t *rig_of (const two_server_t *server, alpaca_options_t options)
{
    if (options.max_accounts == 0)
        options.max_accounts = 16;
    options.ca_file = two_server_ca (server);
    return rig_new (two_server_url (server), &options);
}

static const broker_answer_t *answer_at (rig_t *rig, size_t i)
{
    return &rig_log (rig)->answers[i];
}

static alpaca_counts_t counts_of (rig_t *rig)
{
    alpaca_counts_t counts;
    alpaca_counts (rig_broker (rig), &counts);
    return counts;
}

static void until_ready (rig_t *rig, uint64_t ready)
{
    for (int turn = 0; turn < 200 && counts_of (rig).channel_ready != ready; turn++)
        rig_turn (rig, 20);
    assert_int_equal (counts_of (rig).channel_ready, ready);
}

static int64_t boottime_now (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_BOOTTIME, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static broker_call_t order_call (uint64_t token)
{
    broker_call_t call = {.kind = CALL_SUBMIT, .token = token};
    (void) snprintf (call.request.client_order_id, sizeof call.request.client_order_id, "tc1-abc-o1");
    (void) snprintf (call.request.symbol, sizeof call.request.symbol, "AAPL");
    call.request.qty_e9 = INT64_C (10000000000);
    return call;
}

static void send (rig_t *rig, const broker_call_t *call)
{
    assert_int_equal (rig_broker (rig)->ops->call (rig_broker (rig), call), 0);
}

static void an_order_goes_over_http_two (void **state)
{
    (void) state;
    two_server_t *server = two_server_new (&(two_options_t){.handler = play});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    rig_submit (rig, 77);
    assert_int_equal (rig_log (rig)->answer_count, 0); /*  never from inside the call */
    rig_until_answers (rig, 1);
    const broker_answer_t *answer = answer_at (rig, 0);
    assert_int_equal (answer->kind, ANSWER_OK);
    assert_int_equal (answer->token, 77);
    assert_int_equal (answer->http_status, 200);
    assert_string_equal (answer->order.client_order_id, "tc1-abc-o1");
    assert_int_equal (answer->broker_date_ns, INT64_C (1772461800000000000));
    assert_int_equal (answer->limit, 200);
    assert_int_equal (answer->remaining, 199);
    assert_int_equal (answer->retry_at_ns, INT64_C (1772461860000000000));
    const char *seen = two_server_last (server);
    assert_non_null (strstr (seen, ":method: POST\n"));
    assert_non_null (strstr (seen, ":path: /v2/orders\n"));
    assert_non_null (strstr (seen, ":scheme: https\n"));
    assert_non_null (strstr (seen, "apca-api-key-id: " RIG_KEY "\n"));
    assert_non_null (strstr (seen, "apca-api-secret-key: " RIG_SECRET "\n"));
    assert_null (strstr (seen, "INDEXED")); /*  the keys stay out of compression tables */
    assert_non_null (strstr (seen, "content-type: application/json\n"));
    static const char body[] = "{\"symbol\":\"AAPL\",\"qty\":\"10\",\"side\":\"buy\",\"type\":\"market\","
                               "\"time_in_force\":\"day\",\"client_order_id\":\"tc1-abc-o1\"}";
    char length[48];
    (void) snprintf (length, sizeof length, "content-length: %zu\n", strlen (body));
    assert_non_null (strstr (seen, length));
    assert_non_null (strstr (seen, body));
    rig_destroy (&rig);
    two_server_destroy (&server);
}

/*  On connections of their own, which come with the first; an answer without an end is read to the call's bound,
 *  windows and all. */
static void reads_go_beside_the_orders (void **state)
{
    (void) state;
    script_t script = {{TWO_ANSWER, TWO_ANSWER, TWO_HUGE_BODY, TWO_HUGE_BODY}};
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    assert_int_equal (two_server_accepts (server), 1);
    rig_call (rig, CALL_ORDER_BY_CLIENT_ID, 2, "tc1-abc-o1");
    rig_until_answers (rig, 2);
    assert_int_equal (two_server_accepts (server), 2);
    assert_int_equal (answer_at (rig, 1)->kind, ANSWER_OK);
    assert_string_equal (answer_at (rig, 1)->order.client_order_id, "tc1-abc-o1");
    assert_int_equal (answer_at (rig, 1)->remaining, 199);
    const char *seen = two_server_last (server);
    assert_non_null (strstr (seen, ":method: GET\n"));
    assert_non_null (strstr (seen, ":path: /v2/orders:by_client_order_id?client_order_id=tc1-abc-o1\n"));
    assert_non_null (strstr (seen, "apca-api-secret-key: " RIG_SECRET "\n"));
    assert_null (strstr (seen, "INDEXED"));
    assert_null (strstr (seen, "content-"));
    rig_call (rig, CALL_OPEN_ORDERS, 3, "");
    rig_until_answers (rig, 3);
    assert_int_equal (answer_at (rig, 2)->kind, ANSWER_UNKNOWN);
    assert_non_null (strstr (answer_at (rig, 2)->message, "larger than this call's bound"));
    rig_call (rig, CALL_CLOCK, 4, "");
    rig_until_answers (rig, 4);
    assert_non_null (strstr (answer_at (rig, 3)->message, "larger than this call's bound"));
    rig_submit (rig, 5);
    rig_until_answers (rig, 5);
    assert_int_equal (two_server_accepts (server), 2);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

/*  Four accounts, two streams a connection: two connections stand before the first order. */
static void connections_stand_before_the_orders (void **state)
{
    (void) state;
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .streams = 2});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    const broker_keys_t keys = {"key", "secret"};
    for (uint32_t account = 1; account < 4; account++)
        assert_int_equal (rig_broker (rig)->ops->account_open (rig_broker (rig), account, &keys), 0);
    until_ready (rig, 2);
    assert_int_equal (two_server_requests (server), 0);
    for (uint64_t i = 0; i < 4; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 4);
    assert_int_equal (two_server_accepts (server), 2);
    assert_int_equal (two_server_requests (server), 4);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void streams_stay_within_the_brokers_bound (void **state)
{
    (void) state;
    /*  the first answer brings the bound down to one */
    script_t script = {{TWO_SHRINK}};
    two_server_t *server =
        two_server_new (&(two_options_t){.handler = play, .context = &script, .streams = 3});
    rig_t *rig = rig_of (server, (alpaca_options_t){.max_connections = 1});
    for (uint64_t i = 0; i < 20; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 20);
    int refused = 0; /*  those that were on their way when it did */
    for (size_t i = 0; i < 20; i++) {
        const broker_answer_t *answer = answer_at (rig, i);
        refused += answer->kind == ANSWER_NOT_SENT;
        if (answer->kind != ANSWER_OK)
            assert_string_equal (answer->message, "the broker refused to begin it");
    }
    assert_true (refused <= 2);
    assert_int_equal (two_server_requests (server), 20 - refused);
    assert_int_equal (two_server_accepts (server), 1);
    assert_true (two_server_most (server) <= 3);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

typedef struct {
    two_action_t action;
    answer_kind_t kind;
    int status;
} lesson_t;

/*  An order that meets the action, then one that is answered; each is sent once. */
static void what_happens_to_a_stream_decides (void **state)
{
    static const lesson_t lessons[] = {
        {TWO_ANSWER, ANSWER_OK, 200},
        {TWO_LIMITED, ANSWER_LIMITED, 429},
        {TWO_INTERIM, ANSWER_OK, 200},
        {TWO_HUGE_HEADERS, ANSWER_OK, 200},
        {TWO_HUGE_BODY, ANSWER_UNKNOWN, 200},
        {TWO_REFUSE, ANSWER_NOT_SENT, 0},
        {TWO_RESET, ANSWER_UNKNOWN, 0},
        {TWO_HALF, ANSWER_UNKNOWN, 200},
        {TWO_GOAWAY_BEFORE, ANSWER_NOT_SENT, 0},
        {TWO_GOAWAY_AFTER, ANSWER_OK, 200},
        {TWO_GARBAGE, ANSWER_UNKNOWN, 0},
        {TWO_CLOSE, ANSWER_UNKNOWN, 0},
    };
    (void) state;
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        script_t script = {{lessons[i].action}};
        two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
        rig_t *rig = rig_of (server, (alpaca_options_t){0});
        rig_submit (rig, 1);
        rig_until_answers (rig, 1);
        const broker_answer_t *answer = answer_at (rig, 0);
        if (answer->kind != lessons[i].kind || answer->http_status != lessons[i].status)
            fail_msg ("action %d: %s, %d, %s", (int) lessons[i].action, answer_kind_text (answer->kind),
                answer->http_status, answer->message);
        assert_true (answer->kind == ANSWER_OK || answer->message[0]);
        assert_true ((answer->sent_at_ns == 0) == (answer->kind == ANSWER_NOT_SENT));
        rig_submit (rig, 2);
        rig_until_answers (rig, 2);
        assert_int_equal (answer_at (rig, 1)->kind, ANSWER_OK);
        assert_int_equal (two_server_requests (server), 2);
        rig_destroy (&rig);
        two_server_destroy (&server);
    }
}

/*  Three orders at once; the broker processes the first and says so in its goodbye. */
/*  After the first fan-out nothing is asked of the heap but what OpenSSL asks for its records. */
static void later_orders_allocate_nothing (void **state)
{
    (void) state;
    two_server_t *server = two_server_new (&(two_options_t){.handler = play});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    until_ready (rig, 1);
    /*  more than later: how many are under way at a time is the machine's affair */
    for (uint64_t i = 1; i <= 44; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 44);
    uint64_t before = counts_of (rig).channel_allocations;
    assert_true (before > 0);
    for (uint64_t i = 45; i <= 64; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 64);
    assert_int_equal (counts_of (rig).channel_allocations, before);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_goodbye_tells_the_processed_from_the_others (void **state)
{
    (void) state;
    script_t script = {{TWO_SILENT, TWO_GOAWAY_BEFORE, TWO_SILENT}};
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
    rig_t *rig = rig_of (server, (alpaca_options_t){.timeout_ns = 300000000});
    until_ready (rig, 1);
    for (uint64_t i = 1; i <= 3; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 3);
    for (size_t i = 0; i < 3; i++) {
        const broker_answer_t *answer = answer_at (rig, i);
        assert_int_equal (answer->kind, answer->token == 1 ? ANSWER_UNKNOWN : ANSWER_NOT_SENT);
    }
    assert_int_equal (answer_at (rig, 2)->token, 1); /*  after its time */
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_byte_at_a_time_is_the_same (void **state)
{
    (void) state;
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .bytewise = true});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    for (uint64_t i = 1; i <= 5; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal (answer_at (rig, i)->kind, ANSWER_OK);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_narrow_window_only_delays (void **state)
{
    (void) state;
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .window = 50});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    for (uint64_t i = 1; i <= 5; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal (answer_at (rig, i)->kind, ANSWER_OK);
    assert_int_equal (two_server_requests (server), 5);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_client_without_alpn_speaks_http_one (void **state)
{
    (void) state;
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .only_one = true});
    rig_t *rig = rig_of (server, (alpaca_options_t){.max_connections = 3});
    const broker_keys_t keys = {"key", "secret"};
    for (uint32_t account = 1; account < 4; account++)
        assert_int_equal (rig_broker (rig)->ops->account_open (rig_broker (rig), account, &keys), 0);
    until_ready (rig, 3); /*  four accounts, three connections at most */
    for (uint64_t i = 1; i <= 9; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 9);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal (answer_at (rig, i)->kind, ANSWER_OK);
    assert_int_equal (two_server_accepts (server), 3);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_certificate_must_be_trusted_and_ours (void **state)
{
    (void) state;
    two_server_t *other = two_server_new (&(two_options_t){.handler = play});
    two_server_t *unnamed = two_server_new (&(two_options_t){.handler = play, .name = "example.com"});
    const struct {
        two_server_t *server;
        const char *ca;
    } doubts[] = {{other, two_server_ca (unnamed)}, {unnamed, two_server_ca (unnamed)}};
    for (size_t i = 0; i < 2; i++) {
        const alpaca_options_t options = {.max_accounts = 1, .ca_file = doubts[i].ca};
        rig_t *rig = rig_new (two_server_url (doubts[i].server), &options);
        rig_submit (rig, 1);
        rig_until_answers (rig, 1);
        assert_int_equal (answer_at (rig, 0)->kind, ANSWER_NOT_SENT);
        assert_int_equal (strncmp (answer_at (rig, 0)->message, "TLS: ", 5), 0);
        assert_int_equal (two_server_requests (doubts[i].server), 0);
        rig_destroy (&rig);
    }
    two_server_destroy (&other);
    two_server_destroy (&unnamed);
}

/*  One silent order among others: only it is unknown. */
static void a_silent_order_delays_no_other (void **state)
{
    (void) state;
    script_t script = {{TWO_SILENT}};
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
    rig_t *rig = rig_of (server, (alpaca_options_t){.timeout_ns = 200000000});
    until_ready (rig, 1);
    for (uint64_t i = 1; i <= 3; i++)
        rig_submit (rig, i);
    rig_until_answers (rig, 3);
    assert_int_equal (answer_at (rig, 0)->kind, ANSWER_OK);
    assert_int_equal (answer_at (rig, 1)->kind, ANSWER_OK);
    assert_int_equal (answer_at (rig, 2)->kind, ANSWER_UNKNOWN);
    assert_true (answer_at (rig, 2)->sent_at_ns > 0);
    rig_submit (rig, 4);
    rig_until_answers (rig, 4);
    assert_int_equal (answer_at (rig, 3)->kind, ANSWER_OK);
    assert_int_equal (two_server_accepts (server), 1); /*  it was answering others: it stays */
    rig_destroy (&rig);
    two_server_destroy (&server);
}

/*  A connection that says nothing at all gets no further order. */
static void a_mute_connection_is_replaced (void **state)
{
    (void) state;
    script_t script = {{TWO_SILENT}};
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
    rig_t *rig = rig_of (server, (alpaca_options_t){.timeout_ns = 150000000});
    until_ready (rig, 1);
    for (int turn = 0; turn < 3; turn++)
        rig_turn (rig, 20); /*  what the handshake left to say is said */
    rig_submit (rig, 1);
    rig_until_answers (rig, 1);
    assert_int_equal (answer_at (rig, 0)->kind, ANSWER_UNKNOWN);
    rig_submit (rig, 2);
    rig_until_answers (rig, 2);
    assert_int_equal (answer_at (rig, 1)->kind, ANSWER_OK);
    assert_int_equal (two_server_accepts (server), 2);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_connection_that_died_is_replaced_before_the_next_order (void **state)
{
    (void) state;
    script_t script = {{TWO_ANSWER, TWO_CLOSE}};
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    for (uint64_t i = 1; i <= 2; i++) {
        rig_submit (rig, i);
        rig_until_answers (rig, i);
    }
    until_ready (rig, 1);
    assert_int_equal (two_server_accepts (server), 2);
    assert_int_equal (two_server_requests (server), 2);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void refuse_talk (int socket, int number, void *context)
{
    (void) socket, (void) number, (void) context;
}

/*  A broker that accepts and closes at once is not tried in a circle. */
static void connections_that_die_young_are_tried_again_with_patience (void **state)
{
    (void) state;
    test_server_t *server = test_server_new_talk (refuse_talk, NULL);
    const alpaca_options_t options = {.max_accounts = 1};
    rig_t *rig = rig_new (test_server_url (server), &options);
    int64_t end_ns = boottime_now () + INT64_C (700000000);
    while (boottime_now () < end_ns)
        rig_turn (rig, 20);
    /*  at 0, 50..100, 150..300, 350..700 ms */
    assert_in_range (test_server_accepts (server), 1, 6);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static char answer_text[2048];

static test_answer_t answer_one (int number, const char *request, void *context)
{
    (void) number, (void) request, (void) context;
    return (test_answer_t){http_answer (answer_text, sizeof answer_text, "200 OK", "", RIG_ORDER), false};
}

/*  One connection, HTTP/1.1: an exit that came last goes before the entries that wait. */
static void exits_go_first_where_connections_are_the_bound (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_one, NULL);
    const alpaca_options_t options = {.max_accounts = 1, .max_connections = 1};
    rig_t *rig = rig_new (test_server_url (server), &options);
    until_ready (rig, 1);
    for (uint64_t i = 1; i <= 4; i++) {
        broker_call_t call = order_call (i);
        call.request.intent = i == 4 ? INTENT_SELL_TO_CLOSE : INTENT_BUY_TO_OPEN;
        send (rig, &call);
    }
    rig_until_answers (rig, 4);
    const uint64_t order[] = {1, 4, 2, 3}; /*  the first of a turn leaves at once */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (answer_at (rig, i)->token, order[i]);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static test_answer_t answer_late (int number, const char *request, void *context)
{
    (void) request, (void) context;
    if (number == 1) {
        const struct timespec wait = {.tv_nsec = 300000000};
        (void) nanosleep (&wait, NULL);
    }
    return answer_one (number, request, context);
}

/*  t=0 an order takes the only connection for 300 ms; a second one's lease ends at t=100 ms while it waits. */
static void a_lease_is_looked_at_when_the_bytes_go (void **state)
{
    (void) state;
    test_server_t *server = test_server_new (answer_late, NULL);
    const alpaca_options_t options = {.max_accounts = 1, .max_connections = 1};
    rig_t *rig = rig_new (test_server_url (server), &options);
    rig_submit (rig, 1);
    broker_call_t call = order_call (2);
    call.not_after_ns = boottime_now () + INT64_C (100000000);
    send (rig, &call);
    rig_until_answers (rig, 2);
    assert_int_equal (answer_at (rig, 0)->kind, ANSWER_OK);
    assert_int_equal (answer_at (rig, 1)->kind, ANSWER_NOT_SENT);
    assert_string_equal (answer_at (rig, 1)->message, "it was too late to begin it");
    assert_int_equal (test_server_requests (server), 1);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void destroyed_with_streams_open_it_leaves_nothing (void **state)
{
    (void) state;
    script_t script = {{TWO_SILENT, TWO_SILENT, TWO_SILENT}};
    two_server_t *server = two_server_new (&(two_options_t){.handler = play, .context = &script});
    rig_t *rig = rig_of (server, (alpaca_options_t){0});
    until_ready (rig, 1);
    for (uint64_t i = 1; i <= 3; i++)
        rig_submit (rig, i);
    for (int turn = 0; turn < 3; turn++)
        rig_turn (rig, 10);
    rig_submit (rig, 4); /*  not even queued for long */
    assert_int_equal (rig_log (rig)->answer_count, 0);
    rig_destroy (&rig);
    two_server_destroy (&server);
}

static void a_missing_authorities_file_is_named (void **state)
{
    (void) state;
    problem_t problem = {0};
    channel_options_t options = {.uv_loop = &problem,
        .url = "https://127.0.0.1",
        .rest = {.max_connections = 1, .max_requests = 1, .ca_file = "/no/such/file.pem"}};
    options.rest.utc_now = (int64_t (*) (void)) boottime_now;
    assert_null (channel_new (&options, &problem));
    assert_string_equal (problem.where, "/no/such/file.pem");
    options.url = "ftp://127.0.0.1";
    assert_null (channel_new (&options, &problem));
    assert_string_equal (problem.where, "base_url");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (an_order_goes_over_http_two),
        cmocka_unit_test (reads_go_beside_the_orders),
        cmocka_unit_test (connections_stand_before_the_orders),
        cmocka_unit_test (streams_stay_within_the_brokers_bound),
        cmocka_unit_test (what_happens_to_a_stream_decides),
        cmocka_unit_test (later_orders_allocate_nothing),
        cmocka_unit_test (a_goodbye_tells_the_processed_from_the_others),
        cmocka_unit_test (a_byte_at_a_time_is_the_same),
        cmocka_unit_test (a_narrow_window_only_delays),
        cmocka_unit_test (a_client_without_alpn_speaks_http_one),
        cmocka_unit_test (a_certificate_must_be_trusted_and_ours),
        cmocka_unit_test (a_silent_order_delays_no_other),
        cmocka_unit_test (a_mute_connection_is_replaced),
        cmocka_unit_test (a_connection_that_died_is_replaced_before_the_next_order),
        cmocka_unit_test (connections_that_die_young_are_tried_again_with_patience),
        cmocka_unit_test (exits_go_first_where_connections_are_the_bound),
        cmocka_unit_test (a_lease_is_looked_at_when_the_bytes_go),
        cmocka_unit_test (destroyed_with_streams_open_it_leaves_nothing),
        cmocka_unit_test (a_missing_authorities_file_is_named),
    };
    rig_order_channel = true;
    return cmocka_run_group_tests (tests, NULL, NULL);
}
