/*  log_queue.h: a bounded buffer of lines between everybody who logs and the one thread that writes them. */
#ifndef LOG_QUEUE_H
#define LOG_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#define LOG_QUEUE_BYTES (1024 * 1024)

int log_queue_start (int fd);
void log_queue_stop (void);
/*  One whole line with its newline; dropped and counted when there is no room. Never blocks on the descriptor. */
void log_queue_put (const char *line, size_t size);
uint64_t log_queue_dropped (void);

#endif
