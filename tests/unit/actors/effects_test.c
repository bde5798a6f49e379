/*  effects_test.c: what a core asks for leaves in order, copied, and inside its limits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/actor.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static message_t message, decoded;

static const message_t *mark (const char *x, int64_t qty_e9)
{
    memset (&message, 0, sizeof message);
    message.kind = MSG_STATE_MARK;
    strcpy (message.state_mark.master_id, "master");
    strcpy (message.state_mark.x, x);
    message.state_mark.qty_e9 = qty_e9;
    return &message;
}

static void assert_mark (const effects_t *effects, size_t index, effect_kind_t kind, const char *x)
{
    const effect_t *effect = &effects->list[index];
    assert_int_equal (effect->kind, kind);
    assert_int_equal (effect->message, MSG_STATE_MARK);
    assert_true (effect->offset + effect->size <= effects->used);
    assert_int_equal (
        message_decode (effect->message, effects->arena + effect->offset, effect->size, &decoded, NULL), 0);
    assert_string_equal (decoded.state_mark.x, x);
}

static void test_messages_leave_in_order_as_copies (void **state)
{
    effects_t *effects = effects_new (8, 4096);
    (void) state;
    assert_non_null (effects);
    effects_send (effects, "executor-1", mark ("first", 1));
    effects_publish (effects, mark ("second", 2));
    effects_store (effects, mark ("third", 3));
    memset (&message, 0xFF, sizeof message);
    assert_int_equal (effects->count, 3);
    assert_mark (effects, 0, EFFECT_SEND, "first");
    assert_string_equal (effects->list[0].to, "executor-1");
    assert_mark (effects, 1, EFFECT_PUBLISH, "second");
    assert_mark (effects, 2, EFFECT_STORE, "third");
    assert_int_equal (effects->list[1].offset, effects->list[0].size);
    effects_destroy (&effects);
    assert_null (effects);
    effects_destroy (&effects);
}

static void test_the_broker_is_asked (void **state)
{
    effects_t *effects = effects_new (8, 64);
    broker_call_t call = {.kind = CALL_SUBMIT, .account = 7, .token = 42, .request = {.qty_e9 = 5}};
    (void) state;
    effects_open_account (effects, 7, "client-7", (const uint8_t *) "sealed", 6);
    effects_call (effects, &call);
    effects_close_account (effects, 7);
    effects_open_stream (effects, 3);
    effects_close_stream (effects, 4);
    memset (&call, 0, sizeof call);
    assert_int_equal (effects->list[0].kind, EFFECT_OPEN_ACCOUNT);
    assert_int_equal (effects->list[0].account, 7);
    assert_string_equal (effects->list[0].account_id, "client-7");
    assert_memory_equal (effects->arena + effects->list[0].offset, "sealed", effects->list[0].size);
    assert_int_equal (effects->list[0].size, 6);
    assert_int_equal (effects->list[1].kind, EFFECT_CALL);
    assert_int_equal (effects->list[1].call.token, 42);
    assert_int_equal (effects->list[1].call.request.qty_e9, 5);
    assert_int_equal (effects->list[2].kind, EFFECT_CLOSE_ACCOUNT);
    assert_int_equal (effects->list[2].account, 7);
    assert_int_equal (effects->list[3].kind, EFFECT_OPEN_STREAM);
    assert_int_equal (effects->list[3].account, 3);
    assert_int_equal (effects->list[4].kind, EFFECT_CLOSE_STREAM);
    assert_int_equal (effects->list[4].account, 4);
    effects_destroy (&effects);
}

static void test_storage_and_alerts (void **state)
{
    effects_t *effects = effects_new (8, 64);
    (void) state;
    effects_commit (effects, 11);
    effects_load (effects, "dispatcher", 12);
    effects_deliver (effects, CHANNEL_SLACK, 13, "the stream is down");
    effects_stopped (effects);
    assert_int_equal (effects->list[0].kind, EFFECT_COMMIT);
    assert_int_equal (effects->list[0].token, 11);
    assert_int_equal (effects->list[1].kind, EFFECT_LOAD);
    assert_int_equal (effects->list[1].token, 12);
    assert_string_equal (effects->list[1].to, "dispatcher");
    assert_int_equal (effects->list[2].kind, EFFECT_DELIVER);
    assert_int_equal (effects->list[2].channel, CHANNEL_SLACK);
    assert_int_equal (effects->list[2].token, 13);
    assert_int_equal (effects->list[2].size, strlen ("the stream is down"));
    assert_memory_equal (
        effects->arena + effects->list[2].offset, "the stream is down", effects->list[2].size);
    assert_int_equal (effects->list[3].kind, EFFECT_STOPPED);
    effects_destroy (&effects);
}

static void test_the_earliest_wake_is_kept_until_the_next_step (void **state)
{
    effects_t *effects = effects_new (1, 0);
    (void) state;
    assert_true (effects->wake_at_ns == INT64_MAX);
    effects_wake (effects, 300);
    effects_wake (effects, 100);
    effects_wake (effects, 200);
    assert_int_equal (effects->wake_at_ns, 100);
    effects_stopped (effects);
    effects_clear (effects);
    assert_true (effects->wake_at_ns == INT64_MAX);
    assert_int_equal (effects->count, 0);
    assert_int_equal (effects->used, 0);
    effects_stopped (effects); /*  there is room again */
    effects_destroy (&effects);
}

/*  Does it end by an assert? Tried in a child. */
static bool aborts (void (*run) (void))
{
    int status = 0;
    pid_t pid = fork ();
    assert_true (pid >= 0);
    if (pid == 0) {
        const struct rlimit no_core = {0, 0};
        setrlimit (RLIMIT_CORE, &no_core);
        signal (SIGABRT, SIG_DFL);
        close (STDERR_FILENO);
        run ();
        _exit (0);
    }
    assert_int_equal (waitpid (pid, &status, 0), pid);
    return WIFSIGNALED (status) && WTERMSIG (status) == SIGABRT;
}

static void one_effect_too_many (void)
{
    effects_t *effects = effects_new (2, 64);
    for (int i = 0; i < 3; i++)
        effects_stopped (effects);
}

static void one_byte_too_many (void)
{
    effects_t *effects = effects_new (2, 9);
    effects_deliver (effects, CHANNEL_LOG, 1, "ten bytes.");
}

static void message_too_large (void)
{
    effects_publish (effects_new (2, 9), mark ("x", 1));
}

static void message_out_of_bounds (void)
{
    effects_publish (effects_new (2, 4096), mark ("x", -1));
}

static void name_too_long (void)
{
    effects_send (effects_new (2, 4096), "an actor's name of more than thirty-one bytes", mark ("x", 1));
}

static void all_is_well (void)
{
    effects_send (effects_new (2, 4096), "audit", mark ("x", 1));
}

static void test_bugs_assert (void **state)
{
    (void) state;
    assert_true (aborts (one_effect_too_many));
    assert_true (aborts (one_byte_too_many));
    assert_true (aborts (message_too_large));
    assert_true (aborts (message_out_of_bounds));
    assert_true (aborts (name_too_long));
    assert_false (aborts (all_is_well));
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_messages_leave_in_order_as_copies),
        cmocka_unit_test (test_the_broker_is_asked),
        cmocka_unit_test (test_storage_and_alerts),
        cmocka_unit_test (test_the_earliest_wake_is_kept_until_the_next_step),
        cmocka_unit_test (test_bugs_assert),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
