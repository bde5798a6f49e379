/*  reply_head.h: what is read of an answer's headers: Date, the rate limit's, Retry-After. Pure functions. */
#ifndef BROKER_ALPACA_REPLY_HEAD_H
#define BROKER_ALPACA_REPLY_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*  The first of each header counts. */
typedef struct {
    int status;             /*  0 = none came */
    int64_t date_ns;        /*  UTC; 0 = absent */
    int64_t limit;          /*  -1 = absent, and so are the next two */
    int64_t remaining;      /*  */
    int64_t reset_s;        /*  UTC */
    int64_t retry_after_s;  /*  from the answer on; -1 = absent or a date */
    int64_t retry_after_ns; /*  UTC, when it is a date; 0 = absent */
} reply_head_t;

void reply_head_clear (reply_head_t *self);
/*  Name in any case, value without spaces around it; neither NUL-terminated. Others are passed over. */
void reply_head_field (
    reply_head_t *self, const char *name, size_t name_size, const char *value, size_t value_size);

/*  "Mon, 02 Mar 2026 14:30:00 GMT" as UTC ns; 0: it is not one. */
int64_t reply_head_date (const char *text, size_t size);
/*  A whole number of at most 12 digits, up to the end or a point; else fallback. */
int64_t reply_head_whole (const char *text, size_t size, int64_t fallback);
bool reply_head_is (const char *name, size_t name_size, const char *wanted);

#endif
