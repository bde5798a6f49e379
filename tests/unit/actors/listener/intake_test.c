/*  intake_test.c: executions of a healthy stream → states of X: sums, opened and closed, chains. */
#include "tests/unit/actors/listener/listener_story.h"

/*  t=0 master buys 10 in two fills: Q 4, then 10; all opened */
static void an_entry_adds_up (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    int64_t first_at_ns = t->utc_ns;
    core_test_pass (t, CORE_TEST_MS);
    happens (update_of (UPDATE_FILL, "A", "e2", SIDE_BUY, 6, 10, 10));
    const trade_t *trade = state_sent (1);
    assert_string_equal (trade->master_id, "master");
    assert_string_equal (trade->order_type, "market");
    assert_int_equal (trade->qty_e9, 10 * ONE);
    assert_int_equal (trade->opened_e9, 10 * ONE);
    assert_int_equal (trade->closed_e9, 0);
    assert_int_equal (trade->remaining_e18, FRACTION_ONE);
    assert_int_equal (trade->order_qty_e9, 10 * ONE);
    assert_int_equal (trade->first_at_ns, first_at_ns);
    assert_int_equal (trade->executed_at_ns, t->utc_ns);
    assert_true (trade->final);
    assert_false (trade->flat);
}

/*  The broker sends each event three times: one state. */
static void a_repeated_execution_counts_once (void **state)
{
    (void) state;
    up (0);
    for (int i = 0; i < 3; i++)
        happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    assert_int_equal (states_sent (), 1);
    /*  another execution may carry the same filled_qty: it counts */
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e2", SIDE_BUY, 2, 4, 6));
    assert_int_equal (state_sent (-1)->qty_e9, 6 * ONE);
}

/*  Holding 10, the master sells 4, then 3 of the 6: 0.6 × 0.5 remains, the rest to the last fraction is flat. */
static void an_exit_multiplies_what_remains (void **state)
{
    (void) state;
    up (10);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_SELL, 4, 4, 6));
    assert_int_equal (state_sent (-1)->remaining_e18, FRACTION_ONE / 10 * 6);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e2", SIDE_SELL, 3, 7, 3));
    assert_int_equal (state_sent (-1)->remaining_e18, FRACTION_ONE / 10 * 3);
    assert_false (state_sent (-1)->flat);
    happens (update_of (UPDATE_FILL, "A", "e3", SIDE_SELL, 3, 10, 0));
    const trade_t *trade = state_sent (-1);
    assert_int_equal (trade->remaining_e18, 0);
    assert_int_equal (trade->closed_e9, 10 * ONE);
    assert_int_equal (trade->opened_e9, 0);
    assert_true (trade->flat);
}

/*  Of 3 the master sells 1: 2/3 remains, rounded up, so that no client sells more than a third. */
static void what_remains_is_rounded_up (void **state)
{
    (void) state;
    up (3);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_SELL, 1, 1, 2));
    assert_int_equal (state_sent (-1)->remaining_e18, INT64_C (666666666666666666));
}

/*  Long 4, the master sells 10: 4 closed, 6 opened short. */
static void a_flip_closes_and_opens (void **state)
{
    (void) state;
    up (4);
    happens (update_of (UPDATE_FILL, "A", "e1", SIDE_SELL, 10, 10, -6));
    const trade_t *trade = state_sent (-1);
    assert_int_equal (trade->closed_e9, 4 * ONE);
    assert_int_equal (trade->opened_e9, 6 * ONE);
    assert_int_equal (trade->position_e9, -6 * ONE);
    assert_int_equal (trade->remaining_e18, 0);
    assert_true (trade->flat);
}

/*  An update that does not say the position: our own ledger does. */
static void the_ledger_steps_in (void **state)
{
    (void) state;
    up (10);
    trade_update_t update = update_of (UPDATE_FILL, "A", "e1", SIDE_SELL, 5, 5, 0);
    update.has_position_qty = false;
    happens (update);
    assert_int_equal (state_sent (-1)->position_e9, 5 * ONE);
    assert_int_equal (state_sent (-1)->remaining_e18, FRACTION_ONE / 2);
}

/*  t=0 A fills 4; t=1 A is replaced by B; t=2 B fills 6: one X, Q=10 */
static void a_replacement_belongs_to_its_root (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    trade_update_t replaced = update_of (UPDATE_REPLACED, "A", "", SIDE_BUY, 0, 4, 0);
    replaced.order.status = STATUS_REPLACED;
    (void) strcpy (replaced.order.replaced_by, "B");
    happens (replaced);
    assert_int_equal (states_sent (), 1); /*  the chain goes on: not final */
    trade_update_t fill = update_of (UPDATE_FILL, "B", "e2", SIDE_BUY, 6, 6, 10);
    (void) strcpy (fill.order.replaces, "A");
    happens (fill);
    const trade_t *trade = state_sent (-1);
    assert_string_equal (trade->x, "A");
    assert_string_equal (trade->order_id, "B");
    assert_int_equal (trade->qty_e9, 10 * ONE);
    assert_true (trade->final);
}

static void answer_order (const char *id, const char *replaces)
{
    broker_answer_t said = {.kind = ANSWER_OK};
    (void) strcpy (said.order.id, id);
    (void) strcpy (said.order.replaces, replaces);
    answer (CALL_ORDER, said);
}

/*  C replaces B, which we never saw, which replaces A: two look-ups; the symbol's executions wait in order, MSFT's not */
static void an_unknown_chain_is_looked_up (void **state)
{
    (void) state;
    up (0);
    trade_update_t fill = update_of (UPDATE_PARTIAL_FILL, "C", "e1", SIDE_BUY, 4, 4, 4);
    (void) strcpy (fill.order.replaces, "B");
    happens (fill);
    happens (update_of (UPDATE_FILL, "D", "e2", SIDE_BUY, 1, 1, 5));
    trade_update_t other = update_of (UPDATE_FILL, "M", "e3", SIDE_BUY, 1, 1, 1);
    (void) strcpy (other.order.symbol, "MSFT");
    happens (other);
    assert_int_equal (states_sent (), 1);
    assert_string_equal (state_sent (0)->symbol, "MSFT");
    assert_string_equal (core_test_call (t, CALL_ORDER, -1)->key, "B");
    answer_order ("B", "A");
    assert_string_equal (core_test_call (t, CALL_ORDER, -1)->key, "A");
    answer (CALL_ORDER, (broker_answer_t){.kind = ANSWER_UNKNOWN});
    core_test_pass (t, 600 * CORE_TEST_MS); /*  asked again */
    answer_order ("A", "");
    assert_int_equal (states_sent (), 3);
    assert_string_equal (state_sent (1)->x, "A");
    assert_string_equal (state_sent (1)->order_id, "C");
    assert_string_equal (state_sent (2)->x, "D");
}

static void a_chain_the_broker_forgot_is_copied_from_there (void **state)
{
    (void) state;
    up (0);
    trade_update_t fill = update_of (UPDATE_FILL, "C", "e1", SIDE_BUY, 4, 4, 4);
    (void) strcpy (fill.order.replaces, "B");
    happens (fill);
    answer (CALL_ORDER, (broker_answer_t){.kind = ANSWER_NOT_FOUND});
    assert_string_equal (state_sent (0)->x, "B");
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 1);
}

/*  t=0 fills 4 of 10; t=1 canceled: the state again, final, same Q; a cancel of nothing says nothing */
static void a_cancel_settles_what_was_filled (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_PARTIAL_FILL, "A", "e1", SIDE_BUY, 4, 4, 4));
    acknowledge ("A", 4);
    trade_update_t canceled = update_of (UPDATE_CANCELED, "A", "", SIDE_BUY, 0, 4, 0);
    happens (canceled);
    happens (canceled);
    assert_int_equal (states_sent (), 2);
    assert_true (state_sent (1)->final);
    assert_int_equal (state_sent (1)->qty_e9, 4 * ONE);
    assert_string_equal (state_sent (1)->status, "canceled");
    happens (update_of (UPDATE_CANCELED, "Z", "", SIDE_BUY, 0, 0, 0));
    assert_int_equal (states_sent (), 2);
}

static void a_bust_is_told (void **state)
{
    (void) state;
    up (0);
    happens (update_of (UPDATE_TRADE_BUST, "A", "e9", SIDE_BUY, -4, 0, 0));
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_CORRECTION), 1);
    assert_int_equal (states_sent (), 0);
}

/*  Room for 8 X: 8 unacknowledged ones make the ninth wait; an ack makes room. */
static void a_full_book_waits_for_an_ack (void **state)
{
    (void) state;
    char x[16], execution[16];
    up (0);
    for (int i = 0; i < 9; i++) {
        (void) snprintf (x, sizeof x, "X%d", i);
        (void) snprintf (execution, sizeof execution, "e%d", i);
        happens (update_of (UPDATE_FILL, x, execution, SIDE_BUY, 1, 1, i + 1));
    }
    assert_int_equal (states_sent (), 8);
    acknowledge_as ("X3", 1, true);
    assert_int_equal (states_sent (), 9);
    assert_string_equal (state_sent (8)->x, "X8");
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (an_entry_adds_up), STORY (a_repeated_execution_counts_once),
        STORY (an_exit_multiplies_what_remains), STORY (what_remains_is_rounded_up),
        STORY (a_flip_closes_and_opens), STORY (the_ledger_steps_in),
        STORY (a_replacement_belongs_to_its_root), STORY (an_unknown_chain_is_looked_up),
        STORY (a_chain_the_broker_forgot_is_copied_from_there), STORY (a_cancel_settles_what_was_filled),
        STORY (a_bust_is_told), STORY (a_full_book_waits_for_an_ack)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
