/*  stream_url.h: the parts of ws[s]://host[:port][/path], and where a REST address's stream is. Pure. */
#ifndef BROKER_ALPACA_STREAM_URL_H
#define BROKER_ALPACA_STREAM_URL_H

#include "messages/error.h"

#include <stdbool.h>
#include <stddef.h>

#define STREAM_URL_MAX 320

typedef struct {
    bool is_tls;
    int port;
    char host[128];
    char host_header[136]; /*  host, and :port unless it is the scheme's own */
    char path[160];
} stream_url_t;

/*  -ERR_SETTING: not of this form. */
int stream_url_parse (stream_url_t *self, const char *url, problem_t *problem);
/*  https://host -> wss://host/stream, http -> ws. -ERR_SETTING: neither, or too long. */
int stream_url_derive (const char *base_url, char url[STREAM_URL_MAX], problem_t *problem);

#endif
