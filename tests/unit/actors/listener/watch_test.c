/*  watch_test.c: what the broker said was filled, against what was found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "actors/listener/watch.h"

static watch_t watch;

static int setup (void **state)
{
    (void) state;
    watch = (watch_t){0};
    return watch_init (&watch, 2) ? 0 : -1;
}

static int teardown (void **state)
{
    (void) state;
    watch_free (&watch);
    return 0;
}

static watched_t *says (const char *id, order_status_t status, int64_t filled_e9)
{
    order_t order = {.status = status, .filled_qty_e9 = filled_e9};
    (void) snprintf (order.id, sizeof order.id, "%s", id);
    return watch_order (&watch, &order);
}

/*  An older word after a newer one changes nothing. */
static void an_order_does_not_go_back (void **state)
{
    (void) state;
    watched_t *watched = says ("A", STATUS_FILLED, 10);
    assert_ptr_equal (says ("A", STATUS_PARTIALLY_FILLED, 4), watched);
    assert_false (watched->open);
    assert_int_equal (watched->filled_e9, 10);
    assert_int_equal (watched->status, STATUS_FILLED);
    assert_false (watch_accounted (watched));
    watched->found_e9 = 10;
    assert_true (watch_accounted (watched));
    assert_false (watch_done (watched));
    watched->counted_e9 = 10;
    assert_true (watch_done (watched));
}

/*  Room for two: one that is done makes room, open ones do not. */
static void only_what_is_done_leaves (void **state)
{
    (void) state;
    (void) says ("A", STATUS_NEW, 0);
    watched_t *done = says ("B", STATUS_CANCELED, 0);
    assert_ptr_equal (says ("C", STATUS_NEW, 0), done);
    assert_null (watch_find (&watch, "B"));
    assert_non_null (watch_find (&watch, "A"));
    assert_null (says ("D", STATUS_NEW, 0));
    watch_clear (&watch);
    assert_null (watch_find (&watch, "A"));
    assert_non_null (says ("D", STATUS_NEW, 0));
}

#define STORY(name) cmocka_unit_test_setup_teardown (name, setup, teardown)

int main (void)
{
    const struct CMUnitTest tests[] = {STORY (an_order_does_not_go_back), STORY (only_what_is_done_leaves)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
