/*  nomination: two processes and a key in Redis that expires, told with times. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/nomination.h"

#include <stdio.h>
#include <string.h>

#define MS INT64_C (1000000)

static int64_t s_now;     /*  ns */
static char s_key[128];   /*  what Redis holds; "" = nothing */
static int64_t s_expires; /*  ns */
static nomination_t s_a, s_b;
static nomination_t *const s_both[] = {&s_a, &s_b};

static int setup (void **state)
{
    (void) state;
    s_now = 1000 * MS;
    s_key[0] = '\0';
    s_expires = INT64_MAX;
    nomination_init (&s_a, "host-a:1:aa");
    nomination_init (&s_b, "host-b:2:bb");
    return 0;
}

/*  Redis, as the script in standby.c has it. */
static bool ask (nomination_t *who, nomination_question_t question)
{
    if (s_now >= s_expires)
        s_key[0] = '\0';
    if (question == NOMINATION_CLAIM && (!*s_key || strcmp (s_key, who->id) == 0)) {
        (void) snprintf (s_key, sizeof s_key, "%s", who->id);
        s_expires = s_now + NOMINATION_LIFE_MS * MS;
    }
    return nomination_answered (who, s_now, *s_key ? s_key : NULL, strlen (s_key));
}

static void turn (nomination_t *who)
{
    nomination_question_t question = nomination_due (who, s_now);
    if (question != NOMINATION_NO_QUESTION)
        (void) ask (who, question);
}

/*  Time passes, in ms, and these live. */
static void live (int64_t ms, bool a, bool b)
{
    for (int64_t end = s_now + ms * MS; s_now < end; s_now += MS) {
        if (a)
            turn (&s_a);
        if (b)
            turn (&s_b);
    }
}

static void connect_both (void)
{
    for (int n = 0; n < 2; n++)
        nomination_connected (s_both[n], s_now);
}

/*  t=0 both come up, nobody leads; t=0.5 one leads, and stays; the other knows who. */
static void test_one_of_two_leads (void **state)
{
    (void) state;
    connect_both ();
    live (500, true, true);
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
    live (60000, true, true);
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
    assert_int_equal (s_b.phase, NOMINATION_STANDBY);
    assert_string_equal (s_b.leader, "host-a:1:aa");
}

static void lead_with_a (void)
{
    connect_both ();
    live (1000, true, true);
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
}

/*  t=0 a dies; t=1 at the latest b leads, and not before a's key has expired. */
static void test_the_other_takes_over_within_its_time (void **state)
{
    (void) state;
    lead_with_a ();
    int64_t died = s_now;
    while (s_b.phase == NOMINATION_STANDBY && s_now - died < 5000 * MS) {
        live (1, false, true);
        assert_true (s_b.phase == NOMINATION_STANDBY || s_now >= s_expires - NOMINATION_LIFE_MS * MS);
    }
    int64_t took_ms = (s_now - died) / MS;
    assert_true (took_ms <= NOMINATION_LIFE_MS + 350);
    assert_true (took_ms >= NOMINATION_LIFE_MS - NOMINATION_RENEW_NS / MS);
}

/*  t=0 a is stopped; b leads; t=5 a goes on: it believes to lead, asks at once, and that is its end. */
static void test_two_lead_until_the_older_one_asks (void **state)
{
    (void) state;
    lead_with_a ();
    live (5000, false, true);
    assert_int_equal (s_b.phase, NOMINATION_LEADS);
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
    live (2, true, true);
    assert_int_equal (s_a.phase, NOMINATION_SUPERSEDED);
    assert_string_equal (s_a.leader, "host-b:2:bb");
    assert_true (nomination_wake_ns (&s_a) == INT64_MAX);
    live (1000, true, true);
    assert_int_equal (s_b.phase, NOMINATION_LEADS);
}

/*  Redis is wiped, again and again: the living leader goes before. */
static void test_a_wiped_key_is_left_to_its_leader (void **state)
{
    (void) state;
    lead_with_a ();
    for (int n = 0; n < 300; n++) {
        s_key[0] = '\0';
        live (400 + n, true, true);
        assert_string_equal (s_key, "host-a:1:aa");
    }
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
    assert_int_equal (s_b.phase, NOMINATION_STANDBY);
}

/*  Redis away: nobody asks, the leader leads, the standby stands by. It comes back empty, to the standby first; the leader,
 *  3 s later, still finds its place free. */
static void test_redis_away_changes_nothing (void **state)
{
    (void) state;
    lead_with_a ();
    nomination_lost (&s_a);
    nomination_lost (&s_b);
    s_key[0] = '\0';
    live (60000, true, true);
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
    assert_int_equal (s_b.phase, NOMINATION_STANDBY);
    assert_string_equal (s_key, "");
    nomination_connected (&s_b, s_now);
    live (3000, true, true);
    nomination_connected (&s_a, s_now);
    live (10000, true, true);
    assert_int_equal (s_a.phase, NOMINATION_LEADS);
    assert_string_equal (s_key, "host-a:1:aa");
}

/*  Redis and the leader die together: the other one waits a little longer, and leads. */
static void test_redis_comes_back_and_the_leader_does_not (void **state)
{
    (void) state;
    lead_with_a ();
    nomination_lost (&s_b);
    s_key[0] = '\0';
    nomination_connected (&s_b, s_now);
    live (5900, false, true);
    assert_int_equal (s_b.phase, NOMINATION_STANDBY);
    live (400, false, true);
    assert_int_equal (s_b.phase, NOMINATION_LEADS);
}

/*  b claims, and is stopped before it reads the answer: that key has expired since, and says nothing. */
static void test_a_late_answer_nominates_nobody (void **state)
{
    (void) state;
    connect_both ();
    assert_int_equal (nomination_due (&s_b, s_now), NOMINATION_WHO);
    assert_false (ask (&s_b, NOMINATION_WHO));
    s_now += NOMINATION_VACANT_NS;
    assert_int_equal (nomination_due (&s_b, s_now), NOMINATION_CLAIM);
    s_now += NOMINATION_LIFE_MS * MS;
    assert_false (nomination_answered (&s_b, s_now, s_b.id, strlen (s_b.id)));
    assert_int_equal (s_b.phase, NOMINATION_STANDBY);
    live (1000, true, true); /*  one of them leads, by an answer in time */
    assert_true ((s_a.phase == NOMINATION_LEADS) != (s_b.phase == NOMINATION_LEADS));
}

/*  One question at a time; an answer that is none (WRONGTYPE) is asked again and changes nothing. */
static void test_questions (void **state)
{
    (void) state;
    assert_int_equal (nomination_due (&s_a, s_now), NOMINATION_NO_QUESTION); /*  not connected */
    nomination_connected (&s_a, s_now);
    assert_int_equal (nomination_due (&s_a, s_now), NOMINATION_WHO);
    assert_int_equal (nomination_due (&s_a, s_now + 10000 * MS), NOMINATION_NO_QUESTION);
    nomination_failed (&s_a, s_now);
    assert_int_equal (s_a.phase, NOMINATION_STANDBY);
    assert_int_equal (nomination_due (&s_a, nomination_wake_ns (&s_a)), NOMINATION_WHO);
    nomination_lost (&s_a); /*  and with it the answer */
    nomination_connected (&s_a, s_now);
    assert_int_equal (nomination_due (&s_a, s_now), NOMINATION_WHO);
}

/*  What a stranger wrote under our key: another one leads, and it can be printed. */
static void test_a_strangers_value (void **state)
{
    char long_one[4096];
    (void) state;
    memset (long_one, 'x', sizeof long_one);
    long_one[3] = '\n';
    long_one[4] = '\0';
    nomination_connected (&s_a, s_now);
    assert_int_equal (nomination_due (&s_a, s_now), NOMINATION_WHO);
    assert_false (nomination_answered (&s_a, s_now, long_one, sizeof long_one));
    assert_int_equal (strlen (s_a.leader), NOMINATION_ID_MAX - 1);
    assert_memory_equal (s_a.leader, "xxx??xxx", 8);
    s_now += NOMINATION_ASK_NS;
    assert_int_equal (nomination_due (&s_a, s_now), NOMINATION_WHO);
    assert_false (nomination_answered (&s_a, s_now, "host-a:1:aa", 5)); /*  a part of ours is another's */
    assert_int_equal (s_a.phase, NOMINATION_STANDBY);
}

int main (void)
{
#define STORY(name) cmocka_unit_test_setup (name, setup)
    const struct CMUnitTest tests[] = {
        STORY (test_one_of_two_leads),
        STORY (test_the_other_takes_over_within_its_time),
        STORY (test_two_lead_until_the_older_one_asks),
        STORY (test_a_wiped_key_is_left_to_its_leader),
        STORY (test_redis_away_changes_nothing),
        STORY (test_redis_comes_back_and_the_leader_does_not),
        STORY (test_a_late_answer_nominates_nobody),
        STORY (test_questions),
        STORY (test_a_strangers_value),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
