/*  door.c: what the broker does to a request or an order whatever it asks for: keys that are no longer good, an account
 *  that is away, limits of its rate, an order that ends before it is filled.
 */
#include "tests/simulation/world.h"

#include <assert.h>
#include <string.h>

/*  What the broker looks at before the request itself. false: answered. */
bool door_admits (world_t *self, uint32_t account, broker_answer_t *answer)
{
    int64_t utc_ns = world_utc_ns (self);
    engine_rate_t rate;
    bool client = account != self->master;
    if (client && faults_strike (&self->faults, FAULT_KEYS_REVOKED, &self->chance))
        self->revoked_until_ns[account] = self->now_ns + dice_between (&self->chance, 1, 40 * SEC_NS);
    if (client && faults_strike (&self->faults, FAULT_ACCOUNT_AWAY, &self->chance))
        self->away_until_ns[account] = self->now_ns + dice_between (&self->chance, 1, 90 * SEC_NS);
    if (self->now_ns < self->away_until_ns[account]) {
        answer->kind = ANSWER_UNKNOWN;
        answer->http_status = 503;
        return false;
    }
    if (self->now_ns < self->revoked_until_ns[account]) {
        answer->kind = ANSWER_AUTH;
        answer->http_status = 401;
        return false;
    }
    bool admitted = engine_rate_take (self->engine, account, utc_ns, &rate);
    if (rate.limit > 0) {
        answer->limit = rate.limit;
        answer->remaining = rate.remaining;
        answer->retry_at_ns = rate.reset_at_s * SEC_NS;
    }
    if (!admitted) {
        answer->kind = ANSWER_LIMITED;
        answer->http_status = 429;
    }
    return admitted;
}

/*  Half of them end there; the others fill late. */
void door_plan_cut (world_t *self, uint32_t account, const order_request_t *request)
{
    dice_t *chance = &self->chance;
    int64_t part_e9 = request->qty_e9 / 100 * dice_between (chance, 0, 99) / FIXED_ONE * FIXED_ONE;
    bool ends = dice_ppm (chance, 500000);
    engine_script_t script = {0};
    const engine_order_t *taken = NULL;
    engine_error_t error;
    if (engine_order_by_client_id (
            self->engine, account, request->client_order_id, world_utc_ns (self), &taken, &error) == 0)
        return; /*  the script would be the next order's */
    if (part_e9 > 0) {
        script.qty_e9[script.count] = part_e9;
        script.delay_ns[script.count++] = dice_between (chance, MS_NS, 40 * MS_NS);
    }
    if (!ends)
        script.delay_ns[script.count++] = dice_between (chance, 100 * MS_NS, 5 * SEC_NS);
    engine_fault_script (self->engine, account, &script);
    if (!ends)
        return;
    char *id = strdup (request->client_order_id);
    assert (id);
    due_put (&self->due, (due_t){.at_ns = self->now_ns + dice_between (chance, 60 * MS_NS, 3 * SEC_NS),
                             .kind = DUE_CUT,
                             .actor = account,
                             .payload = id});
}

void door_cut (world_t *self, const due_t *due)
{
    const engine_order_t *order = NULL;
    engine_error_t error = {0};
    int64_t utc_ns = world_utc_ns (self);
    if (engine_order_by_client_id (self->engine, due->actor, due->payload, utc_ns, &order, &error) != 0 ||
        order_status_final (order->state.status))
        return;
    story (self, "broker: cancels the rest of %s", order->client_order_id);
    (void) engine_order_cancel (self->engine, due->actor, order->id, utc_ns, utc_ns, &error);
}
