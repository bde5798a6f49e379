/*  desk.c: the broker's side of a call: the network to it, one call of an account at a time, the engine, the way back.
 *
 *  Reads by id show the order as it was 25 ms ago (alpaca-api.md section 5).
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_ID_LAG_NS (25 * MS_NS)
#define LIST_LAG_NS (150 * MS_NS) /*  at least; at most 100 ms more */
#define FILLS_PAGE 40             /*  small, so that more than one is read */
#define OPEN_MAX 400

typedef struct {
    broker_call_t call;
    uint32_t account;
    bool unheard;       /*  the caller was answered already, or will be by a timeout */
    bool refuse;        /*  by the rules, whatever it is */
    bool cut;           /*  filled in part, then cancelled by the broker */
    bool broken;        /*  5xx after it was carried out */
    int64_t sent_at_ns; /*  UTC */
} request_t;

typedef struct {
    broker_answer_t answer;
    uint32_t account;
    char id[CLIENT_ORDER_ID_MAX]; /*  of the order it is about */
    position_t positions[SYMBOLS_MAX + 4];
    activity_t *activities;
    order_t *orders;
} reply_t;

static const char *call_text (call_kind_t kind)
{
    static const char *const texts[] = {"submit", "order", "order by client id", "cancel", "account",
        "positions", "open orders", "fills", "asset", "clock", "latest trade", "orders"};
    return texts[kind];
}

static reply_t *reply_new (const request_t *request, answer_kind_t kind, int64_t utc_ns)
{
    reply_t *reply = calloc (1, sizeof *reply);
    assert (reply);
    reply->answer = (broker_answer_t){.call = request->call.kind,
        .kind = kind,
        .account = request->call.account,
        .token = request->call.token,
        .sent_at_ns = request->sent_at_ns,
        .limit = -1,
        .remaining = -1,
        .broker_date_ns = utc_ns};
    reply->account = request->account;
    memcpy (reply->id,
        request->call.kind == CALL_SUBMIT ? request->call.request.client_order_id : request->call.key,
        sizeof reply->id);
    return reply;
}

static void free_lists (reply_t *reply)
{
    free (reply->activities);
    free (reply->orders);
    reply->activities = NULL;
    reply->orders = NULL;
}

static void reply_put (world_t *self, const due_t *due, reply_t *reply, int64_t delay_ns)
{
    due_put (&self->due, (due_t){.at_ns = self->now_ns + delay_ns,
                             .kind = DUE_ANSWER,
                             .actor = due->actor,
                             .life = due->life,
                             .payload = reply});
}

/*  The faults that are decided when a call leaves. true: it goes on its way to the broker. */
static bool leaves (world_t *self, const due_t *due, request_t *request, int64_t *delay_ns)
{
    dice_t *chance = &self->chance;
    int64_t utc_ns = world_utc_ns (self);
    if (faults_strike (&self->faults, FAULT_NOT_SENT, chance)) {
        request->sent_at_ns = 0;
        reply_put (self, due, reply_new (request, ANSWER_NOT_SENT, 0), dice_between (chance, 1, 5 * MS_NS));
        return false;
    }
    if (faults_strike (&self->faults, FAULT_REQUEST_LOST, chance)) {
        reply_put (self, due, reply_new (request, ANSWER_UNKNOWN, 0),
            dice_between (
                chance, 20 * MS_NS, request->call.timeout_ns > 0 ? request->call.timeout_ns : 10 * SEC_NS));
        return false;
    }
    if (faults_strike (&self->faults, FAULT_RATE_LIMITED, chance)) {
        reply_t *reply = reply_new (request, ANSWER_LIMITED, utc_ns);
        reply->answer.http_status = 429;
        reply->answer.retry_at_ns = utc_ns + dice_between (chance, 0, 3 * SEC_NS);
        reply_put (self, due, reply, dice_between (chance, 4 * MS_NS, 30 * MS_NS));
        return false;
    }
    if (faults_strike (&self->faults, FAULT_SERVER_ERROR, chance)) {
        request->broken = dice_ppm (chance, 500000);
        if (!request->broken) {
            reply_put (self, due, reply_new (request, ANSWER_UNKNOWN, utc_ns),
                dice_between (chance, 4 * MS_NS, SEC_NS));
            return false;
        }
    }
    request->unheard = faults_strike (&self->faults, FAULT_ANSWER_LOST, chance);
    if (request->unheard)
        reply_put (
            self, due, reply_new (request, ANSWER_UNKNOWN, 0), dice_between (chance, 40 * MS_NS, 2 * SEC_NS));
    if (!request->unheard && faults_strike (&self->faults, FAULT_REQUEST_LATE, chance)) {
        request->unheard = true;
        reply_put (self, due, reply_new (request, ANSWER_UNKNOWN, 0), 20 * MS_NS);
        *delay_ns = 20 * MS_NS + dice_between (chance, 1, 300 * MS_NS);
    } else if (faults_strike (&self->faults, FAULT_SLOW_CALL, chance)) {
        *delay_ns = dice_between (chance, 300 * MS_NS, 4 * SEC_NS);
    }
    bool submits = request->call.kind == CALL_SUBMIT;
    request->refuse = submits && faults_strike (&self->faults, FAULT_ORDER_REFUSED, chance);
    request->cut = submits && !request->refuse && faults_strike (&self->faults, FAULT_ORDER_CUT, chance);
    return true;
}

/*  The first byte is about to be written, if it still may be (P6: as the real port). */
static void begin (world_t *self, due_t due)
{
    request_t *request = due.payload;
    const broker_call_t *call = &request->call;
    int64_t delay_ns = dice_between (&self->chance, 2 * MS_NS, 15 * MS_NS);
    bool late = call->not_after_ns > 0 && self->now_ns > call->not_after_ns;
    if (call->kind == CALL_SUBMIT && !late)
        promise_submit (self, due.actor, request->account, &call->request);
    if (late) {
        story (self, "not sent: the lease is over");
        self->tally.reached[REACHED_SLOT_LEASE_OVER]++;
        request->sent_at_ns = 0;
        reply_put (self, &due, reply_new (request, ANSWER_NOT_SENT, 0), 1);
    }
    if (late || !leaves (self, &due, request, &delay_ns)) {
        free (request);
        return;
    }
    due.at_ns = self->now_ns + delay_ns;
    due_put (&self->due, due);
}

void desk_call (world_t *self, uint32_t at, const broker_call_t *call)
{
    node_t *node = &self->nodes[at];
    request_t *request = calloc (1, sizeof *request);
    assert (request && call->account <= CLIENTS_MAX);
    *request = (request_t){
        .call = *call, .account = node->accounts[call->account], .sent_at_ns = world_utc_ns (self)};
    due_t due = {.kind = DUE_ARRIVE, .actor = at, .life = node->life, .payload = request};
    if (call->kind == CALL_SUBMIT)
        story (self, "%s submits %s: %s %s %lld.%09lld", node->name, call->request.client_order_id,
            side_text (call->request.side), call->request.symbol,
            (long long) (call->request.qty_e9 / FIXED_ONE), (long long) (call->request.qty_e9 % FIXED_ONE));
    if (request->account == UINT32_MAX) { /*  no keys in this slot */
        reply_put (self, &due, reply_new (request, ANSWER_NOT_SENT, 0), 1);
        free (request);
        return;
    }
    if (call->kind == CALL_SUBMIT && faults_strike (&self->faults, FAULT_WRITE_LATE, &self->chance)) {
        due.kind = DUE_WRITE;
        due.at_ns = self->now_ns + dice_between (&self->chance, 1, 6 * SEC_NS);
        due_put (&self->due, due);
        return;
    }
    begin (self, due);
}

void desk_write (world_t *self, due_t *due)
{
    due_t write = *due;
    due->payload = NULL;
    write.kind = DUE_ARRIVE;
    write.order = 0;
    ((request_t *) write.payload)->sent_at_ns = world_utc_ns (self);
    begin (self, write);
}

/*  One account's calls are worked on one after the other. */
void desk_arrive (world_t *self, due_t *due)
{
    const request_t *request = due->payload;
    int64_t *free_ns = &self->account_free_ns[request->account];
    int64_t begin_ns = *free_ns > self->now_ns ? *free_ns : self->now_ns;
    *free_ns = begin_ns + dice_between (&self->chance, MS_NS / 2, 4 * MS_NS);
    due_t work = *due;
    work.kind = DUE_WORK;
    work.order = 0;
    work.at_ns = begin_ns;
    due->payload = NULL;
    due_put (&self->due, work);
}

void desk_order_out (const engine_order_t *in, order_t *out)
{
    *out = (order_t){.side = in->side,
        .type = in->type,
        .tif = in->tif,
        .status = in->state.status,
        .extended_hours = in->extended_hours,
        .qty_e9 = in->qty_e9,
        .notional_e9 = in->notional_e9,
        .filled_qty_e9 = in->state.filled_qty_e9,
        .filled_avg_price_e9 = in->state.filled_avg_price_e9,
        .limit_price_e9 = in->limit_price_e9,
        .stop_price_e9 = in->stop_price_e9,
        .created_at_ns = in->created_at_ns,
        .submitted_at_ns = in->submitted_at_ns,
        .updated_at_ns = in->state.updated_at_ns,
        .filled_at_ns = in->state.filled_at_ns};
    memcpy (out->id, in->id, sizeof out->id);
    memcpy (out->client_order_id, in->client_order_id, sizeof out->client_order_id);
    memcpy (out->symbol, in->asset->symbol, sizeof out->symbol);
    memcpy (out->replaces, in->replaces, sizeof out->replaces);
    memcpy (out->replaced_by, in->state.replaced_by, sizeof out->replaced_by);
}

/*  The order as it was a moment ago. false: it was not there yet. */
static bool order_before (world_t *self, const engine_order_t *in, int64_t lag_ns, order_t *out)
{
    int64_t then_ns = world_utc_ns (self) - lag_ns;
    desk_order_out (in, out);
    if (in->created_at_ns > then_ns)
        return false;
    if (in->state.updated_at_ns <= then_ns)
        return true;
    out->filled_qty_e9 = 0;
    for (size_t at = engine_executions_count (self->engine); at-- > 0;) {
        const engine_execution_t *execution = engine_execution_at (self->engine, at);
        if (execution->at_ns < in->created_at_ns)
            break;
        if (execution->order == in && execution->at_ns <= then_ns) {
            out->filled_qty_e9 = execution->cum_qty_e9;
            break;
        }
    }
    out->status = out->filled_qty_e9 == 0            ? STATUS_NEW
                  : out->filled_qty_e9 == in->qty_e9 ? STATUS_FILLED
                                                     : STATUS_PARTIALLY_FILLED;
    return true;
}

static void fail (broker_answer_t *answer, const engine_error_t *error)
{
    answer->http_status = error->http_status;
    answer->code = error->code;
    (void) snprintf (answer->message, sizeof answer->message, "%.159s", error->message);
    for (size_t at = 0; at < error->extras_count; at++)
        if (strcmp (error->extras[at].name, "existing_order_id") == 0)
            (void) snprintf (answer->existing_order_id, sizeof answer->existing_order_id, "%.39s",
                error->extras[at].value);
    if (strstr (error->message, "must be unique"))
        answer->kind = ANSWER_TAKEN;
    else if (error->http_status == 404)
        answer->kind = ANSWER_NOT_FOUND;
    else if (error->http_status == 401)
        answer->kind = ANSWER_AUTH;
    else
        answer->kind = error->http_status >= 500 ? ANSWER_UNKNOWN : ANSWER_REJECTED;
}

/*  The position as it was `lag_ns` ago. */
static int64_t position_before (
    const world_t *self, uint32_t account, const engine_asset_t *asset, int64_t then_ns)
{
    for (size_t at = engine_executions_count (self->engine); at-- > 0;) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        if (in->order->account == account && in->order->asset == asset && in->at_ns <= then_ns)
            return in->position_qty_e9;
    }
    return 0;
}

static void positions_before (world_t *self, uint32_t account, int64_t then_ns, reply_t *reply)
{
    size_t count = 0;
    for (uint32_t symbol = 0; symbol < self->symbol_count; symbol++) {
        const engine_asset_t *asset = engine_asset_find (self->engine, self->symbols[symbol]);
        position_t *out = &reply->positions[count];
        *out = (position_t){
            .qty_e9 = position_before (self, account, asset, then_ns), .current_price_e9 = asset->price_e9};
        out->qty_available_e9 = out->qty_e9;
        memcpy (out->symbol, asset->position_symbol, sizeof out->symbol);
        count += out->qty_e9 != 0;
    }
    reply->answer.positions = reply->positions;
    reply->answer.count = count;
}

static void positions (world_t *self, uint32_t account, int64_t utc_ns, reply_t *reply)
{
    if (faults_strike (&self->faults, FAULT_POSITIONS_OLD, &self->chance)) {
        positions_before (
            self, account, utc_ns - dice_between (&self->chance, 150 * MS_NS, 250 * MS_NS), reply);
        return;
    }
    engine_position_t list[SYMBOLS_MAX + 4];
    size_t count = engine_positions_list (self->engine, account, utc_ns, list, SYMBOLS_MAX + 4);
    for (size_t at = 0; at < count; at++) {
        position_t *out = &reply->positions[at];
        memcpy (out->symbol, list[at].asset->position_symbol, sizeof out->symbol);
        out->qty_e9 = list[at].qty_e9;
        out->qty_available_e9 = list[at].qty_available_e9;
        out->current_price_e9 = list[at].current_price_e9;
    }
    reply->answer.positions = reply->positions;
    reply->answer.count = count;
}

/*  Each activity shows up in its own time, so that one can be there before an older one. */
static bool shows (const world_t *self, const engine_execution_t *execution)
{
    int64_t lag_ns = LIST_LAG_NS + (int64_t) (execution->execution_id[0] * 7 % 11) * 10 * MS_NS;
    return execution->at_ns + lag_ns <= world_utc_ns (self);
}

static void fills (world_t *self, const request_t *request, reply_t *reply)
{
    reply->activities = calloc (FILLS_PAGE, sizeof *reply->activities);
    assert (reply->activities);
    size_t count = 0;
    bool passed = *request->call.key == 0;
    for (size_t at = 0; at < engine_executions_count (self->engine); at++) {
        const engine_execution_t *in = engine_execution_at (self->engine, at);
        if (in->order->account != request->account || in->at_ns <= request->call.since_ns ||
            !shows (self, in))
            continue;
        if (!passed) {
            passed = strcmp (in->id, request->call.key) == 0;
            continue;
        }
        if (count == FILLS_PAGE) {
            reply->answer.more = true;
            break;
        }
        activity_t *out = &reply->activities[count++];
        memcpy (out->id, in->id, sizeof in->id);
        memcpy (out->order_id, in->order->id, sizeof out->order_id);
        memcpy (out->symbol, in->order->asset->symbol, sizeof out->symbol);
        out->side = in->order->side;
        out->at_ns = in->at_ns;
        out->price_e9 = in->price_e9;
        out->qty_e9 = in->qty_e9;
        out->cum_qty_e9 = in->cum_qty_e9;
    }
    reply->answer.activities = reply->activities;
    reply->answer.count = count;
}

/*  Open ones, or all that were submitted after a time. */
static void list_orders (world_t *self, const request_t *request, reply_t *reply)
{
    reply->orders = calloc (OPEN_MAX, sizeof *reply->orders);
    assert (reply->orders);
    size_t count = 0;
    for (size_t at = 0; at < engine_orders_count (self->engine); at++) {
        const engine_order_t *in = engine_order_at (self->engine, at);
        order_t order;
        if (in->account != request->account || !order_before (self, in, LIST_LAG_NS + 50 * MS_NS, &order) ||
            (request->call.kind == CALL_OPEN_ORDERS && order_status_final (order.status)) ||
            (request->call.kind == CALL_ORDERS && order.submitted_at_ns <= request->call.since_ns))
            continue;
        assert (count < OPEN_MAX);
        reply->orders[count++] = order;
    }
    reply->answer.orders = reply->orders;
    reply->answer.count = count;
}

static void read_order (world_t *self, const request_t *request, int64_t utc_ns, broker_answer_t *answer)
{
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    int rc = request->call.kind == CALL_ORDER ? engine_order_get (self->engine, request->account,
                                                    request->call.key, utc_ns, &order, &error)
                                              : engine_order_by_client_id (self->engine, request->account,
                                                    request->call.key, utc_ns, &order, &error);
    if (rc != 0)
        fail (answer, &error);
    else if (!order_before (self, order, BY_ID_LAG_NS, &answer->order))
        answer->kind = ANSWER_NOT_FOUND;
}

static void submit (world_t *self, const request_t *request, int64_t utc_ns, broker_answer_t *answer)
{
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    if (request->refuse)
        engine_fault_reject (self->engine, request->account, 403, 40310000, "insufficient buying power");
    if (request->cut)
        door_plan_cut (self, request->account, &request->call.request);
    int rc = engine_order_submit_request (
        self->engine, request->account, &request->call.request, utc_ns, utc_ns, &order, &error);
    self->tally.orders++;
    self->tally.refused_orders += rc != 0;
    if (rc != 0)
        fail (answer, &error);
    else
        desk_order_out (order, &answer->order);
}

static void read_account (world_t *self, const request_t *request, int64_t utc_ns, broker_answer_t *answer)
{
    engine_account_t state;
    engine_account_get (self->engine, request->account, utc_ns, &state);
    answer->account_state.equity_e9 = state.equity_e9;
    answer->account_state.cash_e9 = state.cash_e9;
    answer->account_state.buying_power_e9 = state.buying_power_e9;
    answer->account_state.shorting_enabled = state.shorting_enabled;
}

static void read_asset (world_t *self, const request_t *request, broker_answer_t *answer)
{
    const engine_asset_t *asset = engine_asset_find (self->engine, request->call.key);
    assert (asset);
    memcpy (answer->asset.symbol, asset->symbol, sizeof answer->asset.symbol);
    answer->asset.tradable = asset->tradable;
    answer->asset.fractionable = asset->fractionable;
    answer->asset.shortable = asset->shortable;
}

static void work (world_t *self, const request_t *request, reply_t *reply)
{
    int64_t utc_ns = world_utc_ns (self);
    broker_answer_t *answer = &reply->answer;
    engine_error_t error = {0};
    switch (request->call.kind) {
    case CALL_SUBMIT: submit (self, request, utc_ns, answer); break;
    case CALL_ORDER:
    case CALL_ORDER_BY_CLIENT_ID: read_order (self, request, utc_ns, answer); break;
    case CALL_CANCEL:
        if (engine_order_cancel (self->engine, request->account, request->call.key, utc_ns, utc_ns, &error) !=
            0)
            fail (answer, &error);
        break;
    case CALL_ACCOUNT: read_account (self, request, utc_ns, answer); break;
    case CALL_POSITIONS: positions (self, request->account, utc_ns, reply); break;
    case CALL_FILLS: fills (self, request, reply); break;
    case CALL_ORDERS:
    case CALL_OPEN_ORDERS: list_orders (self, request, reply); break;
    case CALL_ASSET: read_asset (self, request, answer); break;
    default: assert (0);
    }
}

void desk_work (world_t *self, due_t *due)
{
    const request_t *request = due->payload;
    reply_t *reply = reply_new (request, ANSWER_OK, world_utc_ns (self));
    broker_answer_t *answer = &reply->answer;
    answer->http_status = 200;
    if (door_admits (self, request->account, answer))
        work (self, request, reply);
    if (request->broken) {
        answer->kind = ANSWER_UNKNOWN;
        answer->http_status = 500;
    }
    story (self, "broker: %s of account %u %s: %s %s", call_text (request->call.kind), request->account,
        request->call.kind == CALL_SUBMIT ? request->call.request.client_order_id : request->call.key,
        answer_kind_text (answer->kind), request->unheard ? "(nobody hears it)" : answer->message);
    if (request->unheard) {
        free_lists (reply);
        free (reply);
    } else {
        reply_put (self, due, reply, dice_between (&self->chance, 2 * MS_NS, 15 * MS_NS));
    }
}

void desk_answer (world_t *self, due_t *due)
{
    reply_t *reply = due->payload;
    reply->answer.answered_at_ns = world_utc_ns (self);
    event_t event = {.kind = EVENT_BROKER_ANSWER, .answer = &reply->answer};
    if (due->life == self->nodes[due->actor].life && self->nodes[due->actor].core) {
        reached_answer (self->tally.reached, due->actor == ACTOR_LISTENER, &reply->answer);
        promise_answer (self, due->actor, reply->account, reply->id, reply->answer.call, reply->answer.kind);
        node_event (self, due->actor, &event);
    }
    free_lists (reply);
}

void desk_close (world_t *self)
{
    while (due_first (&self->due)) {
        due_t due = due_take (&self->due);
        if (due.kind == DUE_ANSWER)
            free_lists (due.payload);
        free (due.payload);
    }
}
