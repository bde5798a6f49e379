/*  plan_test.c: whatever the seed, the plan is a thing a broker accepts and a client can afford. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "scripts/commands/load_test/plan.h"

static void test_no_order_crosses_zero_and_parts_add_up (void **state)
{
    (void) state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        plan_t plan;
        int held[PLAN_SYMBOLS] = {0};
        plan_start (&plan, seed);
        for (int i = 0; i < 200; i++) {
            deal_t deal = plan_next (&plan);
            int sum = 0;
            for (size_t part = 0; part < deal.parts_count; part++)
                sum += deal.parts[part];
            assert_true (deal.shares > 0 && deal.symbol < PLAN_SYMBOLS);
            assert_true (deal.parts_count == 0 || sum == deal.shares);
            int done = deal.kind == DEAL_LIMIT_CANCEL ? deal.parts[0] : deal.shares;
            int before = held[deal.symbol];
            held[deal.symbol] += deal.buys ? done : -done;
            assert_true ((int64_t) before * held[deal.symbol] >= 0);
            assert_true (held[deal.symbol] >= 0 || !plan_symbols[deal.symbol].whole_only);
        }
    }
}

static void test_exposure_stays_below_the_bound (void **state)
{
    (void) state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        plan_t plan;
        plan_start (&plan, seed);
        for (int i = 0; i < 200; i++) {
            int usd = 0;
            (void) plan_next (&plan);
            for (size_t at = 0; at < PLAN_SYMBOLS; at++)
                usd += abs (plan.held[at]) * plan_symbols[at].price_usd;
            assert_true (usd <= PLAN_EXPOSURE_USD);
        }
    }
}

static void test_a_seed_says_it_all (void **state)
{
    (void) state;
    plan_t one, two, other;
    int same = 0;
    plan_start (&one, 5);
    plan_start (&two, 5);
    plan_start (&other, 6);
    for (int i = 0; i < 100; i++) {
        deal_t a = plan_next (&one);
        deal_t b = plan_next (&two);
        deal_t c = plan_next (&other);
        assert_true (a.symbol == b.symbol && a.shares == b.shares && a.kind == b.kind && a.buys == b.buys);
        same += a.symbol == c.symbol && a.shares == c.shares;
    }
    assert_true (same < 50);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_no_order_crosses_zero_and_parts_add_up),
        cmocka_unit_test (test_exposure_stays_below_the_bound),
        cmocka_unit_test (test_a_seed_says_it_all),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
