/*  postgres_world.h: a PostgreSQL for the program, a database for each story. Shared by the postgres_*_test.c programs. */
#ifndef POSTGRES_WORLD_H
#define POSTGRES_WORLD_H

#include "storage/storage.h"
#include "tests/lib/postgres_server.h"

typedef struct {
    postgres_server_t *server;
    char url[256];
    storage_t *storage;
} world_t;

int world_begin (void **state); /*  group fixtures */
int world_end (void **state);
int world_setup (void **state);
int world_teardown (void **state);
/*  By hand, as a person with psql. */
const char *by_hand (const world_t *world, const char *sql);
void reads (const world_t *world, const char *sql, const char *expected);
void refuses (world_t *world, int code, const char *because); /*  to be opened again */

client_config_t example_client (const char *client_id);
message_t example_result (const char *client_id, int64_t filled_e9);

#endif
