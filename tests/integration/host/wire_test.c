/*  wire, actor_host and tap, real sockets: one suite, run once for each transport. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fixture.h"
#include "ping.h"

#include "actors/host/clock.h"
#include "actors/host/link.h"
#include "actors/host/log.h"

#include <czmq.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*  An actor asks, the dispatcher answers, a thousand times; both stop when asked. */
static void test_a_thousand_questions_one_after_the_other (void **state)
{
    fixture_t *fixture = (fixture_t *) *state;
    fixture_actor_t dispatcher = {0};
    fixture_actor_t executor = {0};
    ping_t pong = {.name = "dispatcher"};
    ping_t ping = {.name = "executor-1", .rounds = 1000};
    fixture_start (fixture, &executor, "executor-1", &pinger_ops, &ping); /*  whoever connects first waits */
    fixture_start (fixture, &dispatcher, "dispatcher", &ponger_ops, &pong);
    fixture_await (&ping.answers, 1000);
    fixture_await (&ping.ticks, 1 + ping.ticks); /*  and the wake works beside the messages */
    assert_int_equal (fixture_stop (&executor), 0);
    assert_int_equal (fixture_stop (&dispatcher), 0);
    assert_int_equal (dispatcher.counts.unsent, 1000); /*  those to "nobody" */
    assert_int_equal (ping.disorder + pong.disorder, 0);
}

/*  Far more than a turn's batch in one step: the edge of the descriptor must not be lost. */
static void test_a_burst_arrives_whole_and_in_order (void **state)
{
    fixture_t *fixture = (fixture_t *) *state;
    fixture_actor_t dispatcher = {0};
    fixture_actor_t executor = {0};
    ping_t pong = {.name = "dispatcher"};
    ping_t ping = {.name = "executor-1", .burst = 20000, .rounds = 10};
    fixture_start (fixture, &dispatcher, "dispatcher", &ponger_ops, &pong);
    fixture_start (fixture, &executor, "executor-1", &pinger_ops, &ping);
    fixture_await (&ping.answers, 20010);
    assert_int_equal (fixture_stop (&executor), 0);
    assert_int_equal (fixture_stop (&dispatcher), 0);
    assert_int_equal (ping.disorder + pong.disorder, 0);
}

static void send_raw (zsock_t *socket, const char *first, const void *second, size_t size, int extra)
{
    zmsg_t *message = zmsg_new ();
    (void) zmsg_addstr (message, first);
    if (second)
        (void) zmsg_addmem (message, second, size);
    for (int n = 0; n < extra; n++)
        (void) zmsg_addstr (message, "more");
    assert_int_equal (zmsg_send (&message, socket), 0);
}

/*  As a peer would: the link's frame first. */
static void send_linked (zsock_t *socket, link_t *link, const char *subject, const void *bytes, size_t size)
{
    link_frame_t frame;
    zmsg_t *message = zmsg_new ();
    assert_int_equal (link_send (link, clock_now_ns (), 1, false, bytes, size), 0);
    assert_true (link_due (link, clock_now_ns (), &frame));
    link_sent (link, clock_now_ns ());
    (void) zmsg_addmem (message, frame.header, sizeof frame.header);
    (void) zmsg_addstr (message, subject);
    (void) zmsg_addmem (message, frame.bytes, frame.size);
    assert_int_equal (zmsg_send (&message, socket), 0);
}

static void ask_once (zsock_t *socket, link_t *link)
{
    static message_t message;
    uint8_t bytes[256];
    size_t size = 0;
    message.kind = MSG_SHARD_READY;
    (void) strcpy (message.shard_ready.shard, "stranger");
    message.shard_ready.epoch = 1;
    assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
    send_linked (socket, link, "shard.ready", bytes, size);
    zsock_set_rcvtimeo (socket, 10000);
    for (size_t frames = 0; frames != 3;) { /*  acknowledgements are one frame */
        zmsg_t *answer = zmsg_recv (socket);
        assert_non_null (answer);
        frames = zmsg_size (answer);
        zmsg_destroy (&answer);
    }
}

/*  What comes from outside is checked: rubbish is counted, and the next good message is answered. */
static void test_rubbish_is_counted_and_survived (void **state)
{
    fixture_t *fixture = (fixture_t *) *state;
    fixture_actor_t dispatcher = {0};
    fixture_actor_t executor = {0};
    ping_t pong = {.name = "dispatcher"};
    ping_t ping = {.name = "executor-1", .rounds = 1};
    char link[WIRE_ENDPOINT_MAX];
    zsock_t *stranger = fixture_socket (fixture, ZMQ_DEALER, "executor", "dispatcher");
    static const uint8_t missing_fields[] = {0x80};
    link_config_t config = {.session = 4711};
    link_t *stranger_link = link_new (&config);
    fixture_start (fixture, &dispatcher, "dispatcher", &ponger_ops, &pong);
    zsock_set_identity (stranger, "stranger");
    assert_int_equal (
        zsock_connect (stranger, "%s", topology_endpoint (&fixture->topology, SPOT_DISPATCHER, link)), 0);
    send_linked (stranger, stranger_link, "shard.ready", missing_fields, 1);
    send_linked (stranger, stranger_link, "shard.ready", "\xff\xff", 2);
    send_linked (stranger, stranger_link, "no.such.subject", missing_fields, 1);
    send_raw (
        stranger, "shard.ready", missing_fields, 1, 0); /*  without a link's frame: two, one, three, five */
    send_raw (stranger, "shard.ready", NULL, 0, 0);
    send_raw (stranger, "", "", 0, 1);
    send_raw (stranger, "shard.ready", missing_fields, 1, 3);
    ask_once (stranger,
        stranger_link); /*  a peer's messages keep their order: with this answer all of it has been read */
    fixture_start (fixture, &executor, "executor-1", &pinger_ops, &ping);
    fixture_await (&ping.answers, 1);
    assert_int_equal (fixture_stop (&executor), 0);
    assert_int_equal (fixture_stop (&dispatcher), 0);
    assert_int_equal (dispatcher.counts.undecodable, 7);
    assert_int_equal (pong.asked, 2);
    link_destroy (&stranger_link);
    zsock_destroy (&stranger);
}

/*  t=0 executor-1 dies without a word; t=1 another takes its name and is the one that is answered. */
static void test_a_successor_takes_over_the_name (void **state)
{
    fixture_t *fixture = (fixture_t *) *state;
    fixture_actor_t dispatcher = {0};
    fixture_actor_t executor = {0};
    ping_t pong = {.name = "dispatcher"};
    ping_t ping = {.name = "executor-1", .rounds = 50};
    char link[WIRE_ENDPOINT_MAX];
    zsock_t *dead = fixture_socket (fixture, ZMQ_DEALER, "executor", "dispatcher");
    fixture_start (fixture, &dispatcher, "dispatcher", &ponger_ops, &pong);
    zsock_set_identity (dead, "executor-1");
    assert_int_equal (
        zsock_connect (dead, "%s", topology_endpoint (&fixture->topology, SPOT_DISPATCHER, link)), 0);
    (void) usleep (100000);
    fixture_start (fixture, &executor, "executor-1", &pinger_ops, &ping);
    fixture_await (&ping.answers, 50);
    assert_int_equal (fixture_stop (&executor), 0);
    assert_int_equal (fixture_stop (&dispatcher), 0);
    zsock_destroy (&dead);
}

static size_t count_heard (zsock_t *ear, const char *subject, size_t wanted)
{
    size_t heard = 0;
    zsock_set_rcvtimeo (ear, 2000);
    while (heard < wanted + 1) {
        zmsg_t *message = zmsg_recv (ear);
        char *first;
        if (!message)
            break;
        assert_int_equal (zmsg_size (message), 2);
        first = zmsg_popstr (message);
        assert_string_equal (first, subject);
        heard++;
        free (first);
        zmsg_destroy (&message);
        zsock_set_rcvtimeo (ear, heard < wanted ? 2000 : 200);
    }
    return heard;
}

/*  Whoever subscribes to a prefix gets each such message once, two frames, and nothing else. */
static void test_the_tap_carries_every_message_once (void **state)
{
    fixture_t *fixture = (fixture_t *) *state;
    fixture_actor_t dispatcher = {0};
    fixture_actor_t executor = {0};
    ping_t pong = {.name = "dispatcher"};
    ping_t ping = {.name = "executor-1", .rounds = 2000};
    char out[WIRE_ENDPOINT_MAX];
    zsock_t *sent = fixture_socket (fixture, ZMQ_SUB, "monitor", "tap");
    zsock_t *alerts = fixture_socket (fixture, ZMQ_SUB, "monitor", "tap");
    zsock_t *writer = fixture_socket (fixture, ZMQ_XSUB, "monitor", "tap");
    (void) topology_endpoint (&fixture->topology, SPOT_TAP, out);
    zsock_set_subscribe (sent, "shard.");
    zsock_set_subscribe (alerts, "alert.raised");
    assert_int_equal (zsock_connect (sent, "%s", out), 0);
    assert_int_equal (zsock_connect (alerts, "%s", out), 0);
    assert_int_equal (zsock_connect (writer, "%s", out), 0);
    (void) usleep (300000);                      /*  subscriptions travel; nobody promises when they arrive */
    send_raw (writer, "shard.ready", "x", 1, 0); /*  read only: this goes nowhere */
    fixture_start (fixture, &executor, "executor-1", &pinger_ops, &ping);
    (void) usleep (300000);
    fixture_start (fixture, &dispatcher, "dispatcher", &ponger_ops, &pong);
    fixture_await (&ping.answers, 2000);
    assert_int_equal (count_heard (alerts, "alert.raised", 2), 2);
    assert_in_range (count_heard (sent, "shard.ready", 2000), 1999, 2000);
    assert_int_equal (pong.asked, 2000);
    assert_int_equal (fixture_stop (&executor), 0);
    assert_int_equal (fixture_stop (&dispatcher), 0);
    zsock_destroy (&sent);
    zsock_destroy (&alerts);
    zsock_destroy (&writer);
}

/*  Two actors cannot both be the dispatcher: the second says where. */
static void test_an_address_in_use_is_an_error (void **state)
{
    fixture_t *fixture = (fixture_t *) *state;
    char link[WIRE_ENDPOINT_MAX];
    wire_config_t config = {.name = "dispatcher",
        .endpoint = topology_endpoint (&fixture->topology, SPOT_DISPATCHER, link),
        .binds = true};
    problem_t problem = {0};
    wire_t *first;
    wire_t *second;
    assert_int_equal (wire_new (&first, &config, &problem), 0);
    if (fixture->topology.transport !=
        TRANSPORT_IPC) { /*  over ipc the later one takes the path over, by design of ZeroMQ */
        assert_int_equal (wire_new (&second, &config, &problem), -ERR_BUSY);
        assert_string_equal (problem.where, link);
    }
    wire_destroy (&first);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (
            test_a_thousand_questions_one_after_the_other, fixture_make, fixture_clean),
        cmocka_unit_test_setup_teardown (
            test_a_burst_arrives_whole_and_in_order, fixture_make, fixture_clean),
        cmocka_unit_test_setup_teardown (test_rubbish_is_counted_and_survived, fixture_make, fixture_clean),
        cmocka_unit_test_setup_teardown (test_a_successor_takes_over_the_name, fixture_make, fixture_clean),
        cmocka_unit_test_setup_teardown (
            test_the_tap_carries_every_message_once, fixture_make, fixture_clean),
        cmocka_unit_test_setup_teardown (test_an_address_in_use_is_an_error, fixture_make, fixture_clean),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
