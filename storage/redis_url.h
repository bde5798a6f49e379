/*  redis_url.h: REDIS_URL to an address. Pure text; no library, nothing is looked up or opened.
 *
 *      redis://[[user]:password@]host[:port][/db]      rediss://… (TLS)      redis+unix://[[user]:password@]/path[?db=n]
 */
#ifndef REDIS_URL_H
#define REDIS_URL_H

#include "messages/error.h"

#include <stdbool.h>
#include <stdint.h>

#define REDIS_URL_DATABASE_MAX 65535

/*  Holds a password: whoever has one wipes it. */
typedef struct {
    bool tls;
    char host[256]; /*  name or address, an IPv6 one without brackets; "" = a Unix socket */
    uint16_t port;
    char path[108]; /*  of the Unix socket */
    char user[128]; /*  "" = the default one */
    char password[256];
    uint32_t database;
} redis_url_t;

/*  0 or -ERR_SETTING; the problem says which part is wrong and repeats none of it. User and password may be
 *  percent-encoded. */
int redis_url_parse (const char *url, redis_url_t *to, problem_t *problem);

#endif
