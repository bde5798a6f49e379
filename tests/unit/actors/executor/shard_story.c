/*  shard_story.c: see shard_story.h. */
#include "tests/unit/actors/executor/shard_story.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int step (void *core, const event_t *event, effects_t *effects)
{
    return executor_step (core, event, effects);
}

static void destroy (void **core_p)
{
    executor_destroy ((executor_t **) core_p);
}

static const actor_ops_t ops = {.role = "executor", .step = step, .destroy = destroy};

void story_hash (const void *bytes, size_t size, uint8_t digest[16])
{
    crypto_generichash (digest, 16, bytes, size, NULL, 0);
}

void story_lease (story_t *self, uint64_t beat, int64_t lease_ns, bool complete)
{
    message_t *message = core_test_message (self->test, MSG_SHARD_LEASE);
    message->shard_lease = (shard_lease_t){.epoch = self->epoch > 1 ? self->epoch : 1,
        .beat = beat,
        .lease_ns = lease_ns,
        .kept_ns = self->kept_ns,
        .complete = complete};
    (void) snprintf (message->shard_lease.shard, sizeof message->shard_lease.shard, "executor-1");
    assert_int_equal (core_test_receive (self->test, "dispatcher", message), 0);
}

executor_config_t story_config (void)
{
    return (executor_config_t){.name = "executor-1",
        .max_clients = 8,
        .max_parents = 16,
        .max_symbols = 8,
        .seed = 1,
        .fractional = true,
        .max_event_age_ns = 60 * CORE_TEST_S,
        .refresh_ns = 20 * CORE_TEST_S,
        .request_timeout_ns = 10 * CORE_TEST_S,
        .retry_initial_ns = 100 * CORE_TEST_MS,
        .retry_max_ns = 2 * CORE_TEST_S,
        .max_attempts = 3,
        .failure_threshold = 2,
        .circuit_timeout_ns = 30 * CORE_TEST_S,
        .hash = story_hash};
}

static story_t *start (const executor_config_t *config)
{
    story_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->test = core_test_new (&ops, executor_new (config));
    assert_int_equal (core_test_start (self->test), 0);
    return self;
}

story_t *story_new_without_lease (void)
{
    executor_config_t config = story_config ();
    return start (&config);
}

story_t *story_new_as (const executor_config_t *config)
{
    story_t *self = start (config);
    self->leased = true;
    story_lease (self, 1, INT64_C (1000000) * CORE_TEST_S, true);
    return self;
}

story_t *story_new (void)
{
    executor_config_t config = story_config ();
    return story_new_as (&config);
}

void story_free (story_t *self)
{
    core_test_destroy (&self->test);
    free (self);
}

client_config_t *story_draft (story_t *self, const char *client_id)
{
    client_config_t *config = &core_test_message (self->test, MSG_CLIENT_CONFIG)->client_config;
    (void) snprintf (config->client_id, sizeof config->client_id, "%s", client_id);
    config->active = true;
    config->scaling = CLIENT_CONFIG_SCALING_FIXED_MULTIPLIER;
    config->multiplier_e9 = FIXED_ONE / 2;
    config->fractional = true;
    config->revision = ++self->revision;
    config->epoch = 1;
    config->sealed_size = 3;
    return config;
}

void story_add (story_t *self)
{
    self->epoch = self->test->event.client_config.epoch;
    assert_int_equal (core_test_receive (self->test, "dispatcher", &self->test->event), 0);
    if (self->leased)
        story_lease (self, 1, INT64_C (1000000) * CORE_TEST_S, true);
}

static void answer_positions (story_t *self, int nth, int64_t held_e9)
{
    position_t position = {.symbol = "AAPL", .qty_e9 = held_e9};
    const broker_call_t *call = core_test_call (self->test, CALL_POSITIONS, nth);
    broker_answer_t answer = {.call = CALL_POSITIONS,
        .account = call->account,
        .token = call->token,
        .positions = &position,
        .count = held_e9 ? 1 : 0};
    (void) core_test_answer (self->test, &answer);
}

void story_read (story_t *self, int64_t equity_e9, int64_t held_e9)
{
    core_test_pass (self->test, 600 * CORE_TEST_MS); /*  no list is believed sooner */
    for (size_t at = 0; at < core_test_calls (self->test, CALL_ACCOUNT); at++) {
        const broker_call_t *call = core_test_call (self->test, CALL_ACCOUNT, (int) at);
        broker_answer_t answer = {.call = CALL_ACCOUNT, .account = call->account, .token = call->token};
        answer.account_state.equity_e9 = equity_e9;
        (void) core_test_answer (self->test, &answer);
    }
    for (size_t at = 0; at < core_test_calls (self->test, CALL_POSITIONS); at++)
        answer_positions (self, (int) at, held_e9);
}

void story_positions (story_t *self, int64_t held_e9)
{
    answer_positions (self, -1, held_e9);
}

void story_warm (story_t *self, int64_t equity_e9, int64_t held_e9)
{
    story_read (self, equity_e9, held_e9);
    core_test_forget (self->test);
}

void story_client (story_t *self, const char *client_id, int64_t held_e9)
{
    (void) story_draft (self, client_id);
    story_add (self);
    story_warm (self, E9 (10000), held_e9);
}

/*  As the listener says it: what X was goes along, the newest 16. */
static void keep_step (trade_t *trade)
{
    const size_t most = sizeof trade->steps / sizeof *trade->steps;
    if (trade->steps_count == most)
        memmove (trade->steps, trade->steps + 1, --trade->steps_count * sizeof *trade->steps);
    trade->steps[trade->steps_count++] = (step_t){.executed_at_ns = trade->executed_at_ns,
        .qty_e9 = trade->qty_e9,
        .opened_e9 = trade->opened_e9,
        .remaining_e18 = trade->remaining_e18};
}

static void begin (story_t *self, const char *x, trade_side_t side)
{
    trade_t *trade = &self->trade;
    if (strcmp (trade->x, x) != 0) {
        memset (trade, 0, sizeof *trade);
        trade->remaining_e18 = FRACTION_ONE;
        trade->first_at_ns = self->test->utc_ns;
    }
    if (trade->qty_e9 > 0)
        keep_step (trade);
    (void) snprintf (trade->x, sizeof trade->x, "%s", x);
    (void) snprintf (trade->order_id, sizeof trade->order_id, "%s", x);
    (void) snprintf (trade->master_id, sizeof trade->master_id, "master");
    (void) snprintf (trade->symbol, sizeof trade->symbol, "AAPL");
    trade->side = side;
    trade->price_e9 = E9 (100);
    trade->order_qty_e9 = E9 (100);
    trade->master_equity_e9 = E9 (100000);
    trade->executed_at_ns = trade->received_at_ns = self->test->utc_ns - self->age_ns;
}

void story_opens (story_t *self, const char *x, trade_side_t side, int64_t qty_e9)
{
    begin (self, x, side);
    self->trade.qty_e9 += qty_e9;
    self->trade.opened_e9 += qty_e9;
    assert_int_equal (story_command (self), 0);
}

void story_closes (story_t *self, const char *x, trade_side_t side, int64_t qty_e9, int64_t before_e9)
{
    begin (self, x, side);
    self->trade.qty_e9 += qty_e9;
    self->trade.closed_e9 += qty_e9;
    self->trade.flat = qty_e9 == before_e9;
    int64_t left_e18 = 0;
    assert_int_equal (fixed_mul_div (before_e9 - qty_e9, FRACTION_ONE, before_e9, ROUND_DOWN, &left_e18), 0);
    assert_int_equal (fixed_mul_div (self->trade.remaining_e18, left_e18, FRACTION_ONE, ROUND_DOWN,
                          &self->trade.remaining_e18),
        0);
    assert_int_equal (story_command (self), 0);
}

int story_command (story_t *self)
{
    message_t *message = core_test_message (self->test, MSG_COPY_COMMAND);
    message->copy_command =
        (copy_command_t){.sequence = ++self->sequence, .epoch = 1, .walk = self->walk, .trade = self->trade};
    return core_test_receive (self->test, "dispatcher", message);
}

const order_request_t *story_order (story_t *self, int nth)
{
    return &core_test_call (self->test, CALL_SUBMIT, nth)->request;
}

size_t story_orders (const story_t *self)
{
    return core_test_calls (self->test, CALL_SUBMIT);
}

static broker_answer_t answer_to (story_t *self, call_kind_t kind, int nth)
{
    if (kind == CALL_ORDER_BY_CLIENT_ID)
        self->walks_seen = nth < 0 ? core_test_calls (self->test, kind) : (size_t) nth + 1;
    const broker_call_t *call = core_test_call (self->test, kind, nth);
    return (broker_answer_t){.call = kind,
        .account = call->account,
        .token = call->token,
        .sent_at_ns = self->test->utc_ns,
        .answered_at_ns = self->test->utc_ns};
}

static void answer_order (
    story_t *self, call_kind_t kind, int nth, order_status_t status, int64_t qty_e9, int64_t filled_e9)
{
    broker_answer_t answer = answer_to (self, kind, nth);
    answer.kind = ANSWER_OK;
    answer.order.status = status;
    answer.order.qty_e9 = qty_e9;
    answer.order.created_at_ns = self->created_at_ns;
    answer.order.filled_qty_e9 = filled_e9;
    answer.order.filled_avg_price_e9 = filled_e9 ? E9 (100) : 0;
    (void) snprintf (answer.order.id, sizeof answer.order.id, "order-%u-%d", answer.account, nth);
    (void) core_test_answer (self->test, &answer);
}

void story_accepts (story_t *self, int nth)
{
    answer_order (self, CALL_SUBMIT, nth, STATUS_ACCEPTED, story_order (self, nth)->qty_e9, 0);
}

void story_fills (story_t *self, int nth, int64_t filled_e9)
{
    int64_t qty_e9 = story_order (self, nth)->qty_e9;
    answer_order (
        self, CALL_SUBMIT, nth, filled_e9 == qty_e9 ? STATUS_FILLED : STATUS_CANCELED, qty_e9, filled_e9);
}

void story_answers (
    story_t *self, call_kind_t kind, int nth, answer_kind_t answer_kind, int64_t code, const char *text)
{
    broker_answer_t answer = answer_to (self, kind, nth);
    answer.kind = answer_kind;
    answer.code = code;
    (void) snprintf (answer.message, sizeof answer.message, "%s", text);
    (void) core_test_answer (self->test, &answer);
}

void story_shows (
    story_t *self, call_kind_t kind, int nth, order_status_t status, int64_t qty_e9, int64_t filled_e9)
{
    answer_order (self, kind, nth, status, qty_e9, filled_e9);
}

outcome_t story_row (const story_t *self, const char *client_id, outcome_leg_t leg, int slot)
{
    outcome_t row = {.leg = leg, .slot = slot, .final = true, .kind = OUTCOME_KIND_FILLED};
    (void) snprintf (row.client_id, sizeof row.client_id, "%s", client_id);
    (void) snprintf (row.x, sizeof row.x, "%s", self->trade.x);
    row.to_e9 = self->trade.qty_e9;
    return row;
}

void story_history (story_t *self, const outcome_t *rows, size_t count, bool readable)
{
    copy_history_t *history = &core_test_message (self->test, MSG_COPY_HISTORY)->copy_history;
    (void) snprintf (history->shard, sizeof history->shard, "executor-1");
    (void) snprintf (history->x, sizeof history->x, "%s", self->trade.x);
    for (size_t at = 0; at < count; at++)
        history->outcomes[at] = rows[at];
    history->outcomes_count = count;
    history->last = true;
    history->readable = readable;
    history->known_since_ns = self->known_since_ns;
    assert_int_equal (core_test_receive (self->test, "dispatcher", &self->test->event), 0);
}

void story_missing (story_t *self, int nth)
{
    story_answers (self, CALL_ORDER_BY_CLIENT_ID, nth, ANSWER_NOT_FOUND, 40410000, "order not found");
}

void story_found (story_t *self, int nth, int64_t qty_e9, int64_t filled_e9)
{
    story_shows (self, CALL_ORDER_BY_CLIENT_ID, nth, filled_e9 == qty_e9 ? STATUS_FILLED : STATUS_CANCELED,
        qty_e9, filled_e9);
}

size_t story_walks (const story_t *self)
{
    return core_test_calls (self->test, CALL_ORDER_BY_CLIENT_ID);
}

void story_back (story_t *self, int64_t equity_e9, int64_t held_e9)
{
    story_read (self, equity_e9, held_e9);
    while (self->walks_seen < story_walks (self))
        story_missing (self, (int) self->walks_seen);
}

story_t *story_again (void)
{
    story_t *self = story_new ();
    self->walk = true;
    (void) story_draft (self, "anna");
    story_add (self);
    return self;
}

static const outcome_t *scan (story_t *self, const char *client_id, size_t *count_p)
{
    static outcome_t last;
    *count_p = 0;
    size_t results = core_test_messages (self->test, "dispatcher", MSG_COPY_RESULT);
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (self->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++) {
            if (strcmp (result->outcomes[each].client_id, client_id) != 0)
                continue;
            last = result->outcomes[each];
            ++*count_p;
        }
    }
    return &last;
}

const outcome_t *story_outcome (story_t *self, const char *client_id)
{
    size_t count;
    const outcome_t *outcome = scan (self, client_id, &count);
    assert_true (count > 0);
    return outcome;
}

bool story_said (story_t *self, const char *client_id, const char *reason)
{
    size_t results = core_test_messages (self->test, "dispatcher", MSG_COPY_RESULT);
    bool said = false;
    for (size_t at = 0; at < results; at++) {
        const copy_result_t *result =
            &core_test_get (self->test, "dispatcher", MSG_COPY_RESULT, (int) at)->copy_result;
        for (size_t each = 0; each < result->outcomes_count; each++)
            said |= strcmp (result->outcomes[each].client_id, client_id) == 0 &&
                    strcmp (result->outcomes[each].reason, reason) == 0;
    }
    return said;
}

size_t story_outcomes (story_t *self, const char *client_id)
{
    size_t count;
    (void) scan (self, client_id, &count);
    return count;
}
