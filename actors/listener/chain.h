/*  chain.h: the root X of an order's `replaces` chain, for orders that replaced another.
 *
 *  An order that replaces nothing is its own root and needs no entry. Bounded; the oldest links leave first (then
 *  the broker is asked again).
 */
#ifndef LISTENER_CHAIN_H
#define LISTENER_CHAIN_H

#include "messages/directory.h"
#include "messages/trading.h"

typedef struct {
    char order_id[ID_MAX];
    char root[ID_MAX];
} chain_link_t;

typedef struct {
    chain_link_t *links; /*  ring */
    directory_t index;
    uint32_t limit;
    uint32_t count;
    uint32_t next;
} chain_t;

bool chain_init (chain_t *self, uint32_t limit);
void chain_free (chain_t *self);
void chain_learn (chain_t *self, const char *order_id, const char *root);
const char *chain_root (
    const chain_t *self, const char *order_id); /*  NULL = not known; valid until the next learn */

#endif
