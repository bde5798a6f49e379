/*  channel_two_test.c: what a client says over HTTP/2, byte for byte, and what becomes of requests that do not go straight
 *  through: bodies that wait for a window, are too late or not wanted any more, long answers, a connection that ends.
 */
#include "tests/unit/broker/two_peer.h"

#include "broker/alpaca/channel_two_parts.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORDER                                                                                                \
    ":method=POST :scheme=https :authority=api.example :path=/v2/orders user-agent=trade-copier/1 "          \
    "accept=*/* content-type=application/json apca-api-key-id!PK1 apca-api-secret-key!secret "               \
    "content-length="
#define READ                                                                                                 \
    ":method=GET :scheme=https :authority=api.example :path=/v2/orders?limit=1 user-agent=trade-copier/1 "   \
    "accept=*/* apca-api-key-id!PK1 apca-api-secret-key!secret"

#define hears(peer, frames, heard)                                                                           \
    do {                                                                                                     \
        assert_int_equal (two_peer_say (peer, frames), 0);                                                   \
        assert_string_equal (two_peer_heard (peer), heard);                                                  \
    } while (0)

static int begin (void **state)
{
    static two_peer_t peer;
    two_peer_begin (&peer);
    *state = &peer;
    return 0;
}

static int end (void **state)
{
    two_peer_end (*state);
    return 0;
}

static void a_connection_begins_with_its_hello (void **state)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    (void) state;
    two_peer_t peer;
    two_peer_open (&peer);
    two_peer_listen (&peer);
    assert_int_equal (peer.output_rc, 0);
    assert_memory_equal (peer.said.bytes, preface, 24);
    channel_buffer_take (&peer.said, 24);
    /*  no push, a window of 256 KiB a stream, heads of 32 KiB; 16 MiB for all */
    assert_string_equal (two_peer_heard (&peer), "S::0:000200000000000400040000000600008000 W::0:00ff0001");
    assert_false (channel_two_settled (peer.two));
    two_peer_listen (&peer);
    assert_string_equal (two_peer_heard (&peer), "");
    hears (&peer, "S::0:000300000001", "S:a:0:");
    assert_true (channel_two_settled (peer.two));
    assert_int_equal (channel_two_streams (peer.two), 1);
    two_peer_end (&peer);
}

/*  ---- requests ---- */

/*  The HEADERS frame at the front, which is taken, as a decoder that is not ours reads it. `!`: never to be indexed. */
static const char *take_head (two_peer_t *peer, nghttp2_hd_inflater *inflater, unsigned flags, uint32_t id)
{
    static char text[1024];
    channel_frame_t frame;
    size_t size = 0;
    int what = 0;
    channel_frame_read_head (&frame, peer->said.bytes + peer->said.begin);
    assert_int_equal (frame.type, FRAME_HEADERS);
    assert_int_equal (frame.flags, flags);
    assert_int_equal (frame.stream, id);
    const uint8_t *at = peer->said.bytes + peer->said.begin + FRAME_HEAD;
    for (const uint8_t *last = at + frame.size; !(what & NGHTTP2_HD_INFLATE_FINAL);) {
        nghttp2_nv field;
        ssize_t used = nghttp2_hd_inflate_hd2 (inflater, &field, &what, at, (size_t) (last - at), 1);
        assert_true (used >= 0);
        at += used;
        if (what & NGHTTP2_HD_INFLATE_EMIT)
            size += (size_t) sprintf (text + size, "%s%s%c%s", size ? " " : "", (const char *) field.name,
                field.flags & NGHTTP2_NV_FLAG_NO_INDEX ? '!' : '=', (const char *) field.value);
    }
    (void) nghttp2_hd_inflate_end_headers (inflater);
    channel_buffer_take (&peer->said, FRAME_HEAD + frame.size);
    return text;
}

static void a_request_is_a_head_and_its_body (void **state)
{
    two_peer_t *peer = *state;
    nghttp2_hd_inflater *inflater = NULL;
    assert_int_equal (nghttp2_hd_inflate_new (&inflater), 0);
    const unsigned whole = FRAME_END_HEADERS | FRAME_END_STREAM;
    assert_non_null (two_peer_order (peer, 128));
    assert_non_null (two_peer_read (peer));
    assert_non_null (two_peer_order (peer, 16384));
    assert_non_null (two_peer_order (peer, 0));
    assert_string_equal (take_head (peer, inflater, FRAME_END_HEADERS, 1), ORDER "128");
    channel_buffer_t first = peer->said; /*  DATA, 128 bytes, END_STREAM, stream 1 */
    assert_memory_equal (first.bytes + first.begin, "\0\0\200\0\1\0\0\0\1", FRAME_HEAD);
    assert_memory_equal (first.bytes + first.begin + FRAME_HEAD, peer->calls[0]->body, 128);
    channel_buffer_take (&peer->said, FRAME_HEAD + 128);
    assert_string_equal (take_head (peer, inflater, whole, 3), READ);
    assert_string_equal (take_head (peer, inflater, FRAME_END_HEADERS, 5), ORDER "16384");
    assert_memory_equal (peer->said.bytes + peer->said.begin, "\0\100\0\0\1\0\0\0\5", FRAME_HEAD);
    channel_buffer_take (&peer->said, FRAME_HEAD + 16384);
    assert_string_equal (take_head (peer, inflater, whole, 7), ORDER "0");
    assert_int_equal (channel_buffer_size (&peer->said), 0);
    nghttp2_hd_inflate_del (inflater);
}

/*  RFC 7541, 4.2: the first head after the peer's table became smaller says so, before anything else in it. */
static void a_smaller_table_is_said_once (void **state)
{
    two_peer_t *peer = *state;
    static const struct {
        const char *settings;
        uint32_t table; /*  the peer's own */
        bool said;
    } turns[] = {{"S::0:000100001000", 4096, false}, {"S::0:000100010000", 65536, false},
        {"S::0:000100000064,000100001000", 4096, true}, {"S::0:", 4096, false},
        {"S::0:000100000000", 0, false}, {"S::0:000100001000", 4096, false},
        {"S::0:000100000fff", 4095, false}};
    nghttp2_hd_inflater *inflater = NULL;
    assert_int_equal (nghttp2_hd_inflate_new (&inflater), 0);
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        hears (peer, turns[i].settings, "S:a:0:");
        if (turns[i].said) /*  of two in one the smaller comes first */
            assert_int_equal (nghttp2_hd_inflate_change_table_size (inflater, 100), 0);
        assert_int_equal (nghttp2_hd_inflate_change_table_size (inflater, turns[i].table), 0);
        channel_call_t *call = two_peer_read (peer);
        assert_non_null (call);
        uint8_t first = peer->said.bytes[peer->said.begin + FRAME_HEAD];
        assert_int_equal (first, turns[i].said ? 0x20 : 0x82);
        (void) take_head (peer, inflater, FRAME_END_HEADERS | FRAME_END_STREAM, call->stream_id);
    }
    nghttp2_hd_inflate_del (inflater);
}

static void room_is_what_the_peer_gives (void **state)
{
    two_peer_t *peer = *state;
    assert_int_equal (channel_two_room (peer->two), 255); /*  of 256 bytes in 65535 */
    hears (peer, "S::0:000300000002", "S:a:0:");
    assert_int_equal (channel_two_room (peer->two), 2);
    assert_non_null (two_peer_order (peer, 16));
    assert_non_null (two_peer_order (peer, 16));
    assert_int_equal (channel_two_room (peer->two), 0);
    assert_int_equal (two_peer_say (peer, "H:he:3:88"), 0);
    assert_int_equal (channel_two_room (peer->two), 1);
    channel_two_cancel (peer->two, peer->calls[0]);
    assert_int_equal (channel_two_room (peer->two), 2);
    assert_int_equal (two_peer_say (peer, "S::0:000300000000"), 0);
    assert_int_equal (channel_two_room (peer->two), 0);
    assert_int_equal (two_peer_say (peer, "S::0:0003ffffffff"), 0);
    assert_int_equal (channel_two_streams (peer->two), UINT32_MAX);
    assert_int_equal (channel_two_room (peer->two), (65535 - 32) / 256);
}

/*  ---- windows ---- */

/*  Four bodies of 16 KiB: the fourth lacks a byte of window. */
static void fill (two_peer_t *peer)
{
    for (int i = 0; i < 4; i++)
        assert_non_null (two_peer_order (peer, 16384));
    assert_string_equal (two_peer_heard (peer),
        "H:h:1: D:e:1:(16384) H:h:3: D:e:3:(16384) H:h:5: D:e:5:(16384) H:h:7: D::7:(16383)");
    assert_int_equal (channel_two_room (peer->two), 0);
}

static void a_body_waits_for_the_connections_window (void **state)
{
    two_peer_t *peer = *state;
    fill (peer);
    assert_non_null (two_peer_order (peer, 100));
    assert_non_null (two_peer_order (peer, 300));
    assert_string_equal (two_peer_heard (peer), "H:h:9: H:h:11:");
    hears (peer, "W::7:00000100 W::9:00000100", ""); /*  it is not the streams' that lack */
    hears (peer, "W::0:00000010", "D:e:7:(1) D::9:(15)");
    hears (peer, "W::0:00000055", "D:e:9:(85)");
    hears (peer, "W::0:00000400", "D:e:11:(300)");
    assert_int_equal (channel_two_room (peer->two), (1024 - 300) / 256);
    hears (peer, "H:he:11:88 H:he:7:88", "");
    assert_string_equal (two_peer_told (peer), "11:200: 7:200:");
}

static void what_waits_is_no_room_for_others (void **state)
{
    two_peer_t *peer = *state;
    hears (peer, "S::0:000400000000", "S:a:0:");
    for (int i = 0; i < 3; i++)
        assert_non_null (two_peer_order (peer, 16384));
    assert_string_equal (two_peer_heard (peer), "H:h:1: H:h:3: H:h:5:");
    assert_int_equal (channel_two_room (peer->two), (65535 - 3 * 16384) / 256);
    channel_two_cancel (peer->two, peer->calls[1]);
    assert_int_equal (channel_two_room (peer->two), (65535 - 2 * 16384) / 256);
    hears (peer, "R::1:00000007", "R::3:00000008");
    assert_int_equal (channel_two_room (peer->two), (65535 - 16384) / 256);
    assert_int_equal (peer->two->waiting, 1);
    hears (peer, "W::5:00004000 W::1:00000100", "D:e:5:(16384)");
    assert_int_equal (peer->two->waiting, 0);
    assert_int_equal (channel_two_room (peer->two), (65535 - 16384) / 256);
}

/*  RFC 9113, 6.9.2: a new initial window moves those of the open streams too, also below nothing. */
static void a_body_waits_for_its_streams_window (void **state)
{
    two_peer_t *peer = *state;
    hears (peer, "S::0:000400000032", "S:a:0:");
    assert_non_null (two_peer_order (peer, 100));
    assert_non_null (two_peer_order (peer, 16));
    assert_string_equal (two_peer_heard (peer), "H:h:1: D::1:(50) H:h:3: D:e:3:(16)");
    hears (peer, "W::0:00010000", "");
    hears (peer, "S::0:00040000000a", "S:a:0:"); /*  40 below nothing */
    hears (peer, "W::1:00000028", "");
    hears (peer, "W::1:00000001", "D::1:(1)");
    hears (peer, "S::0:000400000032", "D::1:(40) S:a:0:");
    assert_non_null (two_peer_order (peer, 60));
    assert_string_equal (two_peer_heard (peer), "H:h:5: D::5:(50)");
    hears (peer, "S::0:000400000034", "D::1:(2) D::5:(2) S:a:0:");
    hears (peer, "S::0:00047fffffff", "D:e:1:(7) D:e:5:(8) S:a:0:");
    hears (peer, "S::0:000400000000 S::0:00047fffffff", "S:a:0: S:a:0:");
}

static void a_body_that_is_late_is_not_sent (void **state)
{
    two_peer_t *peer = *state;
    fill (peer);
    assert_non_null (two_peer_order (peer, 100));
    assert_non_null (two_peer_order (peer, 100));
    peer->calls[0]->not_after_ns = 1; /*  all of it is sent */
    peer->calls[3]->not_after_ns = 1;
    peer->calls[4]->not_after_ns = INT64_MAX;
    (void) two_peer_heard (peer);
    hears (peer, "W::0:00000064", "D:e:9:(100) R::7:00000008");
    assert_string_equal (two_peer_told (peer), "7:unknown");
    assert_string_equal (peer->calls[3]->reason, "it was too late to send the rest");
    hears (peer, "W::7:00000064 H:he:7:88 W::0:00000164", "D:e:11:(100)");
    assert_string_equal (two_peer_told (peer), "");
    assert_int_equal (channel_two_room (peer->two), 1);
}

static void an_answer_before_the_body_is_whole_ends_it (void **state)
{
    two_peer_t *peer = *state;
    fill (peer);
    hears (peer, "H:h:7:8d D:e:7:'no' W::0:00000100", "R::7:00000008");
    assert_string_equal (two_peer_told (peer), "7:404:no");
    assert_int_equal (channel_two_room (peer->two), 1);
}

static void what_is_cancelled_does_not_come_back (void **state)
{
    two_peer_t *peer = *state;
    fill (peer);
    assert_int_equal (two_peer_say (peer, "H:h:1:88 H::3:88"), 0);
    channel_two_cancel (peer->two, peer->calls[0]);
    channel_two_cancel (peer->two, peer->calls[1]); /*  in the midst of its head */
    channel_two_cancel (peer->two, peer->calls[3]); /*  in the midst of its body */
    channel_two_cancel (peer->two, peer->calls[3]);
    two_peer_listen (peer);
    assert_string_equal (two_peer_heard (peer), "R::1:00000008 R::3:00000008 R::7:00000008");
    /*  what its head puts into the compression table counts all the same */
    hears (peer, "C:h:3:5c,01,'2' D:e:1:'late' W::0:00000100 W::7:00000100 D:e:3:'ab'", "");
    hears (peer, "H:h:5:88,be D:e:5:'ab'", "");
    assert_string_equal (two_peer_told (peer), "5:200:ab");
    channel_two_cancel (peer->two, peer->calls[2]); /*  it is answered */
    two_peer_listen (peer);
    assert_string_equal (two_peer_heard (peer), "");
}

/*  ---- long answers ---- */

/*  What a careful peer still may send; heard: the windows that were given to it. */
static void allow (two_peer_t *peer, int64_t *connection, int64_t *stream)
{
    const char *at = two_peer_heard (peer);
    for (unsigned id, more; *at; at += strcspn (at, "W")) {
        assert_int_equal (sscanf (at, "W::%u:%8x", &id, &more), 2);
        assert_true (id < 2 && more > 0);
        *(id == 0 ? connection : stream) += more;
        at++;
    }
    assert_true (*connection <= 16 << 20 && *stream <= 1 << 18);
}

static void a_long_answer_finds_windows_renewed (void **state)
{
    two_peer_t *peer = *state;
    int64_t connection = 16 << 20, stream = 1 << 18;
    size_t size = 0;
    uint8_t *bytes = two_peer_bytes ("D:p:1:ff,(16383)", &size); /*  255 of padding */
    channel_call_t *call = two_peer_order (peer, 16);
    call->reply_max = 32 << 20;
    (void) two_peer_heard (peer);
    hears (peer, "H:h:1:88", "");
    for (int i = 0; i < 1100; i++) {
        connection -= 16384;
        stream -= 16384;
        assert_true (connection >= 0 && stream >= 0);
        assert_int_equal (two_peer_say_bytes (peer, bytes, size, size, size), 0);
        allow (peer, &connection, &stream);
    }
    channel_two_cancel (peer->two, call);
    hears (peer, "X::0:", "R::1:00000008");
    assert_int_equal (call->reply_size, 1100 * (16383 - 255));
    for (int i = 0; i < 1100; i++) { /*  of what nobody wants the connection's is renewed all the same */
        connection -= 16384;
        assert_true (connection >= 0);
        assert_int_equal (two_peer_say_bytes (peer, bytes, size, size, size), 0);
        stream = 0;
        allow (peer, &connection, &stream);
        assert_int_equal (stream, 0);
    }
    free (bytes);
}

static void an_answer_is_bounded (void **state)
{
    two_peer_t *peer = *state;
    assert_non_null (two_peer_order (peer, 16));
    (void) two_peer_heard (peer);
    hears (peer, "H:h:1:88 D::1:(16384) D::1:(3616)", "");
    hears (peer, "D::1:'x' D:e:1:'y'", "R::1:00000008");
    assert_string_equal (two_peer_told (peer), "1:unknown");
    assert_string_equal (peer->calls[0]->reason, "the answer is larger than this call's bound");
}

/*  ---- a connection and its end ---- */

static void a_sign_of_life_is_asked_for (void **state)
{
    two_peer_t *peer = *state;
    channel_two_ping (peer->two);
    two_peer_listen (peer);
    assert_string_equal (two_peer_heard (peer), "G::0:0000000000000000");
    hears (peer, "G:a:0:0000000000000000", "");
}

/*  Asked for an answer 100 times a turn, so many turns. */
static int ask (two_peer_t *peer, int turns, bool reads)
{
    size_t size = 0;
    int rc = 0;
    uint8_t *bytes = two_peer_bytes ("G::0:'12345678'", &size);
    for (int i = 0; i < 100 * turns && rc == 0; i++) {
        rc = channel_two_input (peer->two, bytes, size);
        if (reads && i % 100 == 99) {
            two_peer_listen (peer);
            assert_int_equal (channel_buffer_size (&peer->said), 100 * (FRAME_HEAD + 8));
            (void) two_peer_heard (peer);
        }
    }
    free (bytes);
    return rc;
}

static void a_peer_that_asks_and_does_not_read_is_left (void **state)
{
    two_peer_t *peer = *state;
    assert_int_equal (ask (peer, 1000, true), 0);
    assert_int_equal (ask (peer, 100, false), 0); /*  170,000 bytes */
    assert_int_equal (ask (peer, 100, false), -ERR_FULL);
    two_peer_listen (peer);
    assert_int_equal (peer->output_rc, 0);
    assert_in_range (channel_buffer_size (&peer->said), 200000, 1 << 18);
}

/*  Of a body's last byte, a body of 16 KiB and a PING's ack some find no room. */
static void say_into (two_peer_t *peer, size_t room)
{
    channel_buffer_t small = {.most = room};
    size_t size = 0;
    fill (peer);
    assert_non_null (two_peer_order (peer, 16384));
    assert_string_equal (two_peer_heard (peer), "H:h:9:");
    uint8_t *bytes = two_peer_bytes ("W::0:00010000 G::0:'12345678'", &size);
    assert_int_equal (channel_two_input (peer->two, bytes, size), 0);
    free (bytes);
    assert_int_equal (channel_two_output (peer->two, &small), -ERR_FULL);
    size = channel_buffer_size (&small);
    if (size > 0)
        assert_int_equal (channel_buffer_put (&peer->said, small.bytes, size), 0);
    channel_buffer_free (&small);
    two_peer_listen (peer);
    assert_string_equal (two_peer_heard (peer), "D:e:7:(1) D:e:9:(16384) G:a:0:3132333435363738");
}

static void what_finds_no_room_is_said_later (void **state)
{
    static const size_t rooms[] = {9, 10, 10 + 9 + 16383};
    (void) state;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        two_peer_t peer;
        two_peer_begin (&peer);
        say_into (&peer, rooms[i]);
        two_peer_end (&peer);
    }
}

static void a_peer_that_goes_away_answers_what_it_began (void **state)
{
    two_peer_t *peer = *state;
    for (int i = 0; i < 3; i++)
        assert_non_null (two_peer_order (peer, 16));
    assert_false (channel_two_draining (peer->two));
    assert_int_equal (two_peer_say (peer, "A::0:00000003,00000000"), 0);
    assert_int_equal (peer->output_rc, 0);
    assert_string_equal (two_peer_told (peer), "5:not sent");
    assert_string_equal (peer->calls[2]->reason, "the broker refused to begin it");
    assert_true (channel_two_draining (peer->two));
    assert_null (two_peer_order (peer, 16));
    assert_int_equal (two_peer_say (peer, "H:he:1:88 G::0:'12345678'"), 0);
    assert_int_equal (two_peer_say (peer, "H:he:3:88"), -ERR_IO);
    assert_int_equal (peer->output_rc, -ERR_IO);
    assert_string_equal (two_peer_told (peer), "1:200: 3:200:");
}

/*  RFC 9113, 5.4.1: our GOAWAY, and nothing behind it, nor an order's rest before it. */
static void a_connection_that_broke_says_why_and_no_more (void **state)
{
    two_peer_t *peer = *state;
    fill (peer);
    assert_int_equal (two_peer_say (peer, "W::0:00000100 G::0:'1' H:he:1:88"), -ERR_SYNTAX);
    assert_int_equal (peer->output_rc, 0);
    assert_string_equal (two_peer_heard (peer), "A::0:0000000000000006");
    two_peer_listen (peer);
    assert_string_equal (two_peer_heard (peer), "");
    assert_string_equal (two_peer_told (peer), "");
    assert_true (channel_two_draining (peer->two));
}

static void a_connection_ends_with_its_numbers (void **state)
{
    two_peer_t *peer = *state;
    peer->two->last_id = 0x7fffffed;
    assert_int_equal (two_peer_order (peer, 16)->stream_id, 0x7fffffef);
    assert_int_equal (two_peer_order (peer, 16)->stream_id, 0x7ffffff1);
    assert_true (channel_two_draining (peer->two));
    assert_null (two_peer_order (peer, 16));
    assert_int_equal (two_peer_say (peer, "H:he:2147483633:88"), 0);
    assert_string_equal (two_peer_told (peer), "2147483633:200:");
}

#define story(name) cmocka_unit_test_setup_teardown (name, begin, end)

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_connection_begins_with_its_hello),
        story (a_request_is_a_head_and_its_body),
        story (a_smaller_table_is_said_once),
        story (room_is_what_the_peer_gives),
        story (a_body_waits_for_the_connections_window),
        story (what_waits_is_no_room_for_others),
        story (a_body_waits_for_its_streams_window),
        story (a_body_that_is_late_is_not_sent),
        story (an_answer_before_the_body_is_whole_ends_it),
        story (what_is_cancelled_does_not_come_back),
        story (a_long_answer_finds_windows_renewed),
        story (an_answer_is_bounded),
        story (a_sign_of_life_is_asked_for),
        story (a_peer_that_asks_and_does_not_read_is_left),
        cmocka_unit_test (what_finds_no_room_is_said_later),
        story (a_peer_that_goes_away_answers_what_it_began),
        story (a_connection_that_broke_says_why_and_no_more),
        story (a_connection_ends_with_its_numbers),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
