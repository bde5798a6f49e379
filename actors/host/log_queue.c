/*  log_queue.c: a ring of bytes, a mutex held only to copy, a thread that writes. A reader of our stdout that stalls
 *  must not stall trading, so only that thread ever waits for it. */
#include "actors/host/log_queue.h"

#include "actors/host/clock.h"
#include "messages/error.h"
#include "messages/trading.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_t thread;
    bool running;
    bool stopping;
    int fd;
    size_t head; /*  next byte to write out */
    size_t used;
    uint64_t dropped;
    uint64_t dropped_told; /*  of these, said in the log */
    char bytes[LOG_QUEUE_BYTES];
} log_queue_t;

static log_queue_t s_queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER, .fd = STDOUT_FILENO};

static void copy_in (log_queue_t *self, const char *line, size_t size)
{
    size_t tail = (self->head + self->used) % LOG_QUEUE_BYTES;
    size_t first = size < LOG_QUEUE_BYTES - tail ? size : LOG_QUEUE_BYTES - tail;
    memcpy (self->bytes + tail, line, first);
    memcpy (self->bytes, line + first, size - first);
    self->used += size;
}

/*  Whole lines, at most PIPE_BUF bytes in all (a longer line alone). */
static size_t copy_out (log_queue_t *self, char *chunk, size_t room)
{
    size_t whole = 0;
    size_t n;
    for (n = 0; n < self->used && n < room; n++) {
        chunk[n] = self->bytes[(self->head + n) % LOG_QUEUE_BYTES];
        if (chunk[n] == '\n' && (whole == 0 || n + 1 <= PIPE_BUF))
            whole = n + 1;
        if (n + 1 >= PIPE_BUF && whole > 0)
            break;
    }
    assert (whole > 0 || self->used == 0);
    self->head = (self->head + whole) % LOG_QUEUE_BYTES;
    self->used -= whole;
    return whole;
}

/*  false: nobody will read this any more, or the stop cannot wait. */
static bool write_all (log_queue_t *self, const char *bytes, size_t size)
{
    int patience_ms = 1000;
    while (size > 0) {
        struct pollfd item = {.fd = self->fd, .events = POLLOUT};
        ssize_t written;
        if (poll (&item, 1, 100) == 0) {
            bool stopping;
            pthread_mutex_lock (&self->lock);
            stopping = self->stopping;
            pthread_mutex_unlock (&self->lock);
            patience_ms -= stopping ? 100 : 0;
            if (patience_ms <= 0)
                return false;
            continue;
        }
        written = write (self->fd, bytes, size);
        if (written < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t) written;
    }
    return true;
}

static size_t tell_dropped (log_queue_t *self, char *line, size_t size)
{
    char at[TIME_TEXT_MAX];
    int n;
    if (self->dropped == self->dropped_told || self->used > 0)
        return 0;
    n = snprintf (line, size,
        "{\"timestamp\":\"%s\",\"level\":\"warning\",\"event\":\"log_lines_dropped\",\"actor\":\"log\","
        "\"count\":%llu}\n",
        time_format (clock_utc_ns (), at), (unsigned long long) (self->dropped - self->dropped_told));
    self->dropped_told = self->dropped;
    return n > 0 ? (size_t) n : 0;
}

static void *write_lines (void *argument)
{
    log_queue_t *self = (log_queue_t *) argument;
    char chunk[2 * PIPE_BUF];
    bool ok = true;
    pthread_mutex_lock (&self->lock);
    while (self->used > 0 || !self->stopping) {
        size_t size;
        if (self->used == 0) {
            pthread_cond_wait (&self->filled, &self->lock);
            continue;
        }
        size = copy_out (self, chunk, sizeof chunk);
        pthread_mutex_unlock (&self->lock);
        ok = write_all (self, chunk, size);
        pthread_mutex_lock (&self->lock);
        if (!ok && self->stopping)
            break;
        size = tell_dropped (self, chunk, sizeof chunk);
        if (size > 0)
            copy_in (self, chunk, size);
    }
    pthread_mutex_unlock (&self->lock);
    return NULL;
}

int log_queue_start (int fd)
{
    log_queue_t *self = &s_queue;
    int rc = 0;
    pthread_mutex_lock (&self->lock);
    if (self->running)
        rc = -ERR_BUSY;
    else {
        self->fd = fd;
        self->stopping = false;
        self->head = self->used = 0;
        self->dropped = self->dropped_told = 0;
        rc = pthread_create (&self->thread, NULL, write_lines, self) == 0 ? 0 : -ERR_MEMORY;
        self->running = rc == 0;
    }
    pthread_mutex_unlock (&self->lock);
    return rc;
}

void log_queue_stop (void)
{
    log_queue_t *self = &s_queue;
    pthread_t thread;
    bool running;
    pthread_mutex_lock (&self->lock);
    running = self->running;
    thread = self->thread;
    self->stopping = true;
    pthread_cond_signal (&self->filled);
    pthread_mutex_unlock (&self->lock);
    if (!running)
        return;
    (void) pthread_join (thread, NULL);
    pthread_mutex_lock (&self->lock);
    self->running = false;
    self->fd = STDOUT_FILENO;
    pthread_mutex_unlock (&self->lock);
}

void log_queue_put (const char *line, size_t size)
{
    log_queue_t *self = &s_queue;
    bool running;

    assert (line && size > 0 && line[size - 1] == '\n' && size <= 2 * PIPE_BUF);
    pthread_mutex_lock (&self->lock);
    running = self->running;
    if (running && self->used + size > LOG_QUEUE_BYTES)
        self->dropped++;
    else if (running) {
        copy_in (self, line, size);
        pthread_cond_signal (&self->filled);
    }
    pthread_mutex_unlock (&self->lock);
    if (!running) /*  before the start or after the stop: nobody to delay */
        (void) write_all (self, line, size);
}

uint64_t log_queue_dropped (void)
{
    log_queue_t *self = &s_queue;
    uint64_t dropped;
    pthread_mutex_lock (&self->lock);
    dropped = self->dropped;
    pthread_mutex_unlock (&self->lock);
    return dropped;
}
