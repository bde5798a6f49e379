/*  health, notify: a real socket in a directory of its own; who asks gets one line, or an error in time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actors/host/health.h"
#include "actors/host/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char s_dir[] = "/tmp/tc-health-XXXXXX";
static uv_loop_t s_loop;
static const char *s_lack;
static uv_async_t s_stop;

static const char *lack (void *context)
{
    (void) context;
    return s_lack;
}

static void on_stop (uv_async_t *handle)
{
    (void) handle;
    uv_stop (&s_loop);
}

static void turn (void *argument)
{
    (void) argument;
    (void) uv_run (&s_loop, UV_RUN_DEFAULT);
}

static health_t *serve (const char *name)
{
    health_t *self = NULL;
    problem_t problem = {0};
    const health_config_t config = {
        .loop = &s_loop, .dir = s_dir, .name = name, .role = "executor", .lack = lack};
    assert_int_equal (health_new (&self, &config, &problem), 0);
    return self;
}

static void end (health_t **self_p)
{
    health_close (self_p);
    (void) uv_run (&s_loop, UV_RUN_NOWAIT);
    (void) uv_run (&s_loop, UV_RUN_NOWAIT);
}

static void count (void *context, const char *name)
{
    assert_string_equal (name, "executor-1");
    ++*(size_t *) context;
}

static void test_who_asks_gets_a_line (void **state)
{
    char text[HEALTH_TEXT_MAX];
    uv_thread_t thread;
    size_t names = 0;
    (void) state;
    health_t *self = serve ("executor-1");
    (void) uv_async_init (&s_loop, &s_stop, on_stop);
    assert_int_equal (uv_thread_create (&thread, turn, NULL), 0);
    assert_int_equal (health_ask (s_dir, "executor-1", 30000, text), 0);
    assert_true (health_says_ready (text));
    assert_non_null (
        strstr (text, "{\"actor\":\"executor-1\",\"role\":\"executor\",\"ready\":true,\"lack\":\"\","));
    s_lack = "no lease";
    assert_int_equal (health_ask (s_dir, "executor-1", 30000, text), 0);
    assert_false (health_says_ready (text));
    assert_non_null (strstr (text, "\"lack\":\"no lease\""));
    assert_true (health_each (s_dir, count, &names));
    assert_int_equal (names, 1);
    (void) uv_async_send (&s_stop);
    (void) uv_thread_join (&thread);
    /*  it hangs: the connection is accepted by the system, and nobody answers */
    assert_int_equal (health_ask (s_dir, "executor-1", 50, text), -ERR_TIMEOUT);
    uv_close ((uv_handle_t *) &s_stop, NULL);
    end (&self);
    assert_int_equal (
        health_ask (s_dir, "executor-1", 50, text), -ERR_NOT_FOUND); /*  it took its socket along */
    assert_false (health_each ("/nowhere/at/all", count, &names));
}

static void test_the_next_life_takes_the_place_of_a_dead_one (void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[HEALTH_TEXT_MAX];
    (void) state;
    (void) snprintf (address.sun_path, sizeof address.sun_path, "%s/executor-1.health", s_dir);
    int dead = socket (AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal (bind (dead, (const struct sockaddr *) &address, sizeof address), 0);
    (void) close (dead); /*  as kill -9 leaves it */
    assert_int_equal (health_ask (s_dir, "executor-1", 50, text), -ERR_UNREACHABLE);
    health_t *self = serve ("executor-1");
    end (&self);
}

static void test_a_path_too_long_is_said (void **state)
{
    char dir[HEALTH_PATH_MAX];
    problem_t problem = {0};
    health_t *self = NULL;
    (void) state;
    memset (dir, 'x', sizeof dir);
    dir[0] = '/';
    dir[sizeof dir - 1] = '\0';
    const health_config_t config = {.loop = &s_loop, .dir = dir, .name = "e", .role = "r", .lack = lack};
    assert_int_equal (health_new (&self, &config, &problem), -ERR_RANGE);
    end (&self);
}

/*  What somebody else answers: as much as there is room for, and never more. */
static void test_a_peer_that_floods (void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[HEALTH_TEXT_MAX];
    char flood[4096];
    (void) state;
    (void) snprintf (address.sun_path, sizeof address.sun_path, "%s/flood.health", s_dir);
    int server = socket (AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal (bind (server, (const struct sockaddr *) &address, sizeof address), 0);
    assert_int_equal (listen (server, 1), 0);
    pid_t child = fork ();
    if (child == 0) {
        int peer = accept (server, NULL, NULL);
        memset (flood, 'y', sizeof flood);
        (void) !write (peer, flood, sizeof flood);
        _exit (0);
    }
    assert_int_equal (health_ask (s_dir, "flood", 30000, text), 0);
    assert_int_equal (strlen (text), HEALTH_TEXT_MAX - 1);
    (void) close (server);
    (void) unlink (address.sun_path);
}

static void expect (int fd, const char *wanted)
{
    char text[512];
    ssize_t size = recv (fd, text, sizeof text - 1, MSG_DONTWAIT);
    assert_true (size > 0);
    text[size] = '\0';
    assert_string_equal (text, wanted);
}

static void test_the_manager_is_told (void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char pid[16];
    (void) state;
    (void) snprintf (address.sun_path, sizeof address.sun_path, "%s/notify", s_dir);
    int fd = socket (AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal (bind (fd, (const struct sockaddr *) &address, sizeof address), 0);
    (void) setenv ("NOTIFY_SOCKET", address.sun_path, 1);
    (void) setenv ("WATCHDOG_USEC", "4000000", 1);
    notify_open ();
    assert_null (getenv ("NOTIFY_SOCKET")); /*  children do not speak for us */
    assert_int_equal (notify_watchdog_ns (), INT64_C (4000000000));
    notify_ready ("all\nREADY=0"); /*  a status is one line */
    expect (fd, "READY=1\nSTATUS=all");
    notify_status ("waits");
    expect (fd, "STATUS=waits");
    notify_alive ();
    expect (fd, "WATCHDOG=1");
    notify_stopping ();
    expect (fd, "STOPPING=1");
    /*  a watchdog for somebody else, and none at all */
    (void) setenv ("NOTIFY_SOCKET", address.sun_path, 1);
    (void) setenv ("WATCHDOG_USEC", "4000000", 1);
    (void) snprintf (pid, sizeof pid, "%d", (int) getpid () + 1);
    (void) setenv ("WATCHDOG_PID", pid, 1);
    notify_open ();
    assert_int_equal (notify_watchdog_ns (), 0);
    notify_open ();
    assert_false (notify_wanted ());
    notify_ready ("nobody hears it");
    (void) close (fd);
    (void) unlink (address.sun_path);
}

static int set_up (void **state)
{
    (void) state;
    s_lack = NULL;
    return uv_loop_init (&s_loop);
}

static int tear_down (void **state)
{
    (void) state;
    return uv_loop_close (&s_loop);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown (test_who_asks_gets_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown (test_the_next_life_takes_the_place_of_a_dead_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown (test_a_path_too_long_is_said, set_up, tear_down),
        cmocka_unit_test (test_a_peer_that_floods),
        cmocka_unit_test (test_the_manager_is_told),
    };
    if (!mkdtemp (s_dir))
        return 1;
    int rc = cmocka_run_group_tests (tests, NULL, NULL);
    (void) rmdir (s_dir);
    return rc;
}
