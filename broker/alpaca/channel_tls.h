/*  channel_tls.h: TLS for the channel's connections, on bytes only: the connection owns the socket. TLS 1.2 or later, the
 *  certificate verified against the host's name or address, ALPN offers h2 and http/1.1.
 */
#ifndef BROKER_ALPACA_CHANNEL_TLS_H
#define BROKER_ALPACA_CHANNEL_TLS_H

#include "broker/alpaca/channel_buffer.h"

#include <stdbool.h>

typedef struct channel_tls_context channel_tls_context_t;
typedef struct channel_tls channel_tls_t;

/*  ca_file: PEM; NULL = the system's authorities. NULL: problem names the file. */
channel_tls_context_t *channel_tls_context_new (const char *ca_file, problem_t *problem);
void channel_tls_context_destroy (channel_tls_context_t **self_p);

/*  One connection; what it must send is appended to out (borrowed). NULL: out of memory. */
channel_tls_t *channel_tls_new (channel_tls_context_t *context, const char *host, channel_buffer_t *out);
void channel_tls_destroy (channel_tls_t **self_p);

/*  Bytes of the socket, borrowed until greet or read asked for more (0). */
void channel_tls_input (channel_tls_t *self, const uint8_t *bytes, size_t size);
/*  Goes on with the handshake: 1 it is done, 0 more bytes are needed, -ERR_IO: channel_tls_reason. */
int channel_tls_greet (channel_tls_t *self);
bool channel_tls_is_two (const channel_tls_t *self); /*  the peer chose h2 */
/*  1: *got_p bytes; 0: more are needed; -ERR_IO. */
int channel_tls_read (channel_tls_t *self, uint8_t *bytes, size_t room, size_t *got_p);
bool channel_tls_ended (const channel_tls_t *self); /*  the peer said that nothing more comes */
int channel_tls_write (channel_tls_t *self, const uint8_t *bytes, size_t size);
const char *channel_tls_reason (const channel_tls_t *self);

#endif
