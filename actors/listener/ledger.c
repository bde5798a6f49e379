/*  ledger.c: entries stay; a symbol at zero keeps its place. */
#include "actors/listener/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "messages/fixed.h"

bool master_ledger_init (master_ledger_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->entries = calloc (limit, sizeof *self->entries);
    self->limit = limit;
    return directory_init (&self->index, limit) && self->entries;
}

void master_ledger_free (master_ledger_t *self)
{
    assert (self);
    directory_free (&self->index);
    free (self->entries);
    self->entries = NULL;
}

void master_ledger_clear (master_ledger_t *self)
{
    assert (self);
    for (uint32_t i = 0; i < self->count; i++)
        directory_remove (&self->index, self->entries[i].symbol);
    self->count = 0;
}

static void key_of (const char *symbol, char key[SYMBOL_MAX])
{
    size_t used = 0;
    for (; *symbol && used < SYMBOL_MAX - 1; symbol++)
        if (*symbol != '/')
            key[used++] = *symbol;
    key[used] = 0;
}

master_ledger_entry_t *master_ledger_open (master_ledger_t *self, const char *symbol, bool known)
{
    assert (self && self->entries && symbol);
    char key[SYMBOL_MAX];
    key_of (symbol, key);
    uint32_t at = directory_get (&self->index, key);
    if (at != DIRECTORY_NONE)
        return &self->entries[at];
    if (self->count == self->limit)
        return NULL;
    master_ledger_entry_t *entry = &self->entries[self->count];
    memset (entry, 0, sizeof *entry);
    if (known)
        master_ledger_anchor (entry, 0);
    entry->news_at_ns = entry->given_up_ns = INT64_MIN;
    memcpy (entry->symbol, key, sizeof key);
    directory_put (&self->index, entry->symbol, self->count++);
    return entry;
}

/*  Does the broker's word for this one count an execution that is not here? */
static bool follows_gap (const master_ledger_entry_t *entry, uint32_t at)
{
    const ledger_step_t *step = &entry->trail[at];
    return at > 0 && step->told && step->before_e9 != step[-1].after_e9;
}

/*  How many of the trail are not newer. One of the same instant that met what this one left is newer. */
static uint32_t place_of (const master_ledger_entry_t *entry, int64_t at_ns, bool told)
{
    uint32_t place = entry->trail_count;
    while (place > 0 && entry->trail[place - 1].at_ns > at_ns)
        place--;
    uint32_t same = place;
    while (!told && same > 0 && entry->trail[same - 1].at_ns == at_ns)
        if (follows_gap (entry, --same))
            place = same;
    return place;
}

void master_ledger_anchor (master_ledger_entry_t *entry, int64_t qty_e9)
{
    assert (entry);
    entry->known = true;
    entry->qty_e9 = qty_e9;
    entry->trail_count = 1;
    entry->trail[0] = (ledger_step_t){.at_ns = INT64_MIN, .before_e9 = qty_e9, .after_e9 = qty_e9};
}

bool master_ledger_overlooked (const master_ledger_entry_t *entry, int64_t at_ns)
{
    assert (entry);
    uint32_t place = place_of (entry, at_ns, true);
    if (place == 0 || place == entry->trail_count)
        return false; /*  older than all that is remembered; or the newest */
    for (uint32_t at = place; at < entry->trail_count; at++)
        if (entry->trail[at].told)
            return false;
    return true;
}

void master_ledger_step (
    master_ledger_entry_t *entry, int64_t at_ns, int64_t before_e9, int64_t after_e9, bool told)
{
    assert (entry);
    if (master_ledger_overlooked (entry, at_ns)) {
        at_ns = entry->trail[entry->trail_count - 1].at_ns;
        told = false;
    }
    uint32_t place = place_of (entry, at_ns, told);
    if (place == entry->trail_count) {
        entry->qty_e9 = after_e9;
        entry->known = true;
    }
    if (entry->trail_count == LEDGER_TRAIL) {
        if (place == 0) {
            (void) fixed_sub (entry->early_e9, after_e9 - before_e9, &entry->early_e9);
            return;
        }
        memmove (entry->trail, entry->trail + 1, sizeof entry->trail - sizeof *entry->trail);
        entry->trail_count--;
        place--;
    }
    ledger_step_t *step = &entry->trail[place];
    memmove (step + 1, step, (entry->trail_count - place) * sizeof *step);
    *step = (ledger_step_t){.at_ns = at_ns, .before_e9 = before_e9, .after_e9 = after_e9, .told = told};
    entry->trail_count++;
}

bool master_ledger_early (const master_ledger_entry_t *entry, int64_t at_ns)
{
    assert (entry);
    return entry->trail_count > 0 && place_of (entry, at_ns, true) == 0;
}

bool master_ledger_late (const master_ledger_entry_t *entry, int64_t at_ns, bool told, int64_t *before_e9)
{
    assert (entry && before_e9);
    uint32_t place = place_of (entry, at_ns, told);
    if (place == entry->trail_count || master_ledger_overlooked (entry, at_ns))
        return false;
    /*  older than all that is remembered: what waits of them makes the difference */
    if (place > 0)
        *before_e9 = entry->trail[place - 1].after_e9;
    else if (fixed_sub (entry->trail[0].before_e9, entry->early_e9, before_e9) != 0)
        *before_e9 = entry->trail[0].before_e9;
    return true;
}
