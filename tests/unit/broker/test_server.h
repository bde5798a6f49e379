/*  test_server.h: a broker of a few lines in a thread of the test: HTTP/1.1 with plain sockets, or one WebSocket. */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct test_server test_server_t;

/*  What to do with one request. */
typedef struct {
    const char *reply; /*  whole HTTP answer; NULL = none */
    bool close;        /*  close the connection (after the reply) */
} test_answer_t;

/*  On the server's thread. number: 1 for the first request. request: head and body, NUL-terminated. */
typedef test_answer_t (test_handler_fn) (int number, const char *request, void *context);
/*  On the server's thread: a whole WebSocket conversation on one accepted connection. */
typedef void (test_talk_fn) (int socket, int number, void *context);

test_server_t *test_server_new (test_handler_fn *handler, void *context);
test_server_t *test_server_new_talk (test_talk_fn *talk, void *context);
void test_server_destroy (test_server_t **self_p);
const char *test_server_url (const test_server_t *self); /*  http://127.0.0.1:port */
int test_server_accepts (test_server_t *self);
int test_server_requests (test_server_t *self);

/*  For a talk. true: it worked. */
bool talk_handshake (int socket);                     /*  reads the upgrade, answers 101 */
bool talk_refuse (int socket, const char *reply);     /*  reads the upgrade, answers reply */
bool talk_read (int socket, char *text, size_t size); /*  one text frame of the client; false: closed */
bool talk_send (int socket, unsigned opcode, bool final, const char *text, size_t size);
bool talk_quiet (int socket, int ms); /*  nothing comes for so long */

/*  A whole HTTP answer with a JSON body into text. */
const char *http_answer (char *text, size_t size, const char *status, const char *headers, const char *body);

#endif
