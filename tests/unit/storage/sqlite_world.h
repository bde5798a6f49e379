/*  sqlite_world.h: a database in a directory of its own, and a second, plain SQLite connection to look inside and to
 *  damage it by hand. Shared by the sqlite_*_test.c programs.
 */
#ifndef SQLITE_WORLD_H
#define SQLITE_WORLD_H

#include "storage/database_state.h"

typedef struct {
    char folder[64];
    char path[96];
    char url[128];
    storage_t *storage;
} world_t;

int world_setup (void **state);
int world_teardown (void **state);
/*  By hand, in a connection of its own, as a person with the sqlite3 shell. Fails the test on an error. */
void by_hand (const world_t *world, const char *sql);
/*  The first column of the first row as text, "" when there is none. */
const char *ask (const world_t *world, const char *sql, char *text, size_t size);
int reopen (world_t *world, problem_t *problem);
client_config_t example_client (const char *client_id);
outcome_t example_outcome (const char *client_id, int64_t filled_e9);
/*  Begin, append one copy.result with this outcome, commit. */
void outcome_store (storage_t *storage, const outcome_t *outcome);

#endif
