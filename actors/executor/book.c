/*  book.c: see book.h. Allocated once; copies and slots go back to free lists when their parent leaves. */
#include "actors/executor/book.h"

#include "messages/page.h"
#include "messages/text.h"
#include "messages/word.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 64          /*  of the processor's cache */
#define FAN_OUTS_READY 8 /*  16 trades a second */
#define SLOTS_PER_COPY 2
#define LANES_PER_CLIENT 64

static void chain_free_lists (book_t *self)
{
    for (uint32_t at = 0; at < self->max_copies; at++)
        self->copies[at].next_of_parent = at + 1 < self->max_copies ? at + 1 : NONE;
    for (uint32_t at = 0; at < self->max_slots; at++)
        self->slots[at].next = at + 1 < self->max_slots ? at + 1 : NONE;
    self->free_copy = self->free_slot = 0;
    self->free_copies = self->max_copies;
    self->free_slots = self->max_slots;
}

bool book_init (
    book_t *self, uint32_t max_clients, uint32_t max_symbols, uint32_t max_parents, uint32_t max_copies)
{
    assert (self && max_clients && max_symbols && max_parents && max_copies >= max_clients);
    memset (self, 0, sizeof *self);
    self->max_clients = max_clients;
    self->max_symbols = max_symbols;
    self->max_parents = max_parents;
    self->max_copies = max_copies;
    self->max_slots = max_copies * SLOTS_PER_COPY;
    self->max_lanes = max_clients * LANES_PER_CLIENT;
    size_t cells = (size_t) max_symbols * max_clients;
    self->clients = calloc (max_clients, sizeof *self->clients);
    self->symbols = calloc (max_symbols, sizeof *self->symbols);
    self->parents = calloc (max_parents, sizeof *self->parents);
    self->lanes = calloc (self->max_lanes, sizeof *self->lanes);
    self->copies = calloc (max_copies, sizeof *self->copies);
    self->slots = calloc (self->max_slots, sizeof *self->slots);
    self->lane_of = malloc (cells * sizeof *self->lane_of);
    bool indexed = directory_init (&self->client_index, max_clients) &&
                   directory_init (&self->symbol_index, max_symbols) &&
                   directory_init (&self->parent_index, max_parents);
    if (!indexed || !self->clients || !self->symbols || !self->parents || !self->lanes || !self->copies ||
        !self->slots || !self->lane_of)
        return false;
    page_touch (self->parents, max_parents * sizeof *self->parents);
    memset (self->lane_of, 0xff, cells * sizeof *self->lane_of); /*  NONE */
    chain_free_lists (self);
    for (uint32_t at = 0; at < max_clients; at++)
        self->clients[at].first_lane = NONE;
    self->pinned = NONE;
    return true;
}

void book_free (book_t *self)
{
    assert (self);
    free (self->clients);
    free (self->symbols);
    free (self->parents);
    free (self->lanes);
    free (self->copies);
    free (self->slots);
    free (self->lane_of);
    directory_free (&self->client_index);
    directory_free (&self->symbol_index);
    directory_free (&self->parent_index);
    memset (self, 0, sizeof *self);
}

uint32_t book_client (book_t *self, const char *client_id, bool make)
{
    assert (self && client_id);
    uint32_t client = directory_get (&self->client_index, client_id);
    if (client != NONE || !make)
        return client;
    for (client = 0; client < self->max_clients && self->clients[client].used; client++)
        ;
    if (client == self->max_clients)
        return NONE;
    client_t *entry = &self->clients[client];
    *entry = (client_t){.used = true, .generation = entry->generation + 1, .first_lane = entry->first_lane};
    TEXT_SET (entry->id, client_id);
    entry->hash = word_hash (client_id);
    directory_put (&self->client_index, entry->id, client);
    if (client >= self->client_count)
        self->client_count = client + 1;
    return client;
}

uint32_t book_symbol (book_t *self, const char *symbol)
{
    assert (self && symbol);
    uint32_t at = directory_get (&self->symbol_index, symbol);
    if (at != NONE)
        return at;
    if (self->symbol_count == self->max_symbols)
        return NONE;
    at = self->symbol_count++;
    (void) snprintf (self->symbols[at].text, SYMBOL_MAX, "%s", symbol);
    directory_put (&self->symbol_index, self->symbols[at].text, at);
    return at;
}

/*  Lanes never move: a client that takes a forgotten one's entry takes its (emptied) lanes too. */
uint32_t book_lane (book_t *self, uint32_t client, uint32_t symbol)
{
    assert (self && client < self->max_clients && symbol < self->symbol_count);
    uint32_t *cell = &self->lane_of[(size_t) symbol * self->max_clients + client];
    if (*cell != NONE)
        return *cell;
    if (self->lane_count == self->max_lanes)
        return NONE;
    *cell = self->lane_count++;
    self->lanes[*cell] = (lane_t){.client = client,
        .symbol = symbol,
        .next_of_client = self->clients[client].first_lane,
        .unanswered = NONE,
        .first_copy = NONE,
        .first_working = NONE,
        .first_pending = NONE,
        .last_pending = NONE};
    self->clients[client].first_lane = *cell;
    return *cell;
}

/*  A forgotten client's lane has let go of its copies already. */
static void leave_lane (book_t *self, uint32_t copy)
{
    uint32_t *link = &self->lanes[self->copies[copy].lane].first_copy;
    while (*link != NONE && *link != copy)
        link = &self->copies[*link].next_of_lane;
    if (*link == copy)
        *link = self->copies[copy].next_of_lane;
}

static void release_copies (book_t *self, parent_t *parent)
{
    for (uint32_t at = parent->first_copy, next; at != NONE; at = next) {
        copy_t *copy = &self->copies[at];
        next = copy->next_of_parent;
        leave_lane (self, at);
        for (uint32_t slot = copy->first_slot, after; slot != NONE; slot = after) {
            after = self->slots[slot].next;
            self->slots[slot].generation++;
            self->slots[slot].next = self->free_slot;
            self->free_slot = slot;
            self->free_slots++;
        }
        copy->next_of_parent = self->free_copy;
        self->free_copy = at;
        self->free_copies++;
    }
    parent->first_copy = NONE;
}

/*  The oldest settled parent leaves; NONE: all are at work. */
static uint32_t evict_parent (book_t *self)
{
    uint32_t oldest = NONE;
    for (uint32_t at = 0; at < self->max_parents; at++) {
        const parent_t *parent = &self->parents[at];
        if (parent->used && at != self->pinned && parent->open_copies == 0 &&
            (oldest == NONE || parent->age < self->parents[oldest].age))
            oldest = at;
    }
    if (oldest == NONE)
        return NONE;
    release_copies (self, &self->parents[oldest]);
    directory_remove (&self->parent_index, self->parents[oldest].trade.x);
    self->parents[oldest].used = false;
    return oldest;
}

uint32_t book_parent (book_t *self, const char *x, bool make)
{
    assert (self && x);
    uint32_t at = directory_get (&self->parent_index, x);
    if (at != NONE || !make)
        return at;
    for (at = 0; at < self->max_parents && self->parents[at].used; at++)
        ;
    if (at == self->max_parents)
        at = evict_parent (self);
    if (at == NONE)
        return NONE;
    parent_t *parent = &self->parents[at];
    *parent = (parent_t){.used = true, .first_copy = NONE, .age = self->age++};
    TEXT_SET (parent->trade.x, x);
    directory_put (&self->parent_index, parent->trade.x, at);
    return at;
}

/*  A parent's copies are searched through its list only when the client already has one: the common first sight makes
 *  them in one pass, and later states walk the list itself (book.h: first_copy). */
uint32_t book_copy (book_t *self, uint32_t client, uint32_t parent, bool make)
{
    assert (self && client < self->max_clients && parent < self->max_parents);
    for (uint32_t at = self->parents[parent].first_copy; at != NONE && !make;
         at = self->copies[at].next_of_parent)
        if (self->copies[at].client == client)
            return at;
    if (!make)
        return NONE;
    while (self->free_copy == NONE)
        if (evict_parent (self) == NONE)
            return NONE;
    uint32_t lane = book_lane (self, client, self->parents[parent].symbol);
    if (lane == NONE)
        return NONE;
    uint32_t at = self->free_copy;
    self->free_copy = self->copies[at].next_of_parent;
    self->free_copies--;
    self->copies[at] = (copy_t){.client = client,
        .parent = parent,
        .lane = lane,
        .next_of_parent = self->parents[parent].first_copy,
        .next_of_lane = self->lanes[lane].first_copy,
        .next_pending = NONE,
        .first_slot = NONE,
        .base_remaining_e18 = INT64_C (1000000000000000000),
        .kind = OUTCOME_KIND_SKIPPED,
        .reason = "undecided"};
    self->parents[parent].first_copy = at;
    self->lanes[lane].first_copy = at;
    return at;
}

/*  `count` entries from the first free one: as they are taken while all are new. */
static void ready (void *entries, size_t size, uint32_t free, uint32_t count, uint32_t max)
{
    if (free == NONE)
        return;
    uint32_t left = max - free;
    page_touch ((char *) entries + free * size, (count < left ? count : left) * size);
}

void book_ready (book_t *self)
{
    assert (self);
    uint32_t count = FAN_OUTS_READY * self->client_count;
    ready (self->copies, sizeof *self->copies, self->free_copy, count, self->max_copies);
    ready (self->slots, sizeof *self->slots, self->free_slot, count, self->max_slots);
}

static void fetch (const void *at, size_t size)
{
    for (size_t byte = 0; byte < size; byte += LINE)
        __builtin_prefetch ((const char *) at + byte, 1);
}

void book_prefetch (const book_t *self, uint32_t client, uint32_t symbol)
{
    assert (self && client < self->max_clients && symbol < self->symbol_count);
    fetch (&self->clients[client], offsetof (client_t, allow) + LINE);
    __builtin_prefetch (self->clients[client].deny);
    uint32_t lane = self->lane_of[(size_t) symbol * self->max_clients + client];
    if (lane != NONE)
        fetch (&self->lanes[lane], sizeof self->lanes[lane]);
    uint32_t copy = self->free_copy == NONE ? NONE : self->copies[self->free_copy].next_of_parent;
    if (copy != NONE)
        fetch (&self->copies[copy], sizeof self->copies[copy]);
    uint32_t slot = self->free_slot == NONE ? NONE : self->slots[self->free_slot].next;
    if (slot != NONE)
        fetch (&self->slots[slot], sizeof self->slots[slot]);
}

uint32_t book_slot (book_t *self, uint32_t copy)
{
    assert (self && copy < self->max_copies);
    while (self->free_slot == NONE)
        if (evict_parent (self) == NONE)
            return NONE;
    uint32_t at = self->free_slot;
    slot_t *slot = &self->slots[at];
    self->free_slot = slot->next;
    self->free_slots--;
    uint32_t generation = slot->generation + 1;
    *slot =
        (slot_t){.copy = copy, .generation = generation, .told = -1, .next = self->copies[copy].first_slot};
    self->copies[copy].first_slot = at;
    return at;
}

void book_drop_slot (book_t *self, uint32_t slot)
{
    assert (self && slot < self->max_slots);
    slot_t *entry = &self->slots[slot];
    uint32_t *link = &self->copies[entry->copy].first_slot;
    while (*link != slot)
        link = &self->slots[*link].next;
    *link = entry->next;
    entry->generation++;
    entry->next = self->free_slot;
    self->free_slot = slot;
    self->free_slots++;
}

void book_forget_client (book_t *self, uint32_t client)
{
    assert (self && client < self->max_clients && self->clients[client].busy == 0);
    client_t *entry = &self->clients[client];
    directory_remove (&self->client_index, entry->id);
    for (uint32_t at = 0; at < self->max_parents; at++) {
        if (!self->parents[at].used)
            continue;
        uint32_t copy = book_copy (self, client, at, false);
        if (copy != NONE) {
            book_unpend (self, copy);
            self->copies[copy].client = NONE;
        }
    }
    for (uint32_t at = entry->first_lane; at != NONE; at = self->lanes[at].next_of_client)
        self->lanes[at] = (lane_t){.client = client,
            .symbol = self->lanes[at].symbol,
            .next_of_client = self->lanes[at].next_of_client,
            .stamp = self->lanes[at].stamp,
            .scheduled = self->lanes[at].scheduled,
            .queued = self->lanes[at].queued,
            .next_queued = self->lanes[at].next_queued,
            .unanswered = NONE,
            .first_copy = NONE,
            .first_working = NONE,
            .first_pending = NONE,
            .last_pending = NONE};
    entry->used = false;
    entry->active = false;
}

int64_t book_sum_e9 (const book_t *self, uint32_t copy, leg_t leg)
{
    assert (self && copy < self->max_copies);
    int64_t sum_e9 = 0;
    for (uint32_t at = self->copies[copy].first_slot; at != NONE; at = self->slots[at].next)
        if (self->slots[at].leg == leg && !self->slots[at].found)
            sum_e9 += slot_counts_e9 (&self->slots[at]);
    return sum_e9;
}

int64_t book_filled_e9 (const book_t *self, uint32_t copy, leg_t leg)
{
    assert (self && copy < self->max_copies);
    int64_t sum_e9 = 0;
    for (uint32_t at = self->copies[copy].first_slot; at != NONE; at = self->slots[at].next)
        if (self->slots[at].leg == leg && !self->slots[at].found)
            sum_e9 += self->slots[at].filled_e9;
    return sum_e9;
}

int book_next_n (const book_t *self, uint32_t copy, leg_t leg)
{
    assert (self && copy < self->max_copies);
    int n = 0;
    for (uint32_t at = self->copies[copy].first_slot; at != NONE; at = self->slots[at].next)
        if (self->slots[at].leg == leg && self->slots[at].state != SLOT_VOID && self->slots[at].n > n)
            n = self->slots[at].n;
    return n + 1;
}
