/*  cut_test.c: two wires and a TCP proxy between them that cuts every connection again and again, all in one loop.
 *  What is under way in the sockets is lost with each cut; the links see to it that nobody notices.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/wire.h"
#include "actors/host/wire_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 20000
#define CUT_MS 120
#define PAIRS_MAX 256
#define GUARD_MS 120000

typedef struct pair pair_t;

typedef struct {
    uv_tcp_t socket; /*  first: libuv hands it back */
    pair_t *pair;
    char bytes[65536];
} side_t;

struct pair {
    side_t in, out; /*  from the executor, to the dispatcher */
    bool open;
};

typedef struct {
    uv_loop_t loop;
    uv_tcp_t proxy;
    uv_timer_t cutter, speaker, guard;
    int port;
    pair_t *pairs[PAIRS_MAX];
    size_t count;
    size_t cuts; /*  of connections that had carried something */
    wire_t *dispatcher, *executor;
    uint64_t said[2], heard[2]; /*  by the dispatcher, by the executor */
    bool late;
} story_t;

static story_t *s;

static void on_room (uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    side_t *side = (side_t *) (void *) handle;
    (void) suggested;
    *buffer = uv_buf_init (side->bytes, sizeof side->bytes);
}

static void on_written (uv_write_t *write, int status)
{
    (void) status;
    free (write);
}

static void on_closed (uv_handle_t *handle)
{
    (void) handle; /*  pairs are freed at the end */
}

static void cut (pair_t *pair)
{
    if (!pair->open)
        return;
    pair->open = false;
    uv_close ((uv_handle_t *) &pair->in.socket, on_closed);
    uv_close ((uv_handle_t *) &pair->out.socket, on_closed);
}

static void on_read (uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    side_t *side = (side_t *) (void *) stream;
    pair_t *pair = side->pair;
    if (size <= 0) {
        if (size < 0)
            cut (pair);
        return;
    }
    side_t *other = side == &pair->in ? &pair->out : &pair->in;
    uv_write_t *write = malloc (sizeof *write + (size_t) size);
    assert_non_null (write);
    memcpy (write + 1, buffer->base, (size_t) size);
    uv_buf_t copy = uv_buf_init ((char *) (write + 1), (unsigned) size);
    if (uv_write (write, (uv_stream_t *) &other->socket, &copy, 1, on_written) != 0)
        free (write);
}

static void on_connected (uv_connect_t *connect, int status)
{
    pair_t *pair = (pair_t *) connect->data;
    free (connect);
    if (status != 0) {
        cut (pair);
        return;
    }
    (void) uv_read_start ((uv_stream_t *) &pair->in.socket, on_room, on_read);
    (void) uv_read_start ((uv_stream_t *) &pair->out.socket, on_room, on_read);
}

static void on_accept (uv_stream_t *server, int status)
{
    struct sockaddr_in address;
    assert_int_equal (status, 0);
    assert_in_range (s->count, 0, PAIRS_MAX - 1);
    pair_t *pair = calloc (1, sizeof *pair);
    assert_non_null (pair);
    s->pairs[s->count++] = pair;
    pair->open = true;
    pair->in.pair = pair->out.pair = pair;
    (void) uv_tcp_init (&s->loop, &pair->in.socket);
    (void) uv_tcp_init (&s->loop, &pair->out.socket);
    assert_int_equal (uv_accept (server, (uv_stream_t *) &pair->in.socket), 0);
    uv_connect_t *connect = malloc (sizeof *connect);
    assert_non_null (connect);
    connect->data = pair;
    (void) uv_ip4_addr ("127.0.0.1", s->port, &address);
    assert_int_equal (
        uv_tcp_connect (connect, &pair->out.socket, (const struct sockaddr *) &address, on_connected), 0);
}

static void on_cut (uv_timer_t *timer)
{
    (void) timer;
    for (size_t n = 0; n < s->count && s->count < PAIRS_MAX - 8; n++) { /*  the last ones stay whole */
        s->cuts += s->pairs[n]->open;
        cut (s->pairs[n]);
    }
}

/*  Both say a few words every millisecond, with their number in the epoch. */
static void on_speak (uv_timer_t *timer)
{
    static message_t message;
    uint8_t bytes[256];
    size_t size = 0;
    (void) timer;
    for (int n = 0; n < 20; n++) {
        memset (&message, 0, sizeof message);
        message.kind = MSG_SHARD_READY;
        message.shard_ready.epoch = s->said[1];
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
        if (s->said[1] < WORDS && wire_send (s->executor, "dispatcher", message.kind, bytes, size) == 0)
            s->said[1]++;
        message.shard_ready.epoch = s->said[0];
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
        if (s->said[0] < WORDS && wire_send (s->dispatcher, "executor-1", message.kind, bytes, size) == 0)
            s->said[0]++;
    }
    if (s->heard[0] == WORDS && s->heard[1] == WORDS)
        uv_stop (&s->loop);
}

static void on_guard (uv_timer_t *timer)
{
    (void) timer;
    s->late = true;
    uv_stop (&s->loop);
}

static void on_message (void *context, const char *from, const message_t *message)
{
    uint64_t *heard = (uint64_t *) context;
    assert_string_equal (from, heard == &s->heard[0] ? "executor-1" : "dispatcher");
    assert_int_equal (message->shard_ready.epoch, *heard); /*  once, in order, none left out */
    (*heard)++;
}

static int listen_anywhere (uv_tcp_t *socket)
{
    struct sockaddr_in address;
    int length = sizeof address;
    (void) uv_ip4_addr ("127.0.0.1", 0, &address);
    (void) uv_tcp_init (&s->loop, socket);
    assert_int_equal (uv_tcp_bind (socket, (const struct sockaddr *) &address, 0), 0);
    assert_int_equal (uv_listen ((uv_stream_t *) socket, 64, on_accept), 0);
    assert_int_equal (uv_tcp_getsockname (socket, (struct sockaddr *) &address, &length), 0);
    return ntohs (address.sin_port);
}

static void open_wires (int proxy_port)
{
    char at[64], through[64];
    problem_t problem = {0};
    wire_config_t dispatcher = {.name = "dispatcher", .endpoint = at, .binds = true};
    wire_config_t executor = {.name = "executor-1", .endpoint = through};
    /*  from the proxy's port on, the first one that is free */
    for (s->port = proxy_port + 1; !s->dispatcher; s->port++) {
        (void) snprintf (at, sizeof at, "tcp://127.0.0.1:%d", s->port);
        if (wire_new (&s->dispatcher, &dispatcher, &problem) == 0)
            break;
    }
    (void) snprintf (through, sizeof through, "tcp://127.0.0.1:%d", proxy_port);
    assert_int_equal (wire_new (&s->executor, &executor, &problem), 0);
    assert_int_equal (wire_watch (s->dispatcher, &s->loop, on_message, &s->heard[0], &problem), 0);
    assert_int_equal (wire_watch (s->executor, &s->loop, on_message, &s->heard[1], &problem), 0);
}

static void start_timer (uv_timer_t *timer, uv_timer_cb call, uint64_t ms)
{
    (void) uv_timer_init (&s->loop, timer);
    (void) uv_timer_start (timer, call, ms, ms);
}

static void close_all (void)
{
    wire_unwatch (s->dispatcher);
    wire_unwatch (s->executor);
    uv_close ((uv_handle_t *) &s->cutter, NULL);
    uv_close ((uv_handle_t *) &s->speaker, NULL);
    uv_close ((uv_handle_t *) &s->guard, NULL);
    uv_close ((uv_handle_t *) &s->proxy, NULL);
    for (size_t n = 0; n < s->count; n++)
        cut (s->pairs[n]);
    (void) uv_run (&s->loop, UV_RUN_DEFAULT);
    assert_int_equal (uv_loop_close (&s->loop), 0);
    for (size_t n = 0; n < s->count; n++)
        free (s->pairs[n]);
    wire_destroy (&s->executor);
    wire_destroy (&s->dispatcher);
}

/*  20,000 words each way; every 120 ms the connection is cut with whatever it holds. */
static void a_connection_that_is_cut_again_and_again (void **state)
{
    link_counts_t counts;
    (void) state;
    s = calloc (1, sizeof *s);
    assert_non_null (s);
    assert_int_equal (uv_loop_init (&s->loop), 0);
    wire_setup ();
    open_wires (listen_anywhere (&s->proxy));
    start_timer (&s->cutter, on_cut, CUT_MS);
    start_timer (&s->speaker, on_speak, 1);
    start_timer (&s->guard, on_guard, GUARD_MS);
    (void) uv_run (&s->loop, UV_RUN_DEFAULT);
    assert_false (s->late);
    assert_int_equal (s->heard[0], WORDS);
    assert_int_equal (s->heard[1], WORDS);
    wire_link_counts (s->executor, &counts);
    print_message ("%zu cuts; executor: %llu resent, %llu duplicates, %llu gaps\n", s->cuts,
        (unsigned long long) counts.resent, (unsigned long long) counts.duplicates,
        (unsigned long long) counts.gaps);
    assert_int_equal (counts.lives, 1);
    close_all ();
    free (s);
}

/*  ---- a peer that is cut off comes back over another connection, under the same name, before the first one has ended */

static zsock_t *peer_of (int port, const char *word)
{
    zsock_t *peer = zsock_new (ZMQ_DEALER);
    zsock_set_identity (peer, "executor-1");
    zsock_set_linger (peer, 0);
    zsock_set_reconnect_ivl (peer, -1);
    assert_int_equal (zsock_connect (peer, "tcp://127.0.0.1:%d", port), 0);
    assert_int_equal (zstr_send (peer, word), 0);
    return peer;
}

static void heard (zsock_t *router, const char *word)
{
    char *from = NULL;
    char *said = NULL;
    assert_int_equal (zstr_recvx (router, &from, &said, NULL), 2);
    assert_string_equal (said, word);
    zstr_free (&from);
    zstr_free (&said);
}

/*  libzmq let go of the first connection, and ended the process at the second heartbeat into it after its peer's end. */
static void a_name_that_comes_twice_ends_nobody (void **state)
{
    (void) state;
    wire_setup ();
    zsock_t *router = wire_socket_new (ZMQ_ROUTER);
    zsock_set_router_handover (router, 1);
    int port = zsock_bind (router, "tcp://127.0.0.1:*");
    zsock_t *first = peer_of (port, "first");
    heard (router, "first");
    zsock_t *second = peer_of (port, "second");
    heard (router, "second");
    for (int n = 0; n < 20; n++) { /*  nobody takes these any more */
        (void) zstr_send (first, "late");
        zclock_sleep (10);
    }
    zsock_destroy (&first);
    zclock_sleep (2500); /*  five heartbeats */
    assert_int_equal (zstr_send (second, "third"), 0);
    heard (router, "third");
    zsock_destroy (&second);
    zsock_destroy (&router);
}

int main (void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test (a_connection_that_is_cut_again_and_again),
        cmocka_unit_test (a_name_that_comes_twice_ends_nobody)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
