/*  ledger.c: entries stay until the next reading; a symbol at zero keeps its place. */
#include "actors/listener/ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "messages/error.h"

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

int64_t master_ledger_get (const master_ledger_t *self, const char *symbol)
{
    assert (self && symbol);
    char key[SYMBOL_MAX];
    key_of (symbol, key);
    uint32_t at = directory_get (&self->index, key);
    return at == DIRECTORY_NONE ? 0 : self->entries[at].qty_e9;
}

int master_ledger_set (master_ledger_t *self, const char *symbol, int64_t qty_e9)
{
    assert (self && symbol);
    char key[SYMBOL_MAX];
    key_of (symbol, key);
    uint32_t at = directory_get (&self->index, key);
    if (at == DIRECTORY_NONE) {
        if (self->count == self->limit)
            return -ERR_FULL;
        at = self->count++;
        key_of (symbol, self->entries[at].symbol);
        directory_put (&self->index, self->entries[at].symbol, at);
    }
    self->entries[at].qty_e9 = qty_e9;
    return 0;
}
