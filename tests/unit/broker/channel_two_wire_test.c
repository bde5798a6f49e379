/*  channel_two_wire_test.c: what a peer says on an HTTP/2 connection with three orders under way (1, 3, 5), as RFC 9113 has
 *  it: in one piece, in single bytes and cut at every byte it means the same.
 */
#include "tests/unit/broker/two_peer.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTS_MOST 300 /*  of what is longer only the beginning and the end are cut */
#define AWAY(error) "A::0:00000000000000" error
#define PROTOCOL AWAY ("01")
#define FLOW AWAY ("03")
#define SIZE AWAY ("06")
#define COMPRESSION AWAY ("09")
#define CALM AWAY ("0b")
#define BROKEN "1:unknown"
#define BROKE "R::1:00000001"

typedef struct {
    const char *frames;
    int rc;
    const char *told;
    const char *heard;
} lesson_t;

static const lesson_t answers[] = {
    {"H:h:1:88 D:e:1:'hello'", 0, "1:200:hello", ""},
    {"H:he:1:89", 0, "1:204:", ""},
    {"H:h:1:88 D::1:'he' D::1: D::1:'llo' D:e:1:", 0, "1:200:hello", ""},
    {"H:h:5:88 H:h:1:88 D:e:1:'one' D::5:'fi' H:he:3:8d D:e:5:'ve'", 0, "1:200:one 3:404: 5:200:five", ""},
    /*  what is closed is passed over */
    {"H:he:1:88 H:h:1:8d D:e:1:'more' R::1:00000007 W::1:00000001 H:he:3:88", 0, "1:200: 3:200:", ""},
    /*  a compression table is the connection's: content-length 5 is put into it for one, and meant by another */
    {"H:he:1:89,5c,01,'5' H:h:3:88,be D:e:3:'12345' H:h:5:88,be D:e:5:'1234'", 0,
        "1:204: 3:200:12345 5:unknown", "R::5:00000001"},
    {"H:he:1:89 H:h:1:88,5c,01,'5' H:h:3:88,be D:e:3:'1234'", 0, "1:204: 3:unknown", "R::3:00000001"},
    /*  padding and priority */
    {"H:h:1:88 D:pe:1:03,'hello',000000", 0, "1:200:hello", ""},
    {"H:h:1:88 D:p:1:00,'hello' D:pe:1:02,0000", 0, "1:200:hello", ""},
    {"H:h:1:88 D:pe:1:00", 0, "1:200:", ""},
    {"H:hpe:1:02,88,0000", 0, "1:200:", ""},
    {"H:hre:1:80000003ff,88", 0, "1:200:", ""},
    {"H:hpre:1:01,80000003ff,88,00", 0, "1:200:", ""},
    {"H:h:1:88 D:re:1:'hello'", 0, "1:200:hello", ""}, /*  DATA has no priority */
    /*  a head in several frames */
    {"H:e:1:88 C:h:1:", 0, "1:200:", ""},
    {"H::1: C::1: C::1:08 C::1:03,'2' C::1:'0' C:h:1:'1',0f0d01,'2' D:e:1:'ab'", 0, "1:201:ab", ""},
    {"H:p:1:02,0000 C:h:1:88 D:e:1:'x'", 0, "1:200:x", ""},
    {"H:e:1:0803 C:he:1:'200' H:he:3:88", 0, "1:200: 3:200:", ""},
    /*  what is said before the answer */
    {"H:h:1:08,03,'103' H:he:1:88", 0, "1:200:", ""},
    {"H:h:1:08,03,'100',0f0d,01,'9' H:h:1:08,03,'103' H:h:1:88 D:e:1:'x'", 0, "1:200:x", ""},
    {"H:he:1:08,03,'103'", 0, BROKEN, BROKE},
    {"H:h:1:08,03,'103' D:e:1:'x'", 0, BROKEN, BROKE},
    {"H:h:1:08,03,'103' D::1:'x' H:he:1:88", 0, BROKEN, BROKE},
    {"H:h:1:08,03,'101'", 0, BROKEN, BROKE},
    /*  and behind it */
    {"H:h:1:88 D::1:'x' H:he:1:00,01,'a',01,'b'", 0, "1:200:x", ""},
    {"H:h:1:88 D::1:'x' H:he:1:", 0, "1:200:x", ""},
    {"H:h:1:88,0f0d,01,'1' D::1:'x' H:he:1:0f0d,01,'7'", 0, "1:200:x", ""},
    {"H:h:1:88 D::1:'x' H:h:1:00,01,'a',01,'b'", 0, BROKEN, BROKE},
    {"H:h:1:88 D::1:'x' H:he:1:8d", 0, BROKEN, BROKE},
    /*  not in their order */
    {"D:e:1:'hello'", 0, BROKEN, BROKE},
    {"D::1:'hello' H:he:1:88", 0, BROKEN, BROKE},
    {"D::7:'x'", -ERR_SYNTAX, "", PROTOCOL},
    {"H:he:7:88", -ERR_SYNTAX, "", PROTOCOL},
    {"H:he:2:88", -ERR_SYNTAX, "", PROTOCOL},
    {"D::2:'x'", -ERR_SYNTAX, "", PROTOCOL},
    {"D::0:'x'", -ERR_SYNTAX, "", PROTOCOL},
    {"H:he:0:88", -ERR_SYNTAX, "", PROTOCOL},
    {"C:h:1:88", -ERR_SYNTAX, "", PROTOCOL},
    {"H::1: G::0:'12345678'", -ERR_SYNTAX, "", PROTOCOL},
    {"H::1: C:h:3:88", -ERR_SYNTAX, "", PROTOCOL},
    {"H::1: H:h:1:88", -ERR_SYNTAX, "", PROTOCOL},
    {"H::1:88 X::1:", -ERR_SYNTAX, "", PROTOCOL},
    {"H:h:1:88 C:h:1:88", -ERR_SYNTAX, "", PROTOCOL},
    /*  more padding than frame; no room for what the flags promise */
    {"H:h:1:88 D:p:1:05,'abc'", -ERR_SYNTAX, "", PROTOCOL},
    {"H:h:1:88 D:p:1:04,'abc'", -ERR_SYNTAX, "", PROTOCOL},
    {"H:hp:1:02,88", -ERR_SYNTAX, "", PROTOCOL},
    {"H:h:1:88 D:p:1:", -ERR_SYNTAX, "", SIZE},
    {"H:hr:1:80000003", -ERR_SYNTAX, "", SIZE},
    {"H:hpr:1:00,80000003", -ERR_SYNTAX, "", SIZE},
    {"H:hp:1:", -ERR_SYNTAX, "", SIZE},
    /*  not compressed as RFC 7541 has it */
    {"H:he:1:80", -ERR_SYNTAX, "", COMPRESSION},
    {"H:he:1:88,be", -ERR_SYNTAX, "", COMPRESSION},
    {"H:he:1:08", -ERR_SYNTAX, "", COMPRESSION},
    {"H:he:1:08,04,'200'", -ERR_SYNTAX, "", COMPRESSION},
    {"H:he:1:88,20", -ERR_SYNTAX, "", COMPRESSION},
    {"H:he:1:3fe21f,88", -ERR_SYNTAX, "", COMPRESSION}, /*  a table of 4097 */
    {"H:he:1:3fe11f,88 H:he:3:20,88", 0, "1:200: 3:200:", ""},
    /*  sizes */
    {"H:h:1:88 D:e:1:(16384)", 0, "1:200:(16384)", ""},
    {"H:h:1:88 D:e:1:(16385)", -ERR_SYNTAX, "", SIZE},
    {"X::0:(16385)", -ERR_SYNTAX, "", SIZE},
    {"H:h:1:88 D::1:(16000) D::1:(4001) D:e:1:'x'", 0, BROKEN, "R::1:00000008"},
};

/*  RFC 9113, 8.1.1: a malformed answer is none. */
static const lesson_t heads[] = {
    {"H:h:1:88,0f0d,01,'5' D:e:1:'hello'", 0, "1:200:hello", ""},
    {"H:h:1:88,0f0d,01,'5' D:e:1:'hell'", 0, BROKEN, BROKE},
    {"H:h:1:88,0f0d,01,'5' D:e:1:'hello!'", 0, BROKEN, BROKE},
    {"H:h:1:88,0f0d,01,'5' D:pe:1:00,'hello'", 0, "1:200:hello", ""},
    {"H:he:1:88,0f0d,01,'5'", 0, BROKEN, BROKE},
    {"H:he:1:88,0f0d,01,'0'", 0, "1:200:", ""},
    {"H:he:1:8b,0f0d,01,'5'", 0, "1:304:", ""},
    {"H:h:1:88,0f0d,01,'5',0f0d,01,'5' D:e:1:'hello'", 0, "1:200:hello", ""},
    {"H:h:1:88,0f0d,01,'4',0f0d,01,'5' D:e:1:'hello'", 0, BROKEN, BROKE},
    {"H:h:1:88,0f0d,01,'5',0f0d,01,'4' D:e:1:'hello'", 0, BROKEN, BROKE},
    {"H:h:1:88,0f0d,03,'5.0' D:e:1:'hello'", 0, BROKEN, BROKE},
    {"H:h:1:88,0f0d,02,'-5' D:e:1:'hello'", 0, BROKEN, BROKE},
    {"H:he:1:88,0f0d,00", 0, BROKEN, BROKE},
    {"H:h:1:88,0f0d,0e,'10000000000005' D:e:1:'hello'", 0, BROKEN, BROKE},
    /*  :status, once, first, three digits */
    {"H:he:1:", 0, BROKEN, BROKE},
    {"H:he:1:0f0d,01,'0'", 0, BROKEN, BROKE},
    {"H:he:1:08,03,'200'", 0, "1:200:", ""},
    {"H:he:1:08,03,'999'", 0, "1:999:", ""},
    {"H:he:1:08,02,'20'", 0, BROKEN, BROKE},
    {"H:he:1:08,04,'0200'", 0, BROKEN, BROKE},
    {"H:he:1:08,04,'2000'", 0, BROKEN, BROKE},
    {"H:he:1:08,03,'2x0'", 0, BROKEN, BROKE},
    {"H:he:1:08,03,'000'", 0, BROKEN, BROKE},
    {"H:he:1:08,05,'200.5'", 0, BROKEN, BROKE},
    {"H:he:1:08,0a,'4294967496'", 0, BROKEN, BROKE}, /*  2^32 + 200 */
    {"H:he:1:88,88", 0, BROKEN, BROKE},
    {"H:he:1:8d,88", 0, BROKEN, BROKE},
    {"H:he:1:00,01,'a',01,'b',88", 0, BROKEN, BROKE},
    {"H:he:1:88,84", 0, BROKEN, BROKE},       /*  :path */
    {"H:he:1:04,03,'200'", 0, BROKEN, BROKE}, /*  the same */
    /*  names and values */
    {"H:he:1:88,00,01,'a',00", 0, "1:200:", ""},
    {"H:he:1:88,00,01,'A',01,'b'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,03,'a b',01,'b'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,03,'a:b',01,'b'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,00,01,'b'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,01,'a',03,'b',0d0a", 0, BROKEN, BROKE},
    {"H:he:1:88,00,01,'a',01,00", 0, BROKEN, BROKE},
    {"H:he:1:88,00,0a,'connection',05,'close'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,11,'transfer-encoding',07,'chunked'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,07,'upgrade',01,'x'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,0a,'keep-alive',01,'x'", 0, BROKEN, BROKE},
    {"H:he:1:88,00,10,'proxy-connection',01,'x'", 0, BROKEN, BROKE},
    /*  a malformed one before the answer; trailers */
    {"H:h:1:08,03,'103',00,01,'A',01,'b' H:he:1:88", 0, BROKEN, BROKE},
    {"H:h:1:88 D::1:'x' H:he:1:00,01,'A',01,'b'", 0, BROKEN, BROKE},
    {"H:h:1:88 D::1:'x' H:he:1:84", 0, BROKEN, BROKE},
    /*  and of one that is broken nothing else is: the connection goes on */
    {"H::1:88,00 C:h:1:01,'A',01,'b' H:he:3:88", 0, "1:unknown 3:200:", BROKE},
};

static const lesson_t controls[] = {
    /*  refused, and otherwise broken off */
    {"R::1:00000007 H:he:3:88", 0, "1:not sent 3:200:", ""},
    {"H:h:1:88 R::1:00000007", 0, BROKEN, ""},
    {"H:h:1:88 D::1:'x' R::1:00000000", 0, BROKEN, ""},
    {"H:h:1:08,03,'103' R::1:00000007", 0, BROKEN, ""},
    {"R::1:00000008", 0, BROKEN, ""},
    {"R::1:00000000", 0, BROKEN, ""},
    {"R::1:000000", -ERR_SYNTAX, "", SIZE},
    {"R::1:0000000700", -ERR_SYNTAX, "", SIZE},
    {"R::0:00000007", -ERR_SYNTAX, "", PROTOCOL},
    {"R::7:00000007", -ERR_SYNTAX, "", PROTOCOL},
    {"R::2:00000007", -ERR_SYNTAX, "", PROTOCOL},
    /*  what is above GOAWAY's last stream was not processed, the rest goes on */
    {"A::0:00000001,00000000 H:h:1:88", 0, "3:not sent 5:not sent", ""},
    {"A::0:00000001,00000000 H:h:1:88 D:e:1:'x'", -ERR_IO, "3:not sent 5:not sent 1:200:x", ""},
    {"A::0:00000003,00000000 H:he:3:88 H:he:1:88", -ERR_IO, "5:not sent 3:200: 1:200:", ""},
    {"A::0:00000000,00000000", -ERR_IO, "1:not sent 3:not sent 5:not sent", ""},
    {"A::0:80000001,00000002,'because'", 0, "3:not sent 5:not sent", ""},
    {"A::0:7fffffff,00000000 A::0:00000003,00000000", 0, "5:not sent", ""},
    {"A::0:00000005,00000000", 0, "", ""},
    {"H:h:3:88 A::0:00000001,00000000", 0, "3:unknown 5:not sent", ""},
    {"A::0:00000001,000000", -ERR_SYNTAX, "", SIZE},
    {"A::1:00000001,00000000", -ERR_SYNTAX, "", PROTOCOL},
    /*  settings */
    {"S::0:", 0, "", "S:a:0:"},
    {"S::0:000300000064,0006ffffffff,00aa00000001", 0, "", "S:a:0:"},
    {"S:a:0:", 0, "", ""},
    {"S:a:0:000300000064", -ERR_SYNTAX, "", SIZE},
    {"S::0:0003000000", -ERR_SYNTAX, "", SIZE},
    {"S::0:000300", -ERR_SYNTAX, "", SIZE},
    {"S::0:000300000064,000300", -ERR_SYNTAX, "", SIZE},
    {"S::1:", -ERR_SYNTAX, "", PROTOCOL},
    {"S::0:000200000000", 0, "", "S:a:0:"},
    {"S::0:000200000001", -ERR_SYNTAX, "", PROTOCOL},
    {"S::0:000200000002", -ERR_SYNTAX, "", PROTOCOL},
    {"S::0:00047fffffff", 0, "", "S:a:0:"},
    {"S::0:000480000000", -ERR_SYNTAX, "", FLOW},
    {"W::1:00000011 S::0:00047fffffff", -ERR_SYNTAX, "", FLOW}, /*  what it sent is 16 bytes */
    {"W::1:00000010 S::0:00047fffffff", 0, "", "S:a:0:"},
    {"S::0:000500004000", 0, "", "S:a:0:"},
    {"S::0:000500ffffff", 0, "", "S:a:0:"},
    {"S::0:000500003fff", -ERR_SYNTAX, "", PROTOCOL},
    {"S::0:000501000000", -ERR_SYNTAX, "", PROTOCOL},
    {"G::0:'12345678' G:a:0:'87654321'", 0, "", "G:a:0:3132333435363738"},
    {"G::0:'1234567'", -ERR_SYNTAX, "", SIZE},
    {"G::1:'12345678'", -ERR_SYNTAX, "", PROTOCOL},
    /*  windows: of 65535, 48 are used */
    {"W::0:00000001 W::3:7fff0000", 0, "", ""},
    {"W::0:7fff0030", 0, "", ""},
    {"W::0:7fff0031", -ERR_SYNTAX, "", FLOW},
    {"W::0:00000000", -ERR_SYNTAX, "", PROTOCOL},
    {"W::0:80000000", -ERR_SYNTAX, "", PROTOCOL}, /*  a bit that is reserved */
    {"W::3:7fff0010", 0, "", ""},
    {"W::3:7fff0011 H:he:1:88", 0, "3:unknown 1:200:", "R::3:00000003"},
    {"W::3:00000000 H:he:1:88", 0, "3:unknown 1:200:", "R::3:00000001"},
    {"W::7:00000001", -ERR_SYNTAX, "", PROTOCOL},
    {"W::2:00000001", -ERR_SYNTAX, "", PROTOCOL},
    {"W::1:000001", -ERR_SYNTAX, "", SIZE},
    {"W::0:0000000001", -ERR_SYNTAX, "", SIZE},
    /*  what says nothing, and what we take none of */
    {"X::0: X:eh:7:'anything' X::1:(16384) H:he:1:88", 0, "1:200:", ""},
    {"P::1:80000003ff P::9:00000000ff H:he:1:88", 0, "1:200:", ""},
    {"P::0:80000003ff", -ERR_SYNTAX, "", PROTOCOL},
    {"U:h:1:00000002,88", -ERR_SYNTAX, "", PROTOCOL},
};

/*  It is over: nothing is read, said or taken. */
static void expect_end (two_peer_t *peer)
{
    assert_int_equal (two_peer_say (peer, "H:he:1:88 G::0:'12345678'"), -ERR_IO);
    assert_string_equal (two_peer_told (peer), "");
    assert_string_equal (two_peer_heard (peer), "");
    assert_null (two_peer_order (peer, 16));
}

static bool run (const lesson_t *lesson, const uint8_t *bytes, size_t size, size_t first, size_t piece)
{
    two_peer_t peer;
    two_peer_begin (&peer);
    for (int i = 0; i < 3; i++)
        assert_non_null (two_peer_order (&peer, 16));
    assert_string_equal (two_peer_heard (&peer), "H:h:1: D:e:1:(16) H:h:3: D:e:3:(16) H:h:5: D:e:5:(16)");
    int rc = two_peer_say_bytes (&peer, bytes, size, first, piece);
    const char *told = two_peer_told (&peer);
    const char *heard = two_peer_heard (&peer);
    bool same = rc == lesson->rc && strcmp (told, lesson->told) == 0 && strcmp (heard, lesson->heard) == 0;
    if (!same)
        print_error ("%s in pieces of %zu, then %zu: rc %d, told '%s', heard '%s'\n", lesson->frames, first,
            piece, rc, told, heard);
    if (rc == -ERR_SYNTAX)
        expect_end (&peer);
    two_peer_end (&peer);
    return same;
}

static bool learnt (const lesson_t *lesson)
{
    size_t size = 0;
    uint8_t *bytes = two_peer_bytes (lesson->frames, &size);
    bool same = run (lesson, bytes, size, size, size) && run (lesson, bytes, size, 1, 1);
    for (size_t cut = 1; same && cut < size; cut++)
        if (cut < CUTS_MOST || size - cut < 30)
            same = run (lesson, bytes, size, cut, size);
    free (bytes);
    return same;
}

static void teach (const lesson_t *lessons, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++)
        failed += !learnt (&lessons[i]);
    assert_int_equal (failed, 0);
}

static void answers_mean_the_same_however_they_are_cut (void **state)
{
    (void) state;
    teach (answers, sizeof answers / sizeof *answers);
}

static void a_malformed_head_is_no_answer (void **state)
{
    (void) state;
    teach (heads, sizeof heads / sizeof *heads);
}

static void what_is_said_beside_answers (void **state)
{
    (void) state;
    teach (controls, sizeof controls / sizeof *controls);
}

static void a_peer_says_its_settings_first (void **state)
{
    (void) state;
    static const lesson_t lessons[] = {{"G::0:'12345678'", 0, "", PROTOCOL}, {"X::0:", 0, "", PROTOCOL},
        {"W::0:00000001", 0, "", PROTOCOL}, {"S:a:0: S::0:", 0, "", PROTOCOL},
        {"A::0:00000000,00000000", 0, "", PROTOCOL}, {"H:he:1:88", 0, "", PROTOCOL}};
    for (size_t i = 0; i < sizeof lessons / sizeof *lessons; i++) {
        two_peer_t peer;
        two_peer_open (&peer);
        two_peer_listen (&peer);
        channel_buffer_take (&peer.said, channel_buffer_size (&peer.said));
        assert_int_equal (two_peer_say (&peer, lessons[i].frames), -ERR_SYNTAX);
        assert_string_equal (two_peer_heard (&peer), lessons[i].heard);
        assert_false (channel_two_settled (peer.two));
        two_peer_end (&peer);
    }
}

/*  A block of so many frames more; what it has in its last one. */
static void begin_block (two_peer_t *peer, size_t continuations)
{
    two_peer_begin (peer);
    assert_non_null (two_peer_order (peer, 16));
    (void) two_peer_heard (peer);
    assert_int_equal (two_peer_say (peer, "H:e:1:88"), 0);
    for (size_t i = 0; i < continuations; i++)
        assert_int_equal (two_peer_say (peer, "C::1:"), 0);
}

static void a_head_has_so_many_frames (void **state)
{
    (void) state;
    two_peer_t peer;
    begin_block (&peer, 62);
    assert_int_equal (two_peer_say (&peer, "C:h:1:"), 0);
    assert_string_equal (two_peer_told (&peer), "1:200:");
    two_peer_end (&peer);
    begin_block (&peer, 63);
    assert_int_equal (two_peer_say (&peer, "C:h:1:"), -ERR_SYNTAX);
    assert_string_equal (two_peer_told (&peer), "");
    assert_string_equal (two_peer_heard (&peer), CALM);
    two_peer_end (&peer);
}

/*  A field of 4000 bytes in the table, which a byte names: so many times. */
static int say_often (two_peer_t *peer, int times)
{
    static char frames[1024];
    two_peer_begin (peer);
    assert_non_null (two_peer_order (peer, 16));
    (void) two_peer_heard (peer);
    int end = sprintf (frames, "H:he:1:88,40,01,'a',7fa11e,(4000)"); /*  127 + 0x21 + 30 * 128 */
    for (int i = 0; i < times; i++)
        end += sprintf (frames + end, "be");
    return two_peer_say (peer, frames);
}

static void a_head_is_bounded_however_small_its_frames (void **state)
{
    (void) state;
    two_peer_t peer;
    assert_int_equal (say_often (&peer, 63), 0); /*  64 times 4033 bytes are less than 256 KiB */
    assert_string_equal (two_peer_told (&peer), "1:200:");
    two_peer_end (&peer);
    assert_int_equal (say_often (&peer, 65), -ERR_SYNTAX);
    assert_string_equal (two_peer_heard (&peer), CALM);
    two_peer_end (&peer);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (answers_mean_the_same_however_they_are_cut),
        cmocka_unit_test (a_malformed_head_is_no_answer),
        cmocka_unit_test (what_is_said_beside_answers),
        cmocka_unit_test (a_peer_says_its_settings_first),
        cmocka_unit_test (a_head_has_so_many_frames),
        cmocka_unit_test (a_head_is_bounded_however_small_its_frames),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
