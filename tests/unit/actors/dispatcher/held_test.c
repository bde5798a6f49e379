/*  held_test.c: a dispatcher that came up begins nothing before it may grant leases. Meanwhile the listener says what is
 *  new and repeats what the life before us had not finished: it goes out in the order of the executions. */
#include "tests/unit/actors/dispatcher/dispatcher_story.h"

typedef struct {
    const char *x;
    int64_t qty;
    int64_t first_at_ns, executed_at_ns;
    const char *symbol;
} said_t;

/*  X3 executes at t=1000, X4 at t=2000, X3 once more at t=3000. */
static const said_t x3_1 = {"X3", 10, 1000, 1000, "AAPL"};
static const said_t x4_1 = {"X4", 5, 2000, 2000, "AAPL"};
static const said_t x3_2 = {"X3", 16, 1000, 3000, "AAPL"};

static void say (const said_t *said)
{
    message_t *message = core_test_message (t, MSG_MASTER_ORDER);
    trade_t *trade = &message->master_order.trade;
    (void) strcpy (trade->master_id, "master");
    (void) strcpy (trade->x, said->x);
    (void) strcpy (trade->symbol, said->symbol);
    trade->qty_e9 = trade->opened_e9 = said->qty * ONE;
    trade->remaining_e18 = FRACTION_ONE;
    trade->first_at_ns = said->first_at_ns;
    trade->executed_at_ns = said->executed_at_ns;
    assert_int_equal (core_test_receive (t, "listener", message), 0);
}

/*  marked: the first execution of X3, of 4 at t=500, was done by the life before us. */
static void come_up (bool marked)
{
    core_test_destroy (&t);
    story_begin (2 * CORE_TEST_S);
    message_t *message = core_test_message (t, MSG_STATE_MARK);
    (void) strcpy (message->state_mark.x, "X3");
    (void) strcpy (message->state_mark.symbol, "AAPL");
    message->state_mark.qty_e9 = 4 * ONE;
    message->state_mark.first_at_ns = message->state_mark.executed_at_ns = 500;
    if (marked)
        assert_int_equal (core_test_receive (t, "audit", message), 0);
    up ();
}

/*  t=2 s: leases may be granted. */
static void open_up (void)
{
    assert_int_equal (commands (), 0);
    for (int beats = 0; beats < 2; beats++) {
        beat ("executor-1", 4);
        beat ("executor-2", 4);
        core_test_pass (t, CORE_TEST_S);
    }
}

static void expect_begun (int nth, const said_t *said)
{
    const trade_t *trade = &core_test_get (t, "audit", MSG_MASTER_ORDER, nth)->master_order.trade;
    assert_string_equal (trade->x, said->x);
    assert_int_equal (trade->qty_e9, said->qty * ONE);
}

static size_t begun (void)
{
    return core_test_messages (t, "audit", MSG_MASTER_ORDER);
}

/*  However the two X come among each other (a link brings the states of one X in their order), and whether an earlier
 *  state of X3 is known to be done or not. */
static void what_waits_goes_out_in_the_order_of_execution (void **state)
{
    (void) state;
    const said_t *const orders[][3] = {{&x3_1, &x4_1, &x3_2}, {&x4_1, &x3_1, &x3_2}, {&x3_1, &x3_2, &x4_1}};
    for (size_t at = 0; at < 2 * sizeof orders / sizeof *orders; at++) {
        come_up (at % 2);
        for (int each = 0; each < 3; each++) {
            say (orders[at / 2][each]);
            core_test_pass (t, 100 * CORE_TEST_MS);
        }
        open_up ();
        assert_int_equal (begun (), 3);
        expect_begun (0, &x3_1);
        expect_begun (1, &x4_1);
        expect_begun (2, &x3_2);
    }
}

/*  Room for 4: X3 executes 6 times before X4 comes. What does not fit merges with the last, nothing is lost. */
static void what_finds_no_room_merges (void **state)
{
    (void) state;
    come_up (false);
    said_t said = x3_1;
    for (int each = 0; each < 6; each++) {
        said.qty = 10 + each;
        said.executed_at_ns = 1000 + each;
        say (&said);
    }
    open_up ();
    assert_int_equal (begun (), 3); /*  no more can be open */
    expect_begun (0, &x3_1);
    uint64_t last = last_sequence ();
    all_answer ("X3", 12, last);
    stored (last - 2);
    assert_int_equal (begun (), 4);
    expect_begun (3, &said);
    assert_int_equal (core_test_alerts (t, ALERT_RAISED_KIND_SYSTEM_ERROR), 0);
}

/*  The listener repeats everything every 2 s, also what waits already. */
static void a_repetition_waits_once (void **state)
{
    (void) state;
    come_up (false);
    for (int each = 0; each < 3; each++) {
        say (&x4_1);
        say (&x3_1);
    }
    open_up ();
    assert_int_equal (begun (), 2);
    expect_begun (0, &x3_1);
    expect_begun (1, &x4_1);
}

/*  Y is of another symbol: nothing is known of its place among these, and none is needed. */
static void symbols_do_not_wait_for_each_other (void **state)
{
    (void) state;
    const said_t y = {"Y", 1, 500, 500, "MSFT"};
    come_up (false);
    say (&x4_1);
    say (&y);
    say (&x3_1);
    open_up ();
    expect_begun (0, &x3_1);
    expect_begun (1, &x4_1);
    expect_begun (2, &y);
}

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (what_waits_goes_out_in_the_order_of_execution),
        STORY (what_finds_no_room_merges), STORY (a_repetition_waits_once),
        STORY (symbols_do_not_wait_for_each_other)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
