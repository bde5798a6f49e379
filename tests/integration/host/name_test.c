/*  name_test.c: an actor follows the dispatcher's name from one address to another, finds it at one of several places, and
 *  sits out a name server that is away. The look-up is ours (--wrap=uv_getaddrinfo); sockets, loop and links are real.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/wire.h"
#include "actors/host/wire_name.h"

#include <stdio.h>
#include <string.h>

#define GUARD_MS 60000

static uv_loop_t s_loop;
static uv_timer_t s_guard;
static const char *s_address; /*  of the name; NULL = the name server is away */
static const char *s_second;  /*  another one; NULL = it has one */
static size_t s_asked;
static size_t s_heard[2]; /*  by the dispatcher at each address */

typedef struct {
    uv_async_t done;
    uv_getaddrinfo_t *request;
    uv_getaddrinfo_cb answer;
} lookup_t;

static lookup_t s_lookup;

int __wrap_uv_getaddrinfo (uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb answer,
    const char *node, const char *service, const struct addrinfo *hints);

static void on_looked_up (uv_async_t *handle)
{
    static struct sockaddr_in address[2];
    struct addrinfo *list = NULL;
    (void) handle;
    uv_getaddrinfo_cb answer = s_lookup.answer;
    s_lookup.answer = NULL;
    if (!answer)
        return;
    if (s_address) {
        list = calloc (2, sizeof *list);
        assert_non_null (list);
        (void) uv_ip4_addr (s_address, 0, &address[0]);
        (void) uv_ip4_addr (s_second ? s_second : s_address, 0, &address[1]);
        for (int n = 0; n < 2; n++) {
            list[n].ai_family = AF_INET;
            list[n].ai_addr = (struct sockaddr *) &address[n];
        }
        list->ai_next = s_second ? list + 1 : NULL;
        answer (s_lookup.request, 0, list);
    } else
        answer (s_lookup.request, UV_EAI_AGAIN, NULL);
}

int __wrap_uv_getaddrinfo (uv_loop_t *loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb answer,
    const char *node, const char *service, const struct addrinfo *hints)
{
    (void) loop;
    (void) service;
    (void) hints;
    assert_string_equal (node, "dispatcher");
    s_asked++;
    s_lookup.request = request;
    s_lookup.answer = answer;
    return uv_async_send (&s_lookup.done);
}

void __wrap_uv_freeaddrinfo (struct addrinfo *list);

void __wrap_uv_freeaddrinfo (struct addrinfo *list)
{
    free (list);
}

static void on_guard (uv_timer_t *timer)
{
    (void) timer;
    fail_msg ("nothing came any more");
}

static void on_message (void *context, const char *from, const message_t *message)
{
    (void) message;
    assert_string_equal (from, "executor-1");
    ++*(size_t *) context;
}

static void on_answer (void *context, const char *from, const message_t *message)
{
    (void) context;
    (void) from;
    (void) message;
}

static wire_t *bound (const char *address, long port, size_t *heard)
{
    char at[64];
    wire_t *wire = NULL;
    problem_t problem = {0};
    (void) snprintf (at, sizeof at, "tcp://%s:%ld", address, port);
    wire_config_t config = {.name = "dispatcher", .endpoint = at, .binds = true};
    assert_int_equal (wire_new (&wire, &config, &problem), 0);
    assert_int_equal (wire_watch (wire, &s_loop, on_message, heard, &problem), 0);
    return wire;
}

static void speak (wire_t *wire)
{
    static message_t message;
    uint8_t bytes[256];
    size_t size = 0;
    memset (&message, 0, sizeof message);
    message.kind = MSG_SHARD_READY;
    assert_int_equal (message_encode (&message, bytes, sizeof bytes, &size), 0);
    assert_int_equal (wire_send (wire, "dispatcher", message.kind, bytes, size), 0);
}

static void until (const size_t *count, size_t wanted)
{
    while (*count < wanted)
        (void) uv_run (&s_loop, UV_RUN_ONCE);
}

/*  A port that is free at both addresses. */
static long free_port (void)
{
    struct sockaddr_in address;
    int size = sizeof address;
    uv_tcp_t socket;
    (void) uv_tcp_init (&s_loop, &socket);
    (void) uv_ip4_addr ("0.0.0.0", 0, &address);
    assert_int_equal (uv_tcp_bind (&socket, (const struct sockaddr *) &address, 0), 0);
    assert_int_equal (uv_tcp_getsockname (&socket, (struct sockaddr *) &address, &size), 0);
    uv_close ((uv_handle_t *) &socket, NULL);
    (void) uv_run (&s_loop, UV_RUN_NOWAIT); /*  it is closed before this function's memory is another's */
    return ntohs (address.sin_port);
}

static void end (wire_t **wire_p)
{
    wire_unwatch (*wire_p);
    (void) uv_run (&s_loop, UV_RUN_NOWAIT);
    wire_destroy (wire_p);
}

static void test_a_name_that_moves_is_followed (void **state)
{
    char at[64];
    wire_t *executor = NULL;
    (void) state;
    long port = free_port ();
    wire_t *first = bound ("127.0.0.1", port, &s_heard[0]);
    wire_t *second = bound ("127.0.0.2", port, &s_heard[1]);
    (void) snprintf (at, sizeof at, "tcp://dispatcher:%ld", port);
    wire_config_t config = {.name = "executor-1", .endpoint = at, .looks_up = true};
    assert_int_equal (wire_new (&executor, &config, NULL), 0);
    assert_int_equal (wire_watch (executor, &s_loop, on_answer, NULL, NULL), 0);
    speak (executor);    /*  before anybody knows where to */
    until (&s_asked, 3); /*  the name server is away */
    assert_int_equal (s_heard[0], 0);
    s_address = "127.0.0.1";
    until (&s_heard[0], 1);
    s_address = NULL; /*  away again: the connection stays */
    until (&s_asked, s_asked + 2);
    speak (executor);
    until (&s_heard[0], 2);
    end (&first);
    s_address = "127.0.0.2"; /*  the dispatcher comes back elsewhere */
    until (&s_asked, s_asked + 2);
    speak (executor);
    until (&s_heard[1], 1);
    assert_int_equal (s_heard[0], 2);
    end (&executor);
    end (&second);
}

static void until_it_hears (const wire_t *wire, bool wanted)
{
    while (wire_hears_anybody (wire) != wanted)
        (void) uv_run (&s_loop, UV_RUN_ONCE);
}

/*  Connects an executor; it is heard by the dispatcher that lives, at the second place. Then that one dies, and another
 *  life comes up at the first: nobody is asked twice, and nothing waits for ever. */
static void moves_with_the_leader (const char *at, long port)
{
    wire_t *executor = NULL;
    s_heard[0] = s_heard[1] = 0;
    wire_t *second = bound ("127.0.0.2", port, &s_heard[1]);
    wire_config_t config = {.name = "executor-1", .endpoint = at, .looks_up = true};
    assert_int_equal (wire_new (&executor, &config, NULL), 0);
    assert_int_equal (wire_watch (executor, &s_loop, on_answer, NULL, NULL), 0);
    speak (executor);
    until (&s_heard[1], 1);
    until_it_hears (executor, true);
    end (&second);
    wire_t *first = bound ("127.0.0.1", port, &s_heard[0]);
    until_it_hears (executor, false); /*  what is said before is for the dead life */
    speak (executor);
    until (&s_heard[0], 1);
    assert_int_equal (s_heard[1], 1);
    end (&executor);
    end (&first);
}

static void test_one_of_several_places_answers (void **state)
{
    char at[128];
    (void) state;
    long port = free_port ();
    (void) snprintf (at, sizeof at, "tcp://127.0.0.1:%ld,tcp://127.0.0.2:%ld", port, port);
    moves_with_the_leader (at, port);
}

static void test_one_of_a_names_addresses_answers (void **state)
{
    char at[128];
    (void) state;
    long port = free_port ();
    s_address = "127.0.0.1";
    s_second = "127.0.0.2";
    (void) snprintf (at, sizeof at, "tcp://dispatcher:%ld", port);
    moves_with_the_leader (at, port);
    s_address = s_second = NULL;
}

/*  The leader is silent for a while, and nobody took its place: the others come back to the same life of it, and what was
 *  said meanwhile is there. */
static void test_a_leader_that_was_only_silent (void **state)
{
    char at[128];
    wire_t *executor = NULL;
    (void) state;
    long port = free_port ();
    s_heard[0] = 0;
    wire_t *first = bound ("127.0.0.1", port, &s_heard[0]);
    (void) snprintf (at, sizeof at, "tcp://127.0.0.1:%ld,tcp://127.0.0.2:%ld", port, port);
    wire_config_t config = {.name = "executor-1", .endpoint = at, .looks_up = true};
    assert_int_equal (wire_new (&executor, &config, NULL), 0);
    assert_int_equal (wire_watch (executor, &s_loop, on_answer, NULL, NULL), 0);
    speak (executor);
    until (&s_heard[0], 1);
    until_it_hears (executor, true);
    wire_unwatch (first);
    until_it_hears (executor, false);
    speak (executor);
    assert_int_equal (wire_watch (first, &s_loop, on_message, &s_heard[0], NULL), 0);
    until (&s_heard[0], 2);
    end (&executor);
    end (&first);
}

static void test_what_is_a_name (void **state)
{
    (void) state;
    assert_true (wire_name_is ("tcp://dispatcher:7600"));
    assert_true (wire_name_is ("tcp://tc-0.shards.default.svc:7600"));
    assert_true (wire_name_is ("tcp://10.0.0.1:7600,tcp://10.0.0.2:7600"));
    assert_false (wire_name_is ("tcp://10.0.0.1:7600"));
    assert_false (wire_name_is ("tcp://[::1]:7600"));
    assert_false (wire_name_is ("ipc:///run/dispatcher"));
    assert_false (wire_name_is ("tcp://:7600"));
}

static int set_up (void **state)
{
    (void) state;
    wire_setup ();
    (void) uv_loop_init (&s_loop);
    (void) uv_async_init (&s_loop, &s_lookup.done, on_looked_up);
    (void) uv_timer_init (&s_loop, &s_guard);
    (void) uv_timer_start (&s_guard, on_guard, GUARD_MS, 0);
    return 0;
}

static int tear_down (void **state)
{
    (void) state;
    uv_close ((uv_handle_t *) &s_lookup.done, NULL);
    uv_close ((uv_handle_t *) &s_guard, NULL);
    while (uv_run (&s_loop, UV_RUN_DEFAULT) != 0)
        ;
    return uv_loop_close (&s_loop); /*  nothing of a name is left in it */
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_what_is_a_name),
        cmocka_unit_test_setup_teardown (test_a_name_that_moves_is_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown (test_one_of_several_places_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown (test_one_of_a_names_addresses_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown (test_a_leader_that_was_only_silent, set_up, tear_down),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
