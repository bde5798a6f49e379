/*  readiness: when an actor has what it needs. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/readiness.h"

#include <string.h>

#define SECOND INT64_C (1000000000)

static readiness_t s_self;
static message_t s_message;

static void lease (int64_t lease_ns, bool complete, int64_t now_ns)
{
    memset (&s_message, 0, sizeof s_message);
    s_message.kind = MSG_SHARD_LEASE;
    s_message.shard_lease.lease_ns = lease_ns;
    s_message.shard_lease.complete = complete;
    readiness_saw (&s_self, &s_message, now_ns);
}

static void stream (stream_state_state_t state)
{
    memset (&s_message, 0, sizeof s_message);
    s_message.kind = MSG_STREAM_STATE;
    s_message.stream_state.state = state;
    readiness_saw (&s_self, &s_message, 0);
}

static void test_a_shard_is_ready_while_it_holds_a_whole_lease (void **state)
{
    (void) state;
    readiness_init (&s_self, "executor");
    assert_string_equal (readiness_lack (&s_self, true, 0), "no lease of the dispatcher");
    lease (2 * SECOND, false, SECOND);
    assert_string_equal (readiness_lack (&s_self, true, SECOND), "its clients have not all come");
    lease (2 * SECOND, true, 2 * SECOND);
    assert_null (readiness_lack (&s_self, true, 3 * SECOND));
    assert_string_equal (readiness_lack (&s_self, true, 4 * SECOND), "no lease of the dispatcher");
    lease (0, true, 5 * SECOND); /*  "send nothing" */
    assert_non_null (readiness_lack (&s_self, true, 5 * SECOND));
}

static void test_the_others (void **state)
{
    (void) state;
    readiness_init (&s_self, "listener");
    assert_non_null (readiness_lack (&s_self, true, 0));
    stream (STREAM_STATE_STATE_AUTHORIZED);
    assert_non_null (readiness_lack (&s_self, true, 0));
    stream (STREAM_STATE_STATE_LISTENING);
    assert_null (readiness_lack (&s_self, true, 0));
    stream (STREAM_STATE_STATE_DOWN);
    assert_non_null (readiness_lack (&s_self, true, 0));

    readiness_init (&s_self, "dispatcher");
    assert_non_null (readiness_lack (&s_self, false, 0));
    memset (&s_message, 0, sizeof s_message);
    s_message.kind = MSG_CONFIG_LOADED;
    readiness_saw (&s_self, &s_message, 0);
    assert_null (readiness_lack (&s_self, false, 0));

    readiness_init (&s_self, "audit");
    assert_non_null (readiness_lack (&s_self, false, 0));
    assert_null (readiness_lack (&s_self, true, 0));
    readiness_init (&s_self, "alert");
    assert_null (readiness_lack (&s_self, false, 0));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_a_shard_is_ready_while_it_holds_a_whole_lease),
        cmocka_unit_test (test_the_others),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
