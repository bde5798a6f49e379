/*  chain.c: a ring of links with an index over the order ids. */
#include "actors/listener/chain.h"
#include "messages/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool chain_init (chain_t *self, uint32_t limit)
{
    assert (self && limit > 0);
    self->links = calloc (limit, sizeof *self->links);
    self->limit = limit;
    return directory_init (&self->index, limit) && self->links;
}

void chain_free (chain_t *self)
{
    assert (self);
    directory_free (&self->index);
    free (self->links);
    self->links = NULL;
}

void chain_learn (chain_t *self, const char *order_id, const char *root)
{
    assert (self && self->links && order_id && *order_id && root && *root);
    if (chain_root (self, order_id))
        return;             /*  a root never changes */
    char root_copy[ID_MAX]; /*  root may point into the link that leaves */
    TEXT_SET (root_copy, root);
    chain_link_t *link = &self->links[self->next];
    if (self->count == self->limit)
        directory_remove (&self->index, link->order_id);
    else
        self->count++;
    TEXT_SET (link->order_id, order_id);
    memcpy (link->root, root_copy, sizeof root_copy);
    directory_put (&self->index, link->order_id, self->next);
    self->next = (self->next + 1) % self->limit;
}

const char *chain_root (const chain_t *self, const char *order_id)
{
    assert (self && order_id);
    uint32_t at = directory_get (&self->index, order_id);
    return at == DIRECTORY_NONE ? NULL : self->links[at].root;
}
