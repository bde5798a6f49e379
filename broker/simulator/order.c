/*  order.c: an order's life at the desk: submitted, looked up, cancelled, ended. What fills it is in matching.c. */
#include "broker/simulator/core.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  How much is still to be filled; of a notional order that has not begun, what its money buys now. */
int64_t order_rest (const record_t *record)
{
    assert (record);
    if (record->target_qty_e9)
        return record->target_qty_e9 - record->shown.state.filled_qty_e9;
    const engine_order_t *order = &record->shown;
    int64_t price_e9 = order->limit_price_e9     ? order->limit_price_e9
                       : order->stop_price_e9    ? order->stop_price_e9
                       : order->side == SIDE_BUY ? asset_ask (order->asset)
                                                 : asset_bid (order->asset);
    int64_t qty_e9 = 0;
    if (fixed_mul_div (order->notional_e9, FIXED_ONE, price_e9, ROUND_DOWN, &qty_e9) != 0)
        return 0;
    return qty_e9;
}

static uint64_t client_id_hash (uint32_t account, const char *client_order_id)
{
    return hash_text (hash_bytes (HASH_START, &account, sizeof account), client_order_id);
}

record_t *order_find_client_id (const engine_t *self, uint32_t account, const char *client_order_id)
{
    assert (self && client_order_id);
    size_t cursor = 0;
    uint32_t number;
    while (lookup_next (
        &self->orders_by_client_id, client_id_hash (account, client_order_id), &cursor, &number)) {
        record_t *record = table_at (&self->orders, number);
        if (record->shown.account == account && strcmp (record->shown.client_order_id, client_order_id) == 0)
            return record;
    }
    return NULL;
}

record_t *order_find (engine_t *self, uint32_t account, const char *id, engine_error_t *error)
{
    assert (self && error);
    char canonical[UUID_TEXT_MAX];
    if (!text_set (id) || !uuid_canonical (id, canonical)) {
        refuse (error, 422, 40010001, "order_id is not a valid UUID");
        return NULL;
    }
    size_t cursor = 0;
    uint32_t number;
    while (lookup_next (&self->orders_by_id, hash_text (HASH_START, canonical), &cursor, &number)) {
        record_t *record = table_at (&self->orders, number);
        if (record->shown.account == account && strcmp (record->shown.id, canonical) == 0)
            return record;
    }
    refuse (error, 404, 40410000, "order not found for %s", canonical);
    return NULL;
}

int engine_order_get (engine_t *self, uint32_t account, const char *id, int64_t now_ns,
    const engine_order_t **order_p, engine_error_t *error)
{
    assert (self && order_p && error);
    engine_advance (self, now_ns);
    const record_t *record = order_find (self, account, id, error);
    if (!record)
        return -ERR_BROKER;
    *order_p = &record->shown;
    return 0;
}

int engine_order_by_client_id (engine_t *self, uint32_t account, const char *client_order_id, int64_t now_ns,
    const engine_order_t **order_p, engine_error_t *error)
{
    assert (self && order_p && error);
    engine_advance (self, now_ns);
    if (!text_set (client_order_id))
        return refuse (error, 422, 40010001, "client_order_id is required");
    const record_t *record = order_find_client_id (self, account, client_order_id);
    if (!record)
        return refuse (error, 404, 40410000, "order not found for %.128s", client_order_id);
    *order_p = &record->shown;
    return 0;
}

bool order_room (engine_t *self, engine_error_t *error)
{
    assert (self && error);
    if (table_full (&self->orders))
        refuse_full (error, "orders_max");
    else if (table_full (&self->executions))
        refuse_full (error, "executions_max");
    else if (!lookup_reserve (&self->orders_by_id) || !lookup_reserve (&self->orders_by_client_id))
        refuse_full (error, "the machine's memory");
    else
        return true;
    return false;
}

static void open_enter (engine_t *self, record_t *record)
{
    holder_t *holder = account_at (self, record->shown.account);
    record->account_next = holder->open_first;
    if (holder->open_first)
        holder->open_first->account_previous = record;
    holder->open_first = record;
    record->open = true;
}

static void open_leave (engine_t *self, record_t *record)
{
    holder_t *holder = account_at (self, record->shown.account);
    if (record->account_previous)
        record->account_previous->account_next = record->account_next;
    else
        holder->open_first = record->account_next;
    if (record->account_next)
        record->account_next->account_previous = record->account_previous;
    record->account_previous = record->account_next = NULL;
    record->open = false;
}

static void record_fill_in (engine_t *self, record_t *record, uint32_t account, const draft_t *draft)
{
    engine_order_t *order = &record->shown;
    order->number = self->orders.count;
    order->account = account;
    chance_uuid (&self->id_chance, order->id, sizeof order->id);
    memcpy (order->client_order_id, draft->client_order_id, sizeof order->client_order_id);
    order->asset = &draft->asset->shown;
    order->side = draft->side;
    order->type = draft->type;
    order->tif = draft->tif;
    order->intent = draft->intent;
    order->extended_hours = draft->extended_hours;
    order->qty_e9 = draft->qty_e9;
    order->notional_e9 = draft->notional_e9;
    order->limit_price_e9 = draft->limit_price_e9;
    order->stop_price_e9 = draft->stop_price_e9;
    order->created_at_ns = order->submitted_at_ns = order->state.updated_at_ns = self->now_ns;
    if (draft->tif == TIF_DAY && self->config.session == ENGINE_SESSION_CALENDAR)
        order->expires_at_ns = session_next_close (self->now_ns);
    record->target_qty_e9 = draft->qty_e9;
    record->hold_price_e9 = draft->hold_price_e9;
}

/*  The faults that were ordered for the account's next order. */
static void record_take_faults (holder_t *holder, record_t *record)
{
    if (holder->has_reject) {
        holder->has_reject = false;
        record->refused_later = true;
    }
    if (!holder->has_script)
        return;
    record->script = malloc (sizeof *record->script);
    if (record->script) {
        *record->script = holder->script;
        holder->has_script = false;
    }
}

record_t *order_accept (engine_t *self, uint32_t account, const draft_t *draft, int64_t arrived_at_ns,
    const record_t *replaced, engine_error_t *error)
{
    assert (self && draft && error);
    holder_t *holder = account_at (self, account);
    void *orders = array_grow (
        (void *) holder->orders, sizeof (record_t *), holder->orders_count, &holder->orders_capacity);
    if (orders)
        holder->orders = orders;
    record_t *record = orders ? table_add (&self->orders) : NULL;
    if (!record) {
        refuse_full (error, "the machine's memory");
        return NULL;
    }
    record_fill_in (self, record, account, draft);
    record->shown.arrived_at_ns = arrived_at_ns ? arrived_at_ns : self->now_ns;
    if (replaced)
        memcpy (record->shown.replaces, replaced->shown.id, sizeof record->shown.replaces);
    else
        record_take_faults (holder, record);
    uint32_t number = (uint32_t) (self->orders.count - 1);
    holder->orders[holder->orders_count++] = record;
    lookup_put (&self->orders_by_id, hash_text (HASH_START, record->shown.id), number);
    lookup_put (&self->orders_by_client_id, client_id_hash (account, record->shown.client_order_id), number);
    open_enter (self, record);
    return record;
}

static int submit_run (engine_t *self, uint32_t account, const engine_submit_t *submit, int64_t arrived_at_ns,
    record_t **record_p, engine_error_t *error)
{
    draft_t draft;
    if (!order_room (self, error) || draft_parse (self, submit, &draft, error) != 0 ||
        draft_client_id (self, account, submit->client_order_id, draft.client_order_id, error) != 0)
        return -ERR_BROKER;
    holder_t *holder = account_at (self, account);
    if (holder->has_reject && holder->reject.http_status != 200) {
        holder->has_reject = false;
        *error = holder->reject;
        return -ERR_BROKER;
    }
    if (rules_check (self, account, &draft, error) != 0)
        return -ERR_BROKER;
    *record_p = order_accept (self, account, &draft, arrived_at_ns, NULL, error);
    return *record_p ? 0 : -ERR_BROKER;
}

static void text_keep (char *kept, size_t size, const char *text)
{
    snprintf (kept, size, "%.*s", (int) size - 1, text ? text : "");
}

int engine_order_submit (engine_t *self, uint32_t account, const engine_submit_t *submit,
    int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p, engine_error_t *error)
{
    assert (self && submit && order_p && error);
    engine_advance (self, now_ns);
    *order_p = NULL;
    engine_arrival_t *arrival = history_arrival (self, ENGINE_ARRIVAL_SUBMIT, account, arrived_at_ns);
    if (!arrival)
        return refuse_full (error, "arrivals_max");
    text_keep (arrival->client_order_id, sizeof arrival->client_order_id, submit->client_order_id);
    text_keep (arrival->symbol, sizeof arrival->symbol, submit->symbol);
    text_keep (arrival->side, sizeof arrival->side, submit->side);
    text_keep (arrival->qty, sizeof arrival->qty, text_set (submit->qty) ? submit->qty : submit->notional);
    record_t *record = NULL;
    int result = submit_run (self, account, submit, arrived_at_ns, &record, error);
    history_answered (self, arrival, record, error);
    if (result != 0)
        return result;
    matching_on_accepted (self, record);
    *order_p = &record->shown;
    return 0;
}

static const char *amount_text (int64_t value_e9, char text[FIXED_TEXT_MAX])
{
    if (value_e9 == 0)
        return NULL;
    fixed_format (value_e9, text);
    return text;
}

int engine_order_submit_request (engine_t *self, uint32_t account, const order_request_t *request,
    int64_t arrived_at_ns, int64_t now_ns, const engine_order_t **order_p, engine_error_t *error)
{
    assert (request);
    char qty[FIXED_TEXT_MAX], notional[FIXED_TEXT_MAX], limit[FIXED_TEXT_MAX], stop[FIXED_TEXT_MAX];
    engine_submit_t submit = {.symbol = request->symbol,
        .qty = amount_text (request->qty_e9, qty),
        .notional = amount_text (request->notional_e9, notional),
        .side = side_text (request->side),
        .type = order_type_text (request->type),
        .time_in_force = tif_text (request->tif),
        .limit_price = amount_text (request->limit_price_e9, limit),
        .stop_price = amount_text (request->stop_price_e9, stop),
        .client_order_id = request->client_order_id,
        .position_intent = intent_text (request->intent),
        .extended_hours = request->extended_hours};
    return engine_order_submit (self, account, &submit, arrived_at_ns, now_ns, order_p, error);
}

static void resting_leave (record_t *record)
{
    listing_t *asset = asset_of (record);
    if (!record->resting)
        return;
    if (record->asset_previous)
        record->asset_previous->asset_next = record->asset_next;
    else
        asset->resting_first = record->asset_next;
    if (record->asset_next)
        record->asset_next->asset_previous = record->asset_previous;
    record->asset_previous = record->asset_next = NULL;
    record->resting = false;
}

void order_end (engine_t *self, record_t *record, order_status_t status)
{
    assert (self && record && record->open && order_status_final (status));
    engine_order_state_t *state = &record->shown.state;
    state->status = status;
    state->updated_at_ns = self->now_ns;
    if (status == STATUS_FILLED)
        state->filled_at_ns = self->now_ns;
    else if (status == STATUS_CANCELED)
        state->canceled_at_ns = self->now_ns;
    else if (status == STATUS_EXPIRED)
        state->expired_at_ns = self->now_ns;
    else if (status == STATUS_REJECTED)
        state->failed_at_ns = self->now_ns;
    else
        state->replaced_at_ns = self->now_ns;
    open_leave (self, record);
    resting_leave (record);
    free (record->script);
    record->script = NULL;
}

void order_cancel_open (engine_t *self, record_t *record, int64_t arrived_at_ns)
{
    assert (self && record && record->open);
    engine_arrival_t *arrival =
        history_arrival (self, ENGINE_ARRIVAL_CANCEL, record->shown.account, arrived_at_ns);
    if (arrival)
        history_answered (self, arrival, record, NULL);
    order_end (self, record, STATUS_CANCELED);
    history_event (self, record, UPDATE_CANCELED, NULL);
}

int engine_order_cancel (engine_t *self, uint32_t account, const char *id, int64_t arrived_at_ns,
    int64_t now_ns, engine_error_t *error)
{
    assert (self && error);
    engine_advance (self, now_ns);
    record_t *record = order_find (self, account, id, error);
    if (record && record->open) {
        order_cancel_open (self, record, arrived_at_ns);
        return 0;
    }
    if (record && record->shown.state.status == STATUS_CANCELED)
        return 0;
    if (record)
        refuse (error, 422, 42210000, "order is already in \"%s\" state",
            order_status_text (record->shown.state.status));
    engine_arrival_t *arrival = history_arrival (self, ENGINE_ARRIVAL_CANCEL, account, arrived_at_ns);
    if (arrival)
        history_answered (self, arrival, NULL, error);
    return -ERR_BROKER;
}

size_t engine_orders_cancel_all (engine_t *self, uint32_t account, int64_t arrived_at_ns, int64_t now_ns,
    engine_cancel_item_t *items, size_t capacity)
{
    assert (self && (items || capacity == 0));
    engine_advance (self, now_ns);
    const holder_t *holder = account_at (self, account);
    size_t reported = 0;
    while (holder->open_first) {
        record_t *record = holder->open_first;
        order_cancel_open (self, record, arrived_at_ns);
        if (reported < capacity) {
            memcpy (items[reported].id, record->shown.id, sizeof items[reported].id);
            items[reported++].status = 200;
        }
    }
    return reported;
}

size_t engine_orders_count (const engine_t *self)
{
    assert (self);
    return self->orders.count;
}

const engine_order_t *engine_order_at (const engine_t *self, size_t index)
{
    assert (self);
    const record_t *record = table_at (&self->orders, index);
    return &record->shown;
}
