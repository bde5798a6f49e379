/*  alert_test.c: what people read, and how often. */
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

static int setup (void **state)
{
    (void) state;
    alert_config_t config = {.max_topics = 4};
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

static void raised (alert_raised_kind_t kind, const char *subject)
{
    message_t *message = core_test_message (t, MSG_ALERT_RAISED);
    message->alert_raised.kind = kind;
    message->alert_raised.severity = ALERT_RAISED_SEVERITY_CRITICAL;
    (void) strcpy (message->alert_raised.subject, subject);
    (void) strcpy (message->alert_raised.text, "it is down");
    assert_int_equal (core_test_receive (t, "listener", message), 0);
}

static size_t told (void)
{
    return core_test_count (t, EFFECT_DELIVER);
}

static void an_alert_becomes_a_text (void **state)
{
    (void) state;
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    const core_test_effect_t *text = core_test_find (t, EFFECT_DELIVER, 0);
    assert_int_equal (text->effect.channel, CHANNEL_LOG);
    assert_string_equal ((const char *) text->bytes, "[critical] stream_down: master: it is down");
}

/*  t=0 told; t=1, 2, 59 held back; t=60 told, with their number; t=120 told without */
static void repetitions_are_held_back_and_counted (void **state)
{
    (void) state;
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    core_test_pass (t, CORE_TEST_S);
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    core_test_pass (t, CORE_TEST_S);
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    core_test_pass (t, 57 * CORE_TEST_S);
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_int_equal (told (), 1);
    core_test_pass (t, CORE_TEST_S);
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_int_equal (told (), 2);
    assert_non_null (strstr ((const char *) core_test_find (t, EFFECT_DELIVER, 1)->bytes, "3 more"));
    core_test_pass (t, 60 * CORE_TEST_S);
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    assert_null (strstr ((const char *) core_test_find (t, EFFECT_DELIVER, 2)->bytes, "more since"));
}

static void other_kinds_and_subjects_are_told_at_once (void **state)
{
    (void) state;
    raised (ALERT_RAISED_KIND_STREAM_DOWN, "master");
    raised (ALERT_RAISED_KIND_STREAM_UP, "master");
    raised (ALERT_RAISED_KIND_BREAKER_OPENED, "client-1");
    raised (ALERT_RAISED_KIND_BREAKER_OPENED, "client-2");
    assert_int_equal (told (), 4);
}

/*  Room for 4 topics: the fifth takes the place of the one that was silent the longest. */
static void topics_are_bounded (void **state)
{
    (void) state;
    char subject[16];
    for (int i = 0; i < 5; i++) {
        (void) snprintf (subject, sizeof subject, "client-%d", i % 10);
        raised (ALERT_RAISED_KIND_BREAKER_OPENED, subject);
        core_test_pass (t, CORE_TEST_S);
    }
    assert_int_equal (told (), 5);
    raised (ALERT_RAISED_KIND_BREAKER_OPENED, "client-4");
    assert_int_equal (told (), 5);
    raised (ALERT_RAISED_KIND_BREAKER_OPENED, "client-0"); /*  forgotten: told again */
    assert_int_equal (told (), 6);
}

static void stop_is_at_once_and_strangers_are_refused (void **state)
{
    (void) state;
    assert_int_equal (core_test_receive (t, "x", core_test_message (t, MSG_SHARD_BEAT)), -ERR_UNEXPECTED);
    assert_int_equal (core_test_token (t, EVENT_UNDELIVERED, 1), 0);
    assert_int_equal (core_test_stop (t), 0);
    assert_int_equal (core_test_count (t, EFFECT_STOPPED), 1);
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (an_alert_becomes_a_text),
        STORY (repetitions_are_held_back_and_counted), STORY (other_kinds_and_subjects_are_told_at_once),
        STORY (topics_are_bounded), STORY (stop_is_at_once_and_strangers_are_refused)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
