/*  seen.h: which executions were counted: a bounded set of texts, the oldest leave first. */
#ifndef LISTENER_SEEN_H
#define LISTENER_SEEN_H

#include "messages/directory.h"

#define SEEN_TEXT_MAX 64

typedef struct {
    char (*texts)[SEEN_TEXT_MAX]; /*  ring, in the order of arrival */
    directory_t index;
    uint32_t limit;
    uint32_t count;
    uint32_t next; /*  where the next one goes; when full, the oldest stands there */
} seen_t;

bool seen_init (seen_t *self, uint32_t limit);
void seen_free (seen_t *self);
bool seen_has (const seen_t *self, const char *text);
void seen_add (seen_t *self, const char *text); /*  at most SEEN_TEXT_MAX - 1 characters; again: no change */

#endif
