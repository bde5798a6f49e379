/*  A real Redis that comes late, dies, is wiped, stops answering, is full, or holds what is none of ours.
 *
 *  What the user of the port sees all the while: every call returns (nothing else would let a stopped Redis go on), and
 *  when Redis is back, it has everything.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "storage/redis_state.h"
#include "tests/lib/redis_client.h"
#include "tests/lib/redis_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C (1700000000123456789)

typedef struct {
    redis_server_t *server;
    redis_client_t *client;
} world_t;

static int setup (void **state)
{
    world_t *self = calloc (1, sizeof *self);
    assert_non_null (self);
    self->server = redis_server_new ();
    *state = self;
    return 0;
}

static int teardown (void **state)
{
    world_t *self = *state;
    if (self->client)
        redis_client_destroy (&self->client);
    redis_server_destroy (&self->server);
    free (self);
    return 0;
}

static void start (world_t *self)
{
    redis_server_start (self->server, NULL);
    self->client = redis_client_new (redis_server_url (self->server));
}

static void mark (world_t *self, const char *x, int64_t qty_e9)
{
    state_t *state = self->client->state;
    state_mark_t put = {.master_id = "master", .qty_e9 = qty_e9, .final = true, .first_at_ns = NOW};
    (void) snprintf (put.x, sizeof put.x, "%s", x);
    assert_int_equal (state->ops->mark_put (state, &put, 0, NULL), 0);
}

static void breaker (world_t *self, const char *client_id, breaker_changed_state_t value)
{
    state_t *state = self->client->state;
    breaker_changed_t put = {.state = value, .failures = 5, .opened_at_ns = NOW, .last_error = "HTTP 500"};
    (void) snprintf (put.client_id, sizeof put.client_id, "%s", client_id);
    assert_int_equal (state->ops->breaker_put (state, &put, 0, NULL), 0);
}

static void many_marks (world_t *self, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char x[40];
        (void) snprintf (x, sizeof x, "x%u", i);
        mark (self, x, 1000000000);
    }
}

static void check_field (world_t *self, const char *key, const char *field, const char *wanted)
{
    assert_string_equal (redis_server_cli (self->server, "HGET %s %s", key, field), wanted);
}

static unsigned keys (world_t *self)
{
    return (unsigned) strtoul (redis_server_cli (self->server, "DBSIZE"), NULL, 10);
}

/*  ---- */

static void people_read_it_with_redis_cli (void **state)
{
    world_t *self = *state;
    start (self);
    mark (self, "7b2c", 10500000000);
    breaker (self, "client one", BREAKER_CHANGED_STATE_OPEN);
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:7b2c", "qty", "10.5");
    check_field (self, "tc:dedup:master:7b2c", "qty_e9", "10500000000");
    check_field (self, "tc:dedup:master:7b2c", "final", "true");
    check_field (self, "tc:dedup:master:7b2c", "first_at", "2023-11-14T22:13:20.123456789Z");
    check_field (self, "tc:dedup:master:7b2c", "executed_at", "");
    check_field (self, "'tc:breaker:client one'", "state", "open");
    check_field (self, "'tc:breaker:client one'", "failures", "5");
    check_field (self, "'tc:breaker:client one'", "opened_at", "2023-11-14T22:13:20.123456789Z");
    check_field (self, "'tc:breaker:client one'", "retry_at", "");
    check_field (self, "'tc:breaker:client one'", "last_error", "HTTP 500");
    long ttl = strtol (redis_server_cli (self->server, "TTL tc:dedup:master:7b2c"), NULL, 10);
    assert_in_range (ttl, 3000, 3600);
    assert_string_equal (redis_server_cli (self->server, "TTL 'tc:breaker:client one'"), "-1");
    assert_int_equal (self->client->faults, 0);
}

static void a_breaker_closes_again_and_stays_visible (void **state)
{
    static const struct {
        breaker_changed_state_t value;
        const char *text;
    } steps[] = {{BREAKER_CHANGED_STATE_CLOSED, "closed"}, {BREAKER_CHANGED_STATE_OPEN, "open"},
        {BREAKER_CHANGED_STATE_HALF_OPEN, "half_open"}, {BREAKER_CHANGED_STATE_CLOSED, "closed"}};
    world_t *self = *state;
    start (self);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        breaker (self, "c1", steps[i].value);
        redis_client_wait_well (self->client);
        check_field (self, "tc:breaker:c1", "state", steps[i].text);
    }
}

static void over_a_unix_socket_too (void **state)
{
    world_t *self = *state;
    redis_server_start (self->server, NULL);
    self->client = redis_client_new (redis_server_socket (self->server));
    mark (self, "x1", 1);
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:x1", "qty", "0.000000001");
}

/*  Where hiredis has TLS; elsewhere that is what the copier says. */
static void over_tls (void **state)
{
    world_t *self = *state;
    problem_t problem = {0};
    redis_server_use_tls (self->server);
    redis_server_start (self->server, NULL);
    const char *url = redis_server_tls_url (self->server, "localhost");
    if (redis_loop_check (url, &problem) != 0) {
        assert_int_equal (problem.code, ERR_SETTING);
        assert_non_null (strstr (problem.detail, "without"));
        return;
    }
    self->client = redis_client_new (url);
    many_marks (self, 0, 2000);
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:x1999", "qty", "1");
    redis_client_destroy (&self->client);
    /*  the same server under a name that is not in its certificate */
    self->client = redis_client_new (redis_server_tls_url (self->server, "127.0.0.1"));
    redis_client_wait_away (self->client);
    if (!strstr (self->client->health, "certificate"))
        fail_msg ("it says: %s", self->client->health);
    assert_int_equal (keys (self), 2000 + 1);
}

/*  t=0 no Redis; marks and a breaker; t=1 a load does not wait; then it comes. */
static void it_comes_late (void **state)
{
    world_t *self = *state;
    self->client = redis_client_new (redis_server_url (self->server));
    many_marks (self, 0, 1000);
    breaker (self, "c1", BREAKER_CHANGED_STATE_OPEN);
    redis_client_wait_away (self->client);
    assert_int_equal (redis_client_refresh (self->client), -ERR_UNREACHABLE);
    redis_server_start (self->server, NULL);
    redis_client_wait_well (self->client);
    assert_int_equal (self->client->away_count, 1);
    check_field (self, "tc:dedup:master:x999", "qty", "1");
    check_field (self, "tc:breaker:c1", "state", "open");
    assert_int_equal (redis_client_refresh (self->client), 0);
}

/*  kill -9, and it comes back empty: what it had and what came meanwhile is written. */
static void it_is_killed_and_comes_back_empty (void **state)
{
    world_t *self = *state;
    start (self);
    many_marks (self, 0, 100);
    breaker (self, "c1", BREAKER_CHANGED_STATE_OPEN);
    redis_client_wait_well (self->client);
    redis_server_kill (self->server);
    many_marks (self, 100, 200);
    breaker (self, "c1", BREAKER_CHANGED_STATE_HALF_OPEN);
    breaker (self, "c1", BREAKER_CHANGED_STATE_CLOSED); /*  the newest is what counts */
    redis_client_wait_away (self->client);
    redis_server_start (self->server, NULL);
    redis_client_wait_well (self->client);
    redis_client_run (self->client, 500);
    assert_int_equal (keys (self), 200 + 1 + 1); /*  and tc:writer */
    check_field (self, "tc:breaker:c1", "state", "closed");
}

/*  FLUSHALL while the connection lives: noticed by the beat. */
static void it_is_wiped_under_our_feet (void **state)
{
    world_t *self = *state;
    start (self);
    many_marks (self, 0, 100);
    redis_client_wait_well (self->client);
    redis_client_run (self->client, 500); /*  the first beat has signed in */
    assert_string_equal (redis_server_cli (self->server, "FLUSHALL"), "OK");
    redis_client_wait_away (self->client);
    assert_non_null (strstr (self->client->health, "wiped"));
    redis_client_wait_well (self->client);
    assert_in_range (keys (self), 100, 101);
}

/*  SIGSTOP: the kernel goes on taking connections and bytes for it, and nothing answers. */
static void it_stops_answering (void **state)
{
    world_t *self = *state;
    start (self);
    mark (self, "x0", 1);
    redis_client_wait_well (self->client);
    redis_server_pause (self->server);
    many_marks (self, 0, 12000); /*  more than are ever under way */
    redis_client_wait_away (self->client);
    assert_int_equal (redis_client_refresh (self->client), -ERR_UNREACHABLE);
    many_marks (self, 12000, 12100);
    redis_server_go_on (self->server);
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:x12099", "qty", "1");
    check_field (self, "tc:dedup:master:x2100", "qty", "1");
}

/*  A load while it stops answering in the middle of the reading: bounded, with what is known. */
static void a_load_does_not_wait_for_a_slow_one (void **state)
{
    world_t *self = *state;
    redis_server_start (self->server, NULL);
    redis_server_pause (self->server);
    self->client = redis_client_new_hurried (redis_server_url (self->server));
    mark (self, "x1", 1);
    int result = redis_client_refresh (self->client);
    assert_true (result == -ERR_TIMEOUT || result == -ERR_UNREACHABLE);
    redis_server_go_on (self->server);
    redis_client_wait_well (self->client);
}

/*  A second in which it answers nothing, then it does. */
static void it_is_slow (void **state)
{
    world_t *self = *state;
    start (self);
    mark (self, "x1", 1);
    redis_client_wait_well (self->client);
    redis_server_sleep (self->server, 1);
    redis_client_run (self->client, 100);
    many_marks (self, 0, 100);
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:x99", "qty", "1");
}

/*  maxmemory, noeviction: reads go on, writes are refused; then there is room. */
static void it_is_full (void **state)
{
    world_t *self = *state;
    start (self);
    mark (self, "before", 1);
    redis_client_wait_well (self->client);
    assert_string_equal (redis_server_cli (self->server, "CONFIG SET maxmemory 1"), "OK");
    many_marks (self, 0, 1000);
    breaker (self, "c1", BREAKER_CHANGED_STATE_OPEN);
    redis_client_wait_away (self->client);
    assert_non_null (strstr (self->client->health, "OOM"));
    assert_int_equal (redis_client_refresh (self->client), 0); /*  it can still be read */
    assert_string_equal (redis_server_cli (self->server, "CONFIG SET maxmemory 0"), "OK");
    redis_client_wait_well (self->client);
    assert_int_equal (keys (self), 1 + 1000 + 1 + 1); /*  all of them, and tc:writer */
    check_field (self, "tc:breaker:c1", "state", "open");
}

/*  Redis' own password is another one: said with the code of its answer, and without ours. */
static void the_password_is_wrong (void **state)
{
    world_t *self = *state;
    redis_server_start (self->server, NULL);
    char url[256];
    (void) snprintf (
        url, sizeof url, "redis://:wrongsecret@%s", strstr (redis_server_url (self->server), "localhost"));
    self->client = redis_client_new (url);
    redis_client_wait_away (self->client);
    assert_string_equal (self->client->health, "AUTH is answered with WRONGPASS");
    assert_string_equal (redis_server_cli (self->server, "CONFIG SET requirepass wrongsecret"), "OK");
    redis_client_wait_well (self->client);
}

static void its_name_has_no_address (void **state)
{
    world_t *self = *state;
    self->client = redis_client_new ("redis://nobody.invalid");
    mark (self, "x1", 1);
    redis_client_wait_away (self->client);
    assert_non_null (strstr (self->client->health, "resolved"));
}

/*  ---- what others put there ---- */

static void what_another_process_knew_is_found (void **state)
{
    world_t *self = *state;
    start (self);
    (void) redis_server_cli (self->server, "HSET tc:dedup:master:x1 qty_e9 7000000000");
    (void) redis_server_cli (self->server, "HSET tc:dedup:master:x2 qty_e9 1");
    mark (self, "x1", 5);
    mark (self, "x2", 5);
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:x1", "qty_e9", "7000000000");
    check_field (self, "tc:dedup:master:x2", "qty_e9", "5");
}

static void hostile_keys_cost_an_error_each (void **state)
{
    static const char *const puts[] = {
        "SET tc:dedup:master:text hello",
        "RPUSH tc:breaker:list 1 2 3",
        "HSET tc:dedup:master:negative qty_e9 -1",
        "HSET tc:dedup:master:huge qty_e9 99999999999999999999",
        "HSET tc:dedup:master:words qty_e9 ten",
        "HSET tc:dedup:master:time qty_e9 1 first_at yesterday",
        "HSET tc:dedup:master:missing qty 1",
        "HSET tc:dedup:nocolon qty_e9 1",
        "HSET tc:breaker:state state ajar failures 1",
        "HSET tc:breaker:failures state open failures 1e9",
    };
    world_t *self = *state;
    redis_server_start (self->server, NULL);
    for (size_t i = 0; i < sizeof puts / sizeof *puts; i++)
        (void) redis_server_cli (self->server, "%s", puts[i]);
    (void) redis_server_cli (self->server, "HSET tc:dedup:master:good qty_e9 3");
    (void) redis_server_cli (self->server,
        "EVAL \"return redis.call('HSET', 'tc:breaker:long', 'state', 'open', 'failures', '1', 'last_error', "
        "string.rep ('x', 5000000))\" 0");
    self->client = redis_client_new (redis_server_url (self->server));
    redis_client_wait_well (self->client);
    assert_int_equal (self->client->faults, sizeof puts / sizeof *puts + 1);
    assert_non_null (strstr (self->client->fault, "tc:"));
    assert_int_equal (redis_client_refresh (self->client), 0);
    assert_int_equal (self->client->away_count, 0);
}

/*  A key of ours that is no hash: cannot be written, which costs that key alone. */
static void a_key_of_another_type_is_not_written (void **state)
{
    world_t *self = *state;
    start (self);
    (void) redis_server_cli (self->server, "SET tc:dedup:master:x1 hello");
    mark (self, "x1", 1);
    mark (self, "x2", 1);
    redis_client_wait_well (self->client);
    assert_true (self->client->faults > 0);
    assert_non_null (strstr (self->client->fault, "tc:dedup:master:x1"));
    check_field (self, "tc:dedup:master:x2", "qty_e9", "1");
}

/*  A value beyond every bound ends the connection, again and again, and nothing else. */
static void an_endless_value_is_not_taken (void **state)
{
    world_t *self = *state;
    redis_server_start (self->server, NULL);
    (void) redis_server_cli (self->server,
        "EVAL \"return redis.call('HSET', 'tc:dedup:master:x1', 'qty_e9', string.rep ('1', 40000000))\" 0");
    self->client = redis_client_new (redis_server_url (self->server));
    mark (self, "x2", 1);
    redis_client_wait_away (self->client);
    assert_non_null (strstr (self->client->health, "more than it is asked for"));
    (void) redis_server_cli (self->server, "DEL tc:dedup:master:x1");
    redis_client_wait_well (self->client);
    check_field (self, "tc:dedup:master:x2", "qty_e9", "1");
}

static bool has_fault (void *context)
{
    return ((const redis_client_t *) context)->faults > 0;
}

static void two_copiers_in_one_database_are_told (void **state)
{
    world_t *self = *state;
    start (self);
    redis_client_wait_well (self->client);
    redis_client_run (self->client, 500);
    (void) redis_server_cli (self->server, "SET tc:writer somebody-else");
    redis_client_wait (self->client, "a fault", has_fault, self->client);
    assert_non_null (strstr (self->client->fault, "somebody-else"));
}

/*  ---- the end, at any time ---- */

static void it_can_be_ended_at_any_time (void **state)
{
    world_t *self = *state;
    redis_server_start (self->server, NULL);
    for (unsigned ms = 0; ms < 20;
         ms++) { /*  before, while and after it is looked up, connected, read, written */
        self->client = redis_client_new (redis_server_url (self->server));
        many_marks (self, 0, 2000);
        redis_client_run (self->client, ms);
        redis_client_destroy (&self->client);
    }
    redis_server_pause (self->server); /*  signing in for ever */
    self->client = redis_client_new (redis_server_url (self->server));
    redis_client_run (self->client, 50);
    redis_client_destroy (&self->client);
}

/*  For people; a minute after the last word it is gone. */
static void shards_are_there_to_be_looked_at (void **state)
{
    world_t *self = *state;
    start (self);
    redis_client_wait_well (self->client);
    shard_state_t shard = {.state = SHARD_STATE_STATE_LIVE,
        .clients = 7,
        .weight = 100,
        .epoch = 12,
        .lease_left_ns = 1000000000,
        .at_ns = NOW};
    (void) snprintf (shard.shard, sizeof shard.shard, "executor-1");
    redis_state_shard (self->client->state, &shard);
    redis_client_run (self->client, 300);
    check_field (self, "tc:shard:executor-1", "clients", "7");
    check_field (self, "tc:shard:executor-1", "state", "live");
    check_field (self, "tc:shard:executor-1", "lease", "2023-11-14T22:13:21.123456789Z");
    assert_true (atoi (redis_server_cli (self->server, "TTL tc:shard:executor-1")) > 30);
}

int main (void)
{
#define story(f) cmocka_unit_test_setup_teardown (f, setup, teardown)
    const struct CMUnitTest stories[] = {
        story (people_read_it_with_redis_cli),
        story (a_breaker_closes_again_and_stays_visible),
        story (shards_are_there_to_be_looked_at),
        story (over_a_unix_socket_too),
        story (over_tls),
        story (it_comes_late),
        story (it_is_killed_and_comes_back_empty),
        story (it_is_wiped_under_our_feet),
        story (it_stops_answering),
        story (a_load_does_not_wait_for_a_slow_one),
        story (it_is_slow),
        story (it_is_full),
        story (the_password_is_wrong),
        story (its_name_has_no_address),
        story (what_another_process_knew_is_found),
        story (hostile_keys_cost_an_error_each),
        story (a_key_of_another_type_is_not_written),
        story (an_endless_value_is_not_taken),
        story (two_copiers_in_one_database_are_told),
        story (it_can_be_ended_at_any_time),
    };
    return cmocka_run_group_tests (stories, NULL, NULL);
}
