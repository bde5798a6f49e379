/*  vault_arena.h: locked, undumpable memory for credentials, in slots of one size.
 *
 *  One sodium_malloc each would cost four pages a client; containers often allow 64 KiB to 8 MiB of locked memory.
 */
#ifndef VAULT_ARENA_H
#define VAULT_ARENA_H

#include "storage/vault.h"

#include <stddef.h>

/*  A guarded, locked allocation of its own (the key's); NULL: cannot allocate or lock. Free with sodium_free. */
void *arena_locked (size_t size);

/*  Slots now in use and bytes locked for them; for tests and messages. */
void arena_usage (size_t *slots_p, size_t *bytes_p);

#endif
