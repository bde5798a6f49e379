/*  log: what a line looks like, and that a reader who stalls stalls nobody. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/clock.h"
#include "actors/host/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char s_text[4 * 1024 * 1024];

/*  Everything that was logged between start and now. */
static const char *read_all (int descriptor)
{
    size_t used = 0;
    ssize_t size;
    while ((size = read (descriptor, s_text + used, sizeof s_text - 1 - used)) > 0)
        used += (size_t) size;
    s_text[used] = '\0';
    return s_text;
}

static const char *logged (log_level_t level, bool structured, void (*say) (void))
{
    int ends[2];
    assert_int_equal (pipe (ends), 0);
    assert_int_equal (log_start (level, structured, ends[1]), 0);
    say ();
    log_stop ();
    (void) close (ends[1]);
    (void) read_all (ends[0]);
    (void) close (ends[0]);
    return s_text;
}

static void say_event (void)
{
    log_event (LOG_LEVEL_DEBUG, "audit", "quiet", "not to be seen");
    log_event (LOG_LEVEL_ERROR, "audit", "storage_failed", "the file \"%s\" is\nfull", "x.db");
}

static void test_an_event_is_one_json_line (void **state)
{
    const char *text = logged (LOG_LEVEL_INFO, true, say_event);
    (void) state;
    assert_non_null (strstr (text, "{\"timestamp\":\"20"));
    assert_non_null (
        strstr (text, "\"level\":\"error\",\"event\":\"storage_failed\",\"actor\":\"audit\",\"text\":"
                      "\"the file \\\"x.db\\\" is\\u000afull\"}\n"));
    assert_null (strstr (text, "quiet"));
    assert_ptr_equal (strchr (text, '\n'), text + strlen (text) - 1);
}

static void test_plain_text_when_asked (void **state)
{
    const char *text = logged (LOG_LEVEL_DEBUG, false, say_event);
    (void) state;
    assert_non_null (strstr (text, "Z debug   audit        quiet {not to be seen}\n"));
}

static void say_messages (void)
{
    static message_t message;
    message.kind = MSG_REPLICATION_COMPLETED;
    (void) strcpy (message.replication_completed.master_order_id, "X1");
    message.replication_completed.success_count = 500;
    message.replication_completed.total_time_ns = 12345000;
    message.replication_completed.timestamp_at_ns = INT64_C (1790000000000000000);
    log_message ("dispatcher", &message);
    memset (&message, 0, sizeof message);
    message.kind = MSG_LOG_LINE;
    message.log_line.level = LOG_LINE_LEVEL_WARNING;
    (void) strcpy (message.log_line.name, "shard_gone");
    (void) strcpy (message.log_line.text, "waiting");
    log_message ("dispatcher", &message);
    memset (&message, 0, sizeof message);
    message.kind = MSG_SHARD_BEAT; /*  its schema has no log level */
    log_message ("executor-1", &message);
}

static void test_messages_with_a_level_are_logged_with_their_fields (void **state)
{
    const char *text = logged (LOG_LEVEL_INFO, true, say_messages);
    const char *stamp = strstr (text, "\"timestamp\":");
    (void) state;
    assert_non_null (strstr (text, "\"event\":\"trade_replication_completed\""));
    assert_non_null (strstr (text, "\"success_count\":500"));
    assert_non_null (strstr (text, "\"total_time_ms\":12.345"));
    assert_non_null (stamp);
    /*  the message's own timestamp, once a line */
    assert_true (strstr (stamp + 1, "\"timestamp\":") > strchr (text, '\n'));
    assert_non_null (strstr (text,
        "\"level\":\"warning\",\"event\":\"shard_gone\",\"actor\":\"dispatcher\",\"text\":\"waiting\"}\n"));
    assert_null (strstr (text, "executor-1"));
}

static void test_a_stalled_reader_costs_lines_not_time (void **state)
{
    int ends[2];
    int64_t began_ns;
    (void) state;
    assert_int_equal (pipe (ends), 0);
    assert_int_equal (log_start (LOG_LEVEL_INFO, true, ends[1]), 0);
    assert_int_equal (log_start (LOG_LEVEL_INFO, true, ends[1]), -ERR_BUSY);
    began_ns = clock_now_ns ();
    for (int n = 0; n < 40000; n++)
        log_event (LOG_LEVEL_INFO, "listener", "flood", "line %d of many that nobody reads", n);
    assert_true (clock_now_ns () - began_ns < INT64_C (5000000000));
    assert_true (log_dropped () > 0);
    began_ns = clock_now_ns ();
    log_stop (); /*  gives up on the reader, soon */
    assert_true (clock_now_ns () - began_ns < INT64_C (3000000000));
    (void) close (ends[0]);
    (void) close (ends[1]);
}

/*  As soon as there is room again, the log says how much of it is missing. */
static void test_lost_lines_are_counted_in_the_log (void **state)
{
    int ends[2];
    uint64_t lost = 0;
    char wanted[64];
    (void) state;
    assert_int_equal (pipe (ends), 0);
    assert_int_equal (log_start (LOG_LEVEL_INFO, true, ends[1]), 0);
    while (lost == 0) {
        log_event (LOG_LEVEL_INFO, "listener", "flood", "a line that nobody reads yet");
        lost = log_dropped ();
    }
    (void) snprintf (
        wanted, sizeof wanted, "\"event\":\"log_lines_dropped\",\"actor\":\"log\",\"count\":%d}", (int) lost);
    (void) fcntl (ends[0], F_SETFL, O_NONBLOCK);
    for (int n = 0; n < 500 && !strstr (s_text, wanted); n++) {
        static size_t used = 0;
        ssize_t size = read (ends[0], s_text + used, sizeof s_text - 1 - used);
        used += size > 0 ? (size_t) size : 0;
        s_text[used] = '\0';
        if (size <= 0)
            (void) usleep (10000);
    }
    assert_non_null (strstr (s_text, wanted));
    log_stop ();
    (void) close (ends[0]);
    (void) close (ends[1]);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_an_event_is_one_json_line),
        cmocka_unit_test (test_plain_text_when_asked),
        cmocka_unit_test (test_messages_with_a_level_are_logged_with_their_fields),
        cmocka_unit_test (test_a_stalled_reader_costs_lines_not_time),
        cmocka_unit_test (test_lost_lines_are_counted_in_the_log),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
