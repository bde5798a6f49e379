/*  throttle_test.c: what waits when the broker's or the shard's limits are reached, and who goes first. */
#include "tests/unit/actors/executor/shard_story.h"

static const char *const names[] = {"anna", "bert", "cleo", "dora", "emil"};

static story_t *shard (uint32_t places, uint32_t batch, int64_t pause_ns, int clients, int64_t held_e9)
{
    executor_config_t config = story_config ();
    config.max_concurrent = places;
    config.batch_size = batch;
    config.batch_pause_ns = pause_ns;
    story_t *story = story_new_as (&config);
    for (int at = 0; at < clients; at++)
        story_client (story, names[at], held_e9);
    return story;
}

/*  The broker's headers, with the answer to the nth account read. */
static void budget (story_t *story, int64_t remaining, int64_t reset_in_ns)
{
    core_test_pass (story->test, 25 * CORE_TEST_S);
    const broker_call_t *call = core_test_call (story->test, CALL_ACCOUNT, -1);
    broker_answer_t answer = {.call = CALL_ACCOUNT,
        .account = call->account,
        .token = call->token,
        .limit = 200,
        .remaining = remaining,
        .retry_at_ns = story->test->utc_ns + reset_in_ns};
    answer.account_state.equity_e9 = E9 (10000);
    (void) core_test_answer (story->test, &answer);
    const broker_call_t *positions = core_test_call (story->test, CALL_POSITIONS, -1);
    answer = (broker_answer_t){.call = CALL_POSITIONS,
        .account = positions->account,
        .token = positions->token,
        .kind = ANSWER_UNKNOWN};
    (void) core_test_answer (story->test, &answer);
    core_test_forget (story->test);
}

static void test_an_entry_without_tokens_waits_for_the_reset_and_merges (void **state)
{
    (void) state;
    story_t *story = shard (0, 0, 0, 1, 0);
    budget (story, 3, 20 * CORE_TEST_S);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    core_test_pass (story->test, 10 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (20)); /*  what comes meanwhile goes into the same order */
    core_test_pass (story->test, 9 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 0);
    core_test_pass (story->test, 2 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 1);
    assert_int_equal (story_order (story, 0)->qty_e9, E9 (15));
    story_free (story);
}

static void test_an_exit_takes_the_last_tokens (void **state)
{
    (void) state;
    story_t *story = shard (0, 0, 0, 1, E9 (4));
    budget (story, 3, 20 * CORE_TEST_S);
    story_closes (story, "x1", TRADE_SIDE_SELL, E9 (10), E9 (10));
    assert_int_equal (story_orders (story), 1);
    story_free (story);
}

/*  t=0 no token at all, for 50 s; MAX_EVENT_AGE is 60 s, the entry is 20 s old. */
static void test_an_entry_that_waited_too_long_expires_and_an_exit_never (void **state)
{
    (void) state;
    story_t *story = shard (0, 0, 0, 1, E9 (4));
    budget (story, 0, 50 * CORE_TEST_S);
    story->trade.executed_at_ns = 0;
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (5), E9 (10));
    core_test_pass (story->test, 49 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 0);
    core_test_pass (story->test, 2 * CORE_TEST_S);
    assert_int_equal (story_order (story, 0)->side, SIDE_BUY); /*  51 s old: still good */
    story_answers (story, CALL_SUBMIT, 0, ANSWER_LIMITED, 42910000, "rate limit exceeded");
    for (int at = 0; at < 40; at++) {
        core_test_pass (story->test, 2 * CORE_TEST_S);
        story_answers (story, CALL_SUBMIT, -1, ANSWER_LIMITED, 42910000, "rate limit exceeded");
    }
    assert_int_equal (
        story_outcome (story, "anna")->kind, OUTCOME_KIND_FAILED); /*  after a minute, told once */
    assert_string_equal (story_outcome (story, "anna")->reason, "not_sent");
    assert_false (story_outcome (story, "anna")->final);
    assert_int_equal (story_outcomes (story, "anna"), 2); /*  x1: expired; x2 */
    core_test_pass (story->test, 2 * CORE_TEST_S);
    assert_int_equal (core_test_alerts (story->test, ALERT_RAISED_KIND_BREAKER_OPENED), 0);
    assert_int_equal (story_order (story, -1)->side, SIDE_SELL);
    story_fills (story, -1, E9 (2));
    assert_int_equal (story_outcome (story, "anna")->kind, OUTCOME_KIND_FILLED);
    story_free (story);
}

static void test_looks_leave_half_of_the_budget (void **state)
{
    (void) state;
    story_t *story = shard (0, 0, 0, 1, 0);
    budget (story, 95, 55 * CORE_TEST_S);
    core_test_pass (story->test, 54 * CORE_TEST_S);
    assert_int_equal (core_test_calls (story->test, CALL_ACCOUNT), 0);
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (core_test_calls (story->test, CALL_ACCOUNT), 1);
    story_free (story);
}

static void test_so_many_orders_at_a_time_and_the_next_with_each_answer (void **state)
{
    (void) state;
    story_t *story = shard (2, 0, 0, 5, 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 2);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 2);
    for (int at = 0; at < 5; at++)
        story_fills (story, at, E9 (5));
    assert_int_equal (story_orders (story), 5);
    for (int at = 0; at < 5; at++)
        assert_int_equal (story_outcome (story, names[at])->kind, OUTCOME_KIND_FILLED);
    story_free (story);
}

/*  One place: an entry in MSFT has it and two wait; then everybody's exit from AAPL comes. */
static void test_exits_go_before_entries_of_other_symbols (void **state)
{
    (void) state;
    story_t *story = shard (1, 0, 0, 3, E9 (4));
    story->trade = (trade_t){.x = "x1",
        .order_id = "x1",
        .master_id = "master",
        .symbol = "MSFT",
        .side = TRADE_SIDE_BUY,
        .qty_e9 = E9 (10),
        .opened_e9 = E9 (10),
        .price_e9 = E9 (100),
        .order_qty_e9 = E9 (10),
        .master_equity_e9 = E9 (100000),
        .remaining_e18 = FRACTION_ONE,
        .executed_at_ns = story->test->utc_ns};
    assert_int_equal (story_command (story), 0);
    story_closes (story, "x2", TRADE_SIDE_SELL, E9 (10), E9 (20));
    assert_int_equal (story_orders (story), 1);
    for (int at = 0; at < 6; at++) {
        assert_int_equal (story_order (story, at)->side, at >= 1 && at <= 3 ? SIDE_SELL : SIDE_BUY);
        story_fills (story, at, story_order (story, at)->qty_e9);
    }
    story_free (story);
}

/*  Batches of 2, a second between them. */
static void test_batches_with_a_pause_between_them (void **state)
{
    (void) state;
    story_t *story = shard (0, 2, CORE_TEST_S, 5, 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10));
    assert_int_equal (story_orders (story), 2);
    core_test_pass (story->test, 900 * CORE_TEST_MS);
    assert_int_equal (story_orders (story), 2);
    core_test_pass (story->test, 200 * CORE_TEST_MS);
    assert_int_equal (story_orders (story), 4);
    core_test_pass (story->test, CORE_TEST_S);
    assert_int_equal (story_orders (story), 5);
    story_free (story);
}

/*  Two places; two clients whose orders get no answer may not hold both of them once they are known. */
static void test_clients_without_answers_hold_half_of_the_places (void **state)
{
    (void) state;
    story_t *story = shard (2, 0, 0, 4, 0);
    story_opens (story, "x1", TRADE_SIDE_BUY, E9 (10)); /*  t=0: dora and cleo (newest first) or so: 2 of 4 */
    uint32_t slow[2] = {core_test_call (story->test, CALL_SUBMIT, 0)->account,
        core_test_call (story->test, CALL_SUBMIT, 1)->account};
    story_answers (story, CALL_SUBMIT, 0, ANSWER_UNKNOWN, 0, "timed out");
    story_answers (story, CALL_SUBMIT, 1, ANSWER_UNKNOWN, 0, "timed out");
    story_fills (story, 2, E9 (5));
    story_fills (story, 3, E9 (5));
    core_test_pass (story->test, CORE_TEST_S); /*  not found: both may send again, one at a time */
    size_t asked = core_test_calls (story->test, CALL_ORDER_BY_CLIENT_ID);
    for (size_t at = 0; at < asked; at++)
        story_answers (story, CALL_ORDER_BY_CLIENT_ID, (int) at, ANSWER_NOT_FOUND, 0, "");
    core_test_pass (story->test, 3 * CORE_TEST_S);
    assert_int_equal (story_orders (story), 5);
    uint32_t again = core_test_call (story->test, CALL_SUBMIT, 4)->account;
    assert_true (again == slow[0] || again == slow[1]);
    story_opens (story, "x2", TRADE_SIDE_BUY, E9 (10)); /*  the others have the other place */
    uint32_t next = core_test_call (story->test, CALL_SUBMIT, 5)->account;
    assert_true (next != slow[0] && next != slow[1]);
    assert_int_equal (story_orders (story), 6);
    story_free (story);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_an_entry_without_tokens_waits_for_the_reset_and_merges),
        cmocka_unit_test (test_an_exit_takes_the_last_tokens),
        cmocka_unit_test (test_an_entry_that_waited_too_long_expires_and_an_exit_never),
        cmocka_unit_test (test_looks_leave_half_of_the_budget),
        cmocka_unit_test (test_so_many_orders_at_a_time_and_the_next_with_each_answer),
        cmocka_unit_test (test_exits_go_before_entries_of_other_symbols),
        cmocka_unit_test (test_batches_with_a_pause_between_them),
        cmocka_unit_test (test_clients_without_answers_hold_half_of_the_places)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
