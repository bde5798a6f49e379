/*  test_server.c: why it exists: faults of a connection (closed before the first byte, silence) cannot be asked of a
 *  well-behaved server. */
#include "tests/unit/broker/test_server.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define REQUEST_MAX 8192

typedef struct {
    int socket;
    size_t size;
    char text[REQUEST_MAX];
} connection_t;

struct test_server {
    int listener;
    int stop[2]; /*  a pipe: a byte ends the thread */
    pthread_t thread;
    char url[64];
    test_handler_fn *handler;
    test_talk_fn *talk;
    void *context;
    atomic_int accepts;
    atomic_int requests;
    connection_t *connections[CONNECTIONS_MAX];
    size_t count;
};

static bool write_all (int socket, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t written = send (socket, at, size, MSG_NOSIGNAL);
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t) written;
    }
    return true;
}

/*  Size of the first whole request, 0 if it is not whole. */
static size_t request_size (const connection_t *self)
{
    const char *end = strstr (self->text, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr (self->text, "content-length:");
    size_t body = length && length < end ? strtoul (length + 15, NULL, 10) : 0;
    size_t size = (size_t) (end - self->text) + 4 + body;
    return size <= self->size ? size : 0;
}

/*  false: close it. */
static bool connection_serve (test_server_t *server, connection_t *self)
{
    ssize_t got = recv (self->socket, self->text + self->size, sizeof self->text - 1 - self->size, 0);
    if (got <= 0)
        return false;
    self->size += (size_t) got;
    self->text[self->size] = 0;
    size_t size = request_size (self);
    if (size == 0)
        return true;
    int number = atomic_fetch_add (&server->requests, 1) + 1;
    test_answer_t answer = server->handler (number, self->text, server->context);
    memmove (self->text, self->text + size, self->size - size + 1);
    self->size -= size;
    if (answer.reply && !write_all (self->socket, answer.reply, strlen (answer.reply)))
        return false;
    return !answer.close;
}

static void server_accept (test_server_t *self)
{
    int socket = accept (self->listener, NULL, NULL);
    if (socket < 0)
        return;
    int number = atomic_fetch_add (&self->accepts, 1) + 1;
    if (self->talk) {
        self->talk (socket, number, self->context);
        close (socket);
        return;
    }
    assert (self->count < CONNECTIONS_MAX);
    connection_t *connection = calloc (1, sizeof *connection);
    assert (connection);
    connection->socket = socket;
    self->connections[self->count++] = connection;
}

static void server_drop (test_server_t *self, size_t i)
{
    close (self->connections[i]->socket);
    free (self->connections[i]);
    self->connections[i] = self->connections[--self->count];
}

static void *server_run (void *context)
{
    test_server_t *self = context;
    for (;;) {
        struct pollfd polls[CONNECTIONS_MAX + 2] = {{self->stop[0], POLLIN, 0}, {self->listener, POLLIN, 0}};
        for (size_t i = 0; i < self->count; i++)
            polls[i + 2] = (struct pollfd){self->connections[i]->socket, POLLIN, 0};
        if (poll (polls, self->count + 2, -1) < 0 || polls[0].revents)
            break;
        for (size_t i = self->count; i-- > 0;)
            if (polls[i + 2].revents && !connection_serve (self, self->connections[i]))
                server_drop (self, i);
        if (polls[1].revents)
            server_accept (self);
    }
    while (self->count > 0)
        server_drop (self, self->count - 1);
    return NULL;
}

static test_server_t *server_start (test_handler_fn *handler, test_talk_fn *talk, void *context)
{
    test_server_t *self = calloc (1, sizeof *self);
    assert (self);
    self->handler = handler;
    self->talk = talk;
    self->context = context;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    self->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind (self->listener, (struct sockaddr *) &address, size);
    failed |= listen (self->listener, 128);
    failed |= getsockname (self->listener, (struct sockaddr *) &address, &size);
    failed |= pipe (self->stop);
    assert (failed == 0);
    (void) snprintf (self->url, sizeof self->url, "http://127.0.0.1:%d", ntohs (address.sin_port));
    failed = pthread_create (&self->thread, NULL, server_run, self);
    assert (failed == 0);
    return self;
}

test_server_t *test_server_new (test_handler_fn *handler, void *context)
{
    return server_start (handler, NULL, context);
}

test_server_t *test_server_new_talk (test_talk_fn *talk, void *context)
{
    return server_start (NULL, talk, context);
}

void test_server_destroy (test_server_t **self_p)
{
    test_server_t *self = *self_p;
    if (!self)
        return;
    *self_p = NULL;
    ssize_t written = write (self->stop[1], "x", 1);
    assert (written == 1);
    pthread_join (self->thread, NULL);
    close (self->listener);
    close (self->stop[0]);
    close (self->stop[1]);
    free (self);
}

const char *test_server_url (const test_server_t *self)
{
    return self->url;
}

int test_server_accepts (test_server_t *self)
{
    return atomic_load (&self->accepts);
}

int test_server_requests (test_server_t *self)
{
    return atomic_load (&self->requests);
}

static bool read_all (int socket, void *bytes, size_t size)
{
    char *at = bytes;
    while (size > 0) {
        ssize_t got = recv (socket, at, size, 0);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t) got;
    }
    return true;
}

static bool read_head (int socket, char *text, size_t size)
{
    size_t used = 0;
    while (used + 1 < size && read_all (socket, text + used, 1)) {
        text[++used] = 0;
        if (used >= 4 && strcmp (text + used - 4, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

bool talk_handshake (int socket)
{
    char head[4096];
    char reply[256];
    char key[128] = "";
    unsigned char digest[SHA_DIGEST_LENGTH];
    unsigned char accept_key[64];
    if (!read_head (socket, head, sizeof head))
        return false;
    const char *line = strcasestr (head, "sec-websocket-key:");
    if (!line || sscanf (line + 18, " %60s", key) != 1)
        return false;
    (void) strcat (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    SHA1 ((const unsigned char *) key, strlen (key), digest);
    EVP_EncodeBlock (accept_key, digest, sizeof digest);
    int size = snprintf (reply, sizeof reply,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n",
        accept_key);
    return write_all (socket, reply, (size_t) size);
}

bool talk_refuse (int socket, const char *reply)
{
    char head[4096];
    return read_head (socket, head, sizeof head) && write_all (socket, reply, strlen (reply));
}

bool talk_read (int socket, char *text, size_t size)
{
    unsigned char head[2];
    unsigned char mask[4];
    unsigned char wide[2];
    if (!read_all (socket, head, 2))
        return false;
    size_t length = head[1] & 127u;
    if (length == 126) {
        if (!read_all (socket, wide, 2))
            return false;
        length = (size_t) wide[0] << 8 | wide[1];
    }
    if ((head[0] & 15) != 1 || !(head[1] & 128) || length + 1 > size)
        return false; /*  closed, or not what a client sends here */
    if (!read_all (socket, mask, 4) || !read_all (socket, text, length))
        return false;
    for (size_t i = 0; i < length; i++)
        text[i] = (char) (text[i] ^ mask[i & 3]);
    text[length] = 0;
    return true;
}

bool talk_send (int socket, unsigned opcode, bool final, const char *text, size_t size)
{
    unsigned char head[10] = {(unsigned char) (opcode | (final ? 128u : 0u))};
    size_t head_size = 2;
    if (size < 126) {
        head[1] = (unsigned char) size;
    } else {
        head[1] = 127;
        for (size_t i = 0; i < 8; i++)
            head[2 + i] = (unsigned char) (size >> (56 - 8 * i));
        head_size = 10;
    }
    return write_all (socket, head, head_size) && write_all (socket, text, size);
}

bool talk_quiet (int socket, int ms)
{
    struct pollfd wait = {socket, POLLIN, 0};
    return poll (&wait, 1, ms) == 0;
}

const char *http_answer (char *text, size_t size, const char *status, const char *headers, const char *body)
{
    int used = snprintf (text, size,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s", status,
        strlen (body), headers, body);
    assert (used > 0 && (size_t) used < size);
    return text;
}
