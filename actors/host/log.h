/*  log.h: one line an event on stdout, JSON or plain text, for all actors of a process.
 *
 *  Never blocks the caller: lines go into a bounded buffer that a thread of its own writes; when nobody reads stdout
 *  and the buffer is full, lines are dropped and counted, and the count is logged when there is room again. A line is
 *  one write, at most PIPE_BUF bytes with its neighbours, so that processes sharing a pipe do not mix theirs.
 *  Never a secret. Threads: any, between log_start and log_stop (before and after, lines are written at once).
 */
#ifndef LOG_H
#define LOG_H

#include "messages/gen/messages.h"

#include <stdbool.h>

typedef enum {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_CRITICAL
} log_level_t;

/*  Lines of at least this level to `fd` (borrowed). -ERR_BUSY: started already; -ERR_MEMORY: no thread or memory. */
int log_start (log_level_t level, bool structured, int fd);
/*  Writes what is left (at most a second, then it is given up) and ends the thread. */
void log_stop (void);
/*  Lines lost since the start. */
uint64_t log_dropped (void);

/*  An event of the host's own: {"timestamp", "level", "event", "actor", "text"}. */
void log_event (log_level_t level, const char *actor, const char *event, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));

/*  A message that the actor sent or published, if its schema has a log level or it is a log.line; its fields follow
 *  "actor" as message_dump writes them. */
void log_message (const char *actor, const message_t *message);
/*  Would log_message write this kind? (then it is worth decoding) */
bool log_wants (message_kind_t kind);

#endif
