/*  sqlite.h: what the SQLite implementation offers beside the ports it implements.
 */
#ifndef SQLITE_STORAGE_H
#define SQLITE_STORAGE_H

#include "storage/state.h"
#include "storage/storage.h"

/*  The state port over an open database. Borrows storage, which must outlive it and stay on the same thread; a call
 *  between storage_begin and storage_commit belongs to that transaction. NULL: out of memory. */
state_t *sqlite_state_new (storage_t *storage);

#endif
