/*  state_backends: the database of either kind, and a real redis-server.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/contract/state_backends.h"

#include "storage/database_state.h"
#include "tests/contract/backends.h"
#include "tests/lib/redis_client.h"
#include "tests/lib/redis_server.h"

#include <stdlib.h>

/*  ---- the database ---- */

typedef struct {
    const backend_t *backend;
    char url[256];
} place_t;

typedef struct {
    storage_t *storage;
    state_t *state;
    int result;
} local_t;

static void *database_new (const backend_t *backend)
{
    place_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->backend = backend;
    assert_int_equal (backend->prepare (self->url, sizeof self->url), 0);
    return self;
}

static void *sqlite_new (void)
{
    return database_new (&backends[0]);
}

static void *postgres_new (void)
{
    return database_new (&backends[1]);
}

static void database_destroy (void *place)
{
    place_t *self = place;
    self->backend->remove (self->url);
    free (self);
}

static void *local_new (void *place)
{
    local_t *self = calloc (1, sizeof *self);
    problem_t problem = {0};
    assert_non_null (self);
    if (storage_open (&self->storage, ((place_t *) place)->url, true, &problem) != 0)
        fail_msg ("%s: %s", problem.where, problem.detail);
    self->state = database_state_new (self->storage);
    assert_non_null (self->state);
    return self;
}

static void local_destroy (void *user)
{
    local_t *self = user;
    self->state->ops->destroy (&self->state);
    assert_null (self->state);
    storage_close (&self->storage);
    free (self);
}

static state_t *local_state (void *user)
{
    return ((local_t *) user)->state;
}

static void local_together (void *user, bool begin)
{
    storage_t *storage = ((local_t *) user)->storage;
    assert_int_equal (begin ? storage_begin (storage, NULL) : storage_commit (storage, NULL), 0);
}

static void local_settle (void *user)
{
    (void) user; /*  a put is a transaction */
}

static void on_refreshed (void *context, int result)
{
    ((local_t *) context)->result = result;
}

static int local_refresh (void *user)
{
    local_t *self = user;
    self->result = 1; /*  none: done was not called */
    self->state->ops->refresh (self->state, on_refreshed, self);
    return self->result;
}

/*  ---- Redis ---- */

static void *server_new (void)
{
    redis_server_t *self = redis_server_new ();
    redis_server_start (self, NULL);
    return self;
}

static void server_destroy (void *place)
{
    redis_server_t *self = place;
    redis_server_destroy (&self);
}

static void *client_new (void *place)
{
    return redis_client_new (redis_server_url (place));
}

static void client_destroy (void *user)
{
    redis_client_t *self = user;
    redis_client_destroy (&self);
}

static state_t *client_state (void *user)
{
    return ((redis_client_t *) user)->state;
}

static void client_together (void *user, bool begin)
{
    (void) user;
    (void) begin;
}

static void client_settle (void *user)
{
    redis_client_wait_well (user);
}

static int client_refresh (void *user)
{
    return redis_client_refresh (user);
}

const state_backend_t state_backends[] = {
    {"sqlite", sqlite_new, database_destroy, local_new, local_destroy, local_state, local_together,
        local_settle, local_refresh},
    {"postgres", postgres_new, database_destroy, local_new, local_destroy, local_state, local_together,
        local_settle, local_refresh},
    {"redis", server_new, server_destroy, client_new, client_destroy, client_state, client_together,
        client_settle, client_refresh},
};
const size_t state_backends_count = sizeof state_backends / sizeof state_backends[0];
