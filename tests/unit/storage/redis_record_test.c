/*  Marks and breakers as hashes, and the table of those this process knows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/redis_table.h"

#include <stdio.h>
#include <string.h>

#define NOW INT64_C (1700000000123456789)

/*  The values of a hash, in the order of its fields; NULL = not there. */
static int read_hash (
    const char *key, const char *const values[REDIS_FIELDS], redis_record_t *record, problem_t *problem)
{
    redis_text_t texts[REDIS_FIELDS];
    for (size_t i = 0; i < REDIS_FIELDS; i++)
        texts[i] = (redis_text_t){values[i], values[i] ? strlen (values[i]) : 0};
    return redis_record_read (record, key, strlen (key), texts, problem);
}

static void refuses (const char *key, const char *const values[REDIS_FIELDS], const char *field)
{
    redis_record_t record;
    problem_t problem = {0};
    assert_int_equal (read_hash (key, values, &record, &problem), -ERR_SYNTAX);
    assert_string_equal (problem.where, key);
    if (!strstr (problem.detail, field))
        fail_msg ("%s: \"%s\" does not name \"%s\"", key, problem.detail, field);
}

static void a_mark_is_written_for_people_and_read_back (void **state)
{
    (void) state;
    redis_record_t record = {.kind = REDIS_MARK,
        .stored_at_ns = NOW + 5,
        .mark = {.master_id = "PA:3", .x = "61e6", .qty_e9 = 10500000000, .final = true, .first_at_ns = NOW}};
    char key[REDIS_KEY_MAX];
    redis_values_t values;
    redis_record_key (&record, key);
    redis_record_write (&record, &values);
    assert_string_equal (key, "tc:dedup:PA:3:61e6");
    static const char *const wanted[] = {"10.5", "10500000000", "true", "2023-11-14T22:13:20.123456789Z", "",
        "2023-11-14T22:13:20.123456794Z"};
    const char *texts[REDIS_FIELDS];
    for (size_t i = 0; i < REDIS_FIELDS; i++) {
        assert_string_equal (values.text[i], wanted[i]);
        texts[i] = values.text[i];
    }
    redis_record_t again;
    assert_int_equal (read_hash (key, texts, &again, NULL), 0);
    assert_memory_equal (&again.mark, &record.mark, sizeof again.mark);
    assert_int_equal (again.stored_at_ns, record.stored_at_ns);
}

static void a_breaker_is_written_for_people_and_read_back (void **state)
{
    (void) state;
    redis_record_t record = {.kind = REDIS_BREAKER,
        .stored_at_ns = 1,
        .breaker = {.client_id = "client one",
            .state = BREAKER_CHANGED_STATE_HALF_OPEN,
            .failures = 5,
            .opened_at_ns = NOW,
            .last_error = "HTTP 503"}};
    char key[REDIS_KEY_MAX];
    redis_values_t values;
    redis_record_key (&record, key);
    redis_record_write (&record, &values);
    assert_string_equal (key, "tc:breaker:client one");
    static const char *const wanted[] = {
        "half_open", "5", "2023-11-14T22:13:20.123456789Z", "", "HTTP 503", ""};
    const char *texts[REDIS_FIELDS];
    for (size_t i = 0; i < REDIS_FIELDS; i++) {
        assert_string_equal (values.text[i], wanted[i]);
        texts[i] = values.text[i];
    }
    redis_record_t again;
    assert_int_equal (read_hash (key, texts, &again, NULL), 0);
    assert_memory_equal (&again.breaker, &record.breaker, sizeof again.breaker);
    assert_int_equal (again.stored_at_ns, 1);
}

static void what_is_missing_is_unknown (void **state)
{
    (void) state;
    redis_record_t record;
    assert_int_equal (
        read_hash ("tc:dedup:m:x", (const char *const[]){NULL, "7", NULL, NULL, NULL, NULL}, &record, NULL),
        0);
    assert_int_equal (record.mark.qty_e9, 7);
    assert_false (record.mark.final);
    assert_int_equal (record.mark.first_at_ns, 0);
    assert_int_equal (record.stored_at_ns, 1);
}

static void an_error_names_the_key_and_the_field (void **state)
{
    (void) state;
    static const struct {
        const char *values[REDIS_FIELDS];
        const char *field;
    } marks[] = {
        {{"1", NULL, NULL, NULL, NULL, NULL}, "qty_e9"},
        {{"1", "", NULL, NULL, NULL, NULL}, "qty_e9"},
        {{"1", "-1", NULL, NULL, NULL, NULL}, "qty_e9"},
        {{"1", "1.5", NULL, NULL, NULL, NULL}, "qty_e9"},
        {{"1", "1e9", NULL, NULL, NULL, NULL}, "qty_e9"},
        {{"1", "9223372036854775808", NULL, NULL, NULL, NULL}, "qty_e9"},
        {{"1", "1", "maybe", NULL, NULL, NULL}, "final"},
        {{"1", "1", "true", "yesterday", NULL, NULL}, "first_at"},
        {{"1", "1", "true", NULL, "1969-12-31T23:59:59Z", NULL}, "executed_at"},
        {{"1", "1", "true", NULL, NULL, "2023-11-14T22:13:20.123456789Z and something that is far too long"},
            "stored_at"},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        refuses ("tc:dedup:m:x", marks[i].values, marks[i].field);
    refuses ("tc:breaker:c", (const char *const[]){"ajar", "1", NULL, NULL, NULL, NULL}, "state");
    refuses ("tc:breaker:c", (const char *const[]){NULL, "1", NULL, NULL, NULL, NULL}, "state");
    refuses ("tc:breaker:c", (const char *const[]){"open", "many", NULL, NULL, NULL, NULL}, "failures");
    refuses ("tc:breaker:c", (const char *const[]){"open", "1", NULL, NULL, "\xff\xfe", NULL}, "last_error");
    refuses ("tc:dedup:no-colon", marks[0].values, "name");
    refuses ("tc:dedup:m:", marks[0].values, "");
    refuses ("tc:breaker:0123456789012345678901234567890123456789012345678901234567890123", marks[0].values,
        "name");
}

static void other_keys_are_none_of_ours (void **state)
{
    (void) state;
    static const char *const keys[] = {
        "", "tc:", "tc:dedup:", "tc:breaker:", "tc:writer", "tc:shard:1", "xtc:dedup:m:x"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal (redis_key_kind (keys[i], strlen (keys[i])), REDIS_OTHER);
    assert_int_equal (redis_key_kind ("tc:dedup:m:x", 12), REDIS_MARK);
    assert_int_equal (redis_key_kind ("tc:breaker:c", 12), REDIS_BREAKER);
}

static void a_line_shows_no_control_characters (void **state)
{
    (void) state;
    char line[96];
    assert_string_equal (redis_key_line ("tc:\x1b[2J\n\xffz", 10, line), "tc:?[2J??z");
    char key[300];
    memset (key, 'k', sizeof key);
    assert_int_equal (strlen (redis_key_line (key, sizeof key, line)), 95);
}

/*  ---- the table ---- */

static void add (redis_table_t *table, unsigned number, int64_t stored_at_ns)
{
    char key[REDIS_KEY_MAX];
    (void) snprintf (key, sizeof key, "k%u", number);
    redis_entry_t *entry = redis_table_add (table, key);
    assert_non_null (entry);
    entry->record.stored_at_ns = stored_at_ns;
    redis_table_mark (table, entry, true);
}

static void a_full_table_keeps_the_newest (void **state)
{
    (void) state;
    redis_table_t table;
    assert_true (redis_table_init (&table, 8, 4));
    for (unsigned i = 0; i < 8; i++)
        add (&table, i, 100 - (int64_t) i); /*  the later, the older */
    assert_int_equal (table.dirty, 8);
    add (&table, 8, 200);
    assert_int_equal (table.count, 5);
    assert_int_equal (table.dirty, 5);
    assert_non_null (redis_table_find (&table, "k0"));
    assert_non_null (redis_table_find (&table, "k3"));
    assert_null (redis_table_find (&table, "k4"));
    assert_string_equal (redis_table_find (&table, "k8")->key, "k8");
    redis_table_free (&table);
}

static void one_that_keeps_none_takes_no_more (void **state)
{
    (void) state;
    redis_table_t table;
    assert_true (redis_table_init (&table, 2, 0));
    add (&table, 0, 1);
    add (&table, 1, 1);
    assert_null (redis_table_add (&table, "k2"));
    redis_table_free (&table);
}

static void each_dirty_one_has_its_turn (void **state)
{
    (void) state;
    redis_table_t table;
    unsigned turns = 0;
    assert_true (redis_table_init (&table, 8, 4));
    for (unsigned i = 0; i < 6; i++)
        add (&table, i, i);
    for (redis_entry_t *entry; (entry = redis_table_next_dirty (&table)) != NULL; turns++)
        redis_table_mark (&table, entry, false);
    assert_int_equal (turns, 6);
    redis_table_mark (&table, redis_table_find (&table, "k2"), true);
    assert_string_equal (redis_table_next_dirty (&table)->key, "k2");
    redis_table_mark_all (&table);
    assert_int_equal (table.dirty, 6);
    redis_table_free (&table);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (a_mark_is_written_for_people_and_read_back),
        cmocka_unit_test (a_breaker_is_written_for_people_and_read_back),
        cmocka_unit_test (what_is_missing_is_unknown),
        cmocka_unit_test (an_error_names_the_key_and_the_field),
        cmocka_unit_test (other_keys_are_none_of_ours),
        cmocka_unit_test (a_line_shows_no_control_characters),
        cmocka_unit_test (a_full_table_keeps_the_newest),
        cmocka_unit_test (one_that_keeps_none_takes_no_more),
        cmocka_unit_test (each_dirty_one_has_its_turn),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
