/*  checker.c: holds the promises of design.md section 2 against the broker's history, the configuration and the durable
 *  outcomes. It knows nothing of what the cores think.
 *
 *  P1 every execution of the master has its outcome, durable before the ack; what it says is what the broker holds.
 *  P2 per (client, X) no more is opened than the rules allow at most; a slot's order is never sent with another quantity.
 *  P4 per client and symbol, orders of opposite sides arrive in the order of the master's executions they answer (on
 *     one side, later executions of X may merge into the next slot of X before another X is served).
 *  P7 no entry is sent that is older than MAX_EVENT_AGE; no exit is given up.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGE_SLACK_NS (15 * SEC_NS)

typedef struct {
    world_t *world;
    views_t views;
} bench_t;

static const char *root_id (const world_t *self, const engine_order_t *order)
{
    engine_error_t error;
    while (*order->replaces)
        if (engine_order_get (
                self->engine, order->account, order->replaces, world_utc_ns (self), &order, &error) != 0)
            break;
    return order->id;
}

/*  Up to which Q of X, `qty_e9` at most, this client is owed an outcome: that of the last execution in its interval. Who
 *  joined is owed from when the dispatcher knew of it; who left, what executed until then. */
static int64_t owed_e9 (const world_t *self, const follower_t *follower, const char *x, int64_t qty_e9)
{
    int64_t sum_e9 = 0;
    int64_t owed_e9 = 0;
    bool late = follower->config.follow_since_ns > 0;
    if (!follower->joined || (late && follower->known_at_ns == 0))
        return 0;
    if (!late && follower->left_at_ns == 0)
        return qty_e9;
    int64_t until_ns = follower->left_at_ns > 0 ? follower->left_at_ns : INT64_MAX;
    for (size_t at = 0; at < engine_executions_count (self->engine) && sum_e9 < qty_e9; at++) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        if (in->order->account != self->master || strcmp (root_id (self, in->order), x) != 0)
            continue;
        sum_e9 += in->qty_e9;
        if (in->at_ns >= follower->known_at_ns && in->at_ns <= until_ns && sum_e9 <= qty_e9)
            owed_e9 = sum_e9;
    }
    return owed_e9;
}

void checker_ack (world_t *self, const master_ack_t *ack)
{
    int64_t answered_e9[CLIENTS_MAX] = {0};
    closing_t *closing = store_closing (self, ack->x);
    if (ack->qty_e9 > closing->acked_e9)
        closing->acked_e9 = ack->qty_e9;
    for (size_t at = 0; at < self->ranges.count; at++) {
        const range_t *range = &self->ranges.list[at];
        if (range->to_e9 > answered_e9[range->client] && strcmp (range->x, ack->x) == 0)
            answered_e9[range->client] = range->to_e9;
    }
    for (uint32_t at = 0; at < self->follower_count; at++)
        if (answered_e9[at] < owed_e9 (self, &self->followers[at], ack->x, ack->qty_e9))
            violated (self,
                "P1: %s was acknowledged up to %lld, but %s has a durable outcome only up to %lld", ack->x,
                (long long) ack->qty_e9, self->followers[at].config.client_id, (long long) answered_e9[at]);
}

/*  What X had executed before the dispatcher knew of a client that joined. */
static int64_t not_owed_e9 (const world_t *self, const follower_t *follower, const char *x)
{
    int64_t sum_e9 = 0;
    for (size_t at = 0; at < engine_executions_count (self->engine); at++) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        if (in->order->account == self->master && in->at_ns < follower->known_at_ns &&
            strcmp (root_id (self, in->order), x) == 0)
            sum_e9 += in->qty_e9;
    }
    return sum_e9;
}

static const outcome_t *outcome_of (const world_t *self, const char *client_order_id)
{
    for (size_t at = self->told.count; at-- > 0;)
        if (strcmp (self->told.list[at].client_order_id, client_order_id) == 0)
            return &self->told.list[at];
    return NULL;
}

static void check_closed (bench_t *bench)
{
    world_t *self = bench->world;
    for (size_t at = 0; at < bench->views.count; at++) {
        const parent_view_t *parent = &bench->views.parents[at];
        const closing_t *closing = store_closing (self, parent->x);
        /*  a dispatcher may die between the database's word and its own; who asks then is answered, nobody has to */
        if (closing->acked_e9 < parent->qty_e9 && closing->stored_e9 < parent->qty_e9)
            violated (self, "P1: %s executed %lld, but only %lld was closed (%lld durable)", parent->x,
                (long long) parent->qty_e9, (long long) closing->acked_e9, (long long) closing->stored_e9);
    }
}

/*  The ranges of the outcomes of (client, X) leave no execution of its interval out. */
static void check_covered (bench_t *bench, uint32_t client, const parent_view_t *parent)
{
    world_t *self = bench->world;
    const follower_t *follower = &self->followers[client];
    int64_t owed = owed_e9 (self, follower, parent->x, parent->qty_e9);
    int64_t to_e9 = follower->config.follow_since_ns > 0 ? not_owed_e9 (self, follower, parent->x) : 0;
    for (bool grew = true; grew && to_e9 < owed;) {
        grew = false;
        for (size_t at = 0; at < self->ranges.count; at++) {
            const range_t *range = &self->ranges.list[at];
            if (range->client == client && range->to_e9 > to_e9 && range->from_e9 <= to_e9 &&
                strcmp (range->x, parent->x) == 0) {
                to_e9 = range->to_e9;
                grew = true;
            }
        }
    }
    if (to_e9 < owed)
        violated (self, "P1: %s has no outcome for %s beyond %lld of %lld", follower->config.client_id,
            parent->x, (long long) to_e9, (long long) owed);
}

static void check_opened (bench_t *bench, uint32_t client, uint32_t parent)
{
    world_t *self = bench->world;
    int64_t opened_e9 = 0;
    for (size_t at = 0; at < engine_orders_count (self->engine); at++) {
        const engine_order_t *order = engine_order_at (self->engine, at);
        const name_t *name = &bench->views.of_order[at];
        if (name->client == client && name->parent == parent && name->leg == 'o')
            opened_e9 +=
                order_status_final (order->state.status) ? order->state.filled_qty_e9 : order->qty_e9;
    }
    int64_t most_e9 = expectation_most_e9 (self, &bench->views, client, parent);
    if (opened_e9 > most_e9)
        violated (self, "P2: %s opened %lld of %s, at most %lld is right",
            self->followers[client].config.client_id, (long long) opened_e9, bench->views.parents[parent].x,
            (long long) most_e9);
}

/*  One that was not final and was deleted with the progress says nothing any more: nobody can know that it was told. */
bool checker_stands (const world_t *self, const outcome_t *outcome)
{
    if (outcome->final)
        return true;
    for (size_t at = 0; at < self->outcomes.count; at++)
        if (strcmp (self->outcomes.list[at].client_order_id, outcome->client_order_id) == 0)
            return true;
    return false;
}

/*  What the durable outcome of an order says is what the broker holds. */
static void check_told (bench_t *bench, const engine_order_t *order)
{
    world_t *self = bench->world;
    const outcome_t *outcome = outcome_of (self, order->client_order_id);
    if (!order_status_final (order->state.status)) {
        violated (self, "an order is open for ever: %s (%s)", order->client_order_id,
            order_status_text (order->state.status));
        return;
    }
    if (!outcome)
        violated (self, "P1: no durable outcome tells of order %s", order->client_order_id);
    else if (self->faults.on[FAULT_EXECUTOR_CRASH] && !checker_stands (self, outcome))
        self->tally.unfollowed++; /*  the shard's next life cannot know that it was sent */
    else if (!outcome->final || outcome->filled_e9 != order->state.filled_qty_e9)
        violated (self, "P1: the outcome of %s says %s, %s, filled %lld; the broker says %s, filled %lld",
            order->client_order_id, outcome_kind_text (outcome->kind), outcome->final ? "final" : "not final",
            (long long) outcome->filled_e9, order_status_text (order->state.status),
            (long long) order->state.filled_qty_e9);
    else if ((outcome->kind == OUTCOME_KIND_FILLED) != (order->state.status == STATUS_FILLED))
        violated (self, "P1: the outcome of %s says %s, the broker %s", order->client_order_id,
            outcome_kind_text (outcome->kind), order_status_text (order->state.status));
}

/*  Below a dollar the broker takes no order; a repeated outcome has lost its reason, so code and leg must do. */
static void check_gave_up (world_t *self, const outcome_t *outcome)
{
    bool gave_up = outcome->leg == OUTCOME_LEG_CLOSE &&
                   (outcome->kind == OUTCOME_KIND_REJECTED || outcome->kind == OUTCOME_KIND_FAILED);
    int64_t worth_e9 = 0;
    const engine_asset_t *asset = engine_asset_find (self->engine, outcome->symbol);
    if (self->followers[store_client (outcome->client_id)].left_at_ns > 0)
        return; /*  switched off: an operator ended it */
    if (!checker_stands (self, outcome))
        return; /*  it was still tried, and that was deleted */
    if (!gave_up || !asset ||
        fixed_mul_div (outcome->qty_e9, asset->price_e9, FIXED_ONE, ROUND_DOWN, &worth_e9) != 0)
        return;
    if (worth_e9 > 2 * FIXED_ONE)
        violated (self, "P7: an exit of %s was given up: %s %s: %s", outcome->client_id,
            outcome->client_order_id, outcome_kind_text (outcome->kind), outcome->reason);
}

/*  An outcome that says something was bought or sold names an order that the broker has. */
static void check_claims (bench_t *bench)
{
    world_t *self = bench->world;
    for (size_t at = 0; at < self->told.count; at++) {
        const outcome_t *outcome = &self->told.list[at];
        const engine_order_t *order = NULL;
        engine_error_t error;
        bool claims = (outcome->kind == OUTCOME_KIND_FILLED || outcome->kind == OUTCOME_KIND_ACCEPTED) &&
                      checker_stands (self, outcome);
        if (claims && engine_order_by_client_id (self->engine,
                          self->followers[store_client (outcome->client_id)].account,
                          outcome->client_order_id, world_utc_ns (self), &order, &error) != 0)
            violated (self, "P1: an outcome of %s says %s, slot %s: the broker has no such order",
                outcome->client_id, outcome_kind_text (outcome->kind), outcome->client_order_id);
        check_gave_up (self, outcome);
    }
}

/*  A state of X is replicated once, and once more when it is final: what is repeated is not new. */
static void check_once (bench_t *bench)
{
    world_t *self = bench->world;
    const ranges_t *all = &self->replications;
    for (size_t at = 0; at < all->count && !self->faults.on[FAULT_DISPATCHER_CRASH]; at++) {
        size_t times = 0;
        for (size_t other = 0; other < all->count; other++)
            times += all->list[other].to_e9 == all->list[at].to_e9 &&
                     strcmp (all->list[other].x, all->list[at].x) == 0;
        if (times > 2)
            violated (self, "P1: %s at %lld was replicated %zu times", all->list[at].x,
                (long long) all->list[at].to_e9, times);
    }
}

/*  The place of the execution that made Q(X) reach `to_e9`, in the engine's history. */
static size_t place_of (const bench_t *bench, uint32_t parent, int64_t to_e9)
{
    int64_t sum_e9 = 0;
    size_t place = 0;
    for (size_t at = 0; at < engine_executions_count (bench->world->engine) && sum_e9 < to_e9; at++)
        if (bench->views.of_execution[at] == parent) {
            sum_e9 += engine_execution_at (bench->world->engine, at)->qty_e9;
            place = at;
        }
    return place;
}

typedef struct {
    size_t place;
    uint32_t parent;
    const engine_order_t *order;
} latest_t;

/*  Slot n + 1 is used only after a definite answer for slot n: the slots that were taken have no gap. */
static int check_gaps (bench_t *bench, uint32_t client, uint32_t parent, char leg)
{
    world_t *self = bench->world;
    int most = 0;
    int count = 0;
    for (size_t at = 0; at < engine_orders_count (self->engine); at++) {
        const name_t *name = &bench->views.of_order[at];
        if (name->client != client || name->parent != parent || name->leg != leg)
            continue;
        count++;
        most = name->n > most ? name->n : most;
    }
    if (most != count)
        violated (self, "P2: %s took slot %c%d of %s, but only %d of them",
            self->followers[client].config.client_id, leg, most, bench->views.parents[parent].x, count);
    return count;
}

/*  What was done of the execution was deleted before the order was sent: it may be decided again (a skip, an exit that was
 *  still tried), and that is then after what came later. */
static bool was_deleted_between (const world_t *self, size_t place, const engine_order_t *order)
{
    return engine_execution_at (self->engine, place)->at_ns < self->deleted_at_ns &&
           order->created_at_ns > self->deleted_at_ns;
}

static void check_order (bench_t *bench, const name_t *name, const engine_order_t *order, latest_t *latest)
{
    world_t *self = bench->world;
    const outcome_t *outcome = outcome_of (self, order->client_order_id);
    if (!outcome)
        return;
    size_t place = place_of (bench, name->parent, outcome->to_e9);
    bool late = latest->order && place < latest->place && latest->parent != name->parent &&
                latest->order->side != order->side;
    if (late && was_deleted_between (self, place, order))
        self->tally.overdue++;
    else if (late)
        violated (self, "P4: %s arrived after %s, but the master's execution it answers was before",
            order->client_order_id, latest->order->client_order_id);
    if (!latest->order || place >= latest->place)
        *latest = (latest_t){.place = place, .parent = name->parent, .order = order};
}

static void check_orders (bench_t *bench)
{
    world_t *self = bench->world;
    latest_t latest[CLIENTS_MAX][SYMBOLS_MAX];
    memset (latest, 0, sizeof latest);
    for (size_t at = 0; at < engine_orders_count (self->engine); at++) {
        const engine_order_t *order = engine_order_at (self->engine, at);
        const name_t *name = &bench->views.of_order[at];
        if (order->account == self->master)
            continue;
        if (name->parent == UINT32_MAX) {
            violated (self, "P2: an order nobody can account for: %s", order->client_order_id);
            continue;
        }
        check_told (bench, order);
        for (uint32_t symbol = 0; symbol < self->symbol_count; symbol++)
            if (strcmp (self->symbols[symbol], order->asset->symbol) == 0)
                check_order (bench, name, order, &latest[name->client][symbol]);
    }
}

static int64_t last_execution_before (const bench_t *bench, uint32_t parent, int64_t at_ns)
{
    int64_t last_ns = 0;
    for (size_t at = 0; at < engine_executions_count (bench->world->engine); at++) {
        const engine_execution_t *execution = engine_execution_at (bench->world->engine, at);
        if (execution->at_ns > at_ns)
            break;
        if (bench->views.of_execution[at] == parent)
            last_ns = execution->at_ns;
    }
    return last_ns;
}

static void check_arrival (bench_t *bench, const engine_arrival_t *arrival)
{
    world_t *self = bench->world;
    name_t name;
    const engine_order_t *order = NULL;
    engine_error_t error;
    int64_t qty_e9 = 0;
    if (arrival->account == self->master || arrival->kind != ENGINE_ARRIVAL_SUBMIT ||
        !views_name (self, &bench->views, arrival->account, arrival->client_order_id, &name))
        return;
    int64_t age_ns =
        arrival->arrived_at_ns - last_execution_before (bench, name.parent, arrival->arrived_at_ns);
    if (name.leg == 'o' && arrival->order && age_ns > MAX_AGE_NS + AGE_SLACK_NS)
        violated (self, "P7: entry %s was sent %lld s after the execution", arrival->client_order_id,
            (long long) (age_ns / SEC_NS));
    bool resend = arrival->order == NULL && arrival->code == 40010001; /*  must be unique */
    if (!resend || self->faults.on[FAULT_EXECUTOR_CRASH])
        return; /*  a shard that lost its book may decide anew: "taken" is what protects then */
    if (engine_order_by_client_id (self->engine, arrival->account, arrival->client_order_id,
            world_utc_ns (self), &order, &error) != 0)
        return;
    int rc = fixed_parse (arrival->qty, strlen (arrival->qty), &qty_e9);
    if (rc != 0 || qty_e9 != order->qty_e9 || strcmp (arrival->side, side_text (order->side)) != 0)
        violated (self, "P2: slot %s was taken with %lld and sent again as %s %s", arrival->client_order_id,
            (long long) order->qty_e9, arrival->side, arrival->qty);
}

void checker_end (world_t *self)
{
    bench_t *bench = calloc (1, sizeof *bench);
    assert (bench);
    bench->world = self;
    views_make (self, &bench->views);
    check_closed (bench);
    for (uint32_t client = 0; client < self->follower_count; client++)
        for (uint32_t parent = 0; parent < bench->views.count; parent++) {
            check_covered (bench, client, &bench->views.parents[parent]);
            check_opened (bench, client, parent);
            int opened = check_gaps (bench, client, parent, 'o');
            int closed = check_gaps (bench, client, parent, 'c');
            self->tally.reached[REACHED_DECIDED_FLIP] += opened > 0 && closed > 0;
        }
    check_claims (bench);
    check_once (bench);
    check_orders (bench);
    for (size_t at = 0; at < engine_arrivals_count (self->engine); at++)
        check_arrival (bench, engine_arrival_at (self->engine, at));
    expectation_check (self, &bench->views);
    views_free (&bench->views);
    free (bench);
}
