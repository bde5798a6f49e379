/*  views.c: the master's orders, read from the broker's history: what each X executed, opened and closed. */
#include "tests/simulation/world.h"

#include "actors/executor/slot.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const engine_order_t *order_by_id (const world_t *self, const char *id)
{
    for (size_t at = 0; at < engine_orders_count (self->engine); at++)
        if (strcmp (engine_order_at (self->engine, at)->id, id) == 0)
            return engine_order_at (self->engine, at);
    return NULL;
}

static const engine_order_t *root_of (const world_t *self, const engine_order_t *order)
{
    while (*order->replaces)
        order = order_by_id (self, order->replaces);
    return order;
}

static uint32_t parent_of (views_t *views, const engine_order_t *root, const engine_execution_t *execution)
{
    for (uint32_t at = 0; at < views->count; at++)
        if (views->parents[at].root == root)
            return at;
    assert (views->count < ORDERS_MAX);
    parent_view_t *parent = &views->parents[views->count];
    *parent = (parent_view_t){.root = root,
        .first_at_ns = execution->at_ns,
        .order_least_e9 = INT64_MAX,
        .price_least_e9 = INT64_MAX};
    memcpy (parent->x, root->id, sizeof parent->x);
    return (uint32_t) views->count++;
}

static int64_t magnitude (int64_t value)
{
    return value < 0 ? -value : value;
}

static int64_t add (parent_view_t *parent, const engine_execution_t *in)
{
    int64_t signed_e9 = in->order->side == SIDE_BUY ? in->qty_e9 : -in->qty_e9;
    int64_t before_e9 = in->position_qty_e9 - signed_e9;
    int64_t closed_e9 = 0;
    if ((before_e9 > 0) != (signed_e9 > 0) && before_e9 != 0)
        closed_e9 = in->qty_e9 < magnitude (before_e9) ? in->qty_e9 : magnitude (before_e9);
    parent->qty_e9 += in->qty_e9;
    parent->closed_e9 += closed_e9;
    parent->opened_e9 += in->qty_e9 - closed_e9;
    parent->last_at_ns = in->at_ns;
#define WIDEN(field, value)                                                                                  \
    parent->field##_least_e9 = (value) < parent->field##_least_e9 ? (value) : parent->field##_least_e9;      \
    parent->field##_most_e9 = (value) > parent->field##_most_e9 ? (value) : parent->field##_most_e9
    WIDEN (order, in->order->qty_e9);
    WIDEN (price, in->price_e9);
#undef WIDEN
    return in->qty_e9 - closed_e9;
}

#define PREFIX 25 /*  "tc1-" hash "-" */

static void make_prefixes (const world_t *self, views_t *views)
{
    views->prefixes = calloc (self->follower_count * (views->count + 1), sizeof *views->prefixes);
    assert (views->prefixes);
    for (uint32_t client = 0; client < self->follower_count; client++)
        for (size_t parent = 0; parent < views->count; parent++) {
            char id[SLOT_ID_MAX];
            slot_id (id, MASTER_ID, views->parents[parent].x, self->followers[client].config.client_id,
                LEG_OPEN, 1, world_hash16);
            memcpy (views->prefixes[client * views->count + parent], id, PREFIX);
        }
}

bool views_name (const world_t *self, const views_t *views, uint32_t account, const char *id, name_t *name)
{
    *name = (name_t){.client = UINT32_MAX, .parent = UINT32_MAX};
    for (uint32_t client = 0; client < self->follower_count; client++)
        if (self->followers[client].account == account)
            name->client = client;
    if (name->client == UINT32_MAX)
        return false;
    for (uint32_t parent = 0; parent < views->count; parent++)
        if (strncmp (id, views->prefixes[name->client * views->count + parent], PREFIX) == 0) {
            name->leg = id[PREFIX];
            name->n = atoi (id + PREFIX + 1);
            name->parent = name->leg == 'o' || name->leg == 'c' ? parent : UINT32_MAX;
            return name->parent != UINT32_MAX;
        }
    return false;
}

static void name_orders (const world_t *self, views_t *views)
{
    size_t count = engine_orders_count (self->engine);
    make_prefixes (self, views);
    views->of_order = calloc (count + 1, sizeof *views->of_order);
    assert (views->of_order);
    for (size_t at = 0; at < count; at++) {
        const engine_order_t *order = engine_order_at (self->engine, at);
        (void) views_name (self, views, order->account, order->client_order_id, &views->of_order[at]);
    }
}

void views_make (world_t *self, views_t *views)
{
    size_t count = engine_executions_count (self->engine);
    views->count = 0;
    views->of_execution = malloc ((count + 1) * sizeof *views->of_execution);
    views->opened_e9 = calloc (count + 1, sizeof *views->opened_e9);
    assert (views->of_execution && views->opened_e9);
    for (size_t at = 0; at < count; at++) {
        const engine_execution_t *execution = engine_execution_at (self->engine, at);
        views->of_execution[at] = UINT32_MAX;
        if (execution->order->account != self->master)
            continue;
        uint32_t parent = parent_of (views, root_of (self, execution->order), execution);
        views->of_execution[at] = parent;
        views->opened_e9[at] = add (&views->parents[parent], execution);
    }
    name_orders (self, views);
}

void views_free (views_t *views)
{
    free (views->of_execution);
    free (views->opened_e9);
    free (views->of_order);
    free (views->prefixes);
    views->opened_e9 = NULL;
    views->of_execution = NULL;
}
