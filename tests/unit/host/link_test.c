/*  link_test.c: two ends and a wire that loses, doubles, delays and reorders; ends that die. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/link.h"
#include "messages/error.h"

#include <stdlib.h>
#include <string.h>

#define MS INT64_C (1000000)
#define FLIGHTS_MAX 65536

typedef struct {
    link_frame_t frame;
    uint8_t bytes[8];
    int to;
    int64_t at_ns;
    bool flies;
} flight_t;

typedef struct {
    link_t *link;
    uint64_t number;   /*  of the next message sent */
    uint64_t expected; /*  of the next one delivered, from the other's present life */
    uint64_t delivered;
    bool down;
} end_t;

typedef struct {
    end_t ends[2];
    flight_t *flights;
    int64_t now_ns;
    uint64_t dice;
    int loss, twice, late; /*  per mille */
    uint64_t sessions;
} story_t;

static story_t *s;

static int chance (int per_mille)
{
    s->dice = s->dice * UINT64_C (6364136223846793005) + 1442695040888963407u;
    return (int) ((s->dice >> 33) % 1000) < per_mille;
}

static void be_born (int end)
{
    link_config_t config = {
        .session = ++s->sessions * 1000003, .max_messages = 256, .max_bytes = 4096, .window = 64};
    link_destroy (&s->ends[end].link);
    s->ends[end].link = link_new (&config);
    s->ends[end].number = 0;
    s->ends[end].down = false;
    assert_non_null (s->ends[end].link);
}

static int setup (void **state)
{
    (void) state;
    s = calloc (1, sizeof *s);
    s->flights = calloc (FLIGHTS_MAX, sizeof *s->flights);
    s->now_ns = 1000 * MS;
    s->dice = 1;
    be_born (0);
    be_born (1);
    return 0;
}

static int teardown (void **state)
{
    (void) state;
    link_destroy (&s->ends[0].link);
    link_destroy (&s->ends[1].link);
    free (s->flights);
    free (s);
    return 0;
}

static void fly (int to, const link_frame_t *frame)
{
    if (chance (s->loss))
        return;
    for (int copies = chance (s->twice) ? 2 : 1; copies > 0; copies--) {
        size_t at = 0;
        while (s->flights[at].flies)
            at++;
        assert_in_range (at, 0, FLIGHTS_MAX - 1);
        s->flights[at] = (flight_t){.frame = *frame,
            .to = to,
            .at_ns = s->now_ns + MS + (chance (s->late) ? (int64_t) (s->dice >> 40) % (40 * MS) : 0),
            .flies = true};
        if (frame->kind)
            memcpy (s->flights[at].bytes, frame->bytes, frame->size);
    }
}

static void say_all (int end)
{
    link_frame_t frame;
    while (!s->ends[end].down && link_due (s->ends[end].link, s->now_ns, &frame)) {
        fly (1 - end, &frame);
        link_sent (s->ends[end].link, s->now_ns);
    }
}

static void arrive (flight_t *flight)
{
    end_t *end = &s->ends[flight->to];
    flight->flies = false;
    if (end->down)
        return;
    int rc = link_receive (end->link, s->now_ns, flight->frame.header, LINK_HEADER, flight->frame.kind != 0);
    assert_true (rc >= 0);
    if (rc != LINK_DELIVER)
        return;
    uint64_t number;
    memcpy (&number, flight->bytes, sizeof number);
    assert_int_equal (number, end->expected); /*  in order, once, none left out */
    end->expected++;
    end->delivered++;
}

static void pass (int64_t duration_ns)
{
    for (int64_t end_ns = s->now_ns + duration_ns; s->now_ns < end_ns; s->now_ns += MS) {
        for (size_t at = 0; at < 4096; at++)
            if (s->flights[at].flies && s->flights[at].at_ns <= s->now_ns)
                arrive (&s->flights[at]);
        say_all (0);
        say_all (1);
    }
}

static int say (int end, bool keep)
{
    uint64_t number = s->ends[end].number;
    int rc = link_send (s->ends[end].link, s->now_ns, 7, keep, (const uint8_t *) &number, sizeof number);
    s->ends[end].number += rc == 0;
    say_all (end);
    return rc;
}

/*  Each millisecond both say something; after 3 s all of it has arrived. */
static void talk (int count)
{
    for (int n = 0; n < count; n++) {
        (void) say (0, false);
        (void) say (1, false);
        pass (MS);
    }
    for (int n = 0; n < 60 && link_waiting (s->ends[0].link) + link_waiting (s->ends[1].link) > 0; n++)
        pass (1000 * MS);
    assert_int_equal (s->ends[1].expected, s->ends[0].number);
    assert_int_equal (s->ends[0].expected, s->ends[1].number);
}

static void nothing_is_lost_doubled_or_out_of_order (void **state)
{
    (void) state;
    s->loss = 50, s->twice = 50, s->late = 100;
    talk (3000);
    const link_counts_t *counts = link_counts (s->ends[0].link);
    assert_true (counts->resent > 0 && counts->duplicates > 0 && counts->gaps > 0);
}

static void a_good_wire_costs_no_resend (void **state)
{
    (void) state;
    talk (3000);
    assert_int_equal (link_counts (s->ends[0].link)->resent, 0);
    assert_int_equal (link_counts (s->ends[1].link)->duplicates, 0);
}

/*  t=0 the wire is cut; t=1 s both have said 20; t=1.75 s each takes the other for dead; t=5 s it is whole again. */
static void a_cut_is_survived_and_noticed (void **state)
{
    (void) state;
    talk (10);
    s->loss = 1000;
    for (int n = 0; n < 20; n++) {
        assert_int_equal (say (0, false), 0);
        pass (50 * MS);
        assert_false (link_watch (s->ends[0].link, s->now_ns));
    }
    pass (4000 * MS);
    assert_true (link_watch (s->ends[0].link, s->now_ns));
    assert_false (link_watch (s->ends[0].link, s->now_ns));
    assert_false (link_alive (s->ends[0].link));
    uint64_t resent = link_counts (s->ends[0].link)->resent;
    assert_in_range (resent, 1, 40); /*  probes, not everything again and again */
    s->loss = 0;
    talk (10);
    assert_true (link_alive (s->ends[0].link));
}

/*  What came before a peer is there waits for it. */
static void the_first_words_wait_for_the_peer (void **state)
{
    (void) state;
    s->ends[1].down = true;
    for (int n = 0; n < 5; n++)
        (void) say (0, false);
    pass (3000 * MS);
    assert_false (link_known (s->ends[0].link));
    s->ends[1].down = false;
    talk (5);
}

/*  The receiver dies with 10 unheard words, 3 of them kept: its next life hears these, first, and what is said then. */
static void a_new_life_hears_only_what_is_kept (void **state)
{
    (void) state;
    talk (20);
    s->ends[1].down = true;
    s->ends[0].number = 0;
    for (int n = 0; n < 10; n++) {
        s->ends[0].number = n < 7 ? 99 : (uint64_t) n - 7; /*  the kept ones are 0, 1, 2 of what it hears */
        uint64_t number = s->ends[0].number;
        (void) link_send (s->ends[0].link, s->now_ns, 7, n >= 7, (const uint8_t *) &number, sizeof number);
    }
    s->ends[0].number = 3;
    pass (1000 * MS);
    be_born (1);
    s->ends[1].expected = 0;
    s->ends[0].expected = 0;
    (void) say (1, false);
    pass (10 * MS); /*  what is said to the dead one until then would be dropped, too */
    talk (20);
    assert_int_equal (link_counts (s->ends[0].link)->dropped, 7);
    assert_int_equal (link_counts (s->ends[0].link)->lives, 2);
}

static link_frame_t say_to (link_t *link, const char *word)
{
    link_frame_t frame;
    (void) link_send (link, s->now_ns, 7, false, (const uint8_t *) word, 1);
    assert_true (link_due (link, s->now_ns, &frame));
    link_sent (link, s->now_ns);
    return frame;
}

static int hear (link_t *link, const link_frame_t *frame)
{
    return link_receive (link, s->now_ns, frame->header, LINK_HEADER, frame->kind != 0);
}

static link_frame_t acknowledgement (link_t *link)
{
    link_frame_t frame;
    s->now_ns += 20 * MS;
    assert_true (link_due (link, s->now_ns, &frame));
    assert_int_equal (frame.kind, 0);
    link_sent (link, s->now_ns);
    return frame;
}

/*  Three words to whoever is there: one life hears them, dies; the next hears them again. The sender learns of
 *  both, and begins anew: its next word is the first of a stream, and no repetition. */
static void words_for_nobody_reach_two_lives (void **state)
{
    (void) state;
    link_t *sender = s->ends[0].link;
    link_t *first_life = s->ends[1].link;
    link_config_t config = {.session = 77};
    link_t *next_life = link_new (&config);
    link_frame_t words[3];
    for (int n = 0; n < 3; n++) {
        words[n] = say_to (sender, &"abc"[n]);
        assert_int_equal (hear (first_life, &words[n]), LINK_DELIVER);
        assert_int_equal (hear (next_life, &words[n]), LINK_DELIVER);
    }
    link_frame_t heard = acknowledgement (first_life);
    assert_int_equal (hear (sender, &heard), LINK_IGNORE);
    heard = acknowledgement (next_life);
    assert_int_equal (hear (sender, &heard), LINK_IGNORE);
    link_frame_t word = say_to (sender, "d");
    assert_int_equal (hear (next_life, &word), LINK_DELIVER);
    assert_int_equal (hear (next_life, &word), LINK_IGNORE);
    assert_int_equal (hear (next_life, &words[2]), LINK_IGNORE); /*  late, of the stream before */
    link_destroy (&next_life);
}

/*  A hundred lives of either end on a bad wire: each stream begins at 0 and has no hole. */
static void lives_come_and_go (void **state)
{
    (void) state;
    s->loss = 30, s->twice = 30, s->late = 100;
    for (int n = 0; n < 100; n++) {
        int dies = n % 3 == 0 ? 0 : 1;
        be_born (dies);
        /*  whoever knew the dead one begins anew when it hears of the next */
        s->ends[dies].expected = 0;
        uint64_t lives = link_counts (s->ends[1 - dies].link)->lives;
        (void) say (dies, false);
        s->ends[1 - dies].expected = 0;
        for (int ms = 0; link_counts (s->ends[1 - dies].link)->lives == lives; ms++) {
            assert_in_range (ms, 0, 20000);
            pass (MS);
        }
        for (int ms = 0; !link_known (s->ends[dies].link); ms++) {
            assert_in_range (ms, 0, 20000);
            pass (MS);
        }
        s->ends[1 - dies].number = 0;
        talk (10);
    }
    assert_true (link_counts (s->ends[0].link)->strays + link_counts (s->ends[1].link)->strays > 0);
}

/*  Room for 256: the 257th is refused and counted; what was taken arrives. */
static void a_full_link_refuses_aloud (void **state)
{
    (void) state;
    s->loss = 1000;
    for (int n = 0; n < 256; n++)
        assert_int_equal (say (0, false), 0);
    assert_int_equal (say (0, false), -ERR_FULL);
    assert_int_equal (link_counts (s->ends[0].link)->refused, 1);
    s->loss = 0;
    pass (3000 * MS);
    talk (1);
    assert_int_equal (s->ends[1].delivered, 257);
}

/*  Who only listens is known all the same: it says hello, and then that it is still there. */
static void a_silent_end_is_known (void **state)
{
    (void) state;
    link_hello (s->ends[1].link, s->now_ns);
    pass (10 * MS);
    assert_true (link_known (s->ends[0].link));
    for (int n = 0; n < 20; n++) {
        pass (1000 * MS);
        assert_false (link_watch (s->ends[0].link, s->now_ns));
    }
    assert_true (link_alive (s->ends[0].link));
}

/*  Never more than the window is under way. */
static void credit_bounds_what_is_under_way (void **state)
{
    (void) state;
    talk (1);
    uint64_t before = link_counts (s->ends[0].link)->sent;
    s->ends[1].down = true;
    for (int n = 0; n < 200; n++)
        (void) say (0, false);
    assert_int_equal (link_counts (s->ends[0].link)->sent - before, 64);
    s->ends[1].down = false;
    talk (1);
}

static void rubbish_is_refused (void **state)
{
    (void) state;
    link_frame_t frame;
    (void) say (1, false);
    assert_false (link_due (s->ends[1].link, s->now_ns, &frame));
    (void) link_send (s->ends[1].link, s->now_ns, 7, false, (const uint8_t *) "x", 1);
    assert_true (link_due (s->ends[1].link, s->now_ns, &frame));
    link_t *link = s->ends[0].link;
    assert_int_equal (link_receive (link, s->now_ns, frame.header, LINK_HEADER - 1, true), -ERR_SYNTAX);
    assert_int_equal (link_receive (link, s->now_ns, frame.header, LINK_HEADER, false), -ERR_SYNTAX);
    frame.header[0] ^= 1;
    assert_int_equal (link_receive (link, s->now_ns, frame.header, LINK_HEADER, true), -ERR_SYNTAX);
    assert_false (link_known (link));
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (nothing_is_lost_doubled_or_out_of_order),
        STORY (a_good_wire_costs_no_resend), STORY (a_cut_is_survived_and_noticed),
        STORY (the_first_words_wait_for_the_peer), STORY (a_new_life_hears_only_what_is_kept),
        STORY (words_for_nobody_reach_two_lives), STORY (lives_come_and_go),
        STORY (a_full_link_refuses_aloud), STORY (a_silent_end_is_known),
        STORY (credit_bounds_what_is_under_way), STORY (rubbish_is_refused)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
