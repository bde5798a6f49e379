/*  database_state.h: the state port (dedup marks, breakers) over the database.
 */
#ifndef DATABASE_STATE_H
#define DATABASE_STATE_H

#include "storage/state.h"
#include "storage/storage.h"

/*  The state port over an open database. Borrows storage, which must outlive it and stay on the same thread; a call
 *  between storage_begin and storage_commit belongs to that transaction. NULL: out of memory. */
state_t *database_state_new (storage_t *storage);

#endif
