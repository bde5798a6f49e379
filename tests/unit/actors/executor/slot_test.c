/*  slot_test.c: the names of slots. */
#include <string.h>

#include "actors/executor/slot.h"
#include "tests/unit/actors/executor/shard_story.h"

static void test_a_slot_is_named_by_master_order_client_leg_and_number (void **state)
{
    (void) state;
    char id[SLOT_ID_MAX];
    char again[SLOT_ID_MAX];
    slot_id (id, "master", "x1", "client", LEG_OPEN, 1, story_hash);
    assert_int_equal (strncmp (id, "tc1-", 4), 0);
    assert_int_equal (strlen (id), 4 + 20 + 3);
    assert_string_equal (id + 24, "-o1");
    assert_int_equal (strspn (id + 4, "abcdefghijklmnopqrstuvwxyz234567"), 20);
    slot_id (again, "master", "x1", "client", LEG_OPEN, 1, story_hash);
    assert_string_equal (id, again);
    slot_id (again, "master", "x1", "client", LEG_CLOSE, 12, story_hash);
    assert_memory_equal (id, again, 24);
    assert_string_equal (again + 24, "-c12");
}

static void test_no_two_triples_share_a_name (void **state)
{
    (void) state;
    char id[SLOT_ID_MAX];
    char other[SLOT_ID_MAX];
    slot_id (id, "m", "ab", "c", LEG_OPEN, 1, story_hash);
    slot_id (other, "m", "a", "bc", LEG_OPEN, 1, story_hash);
    assert_string_not_equal (id, other);
    slot_id (other, "ma", "b", "c", LEG_OPEN, 1, story_hash);
    assert_string_not_equal (id, other);
}

static void test_a_name_says_whose_order_it_is (void **state)
{
    (void) state;
    char id[SLOT_ID_MAX];
    slot_id (id, "master", "x1", "client", LEG_CLOSE, 3, story_hash);
    assert_true (slot_named (id));
    id[24] = '\0';
    assert_false (slot_named (id));
    assert_false (slot_named (""));
    assert_false (slot_named ("tc1-by-hand-o1"));
    assert_false (slot_named ("my-tc1-abcdefghijklmnopqrst-o1"));
}

static void test_what_counts_against_a_target (void **state)
{
    (void) state;
    slot_t slot = {.qty_e9 = E9 (10), .filled_e9 = E9 (4)};
    const slot_state_t unfinished[] = {SLOT_WAITING, SLOT_SENT, SLOT_ASKING, SLOT_WORKING};
    for (size_t at = 0; at < 4; at++) {
        slot.state = unfinished[at];
        assert_int_equal (slot_counts_e9 (&slot), E9 (10));
        assert_int_equal (slot_unanswered (&slot), slot.state != SLOT_WORKING);
    }
    slot.state = SLOT_FINAL;
    assert_int_equal (slot_counts_e9 (&slot), E9 (4));
    slot.state = SLOT_VOID;
    assert_int_equal (slot_counts_e9 (&slot), 0);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_a_slot_is_named_by_master_order_client_leg_and_number),
        cmocka_unit_test (test_no_two_triples_share_a_name),
        cmocka_unit_test (test_a_name_says_whose_order_it_is),
        cmocka_unit_test (test_what_counts_against_a_target)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
