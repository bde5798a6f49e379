/*  The trading stream, against a WebSocket server that keeps to the broker's manners, or does not. */
#include "tests/unit/broker/rig.h"
#include "tests/unit/broker/test_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AUTHORIZED                                                                                           \
    "{\"stream\":\"authorization\",\"data\":{\"status\":\"authorized\",\"action\":\"authenticate\"}}"
#define UNAUTHORIZED                                                                                         \
    "{\"stream\":\"authorization\",\"data\":{\"status\":\"unauthorized\",\"action\":\"authenticate\"}}"
#define LISTENING "{\"stream\":\"listening\",\"data\":{\"streams\":[\"trade_updates\"]}}"
#define FILL                                                                                                 \
    "{\"stream\":\"trade_updates\",\"data\":{\"event\":\"fill\",\"execution_id\":\"e-1\",\"price\":\"10."    \
    "5\","                                                                                                   \
    "\"qty\":\"3\",\"position_qty\":\"-3\",\"timestamp\":\"2026-03-02T14:30:00.5Z\",\"order\":" RIG_ORDER    \
    "}}"

enum { TEXT = 1, BINARY = 2, PIECE = 0 };

/*  What the server saw, written before the test reads it (it waits for the stream to end or for an update). */
static char first_frame[512];
static char second_frame[512];
static atomic_bool listened_too_early;
static atomic_bool said_goodbye;

static bool send_text (int socket, unsigned opcode, const char *text)
{
    return talk_send (socket, opcode, true, text, strlen (text));
}

/*  The good start: nothing is sent before the client's auth, nothing by the client before the answer. */
static bool talk_start (int socket, unsigned opcode)
{
    if (!talk_handshake (socket) || !talk_read (socket, first_frame, sizeof first_frame))
        return false;
    if (!talk_quiet (socket, 50))
        atomic_store (&listened_too_early, true);
    if (!send_text (socket, opcode, AUTHORIZED) || !talk_read (socket, second_frame, sizeof second_frame))
        return false;
    return send_text (socket, opcode, LISTENING);
}

static void talk_until_closed (int socket)
{
    char text[256];
    while (talk_read (socket, text, sizeof text))
        ;
    atomic_store (&said_goodbye, true);
}

static void talk_well (int socket, int number, void *context)
{
    unsigned opcode = number == 1 ? *(unsigned *) context : TEXT;
    if (talk_start (socket, opcode) && send_text (socket, opcode, FILL))
        talk_until_closed (socket);
}

static void auth_is_awaited_then_listen_then_updates_come_in_both_opcodes (void **state)
{
    (void) state;
    for (unsigned opcode = TEXT; opcode <= BINARY; opcode++) {
        test_server_t *server = test_server_new_talk (talk_well, &opcode);
        rig_t *rig = rig_new (test_server_url (server), NULL);
        broker_t *broker = rig_broker (rig);
        assert_int_equal (broker->ops->stream_open (broker, 0), 0);
        assert_int_equal (rig_log (rig)->state_count, 0);
        rig_until_updates (rig, 1);
        for (int turn = 0; turn < 5; turn++)
            rig_turn (rig, 20);
        const rig_log_t *log = rig_log (rig);
        assert_int_equal (log->state_count, 3); /*  and no more: it stays up */
        assert_int_equal (log->states[0], BROKER_STREAM_CONNECTED);
        assert_int_equal (log->states[1], BROKER_STREAM_AUTHORIZED);
        assert_int_equal (log->states[2], BROKER_STREAM_LISTENING);
        assert_string_equal (
            first_frame, "{\"action\":\"auth\",\"key\":\"" RIG_KEY "\",\"secret\":\"" RIG_SECRET "\"}");
        assert_string_equal (
            second_frame, "{\"action\":\"listen\",\"data\":{\"streams\":[\"trade_updates\"]}}");
        assert_false (atomic_load (&listened_too_early));
        assert_int_equal (log->updates[0].update, UPDATE_FILL);
        assert_int_equal (log->updates[0].qty_e9, INT64_C (3000000000));
        assert_int_equal (log->updates[0].position_qty_e9, INT64_C (-3000000000));
        rig_destroy (&rig);
        test_server_destroy (&server);
    }
}

/*  t=0 a fill before the listening reply; then one in three pieces with a ping between; then rubbish; then another. */
static void talk_oddly (int socket, int number, void *context)
{
    size_t size = strlen (FILL);
    (void) number, (void) context;
    if (!talk_handshake (socket) || !talk_read (socket, first_frame, sizeof first_frame))
        return;
    bool good = send_text (socket, BINARY, AUTHORIZED) && send_text (socket, BINARY, FILL);
    good =
        good && talk_read (socket, second_frame, sizeof second_frame) && send_text (socket, TEXT, LISTENING);
    good = good && talk_send (socket, BINARY, false, FILL, 10) && talk_send (socket, 9, true, "hi", 2);
    good = good && talk_send (socket, PIECE, false, &FILL[10], 100);
    good = good && talk_send (socket, PIECE, true, &FILL[110], size - 110);
    good = good && send_text (socket, TEXT, "{\"stream\":\"trade_updates\",\"data\":null}");
    good = good && send_text (socket, TEXT, "no json at all") && send_text (socket, TEXT, FILL);
    /*  the client's pong is no text frame: talk_read ends there */
    if (good)
        talk_until_closed (socket);
    (void) talk_quiet (socket, 500);
}

static void early_broken_and_odd_frames_do_not_end_the_stream (void **state)
{
    (void) state;
    alpaca_counts_t counts;
    test_server_t *server = test_server_new_talk (talk_oddly, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
    rig_until_updates (rig, 3);
    alpaca_counts (rig_broker (rig), &counts);
    assert_int_equal (counts.frames_malformed, 2);
    assert_int_equal (counts.frames, 7);
    assert_true (counts.last_malformed[0] != 0);
    assert_null (strstr (counts.last_malformed, "no json")); /*  never a piece of the body */
    assert_int_equal (rig_log (rig)->states[rig_log (rig)->state_count - 1], BROKER_STREAM_LISTENING);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void talk_too_much (int socket, int number, void *context)
{
    static char piece[700 * 1024];
    (void) number, (void) context;
    memset (piece, ' ', sizeof piece);
    bool good = talk_start (socket, TEXT) && talk_send (socket, TEXT, false, piece, sizeof piece);
    good = good && talk_send (socket, PIECE, true, piece, sizeof piece) && send_text (socket, TEXT, FILL);
    if (good)
        talk_until_closed (socket);
}

static void a_message_over_the_bound_is_passed_over (void **state)
{
    (void) state;
    alpaca_counts_t counts;
    test_server_t *server = test_server_new_talk (talk_too_much, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
    rig_until_updates (rig, 1);
    alpaca_counts (rig_broker (rig), &counts);
    assert_int_equal (counts.frames_malformed, 1);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void talk_no (int socket, int number, void *context)
{
    (void) number;
    (void) talk_refuse (socket, context);
}

static void a_refused_handshake_names_its_status_and_is_tried_once (void **state)
{
    (void) state;
    const struct {
        const char *reply;
        const char *status;
    } replies[] = {{"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", "429"},
        {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry", "502"},
        {"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "302"}};
    for (size_t i = 0; i < 3; i++) {
        char reply[200];
        (void) snprintf (reply, sizeof reply, "%s", replies[i].reply);
        test_server_t *server = test_server_new_talk (talk_no, reply);
        rig_t *rig = rig_new (test_server_url (server), NULL);
        assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
        rig_until_state (rig, BROKER_STREAM_REFUSED);
        for (int turn = 0; turn < 5; turn++)
            rig_turn (rig, 20);
        assert_non_null (strstr (rig_log (rig)->reason, replies[i].status));
        assert_int_equal (rig_log (rig)->state_count, 1);
        assert_int_equal (test_server_accepts (server), 1);
        rig_destroy (&rig);
        test_server_destroy (&server);
    }
}

static void talk_unauthorized (int socket, int number, void *context)
{
    (void) number, (void) context;
    if (talk_handshake (socket) && talk_read (socket, first_frame, sizeof first_frame) &&
        send_text (socket, TEXT, UNAUTHORIZED))
        talk_until_closed (socket);
}

static void wrong_keys_end_the_stream_and_say_so (void **state)
{
    (void) state;
    test_server_t *server = test_server_new_talk (talk_unauthorized, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
    rig_until_state (rig, BROKER_STREAM_BAD_KEYS);
    for (int turn = 0; turn < 5; turn++)
        rig_turn (rig, 20);
    assert_int_equal (rig_log (rig)->state_count, 2); /*  CONNECTED, BAD_KEYS and nothing after */
    assert_null (strstr (rig_log (rig)->reason, RIG_SECRET));
    rig_destroy (&rig);
    test_server_destroy (&server);
}

/*  Authorised but mute (alpaca-py#740): the listen is swallowed. */
static void talk_mutely (int socket, int number, void *context)
{
    (void) number, (void) context;
    if (talk_handshake (socket) && talk_read (socket, first_frame, sizeof first_frame) &&
        send_text (socket, TEXT, AUTHORIZED) && talk_read (socket, second_frame, sizeof second_frame))
        talk_until_closed (socket);
}

static void an_authorised_but_mute_stream_is_down (void **state)
{
    (void) state;
    const alpaca_options_t options = {.max_accounts = 1, .reply_timeout_ns = 150000000};
    test_server_t *server = test_server_new_talk (talk_mutely, NULL);
    rig_t *rig = rig_new (test_server_url (server), &options);
    assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
    rig_until_state (rig, BROKER_STREAM_DOWN);
    assert_string_equal (rig_log (rig)->reason, "authorized, but no answer to listen");
    assert_int_equal (rig_log (rig)->state_count, 3);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void talk_and_hang_up (int socket, int number, void *context)
{
    (void) number, (void) context;
    (void) talk_start (socket, TEXT);
}

static void a_lost_connection_is_down_and_can_be_opened_again (void **state)
{
    (void) state;
    test_server_t *server = test_server_new_talk (talk_and_hang_up, NULL);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    broker_t *broker = rig_broker (rig);
    for (int attempt = 1; attempt <= 3; attempt++) {
        rig_log (rig)->state_count = 0;
        assert_int_equal (broker->ops->stream_open (broker, 0), 0);
        rig_until_state (rig, BROKER_STREAM_DOWN);
        assert_int_equal (test_server_accepts (server), attempt);
    }
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void nobody_there_is_down (void **state)
{
    (void) state;
    test_server_t *server = test_server_new_talk (talk_and_hang_up, NULL);
    char url[64];
    (void) snprintf (url, sizeof url, "%s", test_server_url (server));
    test_server_destroy (&server);
    const char *const urls[] = {url, "http://no-such-host.invalid:1"};
    for (size_t i = 0; i < 2; i++) {
        rig_t *rig = rig_new (urls[i], NULL);
        assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
        rig_until_state (rig, BROKER_STREAM_DOWN);
        assert_int_equal (rig_log (rig)->state_count, 1);
        assert_true (rig_log (rig)->reason[0] != 0);
        rig_destroy (&rig);
    }
}

/*  localhost is ::1 first on many machines, where nobody listens. */
static void the_next_address_of_a_name_is_tried (void **state)
{
    (void) state;
    unsigned opcode = TEXT;
    char url[64];
    test_server_t *server = test_server_new_talk (talk_well, &opcode);
    (void) snprintf (url, sizeof url, "http://localhost:%s", strrchr (test_server_url (server), ':') + 1);
    rig_t *rig = rig_new (url, NULL);
    assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
    rig_until_state (rig, BROKER_STREAM_LISTENING);
    assert_int_equal (test_server_accepts (server), 1);
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void close_own_stream (rig_t *rig)
{
    rig_broker (rig)->ops->stream_close (rig_broker (rig), 0);
}

static void closing_inside_an_update_is_polite_and_final (void **state)
{
    (void) state;
    unsigned opcode = TEXT;
    atomic_store (&said_goodbye, false);
    test_server_t *server = test_server_new_talk (talk_well, &opcode);
    rig_t *rig = rig_new (test_server_url (server), NULL);
    rig_log (rig)->on_update = close_own_stream;
    assert_int_equal (rig_broker (rig)->ops->stream_open (rig_broker (rig), 0), 0);
    rig_until_updates (rig, 1);
    for (int turn = 0; turn < 50 && !atomic_load (&said_goodbye); turn++)
        rig_turn (rig, 20);
    assert_true (atomic_load (&said_goodbye));
    assert_int_equal (rig_log (rig)->state_count, 3); /*  no DOWN: it was our wish */
    rig_destroy (&rig);
    test_server_destroy (&server);
}

static void talk_never (int socket, int number, void *context)
{
    (void) socket;
    (void) number, (void) context;
    usleep (300000);
}

static void closing_and_destroying_in_every_state_is_clean (void **state)
{
    (void) state;
    for (int turns = 0; turns < 8; turns++) {
        test_server_t *server = test_server_new_talk (talk_never, NULL);
        rig_t *rig = rig_new (test_server_url (server), NULL);
        broker_t *broker = rig_broker (rig);
        assert_int_equal (broker->ops->stream_open (broker, 0), 0);
        for (int turn = 0; turn < turns; turn++)
            rig_turn (rig, 2);
        if (turns % 2 == 0)
            broker->ops->stream_close (broker, 0);
        assert_int_equal (rig_log (rig)->state_count, 0);
        rig_destroy (&rig);
        test_server_destroy (&server);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (auth_is_awaited_then_listen_then_updates_come_in_both_opcodes),
        cmocka_unit_test (early_broken_and_odd_frames_do_not_end_the_stream),
        cmocka_unit_test (a_message_over_the_bound_is_passed_over),
        cmocka_unit_test (a_refused_handshake_names_its_status_and_is_tried_once),
        cmocka_unit_test (wrong_keys_end_the_stream_and_say_so),
        cmocka_unit_test (an_authorised_but_mute_stream_is_down),
        cmocka_unit_test (a_lost_connection_is_down_and_can_be_opened_again),
        cmocka_unit_test (nobody_there_is_down),
        cmocka_unit_test (the_next_address_of_a_name_is_tried),
        cmocka_unit_test (closing_inside_an_update_is_polite_and_final),
        cmocka_unit_test (closing_and_destroying_in_every_state_is_clean),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
