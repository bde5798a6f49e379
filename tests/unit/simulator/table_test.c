/*  table_test.c: the engine's memory and its chance. */
#include "broker/simulator/chance.h"
#include "broker/simulator/table.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void items_never_move_and_the_limit_holds (void **state)
{
    (void) state;
    table_t table;
    table_init (&table, sizeof (uint64_t), 1000);
    uint64_t *first = table_add (&table);
    *first = 77;
    for (uint64_t i = 1; i < 1000; i++)
        *(uint64_t *) table_add (&table) = i;
    assert_ptr_equal (table_at (&table, 0), first);
    assert_int_equal (*first, 77);
    assert_int_equal (*(uint64_t *) table_at (&table, 999), 999);
    assert_true (table_full (&table));
    assert_null (table_add (&table));
    table_release (&table);
}

static void a_lookup_finds_all_items_of_a_hash_and_no_others (void **state)
{
    (void) state;
    lookup_t lookup = {0};
    for (uint32_t i = 0; i < 5000; i++) {
        assert_true (lookup_reserve (&lookup));
        lookup_put (&lookup, i % 2500 * 64, i);
    }
    for (uint32_t i = 0; i < 2500; i++) {
        size_t cursor = 0;
        uint32_t item, sum = 0, count = 0;
        while (lookup_next (&lookup, i * 64, &cursor, &item)) {
            sum += item;
            count++;
        }
        assert_int_equal (count, 2);
        assert_int_equal (sum, 2 * i + 2500);
    }
    size_t cursor = 0;
    uint32_t item;
    assert_false (lookup_next (&lookup, 63, &cursor, &item));
    lookup_release (&lookup);
}

static void a_uuid_is_version_4_and_read_with_or_without_dashes (void **state)
{
    (void) state;
    chance_t chance;
    chance_seed (&chance, 5);
    char text[UUID_TEXT_MAX], again[UUID_TEXT_MAX], canonical[UUID_TEXT_MAX];
    chance_uuid (&chance, text, sizeof text);
    chance_uuid (&chance, again, sizeof again);
    assert_string_not_equal (text, again);
    assert_int_equal (text[14], '4');
    assert_non_null (strchr ("89ab", text[19]));
    assert_true (uuid_canonical (text, canonical));
    assert_string_equal (text, canonical);
    assert_true (uuid_canonical ("0123456789ABCDEF0123456789abcdef", canonical));
    assert_string_equal (canonical, "01234567-89ab-cdef-0123-456789abcdef");
    assert_false (uuid_canonical ("0123456789ABCDEF0123456789abcdeg", canonical));
    assert_false (uuid_canonical ("01234567-89ab-cdef-0123-456789abcde", canonical));
    assert_false (uuid_canonical ("012345678-9ab-cdef-0123-456789abcdef", canonical));
    assert_false (uuid_canonical ("", canonical));
}

static void ulids_ascend_with_time_and_number (void **state)
{
    (void) state;
    char a[32], b[32], c[32];
    ulid_format (INT64_C (1469918176385) * 1000000, 7, a, sizeof a);
    ulid_format (INT64_C (1469918176385) * 1000000, 8, b, sizeof b);
    ulid_format (INT64_C (1469918176386) * 1000000, 1, c, sizeof c);
    assert_memory_equal (a, "01ARYZ6S41", 10); /*  the example of the ULID specification */
    assert_int_equal (strlen (a), 26);
    assert_true (strcmp (a, b) < 0 && strcmp (b, c) < 0);
}

static void chance_is_fair_enough_and_repeats (void **state)
{
    (void) state;
    chance_t chance, twin;
    chance_seed (&chance, 9);
    chance_seed (&twin, 9);
    int hits = 0;
    for (int i = 0; i < 100000; i++) {
        bool hit = chance_hits (&chance, 250000);
        assert_int_equal (hit, chance_hits (&twin, 250000));
        hits += hit;
    }
    assert_in_range (hits, 24000, 26000);
    assert_false (chance_hits (&chance, 0));
    assert_true (chance_hits (&chance, 1000000));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (items_never_move_and_the_limit_holds),
        cmocka_unit_test (a_lookup_finds_all_items_of_a_hash_and_no_others),
        cmocka_unit_test (a_uuid_is_version_4_and_read_with_or_without_dashes),
        cmocka_unit_test (ulids_ascend_with_time_and_number),
        cmocka_unit_test (chance_is_fair_enough_and_repeats),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
