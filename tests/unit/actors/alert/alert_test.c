/*  alert_test.c: what people read, how often, and what becomes of it while a channel is away. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actors/alert/alert.h"
#include "tests/lib/core_test.h"

static core_test_t *t;

/*  Room for 4 topics and 4 texts a channel; 3 alerts of a kind within a digest interval. */
static int setup (void **state)
{
    (void) state;
    alert_config_t config = {.host = "box",
        .max_topics = 4,
        .burst = 3,
        .queue = 4,
        .cooldown_ns = 60 * CORE_TEST_S,
        .digest_ns = 300 * CORE_TEST_S,
        .retry_initial_ns = CORE_TEST_S,
        .retry_max_ns = 8 * CORE_TEST_S,
        .stop_ns = 5 * CORE_TEST_S,
        .channels = {[CHANNEL_LOG] = {.on = true},
            [CHANNEL_SLACK] = {.on = true, .least = ALERT_RAISED_SEVERITY_WARNING},
            [CHANNEL_WEBHOOK] = {.on = true, .least = ALERT_RAISED_SEVERITY_CRITICAL}}};
    t = core_test_new (&alert_ops, alert_new (&config));
    assert_int_equal (core_test_start (t), 0);
    return 0;
}

static int teardown (void **state)
{
    (void) state;
    core_test_destroy (&t);
    return 0;
}

static int raised_as (alert_raised_kind_t kind, alert_raised_severity_t severity, const char *subject)
{
    message_t *message = core_test_message (t, MSG_ALERT_RAISED);
    message->alert_raised.kind = kind;
    message->alert_raised.severity = severity;
    message->alert_raised.at_ns = t->utc_ns;
    (void) strcpy (message->alert_raised.subject, subject);
    (void) strcpy (message->alert_raised.text, "it is down");
    return core_test_receive (t, "listener", message);
}

static void raised (alert_raised_kind_t kind, const char *subject)
{
    assert_int_equal (raised_as (kind, ALERT_RAISED_SEVERITY_CRITICAL, subject), 0);
}

/*  The nth text for a channel since the last forget; -1 = the last; NULL = none. */
static const core_test_effect_t *text_at (channel_t channel, int nth)
{
    const core_test_effect_t *found = NULL;
    for (int i = 0, seen = 0;; i++) {
        const core_test_effect_t *effect = core_test_find (t, EFFECT_DELIVER, i);
        if (!effect)
            return nth < 0 ? found : NULL;
        if (effect->effect.channel != channel)
            continue;
        found = effect;
        if (seen++ == nth)
            return found;
    }
}

static const char *text_of (channel_t channel, int nth)
{
    const core_test_effect_t *effect = text_at (channel, nth);
    return effect ? (const char *) effect->bytes : "";
}

static size_t sent (channel_t channel)
{
    size_t count = 0;
    while (text_at (channel, (int) count))
        count++;
    return count;
}

static void answered (channel_t channel, int kind)
{
    const core_test_effect_t *effect = text_at (channel, -1);
    assert_non_null (effect);
    assert_int_equal (core_test_token (t, kind, effect->effect.token), 0);
}

static void contains (const char *text, const char *part)
{
    if (!strstr (text, part))
        fail_msg ("no \"%s\" in \"%s\"", part, text);
}

/*  Every channel says at once that it has what it got, until nothing is on its way. */
static void all_delivered (void)
{
    for (size_t done = 0; done < core_test_count (t, EFFECT_DELIVER); done++) {
        const core_test_effect_t *effect = core_test_find (t, EFFECT_DELIVER, (int) done);
        assert_int_equal (core_test_token (t, EVENT_DELIVERED, effect->effect.token), 0);
    }
    core_test_forget (t);
}

/*  ---- texts ---- */

static void the_start_is_told_once (void **state)
{
    (void) state;
    assert_string_equal (text_of (CHANNEL_LOG, 0), "[info] started: alert: trade-copier started on box");
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_STARTED), 1);
    all_delivered ();
    /*  it comes back from the tap */
    assert_int_equal (raised_as (ALERT_RAISED_KIND_STARTED, ALERT_RAISED_SEVERITY_INFO, "alert"), 0);
    assert_int_equal (sent (CHANNEL_LOG), 0);
}

static void an_alert_becomes_a_text_in_the_channels_form (void **state)
{
    (void) state;
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_string_equal (text_of (CHANNEL_LOG, 0), "[critical] stream_down: master: it is down");
    contains (text_of (CHANNEL_SLACK, 0), "[critical] stream_down: master: it is down\nhost box, 20");
    contains (text_of (CHANNEL_WEBHOOK, 0),
        "{\"kind\":\"stream_down\",\"severity\":\"critical\",\"subject\":\"master\",\"text\":\"it is down\","
        "\"host\":\"box\",\"at\":\"20");
    assert_int_equal (sent (CHANNEL_EMAIL), 0);
}

static void a_channel_gets_what_is_severe_enough_for_it (void **state)
{
    (void) state;
    all_delivered ();
    (void) raised_as (ALERT_RAISED_KIND_STREAM_UP, ALERT_RAISED_SEVERITY_INFO, "a");
    (void) raised_as (ALERT_RAISED_KIND_LATENCY_WARNING, ALERT_RAISED_SEVERITY_WARNING, "b");
    all_delivered ();
    assert_int_equal (sent (CHANNEL_LOG), 0);
    (void) raised_as (ALERT_RAISED_KIND_STREAM_UP, ALERT_RAISED_SEVERITY_INFO, "c");
    assert_int_equal (sent (CHANNEL_LOG), 1);
    assert_int_equal (sent (CHANNEL_SLACK), 0);
    (void) raised_as (ALERT_RAISED_KIND_LATENCY_WARNING, ALERT_RAISED_SEVERITY_WARNING, "d");
    assert_int_equal (sent (CHANNEL_SLACK), 1);
    assert_int_equal (sent (CHANNEL_WEBHOOK), 0);
}

static void a_foreign_text_forges_no_line_and_no_object (void **state)
{
    (void) state;
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "m\r\nBcc: x@y\",\"kind\":\"\xFF\x1B[2J");
    contains (text_of (CHANNEL_SLACK, 0), "m  Bcc: x@y\",\"kind\":\"? [2J: it is down\nhost");
    contains (text_of (CHANNEL_WEBHOOK, 0),
        "\"subject\":\"m\\u000d\\u000aBcc: x@y\\\",\\\"kind\\\":\\\"?\\u001b[2J\"");
}

static void the_longest_text_fits (void **state)
{
    (void) state;
    all_delivered ();
    message_t *message = core_test_message (t, MSG_ALERT_RAISED);
    memset (message->alert_raised.subject, 1, sizeof message->alert_raised.subject - 1);
    memset (message->alert_raised.text, 1, sizeof message->alert_raised.text - 1);
    message->alert_raised.severity = ALERT_RAISED_SEVERITY_CRITICAL;
    assert_int_equal (core_test_receive (t, "x", message), 0);
    const char *text = text_of (CHANNEL_WEBHOOK, 0);
    assert_int_equal (text[strlen (text) - 1], '}');
}

/*  ---- cooldown and digest ---- */

/*  t=0 told; t=1, 2, 59 held back; t=60 told again; t=301 the digest counts the three. */
static void repetitions_are_held_back_until_the_digest (void **state)
{
    (void) state;
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    for (int n = 0; n < 3; n++) {
        core_test_pass (t, (n < 2 ? 1 : 57) * CORE_TEST_S);
        raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    }
    assert_int_equal (sent (CHANNEL_LOG), 1);
    core_test_pass (t, CORE_TEST_S);
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_int_equal (sent (CHANNEL_LOG), 1);
    all_delivered ();
    core_test_pass (t, 240 * CORE_TEST_S); /*  t=300 */
    assert_int_equal (sent (CHANNEL_LOG), 0);
    core_test_pass (t, CORE_TEST_S);
    assert_int_equal (sent (CHANNEL_LOG), 1);
    contains (text_of (CHANNEL_LOG, 0),
        "[critical] digest: 3 alerts were held back: stream_down: master: 3 times, first 20");
    contains (text_of (CHANNEL_SLACK, 0), "\n- stream_down: master: 3 times, first 20");
    contains (text_of (CHANNEL_WEBHOOK, 0),
        "\"topics\":[{\"kind\":\"stream_down\",\"subject\":\"master\",\"count\":3,\"first_at\":\"20");
    all_delivered ();
    core_test_pass (t, 1000 * CORE_TEST_S);
    assert_int_equal (sent (CHANNEL_LOG), 0);
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    all_delivered ();
    core_test_pass (t, 300 * CORE_TEST_S);
    contains (text_of (CHANNEL_LOG, 0), "digest: 1 alert was held back"); /*  not those of before */
}

/*  Three subjects of a kind are told, the fourth and fifth are in the digest; another kind is told at once. */
static void many_subjects_of_a_kind_are_a_flood_too (void **state)
{
    (void) state;
    char subject[16];
    all_delivered ();
    for (int i = 0; i < 5; i++) {
        (void) snprintf (subject, sizeof subject, "client-%d", i % 10);
        raised (ALERT_RAISED_KIND_BAD_KEYS, subject);
    }
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    all_delivered ();
    core_test_pass (t, 300 * CORE_TEST_S);
    contains (text_of (CHANNEL_LOG, 0), "digest: 2 alerts");
    contains (text_of (CHANNEL_LOG, 0), "bad_keys: client-3: once, 20");
    contains (text_of (CHANNEL_LOG, 0), "; and 1 more of other subjects"); /*  its topic had to leave */
    raised (ALERT_RAISED_KIND_BAD_KEYS, "client-9");
    all_delivered ();
}

/*  Four subjects of 95 control characters, six bytes each in JSON: the fourth row has no room and is in `more`. */
static void a_digest_that_is_too_long_is_cut_between_its_rows (void **state)
{
    (void) state;
    char subject[96];
    memset (subject, 1, sizeof subject - 1);
    subject[sizeof subject - 1] = '\0';
    all_delivered ();
    for (int i = 0; i < 8; i++)
        raised ((alert_raised_kind_t) (i % 4), subject);
    all_delivered ();
    core_test_pass (t, 300 * CORE_TEST_S);
    const char *text = text_of (CHANNEL_WEBHOOK, 0);
    contains (text, "\"count\":4,\"topics\":[");
    contains (text, "Z\"}],\"more\":1}");
    contains (text_of (CHANNEL_LOG, 0), "stream_down");
}

static void worse_than_before_is_told_at_once (void **state)
{
    (void) state;
    all_delivered ();
    (void) raised_as (ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_WARNING, "shard");
    all_delivered ();
    (void) raised_as (ALERT_RAISED_KIND_SYSTEM_ERROR, ALERT_RAISED_SEVERITY_WARNING, "shard");
    assert_int_equal (sent (CHANNEL_LOG), 0);
    raised (ALERT_RAISED_KIND_SYSTEM_ERROR, "shard");
    assert_int_equal (sent (CHANNEL_LOG), 1);
    assert_int_equal (sent (CHANNEL_WEBHOOK), 1);
    all_delivered ();
    core_test_pass (t, 300 * CORE_TEST_S);
    contains (text_of (CHANNEL_SLACK, 0), "digest: 1 alert was"); /*  the webhook wants critical ones only */
    assert_int_equal (sent (CHANNEL_WEBHOOK), 0);
}

/*  Room for 4 topics: the fifth takes the place of the one that was silent the longest; its count is not lost. */
static void topics_are_bounded (void **state)
{
    (void) state;
    static const alert_raised_kind_t kinds[] = {ALERT_RAISED_KIND_STREAM_DOWN, ALERT_RAISED_KIND_STREAM_UP,
        ALERT_RAISED_KIND_BAD_KEYS, ALERT_RAISED_KIND_EXIT_STUCK, ALERT_RAISED_KIND_CORRECTION};
    all_delivered ();
    raised (kinds[0], "x");
    raised (kinds[0], "x");
    for (size_t i = 1; i < 5; i++) {
        core_test_pass (t, CORE_TEST_S);
        raised (kinds[i], "x");
        all_delivered ();
    }
    raised (kinds[4], "x");
    assert_int_equal (sent (CHANNEL_LOG), 0);
    raised (kinds[0], "x"); /*  forgotten: told again */
    assert_int_equal (sent (CHANNEL_LOG), 1);
    all_delivered ();
    core_test_pass (t, 300 * CORE_TEST_S);
    contains (text_of (CHANNEL_LOG, 0), "digest: 2 alerts");
}

/*  ---- channels that fail ---- */

/*  t=0 fails; again at 1, 3, 7, 15, 23: doubling up to 8; the same text under the same token. */
static void an_undelivered_text_is_tried_again_with_growing_pauses (void **state)
{
    (void) state;
    static const int tries_at[] = {1, 3, 7, 15, 23, 31};
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    int64_t begin_ns = t->now_ns;
    uint64_t token = text_at (CHANNEL_SLACK, 0)->effect.token;
    answered (CHANNEL_SLACK, EVENT_UNDELIVERED);
    for (size_t n = 0; n < sizeof tries_at / sizeof *tries_at; n++) {
        core_test_pass (t, begin_ns + tries_at[n] * CORE_TEST_S - 1 - t->now_ns);
        assert_int_equal (sent (CHANNEL_SLACK), n + 1);
        core_test_pass (t, 1);
        assert_int_equal (sent (CHANNEL_SLACK), n + 2);
        assert_int_equal (text_at (CHANNEL_SLACK, -1)->effect.token, token);
        assert_string_equal (text_of (CHANNEL_SLACK, -1), text_of (CHANNEL_SLACK, 0));
        answered (CHANNEL_SLACK, EVENT_UNDELIVERED);
    }
    core_test_pass (t, 8 * CORE_TEST_S);
    answered (CHANNEL_SLACK, EVENT_DELIVERED);
    core_test_pass (t, 100 * CORE_TEST_S);
    assert_int_equal (sent (CHANNEL_SLACK), 8);
}

/*  Slack never answers: the log and the webhook have everything at once, in order. */
static void a_dead_channel_delays_no_other (void **state)
{
    (void) state;
    static const alert_raised_kind_t kinds[] = {ALERT_RAISED_KIND_STREAM_DOWN, ALERT_RAISED_KIND_STREAM_UP,
        ALERT_RAISED_KIND_BAD_KEYS, ALERT_RAISED_KIND_EXIT_STUCK};
    all_delivered ();
    for (size_t i = 0; i < 4; i++) {
        raised (kinds[i], "x");
        assert_int_equal (sent (CHANNEL_LOG), i + 1);
        assert_int_equal (text_at (CHANNEL_LOG, -1)->at_ns, t->now_ns);
        answered (CHANNEL_LOG, EVENT_DELIVERED);
        assert_int_equal (sent (CHANNEL_WEBHOOK), i + 1);
        answered (CHANNEL_WEBHOOK, EVENT_DELIVERED);
        core_test_pass (t, CORE_TEST_S);
    }
    assert_int_equal (sent (CHANNEL_SLACK), 1);
    answered (CHANNEL_SLACK, EVENT_DELIVERED);
    contains (text_of (CHANNEL_SLACK, 1), "stream_up");
}

/*  Away with one text on its way and room for three more: of six that follow the oldest three are dropped, and the
 *  channel hears so when it is back. */
static void a_full_queue_drops_its_oldest_and_says_so (void **state)
{
    (void) state;
    char subject[8];
    all_delivered ();
    for (int i = 0; i < 7; i++) {
        (void) snprintf (subject, sizeof subject, "s%d", i % 10);
        raised ((alert_raised_kind_t) i, subject);
    }
    contains (text_of (CHANNEL_SLACK, 0), ": s0: ");
    answered (CHANNEL_SLACK, EVENT_DELIVERED);
    static const char *const rest[] = {": s4: ", ": s5: ", ": s6: ", "3 older alerts were dropped"};
    for (int i = 0; i < 4; i++) {
        contains (text_of (CHANNEL_SLACK, i + 1), rest[i]);
        answered (CHANNEL_SLACK, EVENT_DELIVERED);
    }
    assert_int_equal (sent (CHANNEL_SLACK), 5);
}

static void a_refused_text_gives_way_to_the_next (void **state)
{
    (void) state;
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "a");
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "b");
    answered (CHANNEL_SLACK, EVENT_UNDELIVERABLE);
    contains (text_of (CHANNEL_SLACK, 1), "stream_down: b");
    answered (CHANNEL_SLACK, EVENT_DELIVERED);
    assert_int_equal (sent (CHANNEL_SLACK), 2);
}

static void a_token_nobody_waits_for_changes_nothing (void **state)
{
    (void) state;
    all_delivered ();
    assert_int_equal (core_test_token (t, EVENT_UNDELIVERED, 999), 0);
    assert_int_equal (core_test_token (t, EVENT_DELIVERED, 999), 0);
    assert_int_equal (core_test_count (t, EFFECT_DELIVER), 0);
}

/*  ---- stop ---- */

static void a_stop_waits_for_what_is_on_its_way (void **state)
{
    (void) state;
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_int_equal (core_test_stop (t), 0);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    for (int n = 0; n < 3; n++)
        answered (CHANNEL_LOG, EVENT_DELIVERED); /*  the alert, the digest, the stop */
    contains (text_of (CHANNEL_LOG, 1), "digest: 1 alert was");
    assert_string_equal (text_of (CHANNEL_LOG, 2), "[info] stopped: alert: trade-copier is stopping on box");
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    answered (CHANNEL_SLACK, EVENT_UNDELIVERED); /*  away: not waited for */
    answered (CHANNEL_WEBHOOK, EVENT_DELIVERED);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    answered (CHANNEL_WEBHOOK, EVENT_DELIVERED);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

static void a_stop_does_not_wait_for_ever (void **state)
{
    (void) state;
    all_delivered ();
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_int_equal (core_test_stop (t), 0);
    core_test_pass (t, 5 * CORE_TEST_S - 1);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 0);
    core_test_pass (t, 1);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
    answered (CHANNEL_SLACK, EVENT_DELIVERED);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

static void strangers_are_refused (void **state)
{
    (void) state;
    assert_int_equal (core_test_receive (t, "x", core_test_message (t, MSG_SHARD_BEAT)), -ERR_UNEXPECTED);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (the_start_is_told_once),
        STORY (an_alert_becomes_a_text_in_the_channels_form),
        STORY (a_channel_gets_what_is_severe_enough_for_it),
        STORY (a_foreign_text_forges_no_line_and_no_object), STORY (the_longest_text_fits),
        STORY (repetitions_are_held_back_until_the_digest), STORY (many_subjects_of_a_kind_are_a_flood_too),
        STORY (a_digest_that_is_too_long_is_cut_between_its_rows), STORY (worse_than_before_is_told_at_once),
        STORY (topics_are_bounded), STORY (an_undelivered_text_is_tried_again_with_growing_pauses),
        STORY (a_dead_channel_delays_no_other), STORY (a_full_queue_drops_its_oldest_and_says_so),
        STORY (a_refused_text_gives_way_to_the_next), STORY (a_token_nobody_waits_for_changes_nothing),
        STORY (a_stop_waits_for_what_is_on_its_way), STORY (a_stop_does_not_wait_for_ever),
        STORY (strangers_are_refused)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
