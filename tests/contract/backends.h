/*  backends.h: the implementations that the contract suites run over, each with a fresh, empty store a story.
 *
 *  A new one adds an entry to backends.c; the stories do not change.
 */
#ifndef BACKENDS_H
#define BACKENDS_H

#include "storage/database_state.h"
#include "storage/storage.h"

typedef struct {
    const char *name;
    /*  makes a place for a new store and its DATABASE_URL; -1: cannot */
    int (*prepare) (char *url, size_t size);
    void (*remove) (const char *url);
} backend_t;

extern const backend_t backends[];
extern const size_t backends_count;

/*  One story's world: a store open twice, as by the copier and by a command. */
typedef struct {
    const backend_t *backend;
    char url[256];
    storage_t *storage;
    storage_t *other;
} world_t;

/*  cmocka fixtures; the test's initial state is the backend_t. */
int world_setup (void **state);
int world_teardown (void **state);

/*  Valid examples. */
client_config_t example_client (const char *client_id);
message_t example_trade (const char *x, int64_t qty_e9);
outcome_t example_outcome (const char *client_id, const char *x);
message_t example_completed (const char *x, int64_t qty_e9, uint64_t sequence);

/*  Runs every story over every backend. */
typedef struct {
    const char *name;
    void (*run) (void **state);
} story_t;
int stories_run (const story_t *stories, size_t count);

#endif
