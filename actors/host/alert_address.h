/*  alert_address.h: e-mail addresses of the settings. Anything that could end a header line or an SMTP command is
 *  refused, so no address can carry another.
 */
#ifndef ALERT_ADDRESS_H
#define ALERT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ALERT_ADDRESSES_MAX 16
#define ALERT_ADDRESS_SIZE 256

typedef struct {
    char text[ALERT_ADDRESSES_MAX][ALERT_ADDRESS_SIZE];
    size_t count;
} alert_addresses_t;

/*  name@host, printable ASCII without spaces, quotes, brackets, commas, colons or backslashes; one @. */
bool alert_address_is_good (const char *text);
/*  Comma separated, spaces around them allowed: 0; -ERR_SYNTAX: one is not good, or there is none; -ERR_FULL. */
int alert_addresses_parse (alert_addresses_t *self, const char *list);
/*  A name, an IPv4 or an IPv6 address (bare or in brackets) and nothing else: what may stand in smtp://HOST:PORT. */
bool alert_host_is_good (const char *text);

#endif
