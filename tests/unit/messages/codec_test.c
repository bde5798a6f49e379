/*  codec_test.c: every kind of message there and back, and the bound of every field on the way out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/messages/pattern.h"
#include "tests/unit/messages/wire.h"

#include <pthread.h>
#include <string.h>

static message_t message, decoded;
static uint8_t bytes[MESSAGE_BYTES_MAX];
static unsigned fields_tried;

static void round_trip (message_kind_t kind, pattern_t pattern, uint64_t seed)
{
    size_t size = 0;
    problem_t problem = {0};
    pattern_fill (&message, kind, pattern, seed);
    assert_int_equal (message_check (&message, &problem), 0);
    assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
    memset (&decoded, 0x5A, sizeof decoded);
    assert_int_equal (message_decode (kind, bytes, size, &decoded, &problem), 0);
    assert_true (pattern_same (&message, &decoded));
    assert_int_equal (problem.code, 0);
}

static void test_every_kind_comes_back (void **state)
{
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        round_trip ((message_kind_t) kind, PATTERN_SMALL, 1);
        round_trip ((message_kind_t) kind, PATTERN_LARGE, 1);
        for (uint64_t seed = 1; seed < 50; seed++)
            round_trip ((message_kind_t) kind, PATTERN_MIXED, seed);
    }
}

/*  MESSAGE_BYTES_MAX is a promise, and not a lazy one */
static void test_the_largest_message_fits (void **state)
{
    size_t size = 0, largest = 0;
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        pattern_fill (&message, (message_kind_t) kind, PATTERN_LARGE, 1);
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
        largest = size > largest ? size : largest;
    }
    assert_in_range (largest, MESSAGE_BYTES_MAX * 8 / 10, MESSAGE_BYTES_MAX);
}

static void test_a_short_buffer_is_full (void **state)
{
    size_t size = 0, again = 77;
    (void) state;
    pattern_fill (&message, MSG_COPY_COMMAND, PATTERN_MIXED, 5);
    assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
    for (size_t capacity = 0; capacity < size; capacity++)
        assert_int_equal (message_encode (&message, bytes, capacity, &again), -ERR_FULL);
    assert_int_equal (again, 77);
    assert_int_equal (message_encode (&message, bytes, size, &again), 0);
    assert_int_equal (again, size);
}

static void assert_refused (message_kind_t kind, int code, const char *path)
{
    problem_t problem = {0};
    size_t size = 77;
    assert_int_equal (message.kind, kind);
    assert_int_equal (message_check (&message, &problem), -code);
    assert_string_equal (problem.where, path);
    assert_int_equal (problem.code, code);
    assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), -code);
    assert_int_equal (size, 77);
}

static void break_i64 (message_kind_t kind, const field_t *field, void *owner, const char *path)
{
    int64_t broken = 0;
    if (field->min > INT64_MIN) {
        broken = field->min - 1;
        memcpy (field_in (owner, field), &broken, sizeof broken);
        assert_refused (kind, ERR_RANGE, path);
    }
    if (field->max < INT64_MAX) {
        broken = field->max + 1;
        memcpy (field_in (owner, field), &broken, sizeof broken);
        assert_refused (kind, ERR_RANGE, path);
    }
    memcpy (field_in (owner, field), &field->max, sizeof field->max);
}

static void break_text (message_kind_t kind, const field_t *field, void *owner, const char *path)
{
    char *text = field_in (owner, field);
    memset (text, 'a', field->bound + 1);
    assert_refused (kind, ERR_RANGE, path);
    strcpy (text, "\xC3");
    assert_refused (kind, ERR_SYNTAX, path);
    text[0] = 0;
}

static void break_count (message_kind_t kind, const field_t *field, void *owner, const char *path)
{
    size_t count = field_count (owner, field), broken = field->bound + 1;
    char *at = (char *) owner + field->count_offset;
    memcpy (at, &broken, sizeof broken);
    assert_refused (kind, ERR_RANGE, path);
    broken = SIZE_MAX;
    memcpy (at, &broken, sizeof broken);
    assert_refused (kind, ERR_RANGE, path);
    memcpy (at, &count, sizeof count);
}

static void break_enum (message_kind_t kind, const field_t *field, void *owner, const char *path)
{
    unsigned broken = (unsigned) field->bound;
    memcpy (field_in (owner, field), &broken, sizeof broken);
    assert_refused (kind, ERR_RANGE, path);
    field_set_enum (owner, field, 0);
}

static void break_field (message_kind_t kind, const field_t *field, void *owner, const char *path)
{
    fields_tried++;
    switch ((field_type_t) field->type) {
    case FIELD_I64: break_i64 (kind, field, owner, path); break;
    case FIELD_TEXT: break_text (kind, field, owner, path); break;
    case FIELD_BYTES:
    case FIELD_LIST: break_count (kind, field, owner, path); break;
    case FIELD_ENUM: break_enum (kind, field, owner, path); break;
    case FIELD_U64:
    case FIELD_BOOL:
    case FIELD_RECORD: break;
    }
    assert_int_equal (message_check (&message, NULL), 0);
}

static void test_every_bound_is_checked_on_the_way_out (void **state)
{
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++) {
        pattern_fill (&message, (message_kind_t) kind, PATTERN_LARGE, 1);
        wire_each_field (&message, break_field);
    }
    assert_true (fields_tried > 150);
}

static void test_no_such_kind (void **state)
{
    static const int kinds[] = {MSG_NONE, MSG_COUNT, -1, 1000};
    (void) state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        message_kind_t kind = (message_kind_t) kinds[i];
        size_t size = 0;
        message.kind = kind;
        assert_int_equal (message_check (&message, NULL), -ERR_UNEXPECTED);
        assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), -ERR_UNEXPECTED);
        assert_int_equal (message_decode (kind, bytes, 1, &decoded, NULL), -ERR_UNEXPECTED);
        assert_string_equal (message_subject (kind), "");
        assert_string_equal (message_log_event (kind), "");
        assert_int_equal (message_log_level (kind), MESSAGE_LOG_NONE);
    }
}

static void test_subjects_and_log_names (void **state)
{
    (void) state;
    for (int kind = MSG_NONE + 1; kind < MSG_COUNT; kind++)
        assert_int_equal (message_kind_of (message_subject ((message_kind_t) kind)), kind);
    assert_string_equal (message_subject (MSG_COPY_RESULT), "copy.result");
    assert_int_equal (message_kind_of ("copy.results"), MSG_NONE);
    assert_int_equal (message_kind_of (""), MSG_NONE);
    assert_int_equal (message_kind_of ("trade"), MSG_NONE); /*  a record is no message */
    assert_string_equal (message_log_event (MSG_REPLICATION_COMPLETED), "trade_replication_completed");
    assert_int_equal (message_log_level (MSG_REPLICATION_COMPLETED), MESSAGE_LOG_INFO);
    assert_int_equal (message_log_level (MSG_ALERT_RAISED), MESSAGE_LOG_WARNING);
    assert_string_equal (message_log_event (MSG_SHARD_BEAT), "");
    assert_int_equal (message_log_level (MSG_SHARD_BEAT), MESSAGE_LOG_NONE);
}

static void test_enums_are_words (void **state)
{
    outcome_kind_t kind = OUTCOME_KIND_FAILED;
    (void) state;
    assert_string_equal (outcome_kind_text (OUTCOME_KIND_SKIPPED), "skipped");
    assert_string_equal (outcome_kind_text ((outcome_kind_t) OUTCOME_KIND_COUNT), "");
    assert_int_equal (outcome_kind_parse ("filled", &kind), 0);
    assert_int_equal (kind, OUTCOME_KIND_FILLED);
    assert_int_equal (outcome_kind_parse ("Filled", &kind), -ERR_SYNTAX);
    assert_int_equal (kind, OUTCOME_KIND_FILLED);
    assert_string_equal (client_config_scaling_text (CLIENT_CONFIG_SCALING_EQUITY_BASED), "equity_based");
}

/*  a message of its own a thread: each has its own zone, freed with the thread (the sanitizers look) */
static void *thread_round_trips (void *context)
{
    uint64_t *failures = context;
    message_t mine = {0}, back;
    uint8_t wire[4096];
    for (int i = 0; i < 500; i++) {
        size_t size = 0;
        mine.kind = MSG_STATE_MARK;
        mine.state_mark.qty_e9 = i;
        if (message_encode (&mine, wire, sizeof wire, &size) != 0 ||
            message_decode (MSG_STATE_MARK, wire, size, &back, NULL) != 0 || back.state_mark.qty_e9 != i)
            ++*failures;
    }
    return NULL;
}

static void test_threads_do_not_meet (void **state)
{
    pthread_t threads[4];
    uint64_t failures[4] = {0};
    (void) state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal (pthread_create (&threads[i], NULL, thread_round_trips, &failures[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal (pthread_join (threads[i], NULL), 0);
        assert_int_equal (failures[i], 0);
    }
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_every_kind_comes_back),
        cmocka_unit_test (test_the_largest_message_fits),
        cmocka_unit_test (test_a_short_buffer_is_full),
        cmocka_unit_test (test_every_bound_is_checked_on_the_way_out),
        cmocka_unit_test (test_no_such_kind),
        cmocka_unit_test (test_subjects_and_log_names),
        cmocka_unit_test (test_enums_are_words),
        cmocka_unit_test (test_threads_do_not_meet),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
