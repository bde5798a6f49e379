/*  pool.c: slots and rows from free lists, a queue through the completed ones, and a hash of their sequences. */
#include "actors/dispatcher/pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void fill (uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        list[i] = count - 1 - i;
}

bool pool_init (pool_t *self, uint32_t max_open, uint32_t max_completed, uint32_t clients)
{
    assert (self && max_open > 0 && max_completed > 0 && clients > 0);
    uint32_t slots = max_open + max_completed;
    uint32_t buckets = 1;
    while (buckets < slots)
        buckets *= 2;
    *self = (pool_t){.max_completed = max_completed,
        .clients = clients,
        .slots_free = slots,
        .rows_free = max_open,
        .first = DIRECTORY_NONE,
        .last = DIRECTORY_NONE,
        .bucket_mask = buckets - 1};
    self->list = calloc (slots, sizeof *self->list);
    self->open = calloc (max_open, sizeof *self->open);
    self->slots = calloc (slots, sizeof *self->slots);
    self->rows = calloc (max_open, sizeof *self->rows);
    self->answers = calloc ((size_t) max_open * clients, sizeof *self->answers);
    self->latencies = calloc ((size_t) max_open * clients, sizeof *self->latencies);
    self->buckets = calloc (buckets, sizeof *self->buckets);
    if (!self->list || !self->open || !self->slots || !self->rows || !self->answers || !self->latencies ||
        !self->buckets)
        return false;
    fill (self->slots, slots);
    fill (self->rows, max_open);
    memset (self->answers, ANSWER_NOT_EXPECTED, (size_t) max_open * clients);
    memset (self->buckets, 0xff, buckets * sizeof *self->buckets); /*  DIRECTORY_NONE */
    return true;
}

void pool_free (pool_t *self)
{
    assert (self);
    free (self->list);
    free (self->open);
    free (self->slots);
    free (self->rows);
    free (self->answers);
    free (self->latencies);
    free (self->buckets);
    *self = (pool_t){0};
}

static void take_row (pool_t *self, replication_t *replication)
{
    assert (self->rows_free > 0);
    replication->row = self->rows[--self->rows_free];
    replication->answers = self->answers + (size_t) replication->row * self->clients;
    replication->latencies = self->latencies + (size_t) replication->row * self->clients;
}

static void give_row (pool_t *self, replication_t *replication)
{
    if (replication->row == DIRECTORY_NONE)
        return;
    /*  clean for the next one, whom a trade waits for */
    memset (replication->answers, ANSWER_NOT_EXPECTED, self->clients * sizeof *replication->answers);
    memset (replication->latencies, 0, self->clients * sizeof *replication->latencies);
    self->rows[self->rows_free++] = replication->row;
    replication->row = DIRECTORY_NONE;
    replication->answers = NULL;
    replication->latencies = NULL;
}

/*  Nearly always at the end. */
static void list_open (pool_t *self, uint32_t slot)
{
    uint32_t at = self->open_count++;
    for (; at > 0 && self->list[self->open[at - 1]].sequence > self->list[slot].sequence; at--)
        self->open[at] = self->open[at - 1];
    self->open[at] = slot;
}

static void unlist_open (pool_t *self, uint32_t slot)
{
    uint32_t at = 0;
    while (self->open[at] != slot)
        at++;
    assert (at < self->open_count);
    self->open_count--;
    memmove (self->open + at, self->open + at + 1, (self->open_count - at) * sizeof *self->open);
}

static void enqueue (pool_t *self, uint32_t slot)
{
    replication_t *replication = &self->list[slot];
    replication->before = self->last;
    replication->after = DIRECTORY_NONE;
    if (self->last == DIRECTORY_NONE)
        self->first = slot;
    else
        self->list[self->last].after = slot;
    self->last = slot;
}

static void dequeue (pool_t *self, uint32_t slot)
{
    const replication_t *replication = &self->list[slot];
    if (replication->before == DIRECTORY_NONE)
        self->first = replication->after;
    else
        self->list[replication->before].after = replication->after;
    if (replication->after == DIRECTORY_NONE)
        self->last = replication->before;
    else
        self->list[replication->after].before = replication->before;
}

static uint32_t *bucket_of (const pool_t *self, uint64_t sequence)
{
    return &self->buckets[sequence & self->bucket_mask];
}

static void index_drop (pool_t *self, uint32_t slot)
{
    uint32_t *link = bucket_of (self, self->list[slot].sequence);
    while (*link != slot) {
        assert (*link != DIRECTORY_NONE);
        link = &self->list[*link].same_bucket;
    }
    *link = self->list[slot].same_bucket;
}

uint32_t pool_open (pool_t *self, uint64_t sequence)
{
    assert (self && self->slots_free > 0); /*  as long as a row is free, a slot is */
    uint32_t slot = self->slots[--self->slots_free];
    replication_t *replication = &self->list[slot];
    assert (replication->state == REPLICATION_FREE);
    replication->state = REPLICATION_OPEN;
    replication->sequence = sequence;
    replication->completed.sequence = 0;
    take_row (self, replication);
    list_open (self, slot);
    return slot;
}

bool pool_complete (pool_t *self, uint32_t slot)
{
    assert (self);
    replication_t *replication = &self->list[slot];
    assert (replication->state == REPLICATION_OPEN);
    bool room = self->completed_count < self->max_completed;
    unlist_open (self, slot);
    replication->state = REPLICATION_COMPLETED;
    self->completed_count++;
    enqueue (self, slot);
    uint32_t *bucket = bucket_of (self, replication->sequence);
    replication->same_bucket = *bucket;
    *bucket = slot;
    if (room)
        give_row (self, replication);
    return room;
}

static void uncomplete (pool_t *self, uint32_t slot)
{
    assert (self->list[slot].state == REPLICATION_COMPLETED);
    dequeue (self, slot);
    index_drop (self, slot);
    self->completed_count--;
}

bool pool_reopen (pool_t *self, uint32_t slot)
{
    assert (self);
    replication_t *replication = &self->list[slot];
    if (replication->row == DIRECTORY_NONE && self->rows_free == 0)
        return false;
    uncomplete (self, slot);
    if (replication->row == DIRECTORY_NONE)
        take_row (self, replication);
    replication->state = REPLICATION_OPEN;
    list_open (self, slot);
    return true;
}

void pool_close (pool_t *self, uint32_t slot)
{
    assert (self);
    uncomplete (self, slot);
    give_row (self, &self->list[slot]);
    self->list[slot].state = REPLICATION_FREE;
    self->slots[self->slots_free++] = slot;
}

uint32_t pool_completed (const pool_t *self, uint64_t sequence)
{
    assert (self);
    uint32_t slot = *bucket_of (self, sequence);
    while (slot != DIRECTORY_NONE && self->list[slot].sequence != sequence)
        slot = self->list[slot].same_bucket;
    return slot;
}

uint32_t pool_oldest_completed (const pool_t *self)
{
    assert (self);
    return self->first;
}

void pool_requeue (pool_t *self, uint32_t slot)
{
    assert (self && self->list[slot].state == REPLICATION_COMPLETED);
    dequeue (self, slot);
    enqueue (self, slot);
}
