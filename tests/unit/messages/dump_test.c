/*  dump_test.c: what people see is JSON, read back here by a parser of somebody else. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/messages/pattern.h"

#include <jansson.h>
#include <string.h>

static message_t message;
static char text[MESSAGE_TEXT_MAX];

static json_t *dump_and_parse (size_t flags)
{
    json_error_t error;
    size_t length = message_dump (&message, text, sizeof text);
    assert_int_equal (length, strlen (text));
    json_t *json = json_loads (text, JSON_REJECT_DUPLICATES | flags, &error);
    if (!json)
        fail_msg ("%s: %s", error.text, text);
    assert_true (json_is_object (json));
    return json;
}

static void test_every_kind_is_json_with_every_field (void **state)
{
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        for (uint64_t seed = 0; seed < 30; seed++) {
            pattern_fill (&message, (message_kind_t) kind, (pattern_t) (seed % 3), seed);
            json_t *json = dump_and_parse (JSON_DECODE_INT_AS_REAL); /*  jansson's integers end at 2^63 */
            assert_int_equal (json_object_size (json), message_rows[kind].record->fields_count);
            json_decref (json);
        }
    }
}

static const char *string_of (const json_t *json, const char *key)
{
    const char *value = json_string_value (json_object_get (json, key));
    assert_non_null (value);
    return value;
}

static void test_values_are_for_people (void **state)
{
    (void) state;
    memset (&message, 0, sizeof message);
    message.kind = MSG_COPY_RESULT;
    strcpy (message.copy_result.shard, "a\"b\\c\n\x01ü");
    message.copy_result.sequence = UINT64_C (9007199254740993);
    message.copy_result.outcomes_count = 2;
    outcome_t *outcome = &message.copy_result.outcomes[1];
    outcome->qty_e9 = 10500000000;
    outcome->holding_e9 = -1;
    outcome->slot = 3;
    outcome->kind = OUTCOME_KIND_SKIPPED;
    outcome->final = true;
    outcome->submitted_at_ns = 1615919881942282000;
    json_t *json = dump_and_parse (0);
    assert_string_equal (string_of (json, "shard"), "a\"b\\c\n\x01ü");
    assert_true (json_integer_value (json_object_get (json, "sequence")) == 9007199254740993);
    json_t *list = json_object_get (json, "outcomes");
    assert_int_equal (json_array_size (list), 2);
    const json_t *entry = json_array_get (list, 1);
    assert_string_equal (string_of (entry, "qty"), "10.5");
    assert_string_equal (string_of (entry, "holding"), "-0.000000001");
    assert_string_equal (string_of (entry, "kind"), "skipped");
    assert_string_equal (string_of (entry, "submitted_at"), "2021-03-16T18:38:01.942282000Z");
    assert_true (json_is_null (json_object_get (entry, "answered_at")));
    assert_true (json_is_true (json_object_get (entry, "final")));
    assert_int_equal (json_integer_value (json_object_get (entry, "slot")), 3);
    json_decref (json);
}

static void test_names_say_the_unit (void **state)
{
    (void) state;
    memset (&message, 0, sizeof message);
    message.kind = MSG_REPLICATION_COMPLETED;
    message.replication_completed.total_time_ns = 12345678;
    message.replication_completed.p50_ns = 999;
    message.replication_completed.timestamp_at_ns = 1;
    message_dump (&message, text, sizeof text);
    assert_non_null (strstr (text, "\"total_time_ms\":12.345,"));
    assert_non_null (strstr (text, "\"p50_ms\":0.000,"));
    assert_non_null (strstr (text, "\"timestamp\":\"1970-01-01T00:00:00.000000001Z\""));
    memset (&message, 0, sizeof message);
    message.kind = MSG_CLIENT_CONFIG;
    message.client_config.sealed_size = 72;
    message.client_config.follow_since_ns = 1;
    message_dump (&message, text, sizeof text);
    assert_non_null (strstr (text, "\"sealed\":72,")); /*  never the bytes */
    assert_non_null (strstr (text, "\"follow_since\":\"1970-01-01T00:00:00.000000001Z\""));
}

static void test_a_small_page_says_truncated (void **state)
{
    char page[4096];
    (void) state;
    pattern_fill (&message, MSG_MASTER_ACK, PATTERN_MIXED, 3);
    size_t whole = message_dump (&message, text, sizeof text);
    for (size_t size = 1; size <= whole; size++) {
        memset (page, 'x', sizeof page);
        const char *expected = size > strlen ("{\"truncated\":true}") ? "{\"truncated\":true}" : "";
        assert_int_equal (message_dump (&message, page, size), strlen (expected));
        assert_string_equal (page, expected);
        assert_int_equal (page[size], 'x');
    }
    assert_int_equal (message_dump (&message, page, whole + 1), whole);
    assert_string_equal (page, text);
}

static void test_a_broken_message_is_not_walked (void **state)
{
    (void) state;
    pattern_fill (&message, MSG_LOG_LINE, PATTERN_SMALL, 1);
    memset (message.log_line.text, 'a', sizeof message.log_line.text);
    message_dump (&message, text, sizeof text);
    assert_string_equal (text, "{\"invalid\":true}");
    message.kind = MSG_NONE;
    message_dump (&message, text, sizeof text);
    assert_string_equal (text, "{\"invalid\":true}");
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_every_kind_is_json_with_every_field),
        cmocka_unit_test (test_values_are_for_people),
        cmocka_unit_test (test_names_say_the_unit),
        cmocka_unit_test (test_a_small_page_says_truncated),
        cmocka_unit_test (test_a_broken_message_is_not_walked),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
