/*  activity_test.c: FILL activities, their pages, and the portfolio's history. */
#include "tests/unit/simulator/desk.h"

static const engine_execution_t *found[ENGINE_ACTIVITIES_MAX];
static size_t found_count;

static int activities (engine_activity_filter_t filter)
{
    desk_t *desk = desk_open_one ();
    return engine_activities_list (desk->engine, desk->account, &filter, desk->now_ns, found,
        ENGINE_ACTIVITIES_MAX, &found_count, &desk->error);
}

static void an_activity_tells_the_execution_and_what_is_left (void **state)
{
    desk_t *desk = *state;
    engine_script_t script = {
        .count = 2, .qty_e9 = {3 * FIXED_ONE, 0}, .delay_ns = {5 * ENGINE_MS_NS, 5 * ENGINE_MS_NS}};
    engine_fault_script (desk->engine, desk->account, &script);
    desk_bought ("AAPL", "10");
    assert_taken (activities ((engine_activity_filter_t){.direction = "asc"}));
    assert_int_equal (found_count, 2);
    assert_e9 (found[0]->qty_e9, "3");
    assert_e9 (found[0]->cum_qty_e9, "3");
    assert_e9 (found[0]->leaves_qty_e9, "7");
    assert_int_equal (found[0]->order_status, STATUS_PARTIALLY_FILLED);
    assert_e9 (found[1]->qty_e9, "7");
    assert_e9 (found[1]->cum_qty_e9, "10");
    assert_e9 (found[1]->leaves_qty_e9, "0");
    assert_int_equal (found[1]->order_status, STATUS_FILLED);
    assert_ptr_equal (found[1]->order, desk->order);
    /*  10:00:00.005 in New York */
    assert_memory_equal (found[0]->id, "20260302100000005::", 19);
    assert_int_equal (strlen (found[0]->id), 19 + 36);
    assert_string_equal (found[0]->id + 19, found[0]->execution_id);
    assert_string_equal (desk->events[1].execution_id, found[0]->execution_id);
}

static void pages_cover_everything_once_in_both_directions (void **state)
{
    (void) state;
    for (int i = 0; i < 25; i++)
        desk_bought ("F", "1");
    static const char *const directions[] = {"asc", "desc"};
    for (int d = 0; d < 2; d++) {
        char token[64] = "";
        uint64_t next = d == 0 ? 1 : 25;
        do {
            assert_taken (activities ((engine_activity_filter_t){
                .page_size = "10", .page_token = token, .direction = directions[d]}));
            for (size_t i = 0; i < found_count; i++) {
                assert_int_equal (found[i]->order->number, next);
                next += d == 0 ? 1 : (uint64_t) -1;
            }
            strcpy (token, found[found_count - 1]->id);
        } while (found_count == 10);
        assert_int_equal (found_count, 5);
        assert_int_equal (next, d == 0 ? 26 : 0);
    }
}

static void filters_by_time_day_order_and_type (void **state)
{
    desk_t *desk = *state;
    desk_bought ("F", "1");
    const engine_order_t *first = desk->order;
    desk_wait_ms (24 * 3600 * 1000);
    desk_bought ("F", "2");
    char first_at[TIME_TEXT_MAX];
    time_format (first->state.filled_at_ns, first_at);
    assert_taken (activities ((engine_activity_filter_t){.after = first_at}));
    assert_int_equal (found_count, 1);
    assert_e9 (found[0]->qty_e9, "2");
    assert_taken (activities ((engine_activity_filter_t){.until = first_at}));
    assert_int_equal (found_count, 1);
    assert_e9 (found[0]->qty_e9, "1");
    assert_taken (activities ((engine_activity_filter_t){.date = "2026-03-03"}));
    assert_int_equal (found_count, 1);
    assert_e9 (found[0]->qty_e9, "2");
    assert_taken (activities ((engine_activity_filter_t){.order_id = first->id}));
    assert_int_equal (found_count, 1);
    assert_taken (activities ((engine_activity_filter_t){.activity_types = "DIV,FILL"}));
    assert_int_equal (found_count, 2);
    assert_taken (activities ((engine_activity_filter_t){.activity_types = "DIV"}));
    assert_int_equal (found_count, 0);
    assert_taken (activities ((engine_activity_filter_t){.category = "trade_activity"}));
    assert_int_equal (found_count, 2);
    assert_taken (activities ((engine_activity_filter_t){.category = "non_trade_activity"}));
    assert_int_equal (found_count, 0);
}

static void bad_parameters_are_refused (void **state)
{
    (void) state;
    assert_refused (activities ((engine_activity_filter_t){.activity_types = "FILLS"}), 422, 40010001,
        "invalid activity type: FILLS");
    assert_refused (activities ((engine_activity_filter_t){.page_size = "101"}), 422, 40010001,
        "page_size must be between 1 and 100");
    assert_refused (
        activities ((engine_activity_filter_t){.page_token = "x"}), 422, 40010001, "invalid page_token: x");
    assert_refused (activities ((engine_activity_filter_t){.date = "2026-03-02", .after = "2026-03-01"}), 422,
        40010001, "date cannot be combined with after or until");
    assert_refused (activities ((engine_activity_filter_t){.date = "2026-02-30"}), 422, 40010001,
        "invalid format for parameter date: 2026-02-30");
}

static engine_portfolio_t portfolio;

static int history (engine_portfolio_filter_t filter)
{
    desk_t *desk = desk_open_one ();
    return engine_portfolio_get (
        desk->engine, desk->account, &filter, desk->now_ns, &portfolio, &desk->error);
}

static void the_portfolio_s_history_ends_with_the_equity_of_now (void **state)
{
    desk_t *desk = *state;
    desk_bought ("AAPL", "100");
    desk_price ("AAPL", "260");
    desk_wait_ms (INT64_C (5) * 24 * 3600 * 1000);
    assert_int_equal (
        engine_account_deposit (desk->engine, desk->account, 5000 * FIXED_ONE, desk->now_ns), 0);
    desk_wait_ms (INT64_C (5) * 24 * 3600 * 1000);
    desk_price ("AAPL", "270");
    assert_taken (history ((engine_portfolio_filter_t){.period = "1W", .timeframe = "1D"}));
    assert_string_equal (portfolio.timeframe, "1D");
    assert_int_equal (portfolio.count, 8);
    assert_e9 (portfolio.base_value_e9, "100999");
    assert_e9 (portfolio.equity_e9[0], "100999");
    assert_e9 (portfolio.profit_loss_e9[0], "0");
    /*  midnights of day 4, 5; the money came on day 5, 10:00; then days 6 to 10, and now */
    assert_e9 (portfolio.equity_e9[1], "100999");
    assert_e9 (portfolio.equity_e9[2], "105999");
    assert_e9 (portfolio.equity_e9[6], "105999");
    assert_e9 (portfolio.equity_e9[7], "106999");
    assert_e9 (portfolio.profit_loss_e9[7], "6000");
    assert_e9 (portfolio.profit_loss_pct_e9[7], "0.059406529");
    for (size_t i = 2; i < 7; i++)
        assert_int_equal (portfolio.at_s[i] - portfolio.at_s[i - 1], 86400);
    assert_taken (history ((engine_portfolio_filter_t){.period = "1D"}));
    assert_string_equal (portfolio.timeframe, "1Min");
    assert_true (portfolio.count <= ENGINE_POINTS_MAX && portfolio.count >= ENGINE_POINTS_MAX - 2);
    assert_taken (history ((engine_portfolio_filter_t){0}));
    assert_refused (
        history ((engine_portfolio_filter_t){.period = "1Q"}), 422, 40010001, "invalid period: 1Q");
    assert_refused (
        history ((engine_portfolio_filter_t){.timeframe = "2Min"}), 422, 40010001, "invalid timeframe: 2Min");
}

#define story(name) cmocka_unit_test_setup_teardown (name, desk_setup, desk_teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {
        story (an_activity_tells_the_execution_and_what_is_left),
        story (pages_cover_everything_once_in_both_directions),
        story (filters_by_time_day_order_and_type),
        story (bad_parameters_are_refused),
        story (the_portfolio_s_history_ends_with_the_equity_of_now),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
