/*  ledger_test.c: where an execution stands among those of its symbol. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "actors/listener/ledger.h"

static master_ledger_t ledger;

static int setup (void **state)
{
    (void) state;
    ledger = (master_ledger_t){0};
    return master_ledger_init (&ledger, 4) ? 0 : -1;
}

static int teardown (void **state)
{
    (void) state;
    master_ledger_free (&ledger);
    return 0;
}

static void orders_and_positions_write_one_symbol_differently (void **state)
{
    (void) state;
    master_ledger_entry_t *entry = master_ledger_open (&ledger, "BTC/USD", false);
    assert_ptr_equal (master_ledger_open (&ledger, "BTCUSD", true), entry);
    assert_false (entry->known);
    assert_true (master_ledger_open (&ledger, "AAPL", true)->known);
    (void) master_ledger_open (&ledger, "A", true);
    (void) master_ledger_open (&ledger, "B", true);
    assert_null (master_ledger_open (&ledger, "C", true));
}

/*  From 10: t=1 +5, t=5 -3 (a gap: what came at t=3 was +2); then the one of t=3 is found, then one of t=2 */
static void a_late_one_stands_between_its_neighbours (void **state)
{
    (void) state;
    int64_t before_e9 = 0;
    master_ledger_entry_t *entry = master_ledger_open (&ledger, "AAPL", false);
    master_ledger_anchor (entry, 10);
    master_ledger_step (entry, 1, 10, 15, true);
    master_ledger_step (entry, 5, 17, 14, true);
    assert_false (master_ledger_late (entry, 6, false, &before_e9));
    assert_true (master_ledger_late (entry, 3, false, &before_e9));
    assert_int_equal (before_e9, 15);
    master_ledger_step (entry, 3, 15, 17, true);
    assert_int_equal (entry->qty_e9, 14);
    assert_true (master_ledger_late (entry, 2, false, &before_e9));
    assert_int_equal (before_e9, 15);
    assert_true (master_ledger_late (entry, 4, false, &before_e9));
    assert_int_equal (before_e9, 17);
    assert_true (master_ledger_late (entry, 0, false, &before_e9));
    assert_int_equal (before_e9, 10);
}

/*  40 steps of +1 from 0, of which the last 32 are remembered; two of -4 and +4 are found that are older than all of them */
static void what_is_older_than_the_trail_is_reckoned_back (void **state)
{
    (void) state;
    int64_t before_e9 = 0;
    master_ledger_entry_t *entry = master_ledger_open (&ledger, "AAPL", true);
    for (int64_t at = 1; at <= 40; at++)
        master_ledger_step (entry, 100 + at, at - 1, at, true);
    assert_true (master_ledger_early (entry, 50));
    assert_false (master_ledger_early (entry, 120));
    entry->early_e9 = -4 + 4;
    assert_true (master_ledger_late (entry, 50, false, &before_e9));
    assert_int_equal (before_e9, 8);
    master_ledger_step (entry, 50, before_e9, before_e9 - 4, true);
    assert_true (master_ledger_late (entry, 51, false, &before_e9));
    assert_int_equal (before_e9, 4);
    assert_int_equal (entry->qty_e9, 40);
}

/*  From 10, by activities only: t=1 -3, t=5 -3; a snapshot was read that said 4 and meant t=3's. Then t=3's is listed:
 *  what was reckoned without it moves. Behind an update that says its position it moves nothing. */
static void one_that_was_overlooked_moves_what_was_reckoned_without_it (void **state)
{
    (void) state;
    int64_t before_e9 = 0;
    master_ledger_entry_t *entry = master_ledger_open (&ledger, "AAPL", false);
    master_ledger_anchor (entry, 10);
    master_ledger_step (entry, 1, 10, 7, false);
    master_ledger_step (entry, 5, 7, 4, false);
    assert_true (master_ledger_overlooked (entry, 3));
    assert_false (master_ledger_late (entry, 3, false, &before_e9));
    master_ledger_step (entry, 3, 4, 1, false);
    assert_int_equal (entry->qty_e9, 1);
    master_ledger_step (entry, 6, 1, 9, true);
    assert_false (master_ledger_overlooked (entry, 4));
    assert_true (master_ledger_late (entry, 4, false, &before_e9));
    assert_int_equal (entry->qty_e9, 9);
}

/*  At t=5 of one instant: 40 sold, which the stream lost, then 10 sold, of which it says that 50 were there before. */
static void one_of_the_same_instant_stands_before_what_knows_of_it (void **state)
{
    (void) state;
    int64_t before_e9 = 0;
    master_ledger_entry_t *entry = master_ledger_open (&ledger, "AAPL", false);
    master_ledger_anchor (entry, 90);
    master_ledger_step (entry, 5, 50, 40, true);
    master_ledger_step (entry, 5, 40, 35, true);
    assert_true (master_ledger_late (entry, 5, false, &before_e9));
    assert_int_equal (before_e9, 90);
    master_ledger_step (entry, 5, 90, 50, false);
    assert_int_equal (entry->qty_e9, 35);
    assert_false (master_ledger_late (entry, 5, false, &before_e9)); /*  no more are missing */
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (orders_and_positions_write_one_symbol_differently),
        STORY (a_late_one_stands_between_its_neighbours),
        STORY (one_that_was_overlooked_moves_what_was_reckoned_without_it),
        STORY (one_of_the_same_instant_stands_before_what_knows_of_it),
        STORY (what_is_older_than_the_trail_is_reckoned_back)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
